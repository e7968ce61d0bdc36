"""From priced lines to the total: subtotals, mark-up chain, tax, stages. What is shown adds up to the cent."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from orchestra_cli.facts.book import HUNDRED
from orchestra_cli.facts.lines import PriceLine
from orchestra_cli.facts.money import round_money
from orchestra_cli.facts.rates import Rates


@dataclass(frozen=True, slots=True)
class ChainStep:
    """One mark-up: its per cent, the sum it is taken on, and the amount to the cent."""

    label: str
    percent: Decimal
    base: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Stage:
    """One payment of the total."""

    label: str
    percent: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Sums:
    """The figures below the lines, each to the cent; they add up as shown."""

    subtotals: tuple[tuple[str, Decimal], ...]
    direct: Decimal
    chain: tuple[ChainStep, ...]
    net: Decimal
    tax: Decimal
    gross: Decimal
    tax_by_line: bool


def job_sums(lines: tuple[PriceLine, ...], rates: Rates) -> Sums:
    """Subtotals, mark-ups, tax and total of priced lines; overhead, profit and tax must be stated.

    With rounding "total" only the running sums are rounded; each part shown is the difference of two rounded sums, so
    that the parts still add up.
    """
    by_line = rates.rounding == "line"
    divisions: dict[str, Decimal] = {}
    for line in lines:
        divisions[line.division] = divisions.get(line.division, Decimal(0)) + (line.amount if by_line else line.exact)
    running, shown = Decimal(0), Decimal(0)
    subtotals = []
    for name, amount in divisions.items():
        running += amount
        subtotals.append((name, round_money(running, rates.half) - shown))
        shown += subtotals[-1][1]
    direct, chain = shown, []
    for label, percent in rates.chain():
        base = shown if by_line else running
        running = base * (1 + percent / HUNDRED)
        chain.append(ChainStep(label, percent, shown, round_money(running, rates.half) - shown))
        shown += chain[-1].amount
    tax, tax_by_line = _tax(lines, tuple(chain), shown, rates)
    return Sums(tuple(subtotals), direct, tuple(chain), shown, tax, shown + tax, tax_by_line)


def _tax(
    lines: tuple[PriceLine, ...], chain: tuple[ChainStep, ...], net: Decimal, rates: Rates
) -> tuple[Decimal, bool]:
    """Tax on the net; or on each line, rounded there, where the policy says so.

    Mark-ups below the lines mean that no line carries its selling price: then "line" taxes the net, unless
    `tax_rounding` is declared "line", which taxes lines and mark-ups one by one.
    """
    share = (rates.tax or Decimal(0)) / HUNDRED
    marked_up = any(step.amount for step in chain)
    by_line = rates.tax_rounding == "line" or (not rates.tax_rounding and rates.rounding == "line" and not marked_up)
    if not by_line:
        return round_money(net * share, rates.half), False
    amounts = [line.amount for line in lines] + [step.amount for step in chain]
    return sum((round_money(amount * share, rates.half) for amount in amounts), Decimal(0)), True


def stage_payments(gross: Decimal, rates: Rates) -> tuple[Stage, ...]:
    """The stages of the total to the cent; the last takes what is left, so they always add up."""
    left, stages = gross, []
    for number, (label, percent) in enumerate(rates.stages, 1):
        last = number == len(rates.stages)
        amount = left if last else round_money(gross * percent / HUNDRED, rates.half)
        stages.append(Stage(label, percent, amount))
        left -= amount
    return tuple(stages)
