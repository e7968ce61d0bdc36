"""The price list and the labour rates, read row by row, and the price of one unit."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from orchestra_cli.errors import InputError
from orchestra_cli.facts import layouts
from orchestra_cli.facts.dates import parse_date
from orchestra_cli.facts.money import currency_of, format_number, parse_number, parse_percent, same_currency
from orchestra_cli.facts.rates import Rates, Terms
from orchestra_cli.types import Refusal, Source, Table

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, its cells by our names of the columns."""

    cells: Mapping[str, str]
    number: int
    source: Source
    headings: Mapping[str, str]

    def text(self, column: str) -> str:
        """The cell, "" when the table has no such column."""
        return self.cells.get(column, "")

    def number_in(self, column: str, *, percent: bool = False) -> Decimal | None:
        """The number in a cell, None when it is blank. Raises ValueError naming column and value."""
        text = self.text(column)
        if not text:
            return None
        try:
            return parse_percent(text) if percent else parse_number(text)
        except ValueError as error:
            raise ValueError(f"{self.headings[column]} {error}") from error


def rows_of(table: Table, layout: str, mapping: Mapping[str, str]) -> Iterator[Row]:
    """The rows under our names of the columns. Raises InputError for an unknown layout."""
    found = layouts.columns(table, layout, mapping)
    headings = {column: table.columns[index] for column, index in found.items()}
    for cells, number in zip(table.rows, table.row_numbers, strict=True):
        named = {column: cells[index].strip() for column, index in found.items() if index < len(cells)}
        source = Source(table.source.file or table.name, table.source.sheet, table.source.page, number)
        yield Row(named, number, source, headings)


@dataclass(frozen=True, slots=True)
class Price:
    """What one row says about money. `unit_price` wins over material and labour. Percentages as written."""

    code: str
    description: str
    unit: str
    unit_price: Decimal | None
    material: Decimal | None
    hours: Decimal | None
    waste: Decimal
    trade: str
    currency: str
    price_date: date | None
    source: Source

    def same_price(self, other: Price) -> bool:
        """Whether both rows price alike, so that it does not matter which is taken."""
        mine = (self.unit_price, self.material, self.hours, self.waste, self.trade, self.currency)
        return mine == (other.unit_price, other.material, other.hours, other.waste, other.trade, other.currency)


@dataclass(frozen=True, slots=True)
class Book:
    """All prices and hourly rates that were given."""

    prices: tuple[Price, ...] = ()
    hourly: Mapping[str, tuple[str, Decimal, Decimal]] = field(default_factory=dict)
    refused: tuple[tuple[str, Refusal], ...] = ()
    warnings: tuple[str, ...] = ()

    def by_code(self, code: str) -> list[Price]:
        """The prices under this code, however it is spaced and cased."""
        wanted = name_key(code)
        return [price for price in self.prices if wanted and name_key(price.code) == wanted]

    def by_description(self, description: str) -> list[Price]:
        """The prices of exactly this description, but for case, spaces and punctuation at the ends of words."""
        wanted = description_key(description)
        return [price for price in self.prices if wanted and description_key(price.description) == wanted]

    def nearest(self, text: str) -> str:
        """The description (or code) that looks most like it, for a person to judge; "" when none does."""
        names = {name_key(name): name for price in self.prices for name in (price.description, price.code) if name}
        close = difflib.get_close_matches(name_key(text), names, 1)
        return names[close[0]] if close else ""


def name_key(text: str) -> str:
    """Lower case and single spaces."""
    return " ".join(text.lower().split())


def description_key(text: str) -> str:
    """As `name_key`, and typographic variants alike; commas stay, since "brick, red" need not be "brick red"."""
    for odd, usual in (("“", '"'), ("”", '"'), ("‘", "'"), ("’", "'"), ("–", "-"), ("—", "-"), ("\u00a0", " ")):
        text = text.replace(odd, usual)
    return name_key(text).rstrip(".;: ")


def read_book(prices: Table | None, labour: Table | None, terms: Terms) -> Book:
    """Read both tables; rows that cannot be used are refused with the reason.

    Raises InputError for an unknown layout, and for two rates of one trade.
    """
    book = Book()
    if prices:
        book = _read_prices(book, prices, terms)
    return _read_labour(book, labour, terms) if labour else book


def _read_prices(book: Book, table: Table, terms: Terms) -> Book:
    read: list[Price] = []
    refused: list[tuple[str, Refusal]] = []
    warnings: list[str] = []
    for row in rows_of(table, "prices", terms.mapping):
        try:
            price, reason = read_price(row, terms.language), "no price"
        except ValueError as error:
            price, reason = None, str(error)
        if price and "unit" in row.headings and not price.unit:
            price, reason = None, "no unit"
        if price is None:
            refused.append(("prices", Refusal(row.number, reason)))
            continue
        read.append(price)
        warnings += _doubts(row, price)
    return replace(book, prices=tuple(read), refused=tuple(refused), warnings=tuple(warnings))


def _doubts(row: Row, price: Price) -> list[str]:
    doubts = []
    if 0 < price.waste < 1:
        doubts.append(f"{row.source}: waste is {price.waste} %; did you mean {format_number(price.waste * 100)} %?")
    if row.text("price_date") and price.price_date is None:
        doubts.append(f'{row.source}: the price date "{row.text("price_date")}" cannot be read')
    return doubts


def read_price(row: Row, language: str) -> Price | None:
    """What a row says about money, None when it says nothing. Raises ValueError naming the cell that is no number."""
    unit_price = row.number_in("unit_price")
    material = row.number_in("material_cost")
    hours = row.number_in("labour_hours")
    waste = row.number_in("waste_pct", percent=True) or Decimal(0)
    if unit_price is None and material is None and hours is None:
        return None
    for name, value in (("material", material), ("hours", hours), ("waste", waste)):
        if value is not None and value < 0:
            raise ValueError(f"{name} {value} is below 0")
    return Price(
        row.text("code"),
        row.text("description") or row.text("code"),
        row.text("unit"),
        unit_price,
        material,
        hours,
        waste,
        row.text("trade"),
        _currency(row),
        parse_date(row.text("price_date"), language),
        row.source,
    )


def _currency(row: Row) -> str:
    """The currency that the row names: in its own column, in a cell with money, or in that cell's heading."""
    if row.text("currency"):
        return currency_of(row.text("currency")) or row.text("currency").upper()
    for column in ("unit_price", "material_cost"):
        if row.text(column):
            found = currency_text(row.text(column)) or currency_text(row.headings[column])
            if found:
                return found
    return ""


def currency_text(text: str) -> str:
    """ "$" for any dollar, else the ISO code, else ""."""
    return "$" if "$" in text and same_currency(text, "CAD") and same_currency(text, "USD") else currency_of(text)


def _read_labour(book: Book, table: Table, terms: Terms) -> Book:
    hourly: dict[str, tuple[str, Decimal, Decimal]] = {}
    refused: list[tuple[str, Refusal]] = []
    for row in rows_of(table, "labour", terms.mapping):
        trade = row.text("trade")
        try:
            rate = _hourly_rate(row, terms.rates)
        except ValueError as error:
            refused.append(("labour", Refusal(row.number, str(error))))
            continue
        known = hourly.setdefault(name_key(trade), (trade, *rate))
        if known[1:] != rate:
            raise InputError(f'{row.source}: a second rate for "{trade}".', "Take one of the two rows out.")
    return replace(book, hourly=hourly, refused=(*book.refused, *refused))


def _hourly_rate(row: Row, rates: Rates) -> tuple[Decimal, Decimal]:
    """Rate and burden of a row. Raises ValueError saying what it lacks."""
    rate, burden = row.number_in("rate"), row.number_in("burden_pct", percent=True)
    if not row.text("trade") or rate is None:
        raise ValueError("no rate" if row.text("trade") else "no trade")
    if rates.currency and not same_currency(row.text("rate") + row.text("currency"), rates.currency):
        raise ValueError(f"the rate is not in {rates.currency}")
    return rate, burden if burden is not None else rates.burden or Decimal(0)


@dataclass(frozen=True, slots=True)
class UnitRate:
    """The price of one unit, not rounded, and how it came about."""

    amount: Decimal
    how: str


def unit_rate(price: Price, book: Book, rates: Rates) -> UnitRate:
    """material x (1 + waste) + hours x rate x (1 + burden), or the unit price where the row has one.

    Raises ValueError when an hourly rate is needed that nobody stated.
    """
    if price.unit_price is not None:
        return UnitRate(price.unit_price, f"unit price {price.unit_price}")
    amount, parts = Decimal(0), []
    if price.material is not None:
        amount += price.material * (1 + price.waste / HUNDRED)
        parts.append(f"material {price.material}" + (f" + {price.waste} % waste" if price.waste else ""))
    if price.hours:
        rate, burden = _hourly(price.trade, book, rates)
        amount += price.hours * rate * (1 + burden / HUNDRED)
        parts.append(f"{price.hours} h x {rate}" + (f" + {burden} % burden" if burden else ""))
    return UnitRate(amount, " + ".join(parts))


def _hourly(trade: str, book: Book, rates: Rates) -> tuple[Decimal, Decimal]:
    known = book.hourly.get(name_key(trade))
    if not trade and len(book.hourly) == 1:
        known = next(iter(book.hourly.values()))
    if known:
        return known[1], known[2]
    if rates.labour_rate is not None and not (trade and book.hourly):
        return rates.labour_rate, rates.burden or Decimal(0)
    raise ValueError(
        f'no hourly rate for the trade "{trade}"' if trade else "it needs labour, but no hourly rate is stated"
    )
