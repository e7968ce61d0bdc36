"""Random jobs: exact totals, whatever the figures and the policy."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestra_cli.facts.pricing import Rates, price_table
from orchestra_cli.types import Source, Table

Job = tuple[Decimal, Decimal, Decimal, Decimal, str]
quantity = st.decimals(min_value=-999, max_value=99999, places=3)
money = st.decimals(min_value=0, max_value=9999, places=2)
percent = st.decimals(min_value=0, max_value=30, places=3)
hours = st.decimals(min_value=0, max_value=40, places=2)
job = st.lists(st.tuples(quantity, money, percent, hours, st.sampled_from(["03", "04", "09"])), min_size=1, max_size=12)
rates = st.builds(
    Rates,
    overhead=percent,
    profit=percent,
    contingency=st.none() | percent,
    bond=st.none() | percent,
    tax=percent,
    rounding=st.sampled_from(["line", "total"]),
    half=st.sampled_from(["up", "even"]),
    labour_rate=st.just(Decimal("38.45")),
    burden=percent,
    stages=st.just((("deposit", Decimal("33.3")), ("frame", Decimal("33.3")), ("end", Decimal("33.4")))),
)


def cents(amount: Fraction, half: str) -> Fraction:
    """An independent rounding to the cent."""
    scaled = abs(amount) * 100
    whole, rest = math.floor(scaled), scaled - math.floor(scaled)
    up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and (half == "up" or whole % 2 == 1))
    return Fraction(whole + up, 100) * (1 if amount >= 0 else -1)


def tables(rows: list[Job]) -> tuple[Table, Table]:
    takeoff = [(f"C{n}", row[4], f"Thing {n}", "m", str(row[0])) for n, row in enumerate(rows)]
    prices = [(f"C{n}", f"Thing {n}", "m", str(row[1]), str(row[3]), str(row[2])) for n, row in enumerate(rows)]
    numbers = tuple(range(2, len(rows) + 2))
    return (
        Table("t", ("item", "division", "description", "unit", "qty"), tuple(takeoff), numbers, Source("t.csv")),
        Table(
            "p",
            ("code", "description", "unit", "material_cost", "labour_hours", "waste_pct"),
            tuple(prices),
            numbers,
            Source("p.csv"),
        ),
    )


def recomputed(rows: list[Job], terms: Rates) -> tuple[Fraction, Fraction, Fraction]:
    """(net, tax, gross) by Fractions, written without looking at the product's code."""
    hourly = Fraction("38.45") * (1 + Fraction(terms.burden or 0) / 100)
    exact = [Fraction(q) * (Fraction(m) * (1 + Fraction(w) / 100) + Fraction(h) * hourly) for q, m, w, h, _ in rows]
    line = terms.rounding == "line"
    lines = [cents(amount, terms.half) for amount in exact]
    running = sum(lines if line else exact, Fraction(0))
    marks = [Fraction(0)]
    for mark in (terms.overhead, terms.profit, terms.contingency, terms.bond):
        if mark is not None:
            grown = running * (1 + Fraction(mark) / 100)
            grown = cents(grown, terms.half) if line else grown
            marks.append(cents(grown, terms.half) - cents(running, terms.half))
            running = grown
    net = cents(running, terms.half)
    share = Fraction(terms.tax or 0) / 100
    tax = cents(net * share, terms.half)
    if line and not any(marks):
        tax = sum((cents(amount * share, terms.half) for amount in lines), Fraction(0))
    return net, tax, net + tax


@settings(max_examples=250, deadline=None)
@given(job, rates)
def test_totals_equal_an_independent_recomputation(rows: list[Job], terms: Rates) -> None:
    """Net, tax and total equal the Fractions; parts add up to the whole; stages add up; all is Decimal."""
    takeoff, prices = tables(rows)
    sheet = price_table(takeoff, prices, None, terms, date(2026, 11, 21))
    assert sheet.net is not None
    assert sheet.tax is not None
    assert sheet.gross is not None
    assert sheet.direct is not None
    assert (Fraction(sheet.net.amount), Fraction(sheet.tax.amount), Fraction(sheet.gross.amount)) == recomputed(
        rows, terms
    )
    assert sum(amount.amount for _, amount in sheet.subtotals) == sheet.direct.amount
    assert sheet.direct.amount + sum(step.amount for step in sheet.chain) == sheet.net.amount
    assert sum(stage.amount for stage in sheet.stages) == sheet.gross.amount
    if terms.rounding == "line":
        assert sum(line.amount for line in sheet.lines) == sheet.direct.amount
    assert all(isinstance(fact.value, Decimal | date) for fact in sheet.facts)
    assert len(sheet.lines) == len(rows)
