"""The lines of a take-off, each joined to its price: by code, else by exact description; never by near looks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal

from orchestra_cli.errors import InputError
from orchestra_cli.facts import layouts
from orchestra_cli.facts.book import Book, Price, Row, name_key, read_price, rows_of, unit_rate
from orchestra_cli.facts.money import DOLLARS, parse_number, round_money
from orchestra_cli.facts.rates import Terms
from orchestra_cli.types import Refusal, Source, Table


@dataclass(frozen=True, slots=True)
class PriceLine:
    """A priced line. `amount` is to the cent, `exact` is not rounded; `how` says how the unit rate came about."""

    item: str
    division: str
    description: str
    unit: str
    quantity: Decimal
    rate: Decimal
    exact: Decimal
    amount: Decimal
    how: str
    source: Source
    price: Price


@dataclass(frozen=True, slots=True)
class Unpriced:
    """A line of the take-off without a price, why, and the price that looks nearest."""

    item: str
    description: str
    reason: str
    nearest: str
    source: Source

    def __str__(self) -> str:
        near = f' (nearest "{self.nearest}")' if self.nearest else ""
        return f'{self.source}: "{self.description or self.item}": {self.reason}{near}'


@dataclass(frozen=True, slots=True)
class OwnTotal:
    """A total or an extension that the file itself states."""

    label: str
    amount: Decimal
    source: Source
    line: PriceLine | None = None


@dataclass(frozen=True, slots=True)
class Takeoff:
    """What became of each row: priced + unpriced + refused = rows of the table."""

    lines: tuple[PriceLine, ...] = ()
    unpriced: tuple[Unpriced, ...] = ()
    refused: tuple[Refusal, ...] = ()
    own_totals: tuple[OwnTotal, ...] = ()
    warnings: tuple[str, ...] = ()


_TOTAL = re.compile(
    r"(?:grand |sub[- ]?|page |section |net |gross )?totals?\b|sum\b|carried (?:forward|to)", re.IGNORECASE
)


@dataclass(slots=True)
class _Reading:
    book: Book
    terms: Terms
    heading: str = ""
    lines: list[PriceLine] = field(default_factory=list)
    unpriced: list[Unpriced] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    own_totals: list[OwnTotal] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_takeoff(table: Table, book: Book, terms: Terms) -> Takeoff:
    """Join and price every row. Raises InputError for an unknown layout, or currencies without a stated rate."""
    reading = _Reading(book, terms)
    for row in rows_of(table, "takeoff", terms.mapping):
        _read_row(reading, row, table)
    return Takeoff(
        tuple(reading.lines),
        tuple(reading.unpriced),
        tuple(reading.refused),
        tuple(reading.own_totals),
        tuple(reading.warnings),
    )


def _read_row(reading: _Reading, row: Row, table: Table) -> None:
    cells = table.rows[table.row_numbers.index(row.number)]
    first = next((cell.strip() for cell in cells if cell.strip()), "")
    if not row.text("qty"):
        if _TOTAL.match(row.text("item") or row.text("description") or first) or _TOTAL.match(row.text("description")):
            _keep_total(reading, row, cells, first)
        elif "division" not in row.headings and sum(1 for cell in cells if cell.strip()) == 1:
            reading.heading = first
            reading.refused.append(Refusal(row.number, "a heading"))
        else:
            _refuse(reading, row, "no quantity")
        return
    try:
        quantity = row.number_in("qty")
    except ValueError as error:
        _refuse(reading, row, str(error))
        return
    if quantity is not None:
        _price_row(reading, row, quantity)


def _keep_total(reading: _Reading, row: Row, cells: tuple[str, ...], label: str) -> None:
    reading.refused.append(Refusal(row.number, "a total of the file, compared with the lines"))
    amount = _money_or_none(row.text("amount"))
    if amount is None:
        amount = next((found for cell in reversed(cells) if (found := _money_or_none(cell)) is not None), None)
    if amount is not None:
        reading.own_totals.append(OwnTotal(label, amount, row.source))


def _money_or_none(text: str) -> Decimal | None:
    try:
        return parse_number(text)
    except ValueError:
        return None


def _refuse(reading: _Reading, row: Row, reason: str) -> None:
    reading.refused.append(Refusal(row.number, reason))
    reading.unpriced.append(Unpriced(row.text("item"), _what(row), reason, "", row.source))


def _what(row: Row) -> str:
    return row.text("description") or row.text("item") or row.text("code")


def _price_row(reading: _Reading, row: Row, quantity: Decimal) -> None:
    try:
        price = _find_price(reading.book, row, reading.terms.language)
        rate = unit_rate(price, reading.book, reading.terms.rates)
        factor = _exchange(price, reading)
    except _NoPriceError as error:
        reading.unpriced.append(Unpriced(row.text("item"), _what(row), str(error), error.nearest, row.source))
        return
    except ValueError as error:
        reading.unpriced.append(Unpriced(row.text("item"), _what(row), str(error), "", row.source))
        return
    exact = quantity * rate.amount * factor
    line = PriceLine(
        row.text("item") or row.text("code"),
        row.text("division") or reading.heading,
        row.text("description") or price.description,
        row.text("unit") or price.unit,
        quantity,
        rate.amount * factor,
        exact,
        round_money(exact, reading.terms.rates.half),
        rate.how + ("" if factor == 1 else f", {price.currency} at {factor}"),
        row.source,
        price,
    )
    reading.lines.append(line)
    if rate.amount == 0:
        reading.warnings.append(f'{row.source}: "{line.description}" has a price of 0')
    own = _money_or_none(row.text("amount"))
    if own is not None:
        reading.own_totals.append(OwnTotal(line.item or line.description, own, row.source, line))


class _NoPriceError(ValueError):
    """A line for which no price stands; `nearest` is what looks like it."""

    def __init__(self, reason: str, nearest: str = "") -> None:
        super().__init__(reason)
        self.nearest = nearest


def _find_price(book: Book, row: Row, language: str) -> Price:
    """The row's own price, else the one of its code, else the one of its exact description."""
    own = read_price(row, language)
    if own is not None:
        return replace(own, unit=row.text("unit"))
    found: list[Price] = []
    for code in (row.text("code"), row.text("item")):
        found = found or [price for price in book.by_code(code) if _alike(price.description, row.text("description"))]
    found = found or book.by_description(row.text("description"))
    if not found:
        raise _NoPriceError("no price", book.nearest(row.text("description") or row.text("item")))
    return _one_of(found, row.text("unit"))


def _one_of(found: list[Price], unit: str) -> Price:
    fitting = [price for price in found if not unit or not price.unit or layouts.same_unit(price.unit, unit)]
    if not fitting:
        raise _NoPriceError(f'the take-off counts in "{unit}", the price is for "{found[0].unit}"')
    first = fitting[0]
    other = next((price for price in fitting[1:] if not price.same_price(first)), None)
    if other:
        raise _NoPriceError(f"two prices that differ: {first.source} and row {other.source.row}")
    return first


def _alike(one: str, other: str) -> bool:
    """Whether two descriptions under one code can be of one thing: they share a word, or one says nothing."""
    words = [{word for word in re.findall(r"\w+", name_key(text)) if len(word) > 2} for text in (one, other)]
    return not words[0] or not words[1] or bool(words[0] & words[1]) or name_key(one) == name_key(other)


def _exchange(price: Price, reading: _Reading) -> Decimal:
    """What one unit of the price's currency is worth in the currency of the offer."""
    named = price.currency
    if named in ("", reading.terms.currency) or (named == "$" and reading.terms.currency in DOLLARS):
        return Decimal(1)
    code = "USD" if named == "$" else named
    stated = dict(reading.terms.rates.exchange)
    if code not in stated:
        raise InputError(
            f"{price.source}: this price is in {code}, the offer in {reading.terms.currency}. "
            "Currencies are never added without a stated rate.",
            f"State it in the rates: exchange {code}: 0.85  (what one {code} is worth in {reading.terms.currency})",
        )
    return stated[code]
