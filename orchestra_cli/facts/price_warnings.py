"""What a person must look at before a price goes out: mark-ups, lines without price, old prices, other totals."""

from __future__ import annotations

from decimal import Decimal

from orchestra_cli.facts.book import Book
from orchestra_cli.facts.dates import format_date
from orchestra_cli.facts.lines import Takeoff
from orchestra_cli.facts.money import format_money
from orchestra_cli.facts.rates import Terms, missing_rates
from orchestra_cli.facts.sums import Sums
from orchestra_cli.types import Finding, Money


def price_findings(read: Takeoff, sums: Sums | None, terms: Terms) -> tuple[Finding, ...]:
    """Blocking: missing mark-ups, lines without a price. Warning: totals of the file that differ from ours."""
    findings = []
    missing = missing_rates(terms.rates)
    if missing:
        names = ", ".join(missing)
        findings.append(
            Finding("mark-ups", "block", "price", f"No total: {names} not stated. State each, be it 0.", names)
        )
    for line in read.unpriced:
        text = f'"{line.description or line.item}": {line.reason}; it is in no total'
        findings.append(Finding("price missing", "block", str(line.source), text, line.nearest))
    findings += [Finding("file total", "warn", where, text) for where, text in _other_totals(read, sums, terms)]
    return tuple(findings)


def _other_totals(read: Takeoff, sums: Sums | None, terms: Terms) -> list[tuple[str, str]]:
    """(where, text) of each total or extension of the file that our own figures contradict."""
    lines = sum((line.amount for line in read.lines), Decimal(0))
    ours = {lines} | ({sums.direct, sums.net, sums.gross, *(s for _, s in sums.subtotals)} if sums else set())
    found = []
    for own in read.own_totals:
        expected = {own.line.amount} if own.line else ours
        if own.amount not in expected:
            said = format_money(Money(own.amount, terms.currency), terms.language)
            right = format_money(Money(own.line.amount if own.line else lines, terms.currency), terms.language)
            found.append((str(own.source), f'the file says {said} for "{own.label}", its lines make {right}'))
    return found


def price_warnings(read: Takeoff, book: Book, sums: Sums | None, terms: Terms) -> tuple[str, ...]:
    """One sentence each: near misses, doubts of the price list, age of prices, quantities below zero."""
    warnings = [str(line) for line in read.unpriced]
    warnings += [*read.warnings, *book.warnings, *_age(read, terms)]
    if sums:
        warnings += [f"{step.label} is 0 %, as stated" for step in sums.chain if not step.percent]
    agreed = [own for own in read.own_totals if own.line is None and sums and own.amount == sums.direct]
    warnings += [f'{own.source}: the file\'s own "{own.label}" agrees with its lines' for own in agreed]
    return tuple(warnings)


def _age(read: Takeoff, terms: Terms) -> list[str]:
    today, limit, language = terms.today, terms.rates.price_age_days, terms.language
    dated = [line.price.price_date for line in read.lines if line.price.price_date]
    if not dated:
        return []
    newest, oldest = max(dated), min(dated)
    old = sum(1 for day in dated if (today - day).days > limit)
    ahead = sum(1 for day in dated if day > today)
    texts = []
    if (today - newest).days > limit:
        days = (today - newest).days
        texts.append(f"the newest price is of {format_date(newest, language)}, {days} days old; the limit is {limit}")
    elif old:
        days = (today - oldest).days
        texts.append(
            f"{old} lines use prices older than {limit} days; the oldest is of "
            f"{format_date(oldest, language)}, {days} days old"
        )
    if ahead:
        texts.append(f"{ahead} lines use prices dated after today")
    return texts
