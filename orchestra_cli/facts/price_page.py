"""The price table as a client reads it: Markdown pipe tables, figures aligned to the right."""

from __future__ import annotations

import re
from decimal import Decimal

from orchestra_cli.facts.lines import PriceLine, Takeoff
from orchestra_cli.facts.money import CENT, format_money, format_number
from orchestra_cli.facts.rates import Rates, Terms, missing_rates
from orchestra_cli.facts.sums import Stage, Sums
from orchestra_cli.types import Money

_HEAD = "| Item | Description | Unit | Qty | Unit rate | Amount |\n| :--- | :--- | :--- | ---: | ---: | ---: |"
_TAX = {"GBP": "VAT", "EUR": "VAT", "USD": "Sales tax", "AUD": "GST", "NZD": "GST", "INR": "GST", "SGD": "GST"}


def tax_label(rates: Rates, currency: str) -> str:
    """What the tax is called: as the rates named it, else by currency."""
    return rates.tax_name or _TAX.get(currency, "Tax")


def cell(text: str) -> str:
    """Text that stays literal in a cell of a pipe table."""
    return re.sub(r"([\\|*`\[\]<>])", r"\\\1", " ".join(text.split()))


def price_page(read: Takeoff, sums: Sums | None, terms: Terms) -> str:
    """Lines with subtotals by division, the chain of totals, then the lines left out."""
    if not read.lines and not read.unpriced:
        return "MISSING: there is nothing to price."
    language = terms.language
    rows = [_HEAD]
    subtotals = dict(sums.subtotals) if sums and len(sums.subtotals) > 1 else {}
    for division in dict.fromkeys(line.division for line in read.lines):
        rows += [_line(line, language) for line in read.lines if line.division == division]
        if division in subtotals:
            rows.append(_sum(f"Subtotal {cell(division) or 'other'}", subtotals[division], language))
    rows += _totals(read, sums, terms)
    return "\n\n".join(["\n".join(rows), *_notes(read, sums, terms.rates, terms.currency)])


def _line(line: PriceLine, language: str) -> str:
    rate = line.rate.quantize(CENT) if line.rate == line.rate.quantize(CENT) else line.rate.quantize(CENT / 100)
    cells = (
        cell(line.item),
        cell(line.description),
        cell(line.unit),
        format_number(line.quantity, language),
        format_number(rate, language, 2 if rate == rate.quantize(CENT) else 4),
        format_number(line.amount, language, 2),
    )
    return f"| {' | '.join(cells)} |"


def _sum(label: str, amount: Decimal, language: str) -> str:
    return f"| | **{label}** | | | | **{format_number(amount, language, 2)}** |"


def _totals(read: Takeoff, sums: Sums | None, terms: Terms) -> list[str]:
    rates, currency, language = terms.rates, terms.currency, terms.language
    if sums is None:
        missing = missing_rates(rates)
        why = f"{', '.join(missing)} not stated" if missing else "nothing is priced"
        return [f"| | **No total: {why}** | | | | MISSING |"]
    without = f" (without {len(read.unpriced)} lines that have no price)" if read.unpriced else ""
    steps = [step for step in sums.chain if step.percent]
    rows = [_sum("Direct cost", sums.direct, language)] if steps else []
    rows += [_sum(f"{step.label.capitalize()} {_percent(step.percent)}", step.amount, language) for step in steps]
    rows.append(_sum(f"Total excluding {tax_label(rates, currency)}{without}", sums.net, language))
    rows.append(_sum(f"{tax_label(rates, currency)} {_percent(rates.tax or Decimal(0))}", sums.tax, language))
    gross = format_money(Money(sums.gross, currency), language)
    rows.append(f"| | **Total including {tax_label(rates, currency)}{without}** | | | | **{gross}** |")
    return rows


def _percent(value: Decimal) -> str:
    return f"{format_number(value)} %"


def _notes(read: Takeoff, sums: Sums | None, rates: Rates, currency: str) -> list[str]:
    notes = []
    if sums:
        where = "each line" if rates.rounding == "line" else "the totals only"
        halves = "up" if rates.half == "up" else "to the even cent"
        taxed = f", {tax_label(rates, currency)} on each line" if sums.tax_by_line else ""
        notes.append(f"Amounts in {currency}. Rounded at {where}, halves {halves}{taxed}.")
    else:
        notes.append(f"Amounts in {currency}, at cost.")
    if read.unpriced:
        left = "\n".join(f"- {cell(line.description or line.item)}: {cell(line.reason)}" for line in read.unpriced)
        notes.append(f"MISSING: a price for these lines, which no total includes:\n\n{left}")
    return notes


def stages_page(stages: tuple[Stage, ...], currency: str, language: str) -> str:
    """The stage payments with their total, "" when none are agreed."""
    if not stages:
        return ""
    rows = ["| Payment | Share | Amount |", "| :--- | ---: | ---: |"]
    for stage in stages:
        amount = format_money(Money(stage.amount, currency), language)
        rows.append(f"| {cell(stage.label[:1].upper() + stage.label[1:])} | {_percent(stage.percent)} | {amount} |")
    total = format_money(Money(sum((stage.amount for stage in stages), Decimal(0)), currency), language)
    rows.append(f"| **Total** | 100 % | **{total}** |")
    return "\n".join(rows)
