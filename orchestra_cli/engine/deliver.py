"""The end of a run: facts put into the text, the checks, the document, and the files.

A blocking finding never suppresses the file: it is delivered as NAME.DRAFT.ext with the reasons on its first page.
Only another client's name withholds it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, cast

from orchestra_cli.engine.actions import started_on
from orchestra_cli.engine.final_checks import final_checks, web_sources
from orchestra_cli.engine.places import place_text
from orchestra_cli.engine.reading import source_texts
from orchestra_cli.engine.values import MISSING, Value, items_of, missing_fields
from orchestra_cli.types import Deliverable, Fact, Finding

if TYPE_CHECKING:
    from orchestra_cli.engine.world import World
    from orchestra_cli.recipes.model import Recipe, Step

LOCAL_STAMP = "DRAFT, written on this computer by a small model"
WITHHELD = frozenset({"other client", "secret"})
"""Rules whose findings keep the file itself back."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The document and what the checks in code say about it."""

    deliverable: Deliverable
    findings: tuple[Finding, ...]
    missing: tuple[str, ...]

    @property
    def flawed(self) -> bool:
        """Whether something blocks."""
        return any(finding.severity == "block" for finding in self.findings)

    @property
    def withheld(self) -> bool:
        """Whether the file itself is kept back."""
        return any(finding.rule in WITHHELD and finding.severity == "block" for finding in self.findings)


def finish(
    world: World,
    recipe: Recipe,
    answers: Mapping[str, Value],
    earlier: tuple[Finding, ...],
    *,
    small_model: bool,
    unattended: tuple[str, ...],
) -> Finished:
    """Put the document together and check it. `earlier` are the findings of actions and reviews."""
    facts = all_facts(answers)
    prose, fact_findings = _prose(world, recipe, answers, facts)
    values = {**answers, **_shown(world, answers, prose, facts), **_with_matrix(world, recipe, answers)}
    markdown = _filled(world, recipe, values)
    findings = (*earlier, *fact_findings, *final_checks(world, recipe, values, prose, markdown, facts))
    findings = tuple(dict.fromkeys(findings))
    required, listed = _missing(recipe, answers)
    findings += tuple(Finding("missing", "block", where, f"{MISSING}: {where}") for where in required)
    missing = tuple(dict.fromkeys((*world.gaps, *required, *listed, *_missing_in_text(markdown))))
    harmless = _harmless(recipe, values, markdown)
    return Finished(_deliverable(world, recipe, harmless, findings, small_model, unattended), findings, missing)


def _harmless(recipe: Recipe, values: Mapping[str, Value], markdown: str) -> str:
    """The document without HTML and images that fields, quotes or inputs brought in; it links to the run's sources and
    to what the recipe's own page links to."""
    from orchestra_cli.privacy.clean import clean_answer, host_of

    urls = [source.url for value in values.values() for source in value.sources]
    urls += re.findall(r"https?://[^\s<>()\"]+", recipe.deliver.text if recipe.deliver else "")
    return clean_answer(markdown, frozenset(filter(None, map(host_of, urls))))


def all_facts(answers: Mapping[str, Value]) -> tuple[Fact, ...]:
    """Every fact of the run, once."""
    return tuple({fact.id: fact for value in answers.values() for fact in value.facts}.values())


def _prose(
    world: World, recipe: Recipe, answers: Mapping[str, Value], facts: tuple[Fact, ...]
) -> tuple[dict[str, str], tuple[Finding, ...]]:
    """What models wrote, with the facts put in and the item marks ([R3]) still there, by step."""
    from orchestra_cli.facts.sheet import FactSheet

    sheet = FactSheet(facts)
    prose: dict[str, str] = {}
    findings: list[Finding] = []
    for step in recipe.steps:
        value = answers.get(step.id)
        if value is not None and not value.missing and step.kind == "model" and step.returns is None:
            prose[step.id], found = sheet.render(value.text, world.language)
            findings += found
    return prose, tuple(findings)


def _shown(
    world: World, answers: Mapping[str, Value], prose: Mapping[str, str], facts: tuple[Fact, ...]
) -> dict[str, Value]:
    """The prose as a reader gets it: no item marks, and figures that nobody gave marked where they stand."""
    from orchestra_cli.facts.checks import bare_numbers, mark_unverified
    from orchestra_cli.facts.matrix import render_item_refs

    sources = tuple(text for _, text in source_texts(world) + web_sources(answers))
    shown = {}
    for step, text in prose.items():
        figures = bare_numbers(text, sources, facts, started_on(world))
        shown[step] = replace(answers[step], text=render_item_refs(mark_unverified(text, figures)))
    return shown


def _with_matrix(world: World, recipe: Recipe, answers: Mapping[str, Value]) -> dict[str, Value]:
    """List answers that a prose step answers, with their matrix."""
    from orchestra_cli.facts.matrix import requirements_matrix

    found = {}
    for step in recipe.steps:
        answered = answers.get(step.answers) if step.answers else None
        if answered is not None and step.id in answers:
            matrix, _ = requirements_matrix(_requirement_rows(answered), answers[step.id].text, world.language)
            found[step.answers] = replace(answered, views=(*answered.views, ("matrix", matrix)))
    return found


def _requirement_rows(answered: Value) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (str(row.get("id", "")), str(row.get("quote") or row.get("text") or ""), str(row.get("kind", "")))
        for row in items_of(answered.data)
    )


def _filled(world: World, recipe: Recipe, values: Mapping[str, Value]) -> str:
    from orchestra_cli.recipes.places import places_in, substitute

    if recipe.deliver is None:
        last = values.get(recipe.steps[-1].id)
        return last.text if last else ""
    texts = {}
    for place in places_in(recipe.deliver.text):
        name = f"{place.id}.{place.field}" if place.field else place.id
        texts[name] = place_text(world, values, place.id, place.field)
    return substitute(recipe.deliver.text, texts)


def _missing(recipe: Recipe, answers: Mapping[str, Value]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(required, optional) fields that are MISSING, and steps that have no value."""
    required: list[str] = []
    optional: list[str] = []
    for step in recipe.steps:
        value = answers[step.id]
        if value.missing:
            optional.append(f"{step.id}: {value.missing}")
        answered = answers.get(step.answers)
        if answered is not None and not answered.missing and not items_of(answered.data):
            required.append(f"{step.answers}: nothing was found that {step.id} could answer")
        found = missing_fields(value.data, step.id)
        for line in found:
            (optional if _is_optional(step, line) else required).append(line)
    return tuple(required), tuple(optional)


def _is_optional(step: Step, line: str) -> bool:
    if step.returns is None:
        return True
    name = line.split(":", 1)[0].rsplit(".", 1)[-1]
    fields = step.returns.fields[0].fields if step.returns.kind == "list" else step.returns.fields
    return all(field.optional for field in fields if field.id == name)


def _missing_in_text(markdown: str) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            match.group(1).strip().rstrip(".|*_ ") for match in re.finditer(r"MISSING:\s*([^\n|\[]+)", markdown)
        )
    )


def _deliverable(
    world: World,
    recipe: Recipe,
    markdown: str,
    findings: tuple[Finding, ...],
    small_model: bool,
    unattended: tuple[str, ...],
) -> Deliverable:
    title = recipe.title
    match = re.match(r"\s*#\s+(.+)\n?", markdown)
    if match:
        title = match.group(1).strip()
        markdown = markdown[match.end() :]
    reasons = [
        _without_other_clients(world, f"{finding.where}: {finding.text}" if finding.where else finding.text)
        for finding in findings
        if finding.severity == "block"
    ]
    if reasons and unattended:
        reasons.append("No person approved: " + "; ".join(unattended))
    elif unattended:
        markdown = (
            f"{markdown.rstrip()}\n\n---\n\n*Prepared unattended; no person approved: {'; '.join(unattended)}.*\n"
        )
    return Deliverable(
        title=title,
        markdown=markdown.strip() + "\n",
        letterhead=world.letterhead,
        stamp=LOCAL_STAMP if small_model else "",
        reasons=tuple(dict.fromkeys(reasons)),
        language=world.language,
        paper=cast('Literal["a4", "letter"]', world.paper),
        date=_long_date(world),
        reference="",
    )


def _without_other_clients(world: World, reason: str) -> str:
    """A reason as it may stand in the document: a reviewer may name a client whom the text itself does not."""
    for _, names in world.other_clients:
        for name in sorted(filter(str.strip, names), key=len, reverse=True):
            reason = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "[another client]", reason, flags=re.IGNORECASE)
    return reason


def _long_date(world: World) -> str:
    day = started_on(world)
    if world.language == "en-US":
        return f"{day:%B} {day.day}, {day.year}"
    return f"{day.day} {day:%B} {day.year}"


def as_markdown(finished: Finished) -> str:
    """The document as text, for standard output and the JSON object; stamp and reasons stand in its first lines."""
    from orchestra_cli.documents.write import to_markdown

    return to_markdown(finished.deliverable)
