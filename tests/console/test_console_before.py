from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from orchestra_cli.console.before import cast_lines, estimate_lines, price_line, report_lines, ways_lines

Build = Callable[..., Any]


def test_the_report_says_where_files_went_and_what_the_job_costs(prepared: Build) -> None:
    """Placing, counts, warnings and the exact price, before any model."""
    lines = report_lines(prepared())
    assert lines[0] == "left out: notes.doc: unknown type"
    assert "takeoff  clients/acme/takeoff.xlsx  24 rows read + 0 refused = 24" in lines
    assert "  ! takeoff.xlsx: 7 lines have no price" in lines
    assert "price: GBP 48,210.00" in lines
    assert "  ! old prices" in lines


def test_a_report_without_prices_has_no_price_line(prepared: Build) -> None:
    """Recipes that price nothing show no price."""
    assert not any(line.startswith("price") for line in report_lines(prepared(sheet=None)))


def test_the_estimate_names_who_why_and_how_much(plan: Build, prepared: Build) -> None:
    """A row a step, the total with the cap, what leaves, the gates, and the way without a key."""
    text = "\n".join(estimate_lines(plan(warnings=("one vendor only",)), prepared()))
    assert text.startswith("proposal for Acme Estates Ltd · nothing has been sent")
    assert "openai/gpt-5-mini" in text
    assert "14.5k / 900" in text
    assert "total  likely $0.11 · at most $0.19 · cap $3.00" in text
    assert "about 28,000 tokens leave this computer" in text
    assert 'will stop for you: "Go or no go?"' in text
    assert "! one vendor only" in text
    assert "without a key: --handoff paste, 2 prompts (8, 8 KB)" in text


def test_steps_that_nobody_plays_are_said_with_the_ways_on(plan: Build, prepared: Build, planned: Build) -> None:
    """Nobody is a word in the table, a step left out is another, and the ways on follow."""
    given = plan(steps=(planned("write", "nobody"), planned("background", "left out", "no web search")), cap_usd=None,
                 likely_usd=None, at_most_usd=None, gates=())  # fmt: skip
    text = "\n".join(estimate_lines(given, prepared(client=None)))
    assert "nobody can play it" in text
    assert "left out" in text
    assert "likely unknown · at most unknown · no cap is set" in text
    assert "No model can play every step. Ways to play:" in text
    assert "without a key" not in text


def test_there_are_no_ways_on_when_everybody_can_play(plan: Build) -> None:
    """Nothing to say, nothing said."""
    assert ways_lines(plan()) == []


def test_the_price_line_is_a_range_with_its_cap(plan: Build) -> None:
    """Known, free and unknown prices each have their words."""
    assert price_line(plan()) == "Likely $0.11, at most $0.19, never above $3.00."
    assert price_line(plan(at_most_usd=Decimal(0), likely_usd=Decimal(0), cap_usd=None)) == "Costs nothing."
    assert (
        price_line(plan(likely_usd=None, at_most_usd=Decimal("0.5"), cap_usd=None)) == "Price unknown, at most $0.50."
    )


def test_the_cast_is_shown_before_the_run(plan: Build) -> None:
    """Who plays what, and why."""
    assert cast_lines(plan())[1].split(maxsplit=2) == ["requirements", "openai/gpt-5-mini", "your first choice"]
    assert cast_lines(plan())[2].startswith("pricing       computed")
