"""What steps say about each other: names exist and fit, nothing waits in a circle, nothing is made for nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from orchestra_cli.recipes import words
from orchestra_cli.recipes.model import Deliver, InputSpec, Read, Step
from orchestra_cli.recipes.places import Place, places_in
from orchestra_cli.recipes.when import ORDERING, Compare, comparisons, operands
from orchestra_cli.types import Field

Problem = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Draft:
    """A page whose parts are read but not yet checked against each other. Line numbers are those of the first line.

    `broken` steps have mistakes of their own and `names_lost` says that a line naming steps could not be read: what
    would only follow from these mistakes is not reported.
    """

    inputs: dict[str, InputSpec]
    steps: dict[str, Step]
    preamble: str
    preamble_line: int
    body_lines: dict[str, int]
    deliver: Deliver | None
    deliver_line: int
    problem: Problem
    broken: frozenset[str] = frozenset()
    names_lost: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that a step may read."""
        return (*self.inputs, *self.steps, *words.WORLD)


def check_graph(draft: Draft) -> None:
    """Report every name that does not exist or does not fit, circles, and steps that nobody uses."""
    for step in draft.steps.values():
        _check_reads(draft, step)
        _check_targets(draft, step)
        _check_quotes(draft, step)
        _check_when(draft, step)
    _check_places(draft)
    _check_circles(draft)
    _check_used(draft)


def needs(step: Step) -> tuple[str, ...]:
    """The names of everything a step sees or waits for by its own settings, each once."""
    reads = [read.id for read in (*step.reads, *step.against)]
    others = [step.answers, step.review, step.each.partition(".")[0]]
    conditions = [name.partition(".")[0] for name in operands(step.when)] if step.when else []
    return tuple(dict.fromkeys(name for name in (*reads, *others, *conditions) if name))


def fields_of(step: Step) -> tuple[str, ...] | None:
    """The fields of a step's answer that others may name; None when only the run can tell."""
    if step.kind == "do":
        return words.ACTIONS.get(step.action)
    if step.kind == "review":
        return words.REVIEW_FIELDS
    return tuple(member.id for member in members_of(step.returns))


def members_of(field: Field | None) -> tuple[Field, ...]:
    """The named members of a group, or of the items of a list."""
    if field is None:
        return ()
    if field.kind == "list":
        return members_of(field.fields[0])
    return field.fields if field.kind == "group" else ()


def _wrong(draft: Draft, name: str, field: str) -> str:
    """Why `name.field` cannot be named here, empty when it can."""
    if name in words.WORLD or name in draft.inputs:
        return f'"{name}" has no fields: write only {name}' if field else ""
    if name not in draft.steps:
        return f'there is no input or step "{name}"{words.near(name, draft.names)}'
    known = fields_of(draft.steps[name])
    if not field or known is None or field in known or name in draft.broken:
        return ""
    guess = words.near(field, known) or (f": it has {', '.join(known)}" if known else ": its answer is prose")
    return f'step "{name}" has no field "{field}"{guess}'


def _check_reads(draft: Draft, step: Step) -> None:
    for setting, reads in (("reads", step.reads), ("against", step.against)):
        for read in reads:
            wrong = _wrong(draft, read.id, read.field)
            if wrong:
                draft.problem(step.line_of(setting), f'{wrong} ("{setting}" of step "{step.id}")')


def _check_targets(draft: Draft, step: Step) -> None:
    review = draft.steps.get(step.review)
    if step.review and review is None:
        draft.problem(step.line_of("review"), f'there is no step "{step.review}"{words.near(step.review, draft.steps)}')
    elif review is not None and not review.is_prose and review.id not in draft.broken:
        draft.problem(step.line_of("review"), f'only prose can be reviewed, and step "{step.review}" gives none')
    answered = draft.steps.get(step.answers)
    if step.answers and answered is None:
        guess = words.near(step.answers, draft.steps)
        draft.problem(step.line_of("answers"), f'there is no step "{step.answers}"{guess}')
    elif answered is not None and not _is_list(draft, step.answers, ""):
        draft.problem(step.line_of("answers"), f'"answers" needs a list, and step "{step.answers}" returns none')
    if step.each:
        _check_each(draft, step)


def _check_each(draft: Draft, step: Step) -> None:
    name, _, field = step.each.partition(".")
    wrong = _wrong(draft, name, field)
    if not wrong and not _is_list(draft, name, field):
        wrong = f'"each" needs a list, and "{step.each}" is none'
    if wrong:
        draft.problem(step.line_of("each"), f'{wrong} (step "{step.id}")')


def _is_list(draft: Draft, name: str, field: str) -> bool:
    if name in draft.inputs:
        spec = draft.inputs[name]
        return spec.many or spec.type in words.LIST_INPUTS
    step = draft.steps.get(name)
    if step is None or name in draft.broken:
        return step is not None
    if not field:
        return step.returns is not None and step.returns.kind == "list"
    return any(member.id == field and member.kind == "list" for member in members_of(step.returns))


def _check_quotes(draft: Draft, step: Step) -> None:
    read = {read.id for read in (*step.reads, *step.against)}
    for source in dict.fromkeys(_quoted(step.returns)):
        if source not in draft.names:
            guess = words.near(source, draft.names)
            draft.problem(
                step.line_of("returns"), f'"quote from {source}": there is no input or step "{source}"{guess}'
            )
        elif source not in read:
            draft.problem(step.line_of("returns"), f'step "{step.id}" quotes from "{source}" without reading it')


def _quoted(field: Field | None) -> Iterator[str]:
    if field is not None:
        if field.kind == "quote":
            yield field.of
        for member in field.fields:
            yield from _quoted(member)


def _check_when(draft: Draft, step: Step) -> None:
    for compare in comparisons(step.when) if step.when else ():
        name, _, field = compare.field.partition(".")
        wrong = _wrong(draft, name, field) or _misfit(draft, compare, name, field)
        if wrong:
            draft.problem(step.line_of("when"), f'{wrong} ("when" of step "{step.id}")')


def _misfit(draft: Draft, compare: Compare, name: str, field: str) -> str:
    kind, choices = _kind_of(draft, name, field)
    if name in words.WORLD:
        return f'"{name}" cannot be compared'
    if compare.operator in ORDERING and kind and kind not in ("number", "money", "date"):
        return f'"{compare.field}" is no number and no date, so {compare.operator} says nothing about it'
    if choices and compare.operator in ("is", "is not"):
        folded = [choice.casefold() for choice in choices]
        if " ".join(compare.value.casefold().split()) not in folded:
            guess = words.near(compare.value, choices) or f": it has {', '.join(choices)}"
            return f'"{compare.field}" has no choice "{compare.value}"{guess}'
    return ""


def _kind_of(draft: Draft, name: str, field: str) -> tuple[str, tuple[str, ...]]:
    if name in draft.inputs:
        return draft.inputs[name].type, draft.inputs[name].choices
    step = draft.steps.get(name)
    for member in members_of(step.returns) if step else ():
        if member.id == field:
            return member.kind, member.choices
    return "", ()


def _check_places(draft: Draft) -> None:
    unknown: list[tuple[Place, int]] = []
    for place in places_in(draft.preamble):
        line = draft.preamble_line + place.line - 1
        if place.id not in words.VALUES and place.id not in draft.inputs:
            unknown.append((place, line))
        elif not _is_value(draft, place):
            draft.problem(line, f"{{{place.name}}} is too long for the lines that every step sees: read it in a step")
    for step in draft.steps.values():
        for place in places_in(step.body):
            line = draft.body_lines.get(step.id, step.line) + place.line - 1
            if place.id not in draft.names and place.id not in words.VALUES:
                unknown.append((place, line))
            else:
                _check_body_place(draft, step, place, line, unknown)
    delivered = places_in(draft.deliver.text) if draft.deliver else ()
    unknown.extend((p, draft.deliver_line + p.line - 1) for p in delivered if not _may_deliver(draft, p))
    if unknown:
        listed = ", ".join(f"{{{place.name}}} (line {line})" for place, line in unknown)
        many = "is an unknown place" if len(unknown) == 1 else "are unknown places"
        guess = _near_place(draft, unknown[0][0]) if len(unknown) == 1 else ""
        hint = guess or "; a step, one of its fields, an input, client, company, period or run can stand there"
        draft.problem(unknown[0][1], f"{listed} {many}{hint}")


def _near_place(draft: Draft, place: Place) -> str:
    if place.id in draft.steps:
        return words.near(place.field, (*(fields_of(draft.steps[place.id]) or ()), "matrix"))
    return "" if place.id in words.WORLD else words.near(place.id, (*draft.names, *words.VALUES))


def _is_value(draft: Draft, place: Place) -> bool:
    if place.id in words.VALUES:
        return not place.field
    return not place.field and place.id in draft.inputs and draft.inputs[place.id].type in words.SHORT_INPUTS


def _check_body_place(draft: Draft, step: Step, place: Place, line: int, unknown: list[tuple[Place, int]]) -> None:
    if _is_value(draft, place):
        return
    seen = (*step.reads, *step.against, Read(step.review), Read(step.answers), Read(step.each.partition(".")[0]))
    if not any(read.id == place.id and read.field in ("", place.field) for read in seen):
        draft.problem(line, f'{{{place.name}}} stands in step "{step.id}", which does not read it: add it to "reads"')
    elif place.id in words.WORLD or _wrong(draft, place.id, place.field):
        unknown.append((place, line))


def _may_deliver(draft: Draft, place: Place) -> bool:
    if place.id in words.VALUES:
        return not place.field
    if place.field == "matrix":
        answers = {step.answers for step in draft.steps.values()}
        return place.id in answers or (_is_list(draft, place.id, "") and _has_wrong_answers(draft, answers))
    return place.id not in words.WORLD and not _wrong(draft, place.id, place.field)


def _has_wrong_answers(draft: Draft, answers: set[str]) -> bool:
    """Whether a matrix may only be missing because the line that asks for it has a mistake of its own."""
    return draft.names_lost or any(name and not _is_list(draft, name, "") for name in answers)


def _check_circles(draft: Draft) -> None:
    reviewers = _reviewers(draft.steps)
    waits = {name: _waits(step, draft.steps, reviewers) for name, step in draft.steps.items()}
    while True:
        try:
            TopologicalSorter(waits).prepare()
        except CycleError as error:
            circle = _in_page_order(list(reversed(error.args[1]))[:-1], list(draft.steps))
            shown = " -> ".join((*circle, circle[0]))
            draft.problem(draft.steps[circle[0]].line, f"these steps wait for each other: {shown}")
            waits = {name: others for name, others in waits.items() if name not in circle}
        else:
            return


def _in_page_order(circle: list[str], page: list[str]) -> list[str]:
    """The same circle, begun with the step that stands first in the page."""
    start = min(range(len(circle)), key=lambda place: page.index(circle[place]))
    return [*circle[start:], *circle[:start]]


def waits_for(step: Step, steps: dict[str, Step]) -> tuple[str, ...]:
    """The steps that must be finished before this one: what it needs, and every review of what it needs."""
    return _waits(step, steps, _reviewers(steps))


def _reviewers(steps: dict[str, Step]) -> dict[str, list[str]]:
    reviewers: dict[str, list[str]] = {}
    for step in steps.values():
        reviewers.setdefault(step.review, []).append(step.id)
    return reviewers


def _waits(step: Step, steps: dict[str, Step], reviewers: dict[str, list[str]]) -> tuple[str, ...]:
    own = [name for name in needs(step) if name in steps]
    reviews = [other for name in own if name != step.review for other in reviewers.get(name, ()) if other != step.id]
    return tuple(dict.fromkeys([*own, *reviews]))


def _check_used(draft: Draft) -> None:
    if draft.names_lost:
        return
    used = {name for step in draft.steps.values() for name in (*needs(step), *step.plan)}
    if draft.deliver:
        used.update(place.id for place in places_in(draft.deliver.text))
    elif draft.steps:
        used.add(list(draft.steps)[-1])
    for step in draft.steps.values():
        if step.id not in used and not step.review:
            draft.problem(
                step.line, f'nobody uses step "{step.id}": let a step read it, or put {{{step.id}}} in # Deliver'
            )
