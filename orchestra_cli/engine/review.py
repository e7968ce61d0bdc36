"""Review: findings by section, only those sections redone, bounded rounds; what is open at the end stands.

A reviewer's error is "not reviewed", never passed or failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestra_cli.engine.blocking import all_of
from orchestra_cli.engine.checking import FieldCheck, ProseCheck
from orchestra_cli.engine.conducting import OPEN_FINDING, Conducting, Done
from orchestra_cli.engine.journal_keys import path_of
from orchestra_cli.engine.places import prompt_text
from orchestra_cli.engine.prompt import FACT_RULES, Prompt, material, output_tokens, system_text
from orchestra_cli.engine.reading import facts_of, read_values
from orchestra_cli.engine.steps import play_once
from orchestra_cli.engine.values import MISSING, Value, items_of
from orchestra_cli.errors import InvalidAnswerError, RefusedByVendorError
from orchestra_cli.types import Field, Finding, Json

if TYPE_CHECKING:
    from orchestra_cli.recipes.model import Step
    from orchestra_cli.recipes.sections import Section

MOST_FINDINGS = 12
SECTION, WANTED = "the section as it is", "what a reviewer asks for"
"""Names of material: the section that is written anew, and the findings about it."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The draft after its review: the last version, what stayed open, and a few words."""

    version: Value
    done: Done


async def review(run: Conducting, step: Step, answers: Mapping[str, Value]) -> Reviewed:
    """Play a review step on `answers[step.review]`. Raises OrchestraError when the reviewer cannot be asked."""
    draft = answers[step.review]
    if draft.missing:
        return Reviewed(draft, Done(Value.absent(f"there was nothing to review: {draft.missing}"), "nothing to review"))
    open_items: tuple[dict[str, Json], ...] = ()
    redone = found = 0
    from_journal = True
    for number in range(1, max(step.rounds, 1) + 1):
        try:
            checked = await _round(run, step, number, draft, answers)
        except (InvalidAnswerError, RefusedByVendorError) as error:
            return _not_reviewed(draft, error.message)
        from_journal = from_journal and checked.from_journal
        open_items = items_of(checked.value.data)
        found = max(found, len(open_items))
        if not open_items or number == max(step.rounds, 1):
            break
        draft, count = await _redo(run, step, number, draft, open_items, answers)
        redone += count
    return _finished(draft, open_items, found, redone, from_journal=from_journal)


def _not_reviewed(draft: Value, why: str) -> Reviewed:
    finding = Finding("not reviewed", "block", "review", f"The review gave no usable result: {why}")
    value = Value.absent("not reviewed")
    return Reviewed(draft, Done(value, "not reviewed", findings=(finding,)))


def _finished(
    draft: Value, open_items: tuple[dict[str, Json], ...], found: int, redone: int, *, from_journal: bool
) -> Reviewed:
    findings = tuple(
        Finding(f"{OPEN_FINDING}{item.get('rule', '')}", "block", str(item.get("section", "")), _words(item))
        for item in open_items
    )
    text = "\n".join(f"- {finding.where}: {finding.text}" for finding in findings) or "No findings."
    sections = f", {redone} section{'s' if redone != 1 else ''} redone" if redone else ""
    note = f"{found} finding{'s' if found != 1 else ''}{sections}"
    data: list[Json] = [dict(item) for item in open_items]
    return Reviewed(draft, Done(Value(text, data), note, from_journal=from_journal, findings=findings))


def _words(item: Mapping[str, Json]) -> str:
    quoted = str(item.get("quote") or "")
    quote = f' ("{quoted}")' if quoted and not quoted.startswith(MISSING) else ""
    return f"{item.get('fix', '')}{quote}"


async def _round(run: Conducting, step: Step, number: int, draft: Value, answers: Mapping[str, Value]) -> Done:
    reads = tuple(
        (name, draft if name == step.review else value)
        for name, value in read_values(run.world, run.recipe, step, answers)
    )
    sections = _sections(draft)
    returns = _findings_field(step, sections)
    prompt = _review_prompt(run, step, reads, returns, _review_body(run, step))
    sources = {step.review: draft.text}
    check = FieldCheck(step.id, returns, sources, facts_of(reads), "")
    return await play_once(
        run, step, path_of(step.id, round_=number), reads, "", prompt=prompt, check=check, cast_of=step.id
    )


def _sections(draft: Value) -> tuple[Section, ...]:
    from orchestra_cli.recipes.sections import split_sections

    return tuple(split_sections(draft.text))


def _findings_field(step: Step, sections: tuple[Section, ...]) -> Field:
    item = Field(
        "finding",
        "group",
        fields=(
            Field("section", "choice", choices=tuple(section.id for section in sections)),
            Field("rule", "text", max_words=12),
            Field("quote", "quote", of=step.review, optional=True),
            Field("fix", "text", max_words=60),
        ),
    )
    return Field("findings", "list", at_most=MOST_FINDINGS, fields=(item,))


def _review_body(run: Conducting, step: Step) -> str:
    """The recipe's own words, and what a person asked for who had the review done again."""
    from orchestra_cli.store import journal

    body = prompt_text(run.world, run.recipe, step.body, step)
    note = journal.epoch_of(run.store, run.run, step.id).note
    return (
        f"{body}\n\nA person read this version and asks for this change; report it as a finding: {note}"
        if note
        else body
    )


def _review_prompt(
    run: Conducting, step: Step, reads: tuple[tuple[str, Value], ...], returns: Field, body: str
) -> Prompt:
    from orchestra_cli.recipes.fields import schema

    task = (
        f"{body}\n\n"
        f'Check the text "{step.review}" against the rest of the material. Report only what must change before it '
        "may be sent; an empty list is a good answer. For each finding name the section by one of the ids in the "
        "schema, the rule that is broken, the exact words it is about, and the change to make. Ids such as [F1] and "
        "[R1] are put in by code and are right as they are; do not report figures or missing ids.\n\n"
        "Answer with the JSON object that the schema asks for, and nothing else."
    )
    preamble = prompt_text(run.world, run.recipe, run.recipe.preamble)
    return Prompt(
        system=system_text(preamble, "review", run.world.company_name),
        parts=material(reads),
        task=task,
        max_output_tokens=output_tokens(None, returns),
        returns=returns,
        schema=schema(returns),
    )


async def _redo(
    run: Conducting,
    step: Step,
    number: int,
    draft: Value,
    items: tuple[dict[str, Json], ...],
    answers: Mapping[str, Value],
) -> tuple[Value, int]:
    """Only the sections that findings name are written anew; the others stay byte for byte."""
    from orchestra_cli.recipes.sections import replace_section

    named = {section.id: section for section in _sections(draft)}
    flagged = [section for section in named.values() if any(item.get("section") == section.id for item in items)]
    texts = await all_of(_redo_section(run, step, number, draft, section, items, answers) for section in flagged)
    text = draft.text
    for section, new in zip(flagged, texts, strict=True):
        text = replace_section(text, section.id, new)
    return replace(draft, text=text), len(flagged)


async def _redo_section(
    run: Conducting,
    step: Step,
    number: int,
    draft: Value,
    section: Section,
    items: tuple[dict[str, Json], ...],
    answers: Mapping[str, Value],
) -> str:
    writer = run.recipe.step(step.review)
    reads = read_values(run.world, run.recipe, writer, answers)
    wanted = "\n".join(f"- {item.get('rule', '')}: {_words(item)}" for item in items if item["section"] == section.id)
    task = (
        f"{prompt_text(run.world, run.recipe, writer.body, writer)}\n\nThe whole text exists already. Write only its "
        f'section in the material "{SECTION}" anew, starting with its heading line, and change what stands in the '
        f'material "{WANTED}"; keep what is right, keep ids such as [R1] and [F1].\n\n{FACT_RULES}'
    )
    shown = (*reads, (SECTION, Value(section.text)), ("the whole text", Value(draft.text)), (WANTED, Value(wanted)))
    prompt = Prompt(
        system=system_text(
            prompt_text(run.world, run.recipe, run.recipe.preamble), writer.role, run.world.company_name
        ),
        parts=material(shown),
        task=task,
        max_output_tokens=output_tokens(writer.max_words, None),
        max_words=writer.max_words,
    )
    check = ProseCheck.of(run.world, writer, shown)
    path = path_of(writer.id, round_=number + 1, section=section.id)
    done = await play_once(
        run, writer, path, shown, "", prompt=prompt, check=check, cast_of=writer.id, also_seen_by=step
    )
    return _under_its_heading(section, done.value.text)


def _under_its_heading(section: Section, text: str) -> str:
    """The new text under the section's own heading, whatever the model put first; deeper headings stay below it."""
    from orchestra_cli.recipes.sections import split_sections

    same = [part for part in split_sections(text) if part.heading == section.heading]
    body = (same[0].text if same else text).strip()
    if not section.heading:
        return body
    first, _, after = body.partition("\n")
    rest = after.strip() if first.startswith("#") else body
    return f"{'#' * section.level} {section.heading}\n\n{rest}"
