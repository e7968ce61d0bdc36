"""What a step gets to see, and nothing else: inputs, client, company, archive, facts and the answers of other steps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from orchestra_cli.engine.values import Value, as_text, field_of, items_of
from orchestra_cli.recipes.model import Read, Recipe, Step
from orchestra_cli.types import DataClass, Fact, Json

if TYPE_CHECKING:
    from orchestra_cli.engine.world import World

_ORDER: tuple[DataClass, ...] = ("public", "internal", "personal", "secret")
OF_THE_RUN = ("client", "company", "facts", "archive", "period", "run")
"""Names that are no step and no input."""


def reads_of(step: Step) -> tuple[Read, ...]:
    """All that a step reads, in the order of the page; review, against, answers and each count as reads."""
    listed = [*step.reads, *step.against]
    each, _, field = step.each.partition(".")
    named = [Read(step.review), Read(step.answers), Read(each, field)]
    known = {(read.id, read.field) for read in listed}
    return (*(read for read in dict.fromkeys(named) if read.id and (read.id, read.field) not in known), *listed)


def step_needs(recipe: Recipe, step: Step) -> tuple[str, ...]:
    """The ids of the steps that must be finished before this one: what it reads and asks about, every review of that,
    and for a review the earlier reviews of the same draft, whose last version it gets. `facts` are those of actions."""
    from orchestra_cli.recipes.graph import waits_for

    steps = {one.id: one for one in recipe.steps}
    earlier = [one.id for one in recipe.steps[: recipe.steps.index(step)] if step.review and one.review == step.review]
    actions = [one.id for one in recipe.steps if one.kind == "do" and any(read.id == "facts" for read in step.reads)]
    also = [name for name in (*earlier, *actions) if step.id not in _all_needs(name, steps)]
    return tuple(dict.fromkeys([*waits_for(step, steps), *also]))


def _all_needs(name: str, steps: dict[str, Step]) -> set[str]:
    """A step and all that it waits for, directly or not."""
    from orchestra_cli.recipes.graph import waits_for

    found: set[str] = set()
    left = [name]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += waits_for(steps[one], steps)
    return found


def read_values(
    world: World, recipe: Recipe, step: Step, answers: Mapping[str, Value]
) -> tuple[tuple[str, Value], ...]:
    """(name, value) of everything the step reads, in recipe order; what is not there is left out.

    An input that the page only names in its own words ({question}) counts as read, since its text needs a fence.
    """
    values = []
    for read in reads_of(step):
        value = one_value(world, read, answers)
        if value is not None:
            values.append((read.id + (f".{read.field}" if read.field else ""), value))
    have = {name for name, _ in values}
    for name in named_inputs(recipe, step):
        text = run_text(world, name)
        if name not in have and text is not None and input_in_line(world, recipe, name) is None:
            values.append((name, Value(text)))
    if step.role == "write" and world.house_style:
        values.append(("house style", Value(world.house_style)))
    return tuple(values)


def named_inputs(recipe: Recipe, step: Step) -> tuple[str, ...]:
    """The inputs that the page's own words name for this step: in the lines that every step sees, and in its body."""
    from orchestra_cli.recipes.places import places_in

    inputs = {spec.id for spec in recipe.inputs}
    places = (*places_in(recipe.preamble), *places_in(step.body))
    return tuple(dict.fromkeys(place.id for place in places if place.id in inputs))


def input_in_line(world: World, recipe: Recipe, name: str) -> str | None:
    """The text of an input that may stand among the author's words: one of its choices, or digits; else None."""
    given = world.texts.get(name, "")
    choices = next((spec.choices for spec in recipe.inputs if spec.id == name), ())
    return given if given in choices or re.fullmatch(r"[0-9][0-9.,:/ +-]{0,40}", given) else None


def one_value(world: World, read: Read, answers: Mapping[str, Value]) -> Value | None:
    """The value behind one name, None when the run has none."""
    if read.id in answers:
        return _field(answers[read.id], read.field) if read.field else answers[read.id]
    if read.id == "archive":
        return archive_value(world, read.count or 3)
    if read.id == "facts":
        return Value("", facts=tuple(fact for value in answers.values() for fact in value.facts))
    text = run_text(world, read.id)
    return Value(text) if text is not None else None


def run_text(world: World, name: str) -> str | None:
    """The text of an input, the client card, the company page; None when there is none."""
    if name == "client":
        return client_text(world) if world.client else None
    if name == "company":
        return world.company_text or None
    materials = [material for slot, material in world.inputs if slot == name]
    if materials:
        return "\n\n".join(material.text for material in materials)
    return world.texts.get(name)


def client_text(world: World) -> str:
    """Client card as a model may read it."""
    return world.client.text if world.client else ""


def archive_value(world: World, count: int) -> Value | None:
    """The passages of the `count` best documents, each with its id."""
    files = list(dict.fromkeys(passage.file for passage in world.archive))[:count]
    lines = [f"[{passage.id}] ({passage.file}) {passage.text}" for passage in world.archive if passage.file in files]
    return Value("\n\n".join(lines)) if lines else None


def _field(value: Value, name: str) -> Value:
    view = value.view(name)
    if view is not None:
        return Value(view, facts=value.facts)
    return Value("\n".join(f"- {text}" for text in field_of(value.data, name)), facts=value.facts)


def each_items(world: World, step: Step, answers: Mapping[str, Value]) -> tuple[dict[str, Json], ...]:
    """What a step runs for: the items of a list answer or of a list inside it, the files of an input, the rows of a
    table. Each has an `id`."""
    from orchestra_cli.facts.placing import TABLES

    name, _, field = step.each.partition(".")
    if name in answers:
        data = answers[name].data
        rows = data if isinstance(data, list) else [data]
        inner = [row.get(field) for row in rows if isinstance(row, dict)]
        return items_of([one for listed in inner if isinstance(listed, list) for one in listed] if field else data)
    found: list[Json] = []
    for slot, material in world.inputs:
        if slot == name and material.format in TABLES:
            found += [dict(zip(table.columns, row, strict=False)) for table in material.tables for row in table.rows]
        elif slot == name:
            found.append(material.text)
    named = (item if isinstance(item, dict) else {"text": item} for item in found)
    return tuple({**item, "id": str(number)} for number, item in enumerate(named, 1))


def item_value(value: Value, item: str) -> Value:
    """One item's own answer out of a step that ran for each."""
    rows = [row for row in items_of(value.data) if row.get("id") == item]
    return Value(as_text(list(rows)), list(rows), value.facts) if rows else Value.absent(f"no answer for {item}")


def facts_of(reads: tuple[tuple[str, Value], ...]) -> tuple[Fact, ...]:
    """Every fact that travels with what is read."""
    return tuple({fact.id: fact for _, value in reads for fact in value.facts}.values())


def data_class(recipe: Recipe, *steps: Step) -> DataClass:
    """The highest class of data that these steps read, through the steps they read as well."""
    by_id = {one.id: one for one in recipe.steps}
    inputs = {one.id: one for one in recipe.inputs}
    found: set[DataClass] = {"internal"}
    todo, seen = [step.id for step in steps], {step.id for step in steps}
    while todo:
        step = by_id[todo.pop()]
        names = {*named_inputs(recipe, step), *(read.id for read in reads_of(step))}
        found |= {_input_class(inputs[name].privacy, inputs[name].type) for name in names if name in inputs}
        nearer = [name for name in names if name in by_id and name not in seen]
        todo += nearer
        seen.update(nearer)
    return max(found, key=_ORDER.index)


def _input_class(declared: str | None, type_: str) -> DataClass:
    if declared in _ORDER:
        return declared
    return "personal" if type_ == "messages" else "internal"


def source_texts(world: World) -> tuple[tuple[str, str], ...]:
    """(name, text) of everything the user gave: what quotes, figures and names may come from."""
    texts = [(name, run_text(world, name) or "") for name in dict.fromkeys(slot for slot, _ in world.inputs)]
    texts += [(name, text) for name, text in world.texts.items()]
    texts += [("client", client_text(world)), ("company", world.company_text)]
    texts += [(passage.file, passage.text) for passage in world.archive]
    return tuple((name, text) for name, text in texts if text)
