"""Steps that code plays: `do: price_table`. A registry of plain functions; each new action is one entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from orchestra_cli.engine.values import Value
from orchestra_cli.recipes.model import Step
from orchestra_cli.types import Finding, Material

if TYPE_CHECKING:
    from orchestra_cli.engine.world import World
    from orchestra_cli.facts.pricing import PriceSheet

PRICE_TABLE_VERSION = 1


def run_action(world: World, step: Step) -> tuple[Value, tuple[Finding, ...], str]:
    """(value, findings, a few words) of a `do` step. Raises InputError when its inputs cannot be used."""
    return ACTIONS[step.action](world, step)


def price_job(
    placed: Sequence[tuple[str, Material]],
    rates: Mapping[str, str],
    mapping: Mapping[str, str],
    currency: str,
    language: str,
    today: date,
) -> PriceSheet | None:
    """The price of a job from its take-off, price list and labour rates; None when there is no take-off."""
    from orchestra_cli.facts.placing import table_for
    from orchestra_cli.facts.pricing import price_table
    from orchestra_cli.facts.rates import rates_from

    tables = {slot: table_for(file, slot, mapping) for slot, file in placed if slot in ("takeoff", "prices", "labour")}
    takeoff = tables.get("takeoff")
    if takeoff is None:
        return None
    return price_table(
        takeoff,
        tables.get("prices"),
        tables.get("labour"),
        rates_from({"currency": currency, **rates}),
        today,
        mapping=mapping,
        language=language,
    )


def price_sheet(world: World) -> PriceSheet | None:
    """The price of the job from the frozen inputs; None when there is nothing to price."""
    return price_job(world.inputs, world.rates, world.mapping, world.currency, world.language, started_on(world))


def started_on(world: World) -> date:
    """The day on which the run was created, in its own time zone."""
    return datetime.fromisoformat(world.started).date()


def _price_table(world: World, _step: Step) -> tuple[Value, tuple[Finding, ...], str]:
    from orchestra_cli.facts.sheet import FactSheet

    sheet = price_sheet(world)
    if sheet is None:
        return Value.absent("no take-off with quantities was given"), (), "nothing to price"
    facts = FactSheet.of(sheet.facts).facts
    views = (("table", sheet.markdown), ("stages", sheet.stages_markdown), ("summary", _for_the_client(sheet)))
    text = f"{sheet.summary}\n\n{sheet.markdown}"
    return Value(text, facts=facts, views=views), sheet.findings, sheet.summary


def _for_the_client(sheet: PriceSheet) -> str:
    """The summary without our own count of lines, as long as every line has its price."""
    count = len(sheet.lines)
    return sheet.summary if sheet.unpriced else sheet.summary.removesuffix(f", {count} of {count} lines priced")


ACTIONS: dict[str, Callable[[World, Step], tuple[Value, tuple[Finding, ...], str]]] = {"price_table": _price_table}
