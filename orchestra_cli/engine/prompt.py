"""From a step and what it reads to a prompt: shared material first, the step's own task last.

Only the recipe author's words and ours stand outside the fences.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestra_cli.engine.values import Value, items_of
from orchestra_cli.recipes.model import Step
from orchestra_cli.types import Field, Json

FIELD_TOKENS = 6000
REASONING_ROOM = 4000
"""Output tokens on top of the text itself, since reasoning models count their thinking against the same limit."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question before it is masked and fenced for somebody. `parts` are (name, clean text) in order."""

    system: str
    parts: tuple[tuple[str, str], ...]
    task: str
    max_output_tokens: int
    returns: Field | None = None
    schema: dict[str, Json] | None = None
    max_words: int | None = None
    search: bool = False
    answers: tuple[tuple[str, str], ...] = ()

    def size(self) -> str:
        """All text of the prompt, for estimating its tokens."""
        return "\n".join((self.system, *(text for _, text in self.parts), self.task))


REASONS = "what was wrong with your last answer"
"""The name of the material that says why an answer was not accepted."""
ROLE_LINES = {
    "extract": "You read documents and copy out exactly what was asked for.",
    "research": "You find out facts and name the source of each.",
    "analyse": "You weigh facts and say what follows from them.",
    "write": "You write for a business reader: plain, concrete, complete.",
    "review": "You check another person's draft against its brief.",
    "coordinate": "You plan the work of others.",
    "code": "You write and read program code.",
}
HOUSE_RULES = (
    "Use only what stands in the material. Where something needed is not there, write MISSING: and what is missing. "
    "Never invent names, figures, dates, references, certificates or links."
)
FACT_RULES = (
    "Figures: never write a figure that comes from the facts as digits. Write its id in square brackets, such as "
    "[F1]; the figure is put in for the reader. Do not calculate."
)


def system_text(preamble: str, role: str, company: str) -> str:
    """What stands in the system message: who the model is, the recipe's preamble, the house rules."""
    who = ROLE_LINES.get(role, "You do one step of a piece of work.")
    for_whom = f"You work for {company}." if company else ""
    return "\n\n".join(text for text in (f"{who} {for_whom}".strip(), preamble.strip(), HOUSE_RULES) if text)


def output_tokens(max_words: int | None, returns: Field | None) -> int:
    """The output limit to ask for: generous, since a truncated answer is no answer."""
    if returns is not None:
        return FIELD_TOKENS + REASONING_ROOM
    return (max_words or 1200) * 3 + REASONING_ROOM


def step_prompt(
    step: Step,
    task: str,
    preamble: str,
    company: str,
    reads: tuple[tuple[str, Value], ...],
    note: str = "",
) -> Prompt:
    """The prompt of a model step. `task` and `preamble` have their places filled; `reads` in recipe order.

    `note` is what a person asked for when they had the step redone.
    """
    from orchestra_cli.recipes.fields import schema

    facts = any(value.facts for _, value in reads)
    answered = next((value for name, value in reads if step.answers and name == step.answers), None)
    items = tuple((str(row.get("id", "")), _item_words(row)) for row in items_of(answered.data)) if answered else ()
    return Prompt(
        system=system_text(preamble, step.role, company),
        parts=material(reads),
        task=_task(step, task, facts=facts, items=bool(items), note=note),
        max_output_tokens=output_tokens(step.max_words, step.returns),
        returns=step.returns,
        schema=schema(step.returns) if step.returns else None,
        max_words=step.max_words,
        search=step.search,
        answers=items,
    )


def material(reads: tuple[tuple[str, Value], ...]) -> tuple[tuple[str, str], ...]:
    """What a step reads, as (name, text); the facts that travel with it stand once, at the end."""
    from orchestra_cli.facts.sheet import FactSheet

    parts = [(name, value.text) for name, value in reads if value.text.strip()]
    facts = {fact.id: fact for _, value in reads for fact in value.facts}
    if facts:
        parts.append(("facts", FactSheet(tuple(facts.values())).compact()))
    return tuple(parts)


def _item_words(row: dict[str, Json]) -> str:
    return str(row.get("quote") or row.get("text") or row.get("note") or "")


def _task(step: Step, task: str, *, facts: bool, items: bool, note: str) -> str:
    lines = [task.strip()]
    if items:
        lines.append(
            f"Answer every item of {step.answers}. Directly after the sentence that answers an item, write its id in "
            "square brackets, such as [R1]. An item that cannot be answered from the material gets "
            "MISSING: and what is missing, followed by its id."
        )
    if facts and not step.returns:
        lines.append(FACT_RULES)
    if step.max_words:
        lines.append(f"Write at most {step.max_words} words.")
    if step.returns:
        lines.append("Answer with the JSON object that the schema asks for, and nothing else.")
    elif step.kind == "model":
        lines.append("Answer with the text itself, in Markdown with ## headings, and nothing around it.")
    if note:
        lines.append(f"A person read an earlier version and asks for this change: {note}")
    return "\n\n".join(line for line in lines if line)


def corrected(prompt: Prompt) -> str:
    """The task once more; what was wrong about the last answer stands in a part of its own, since it may quote it."""
    return (
        f"{prompt.task}\n\nYour last answer could not be used, for the reasons in the material "
        f'"{REASONS}". Answer once more, whole, with these points put right.'
    )


def reasons_text(problems: tuple[str, ...]) -> str:
    """Why an answer was not accepted, a line each, as the model gets to read it."""
    listed = "\n".join(f"- {problem}" for problem in problems[:20])
    return listed + (f"\n- and {len(problems) - 20} more of the same kinds" if len(problems) > 20 else "")


def continued(prompt: Prompt) -> str:
    """The task of going on where an answer ran into its limit; its text so far stands in a part of its own."""
    return f"{prompt.task}\n\nYour answer so far hit a length limit. Continue exactly where it stops; repeat nothing."
