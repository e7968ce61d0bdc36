"""What the checks of the facts room are given at the end of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from orchestra_cli.engine.actions import price_sheet, started_on
from orchestra_cli.engine.reading import source_texts
from orchestra_cli.engine.values import MISSING, Value, items_of
from orchestra_cli.types import Fact, Finding

if TYPE_CHECKING:
    from orchestra_cli.engine.world import World
    from orchestra_cli.recipes.model import Recipe, Step


def final_checks(
    world: World,
    recipe: Recipe,
    values: Mapping[str, Value],
    prose: Mapping[str, str],
    markdown: str,
    facts: tuple[Fact, ...],
) -> tuple[Finding, ...]:
    """What every check in code finds in the finished document."""
    from orchestra_cli.facts.checks import CheckInput, run_checks

    delivered = delivered_steps(recipe)
    written = "\n\n".join(text for step, text in prose.items() if step in delivered)
    sheet = price_sheet(world)
    given = CheckInput(
        text=written,
        document=markdown,
        sources=source_texts(world) + web_sources(values),
        facts=facts,
        requirements=_requirements(recipe, values),
        quotes=_quotes(recipe, values),
        other_clients=tuple(name for _, names in world.other_clients for name in names),
        max_words=_max_words([step for step in recipe.steps if step.id in prose and step.id in delivered]),
        language=world.language,
        gross=sheet.gross if sheet else None,
        today=started_on(world),
    )
    return run_checks(given)


def delivered_steps(recipe: Recipe) -> frozenset[str]:
    """The steps whose answers stand in the document; what else models wrote was for other steps to read."""
    from orchestra_cli.recipes.places import places_in

    if recipe.deliver is None:
        return frozenset({recipe.steps[-1].id})
    return frozenset(place.id for place in places_in(recipe.deliver.text))


def web_sources(values: Mapping[str, Value]) -> tuple[tuple[str, str], ...]:
    """(address, words) of every page that a search used."""
    return tuple(
        (source.url, f"{source.url} {source.title} {source.quote}")
        for value in values.values()
        for source in value.sources
    )


def _requirements(recipe: Recipe, values: Mapping[str, Value]) -> tuple[dict[str, str], ...]:
    rows: list[dict[str, str]] = []
    for step in recipe.steps:
        answered, prose = values.get(step.answers), values.get(step.id)
        if step.answers and answered is not None and prose is not None:
            rows += [{name: str(cell) for name, cell in row.items()} for row in items_of(answered.data)]
    return tuple(rows)


def _quotes(recipe: Recipe, values: Mapping[str, Value]) -> tuple[tuple[str, str], ...]:
    """(quote, name of its source) of every field that is a quote."""
    found = []
    for step in recipe.steps:
        if step.returns is None or step.id not in values:
            continue
        fields = step.returns.fields[0].fields if step.returns.kind == "list" else step.returns.fields
        for row in items_of(values[step.id].data) or (values[step.id].data,):
            if isinstance(row, dict):
                found += [
                    (str(row[field.id]), field.of)
                    for field in fields
                    if field.kind == "quote" and row.get(field.id) and not str(row[field.id]).startswith(MISSING)
                ]
    return tuple(found)


def _max_words(prose: list[Step]) -> int | None:
    limits = [step.max_words for step in prose if step.max_words]
    return sum(limits) if limits and len(limits) == len(prose) else None
