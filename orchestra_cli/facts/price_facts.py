"""Every figure of a priced job as a fact, with its source or its formula over other facts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from orchestra_cli.facts.dates import valid_until
from orchestra_cli.facts.lines import PriceLine, Takeoff
from orchestra_cli.facts.rates import Rates, Terms
from orchestra_cli.facts.sums import Stage, Sums
from orchestra_cli.types import Fact, Source


class _Facts:
    """Facts with running ids; the id of a money fact is remembered under its label, for formulas."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.facts: list[Fact] = []

    def next_id(self, ahead: int = 1) -> str:
        return f"F{len(self.facts) + ahead}"

    def money(self, label: str, amount: Decimal, formula: str = "", source: Source | None = None) -> str:
        fact = Fact(self.next_id(), label, amount, "", self.currency, "", source, formula, 2)
        self.facts.append(fact)
        return fact.id

    def value(
        self, label: str, value: Decimal | date, unit: str = "", formula: str = "", source: Source | None = None
    ) -> str:
        fact = Fact(self.next_id(), label, value, unit, "", "", source, formula)
        self.facts.append(fact)
        return fact.id


def price_facts(read: Takeoff, sums: Sums | None, stages: tuple[Stage, ...], terms: Terms) -> tuple[Fact, ...]:
    """Totals first, then parts, counts and lines. While mark-ups are missing no sum is among them."""
    rates = terms.rates
    facts = _Facts(terms.currency)
    if sums:
        _totals(facts, sums, stages, rates)
    facts.value("priced lines of the take-off", Decimal(len(read.lines)), "lines")
    if read.unpriced:
        facts.value("lines of the take-off without a price", Decimal(len(read.unpriced)), "lines")
    if rates.valid_days is not None:
        until = valid_until(terms.today, rates.valid_days)
        facts.value("offer valid for", Decimal(rates.valid_days), "days")
        facts.value("offer valid until", until, "", "today + valid days")
    for line in read.lines:
        _line(facts, line)
    return tuple(facts.facts)


def _totals(facts: _Facts, sums: Sums, stages: tuple[Stage, ...], rates: Rates) -> None:
    """Ids are given in a fixed order, so that formulas may name figures that stand further down."""
    direct, first = 4, 5
    parts = [f"F{first + n}" for n in range(len(sums.subtotals))] if len(sums.subtotals) > 1 else []
    steps = [f"F{first + len(parts) + n}" for n in range(len(sums.chain))]
    facts.money("total without tax (net)", sums.net, " + ".join([f"F{direct}", *steps]))
    tax = f"{rates.tax} % of each line, rounded" if sums.tax_by_line else f"F1 x {rates.tax} %"
    facts.money("tax", sums.tax, tax)
    facts.money("total with tax (gross)", sums.gross, "F1 + F2")
    facts.money("direct cost before mark-ups", sums.direct, " + ".join(parts) or "the sum of all lines")
    for name, amount in sums.subtotals if parts else ():
        facts.money(f"subtotal {name or 'other'}", amount, "the sum of its lines")
    for number, step in enumerate(sums.chain):
        base = " + ".join([f"F{direct}", *steps[:number]])
        facts.money(step.label, step.amount, f"({base}) x {step.percent} %" if number else f"{base} x {step.percent} %")
    for step in sums.chain:
        facts.value(f"{step.label}, per cent", step.percent, "%")
    facts.value("tax, per cent", rates.tax or Decimal(0), "%")
    left = "F3"
    for number, stage in enumerate(stages, 1):
        formula = left if number == len(stages) else f"F3 x {stage.percent} %"
        left += f" - {facts.money(f'payment {number}, {stage.label}', stage.amount, formula)}"
        facts.value(f"payment {number}, {stage.label}, per cent", stage.percent, "%")
    if rates.retention is not None:
        facts.value("retention, per cent", rates.retention, "%")


def _line(facts: _Facts, line: PriceLine) -> None:
    name = " ".join(part for part in (line.item, line.description) if part)
    quantity = facts.value(f"{name}, quantity", line.quantity, line.unit, "", line.source)
    facts.money(f"{name}, amount", line.amount, f"{quantity} x {line.rate.normalize():f}", line.source)
