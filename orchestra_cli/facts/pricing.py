"""The price of a job: quantities x prices, subtotals, the mark-up chain, tax, stages. No figure of it is a model's.

No total is made until overhead, profit and tax are stated, be it 0: a bid at cost is the worst thing to send out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext

from orchestra_cli.facts.book import Book, read_book
from orchestra_cli.facts.dates import valid_until
from orchestra_cli.facts.lines import PriceLine, Takeoff, Unpriced, read_takeoff
from orchestra_cli.facts.money import format_money, format_number
from orchestra_cli.facts.price_facts import price_facts
from orchestra_cli.facts.price_page import price_page, stages_page, tax_label
from orchestra_cli.facts.price_warnings import price_findings, price_warnings
from orchestra_cli.facts.rates import Rates, Terms, missing_rates, rates_from
from orchestra_cli.facts.sums import ChainStep, Stage, Sums, job_sums, stage_payments
from orchestra_cli.types import Fact, Finding, Money, Refusal, Table

__all__ = [
    "ChainStep",
    "PriceLine",
    "PriceSheet",
    "Rates",
    "Stage",
    "Unpriced",
    "missing_rates",
    "price_table",
    "rates_from",
]

_PRECISION = 120  # digits; sums and products of business figures stay exact


@dataclass(frozen=True, slots=True)
class PriceSheet:
    """A priced job. net, tax, gross, direct are None while mark-ups are missing or nothing is priced.

    `refused` holds (table, refusal) of rows of the take-off, prices and labour tables that were read but not used.
    """

    currency: str
    lines: tuple[PriceLine, ...]
    subtotals: tuple[tuple[str, Money], ...]
    chain: tuple[ChainStep, ...]
    direct: Money | None
    net: Money | None
    tax: Money | None
    gross: Money | None
    stages: tuple[Stage, ...]
    unpriced: tuple[Unpriced, ...]
    missing_rates: tuple[str, ...]
    refused: tuple[tuple[str, Refusal], ...]
    valid_until: date | None
    warnings: tuple[str, ...]
    findings: tuple[Finding, ...]
    facts: tuple[Fact, ...]
    markdown: str
    stages_markdown: str
    summary: str


def price_table(
    takeoff: Table,
    prices: Table | None,
    labour: Table | None,
    rates: Rates,
    today: date,
    *,
    mapping: Mapping[str, str] | None = None,
    language: str = "en-GB",
) -> PriceSheet:
    """Price every line of the take-off.

    `mapping` names columns that the layouts do not know ("takeoff.qty" -> "No."). Raises InputError for an unknown
    layout, and for currencies without a stated exchange rate.
    """
    with localcontext(prec=_PRECISION):
        terms = Terms(rates, today, language=language, mapping=mapping or {})
        book = read_book(prices, labour, terms)
        terms = replace(terms, currency=rates.currency or _only_currency(book) or "GBP")
        read = read_takeoff(takeoff, book, terms)
        sums = job_sums(read.lines, rates) if read.lines and not missing_rates(rates) else None
        return _sheet(read, book, sums, terms)


def _only_currency(book: Book) -> str:
    named = {price.currency for price in book.prices if price.currency}
    return {"$": "USD"}.get(*named, *named) if len(named) == 1 else ""


def _sheet(read: Takeoff, book: Book, sums: Sums | None, terms: Terms) -> PriceSheet:
    rates, currency = terms.rates, terms.currency
    until = valid_until(terms.today, rates.valid_days) if rates.valid_days is not None else None
    stages = stage_payments(sums.gross, rates) if sums else ()

    def money(amount: Decimal | None) -> Money | None:
        return None if amount is None else Money(amount, currency)

    return PriceSheet(
        currency=currency,
        lines=read.lines,
        subtotals=tuple((name, Money(amount, currency)) for name, amount in sums.subtotals) if sums else (),
        chain=sums.chain if sums else (),
        direct=money(sums.direct if sums else None),
        net=money(sums.net if sums else None),
        tax=money(sums.tax if sums else None),
        gross=money(sums.gross if sums else None),
        stages=stages,
        unpriced=read.unpriced,
        missing_rates=missing_rates(rates),
        refused=(*(("takeoff", refusal) for refusal in read.refused), *book.refused),
        valid_until=until,
        warnings=price_warnings(read, book, sums, terms),
        findings=price_findings(read, sums, terms),
        facts=price_facts(read, sums, stages, terms),
        markdown=price_page(read, sums, terms),
        stages_markdown=stages_page(stages, currency, terms.language),
        summary=_summary(read, sums, terms),
    )


def _summary(read: Takeoff, sums: Sums | None, terms: Terms) -> str:
    missing, language = missing_rates(terms.rates), terms.language
    count = len(read.lines) + len(read.unpriced)
    share = f"{len(read.lines)} of {count} lines priced"
    if missing:
        return f"{share}; no total: {', '.join(missing)} not stated"
    if sums is None:
        return f"{share}; no total: nothing to price"
    tax = tax_label(terms.rates, terms.currency)
    net = format_money(Money(sums.net, terms.currency), language)
    total = f"{net} + {tax} {format_number(sums.tax, language, 2)} = {format_number(sums.gross, language, 2)}"
    return f"{total}, {share}" + (f", {len(read.unpriced)} left out" if read.unpriced else "")
