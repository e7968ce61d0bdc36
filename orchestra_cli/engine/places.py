"""What stands behind the places of a recipe: `{client}`, `{pricing.table}`, `{requirements.matrix}`, ...

In a document a place is filled with its text. In a prompt only the firm's and the client's name, choices and bare
numbers are: everything else was written by somebody else, stands in a fence, and is only named outside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from orchestra_cli.engine.reading import input_in_line, reads_of, run_text
from orchestra_cli.engine.values import Value, field_of

if TYPE_CHECKING:
    from orchestra_cli.engine.world import World
    from orchestra_cli.recipes.model import Recipe, Step
    from orchestra_cli.recipes.places import Place


def prompt_text(world: World, recipe: Recipe, text: str, step: Step | None = None) -> str:
    """The text of a prompt, in one pass: strangers' words are named by their fence. `step` is the one that reads it."""
    from orchestra_cli.recipes.places import places_in, substitute

    whole = {read.id for read in reads_of(step) if not read.field} if step else set()
    return substitute(text, {place.name: _in_prompt(world, recipe, place, whole) for place in places_in(text)})


def _in_prompt(world: World, recipe: Recipe, place: Place, whole: set[str]) -> str:
    if place.id in ("client", "company"):
        return place_text(world, {}, place.id, "")
    in_line = input_in_line(world, recipe, place.id)
    if in_line is not None:
        return in_line
    if any(spec.id == place.id for spec in recipe.inputs) and run_text(world, place.id) is None:
        return "(not given)"
    if place.field and place.id in whole:
        return f'"{place.field}" in the material "{place.id}"'
    return f'the material "{place.name}"'


def place_text(world: World, answers: Mapping[str, Value], name: str, field: str) -> str:
    """The text of one place. A list's field: its values, a line each."""
    if name == "client":
        return world.client.title if world.client else "the client"
    if name == "company":
        return world.company_name or "our company"
    value = answers.get(name)
    if value is None:
        return run_text(world, name) or ""
    return _field_text(value, field) if field else value.text


def _field_text(value: Value, field: str) -> str:
    view = value.view(field)
    if view is not None:
        return view
    if value.missing:
        return value.text
    return "\n".join(f"- {text}" for text in field_of(value.data, field))
