"""What stands behind the places of a recipe: `{client}`, `{pricing.table}`, `{requirements.matrix}`, ..."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from orchestra_cli.engine.reading import run_text
from orchestra_cli.engine.values import Value, field_of

if TYPE_CHECKING:
    from orchestra_cli.engine.world import World


def fill(world: World, answers: Mapping[str, Value], text: str) -> str:
    """The text with its places filled, in one pass; `answers` are the steps' values."""
    from orchestra_cli.recipes.places import places_in, substitute

    values = {}
    for place in places_in(text):
        name = f"{place.id}.{place.field}" if place.field else place.id
        values[name] = place_text(world, answers, place.id, place.field)
    return substitute(text, values)


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
