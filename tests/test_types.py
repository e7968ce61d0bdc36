"""The values that rooms hand each other: plain, frozen, and honest about what is unknown."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestra_cli.types import CallFailed, Money, Source, Usage

counts = st.none() | st.integers(0, 10_000)
whole = st.integers(0, 1000)
usages = st.builds(Usage, input=counts, output=counts, cached=whole, cache_write=whole, reasoning=whole, searches=whole)


@given(usages, usages)
def test_usage_adds_up_and_unknown_stays_unknown(one: Usage, two: Usage) -> None:
    """A sum with an unknown part is unknown, never too small."""
    total = one + two
    assert total == two + one
    assert (total.input is None) == (one.input is None or two.input is None)
    assert total.output is None or total.output == (one.output or 0) + (two.output or 0)
    assert total.cached + total.searches == one.cached + two.cached + one.searches + two.searches


@given(usages)
def test_nothing_added_changes_nothing(usage: Usage) -> None:
    """Zero tokens are the neutral usage."""
    assert usage + Usage(0, 0) == usage


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (Source("a.csv"), "a.csv"),
        (Source("a.xlsx", sheet="Jobs", row=3, column="Qty"), 'a.xlsx, sheet "Jobs", row 3, column "Qty"'),
        (Source("a.pdf", page=2), "a.pdf, page 2"),
    ],
)
def test_source_reads_as_a_place(source: Source, text: str) -> None:
    """As far as it is known."""
    assert str(source) == text


def test_failed_call_says_what_may_be_charged() -> None:
    """Without a word a failure is not billed; what it holds is kept apart from an answer."""
    plain = CallFailed("connect", "Nobody listens.")
    assert (plain.billed, plain.partial, plain.usage, str(plain)) == ("no", "", None, "Nobody listens.")
    cut = CallFailed("cut", "Cut.", billed="maybe", partial="Half", usage=Usage(1, 1), status=200, request_id="r1")
    assert (cut.kind, cut.billed, cut.partial, cut.status, cut.request_id) == ("cut", "maybe", "Half", 200, "r1")


def test_values_cannot_be_changed() -> None:
    """Frozen, so that nobody changes what another room holds."""
    from decimal import Decimal

    amount = Money(Decimal(1), "GBP")
    with pytest.raises(FrozenInstanceError):
        amount.currency = "EUR"  # type: ignore[misc]
