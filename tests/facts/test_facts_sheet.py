"""The fact sheet."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from orchestra_cli.facts.sheet import FactSheet, allowed_figures
from orchestra_cli.types import Fact

FACTS = (
    Fact("F1", "revenue", Decimal("48210"), currency="GBP", period="Q2 2025", decimals=2),
    Fact("F2", "overhead, per cent", Decimal(12), "%"),
    Fact("F3", "slab, quantity", Decimal("54"), "m2"),
    Fact("F4", "valid until", date(2026, 12, 21)),
    Fact("F5", "client", "Hartwell"),
    Fact("F6", "sum", Decimal("1"), currency="GBP", formula="F1 + F3"),
)


def test_compact_is_a_line_a_fact() -> None:
    """Id, label, period, figure."""
    assert FactSheet.of(FACTS).compact().splitlines()[:2] == [
        "F1 revenue, Q2 2025, GBP 48,210.00",
        "F2 overhead, per cent, 12 %",
    ]


def test_ids_are_given_in_order_and_formulas_follow() -> None:
    """Facts of two tables keep their own formulas when ids are given anew."""
    sheet = FactSheet.of((*FACTS, *FACTS))
    assert [fact.id for fact in sheet.facts] == [f"F{n}" for n in range(1, 13)]
    assert (sheet.facts[5].formula, sheet.facts[11].formula) == ("F1 + F3", "F7 + F9")
    assert sheet.get("F12") == sheet.facts[11]
    assert sheet.get("F13") is None
    assert sheet.get("X") is None
    assert "F12" in sheet.ids()
    assert FactSheet.of([Fact("", "a", Decimal(1)), Fact("", "b", Decimal(2))]).facts[1].id == "F2"


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("We ask [F1].", "We ask GBP 48,210.00."),
        ("We ask GBP [F1].", "We ask GBP 48,210.00."),
        ("We ask £[F1].", "We ask £48,210.00."),
        ("[F2] of it", "12 % of it"),
        ("[F2] % of it", "12 % of it"),
        ("[F2] per cent", "12 per cent"),
        ("[F3] m2 of slab", "54 m2 of slab"),
        ("[F3] of slab", "54 m2 of slab"),
        ("until [F4] for [F5]", "until 21 December 2026 for Hartwell"),
        ("[F2, F3]", "12 %, 54 m2"),
        ("[R3] and [S3#12]", "[R3] and [S3#12]"),
    ],
)
def test_marks_become_figures(text: str, rendered: str) -> None:
    """A unit or currency that the sentence writes itself is not repeated; other marks stay."""
    assert FactSheet.of(FACTS).render(text) == (rendered, ())


def test_unknown_facts_block() -> None:
    """An id that no fact has is visible in the text and a blocking finding."""
    text, findings = FactSheet.of(FACTS).render("That is [F99].")
    assert text == "That is [unknown fact F99]."
    assert [(finding.severity, finding.text) for finding in findings] == [("block", "[F99] is no fact of this run")]


def test_figures_follow_the_readers_language() -> None:
    """Dates and dollars differ for American readers."""
    facts = (Fact("F1", "price", Decimal(5), currency="USD"), FACTS[3])
    assert allowed_figures(facts, "en-US") == ("$5.00", "December 21, 2026")
