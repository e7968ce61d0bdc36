"""Numbers and money as people write them: read, rounded by a stated policy, and written for a reader.

`Decimal` only: a binary fraction has no place in this room. Reading is strict, since a misread number is a wrong bid:
a decimal comma is an error that says so, never a guess.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Literal

from orchestra_cli.types import Money

Half = Literal["up", "even"]

CENT = Decimal("0.01")
SYMBOLS = {"£": "GBP", "€": "EUR", "$": "USD", "¥": "JPY", "₹": "INR"}
CODES = ("GBP", "EUR", "USD", "CAD", "AUD", "NZD", "CHF", "JPY", "INR", "SEK", "NOK", "DKK", "PLN", "CZK", "ZAR",
         "SGD", "HKD", "AED", "CNY", "BRL", "MXN", "ILS")  # fmt: skip
DOLLARS = ("USD", "CAD", "AUD", "NZD", "SGD", "HKD")

_CURRENCY = re.compile(rf"(?:\b(?:{'|'.join(CODES)})\b|[{''.join(SYMBOLS)}])", re.IGNORECASE)
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_PLAIN = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:([, ])\d{3})(?:\1\d{3})*(?:\.\d+)?")
_DECIMAL_COMMA = re.compile(r"\d+,\d{1,2}|\d+,\d{4,}|\d{1,3}(?:[. ]\d{3})+,\d+|0,\d+")


def parse_number(text: str) -> Decimal:
    """The number in text such as "4,250.00", "£4,250", "GBP 1 250.50", "(250.00)" or "-5".

    Raises ValueError that says what is wrong; a decimal comma ("1.250,40") is named as such.
    """
    bare = _SPACES.sub(" ", _CURRENCY.sub(" ", text)).replace("\u2212", "-").strip()
    negative = bare.startswith("(") and bare.endswith(")")
    if negative:
        bare = bare[1:-1].strip()
    if bare[:1] in ("-", "+"):
        negative = negative != (bare[0] == "-")
        bare = bare[1:].strip()
    if not bare.isascii() or not (_PLAIN.fullmatch(bare) or _GROUPED.fullmatch(bare)):
        raise ValueError(_what_is_wrong(text, bare))
    value = Decimal(bare.replace(",", "").replace(" ", ""))
    return -value if negative else value


def _what_is_wrong(text: str, bare: str) -> str:
    if _DECIMAL_COMMA.fullmatch(bare):
        whole, _, part = bare.rpartition(",")
        return f'"{text.strip()}" has a decimal comma; write {re.sub("[. ]", "", whole)}.{part}'
    return f'"{text.strip()}" is no number'


def parse_percent(text: str) -> Decimal:
    """Per cent, from "12 %", "12%", "12 per cent" or "12". Raises ValueError as `parse_number`."""
    return parse_number(re.sub(r"(?:%|per\s?cent|pct)\s*$", "", text.strip(), flags=re.IGNORECASE))


def currency_of(text: str) -> str:
    """The ISO code of the first currency named in text by code or symbol, "" when there is none."""
    found = _CURRENCY.search(text)
    return SYMBOLS.get(found.group(), found.group().upper()) if found else ""


def same_currency(text: str, currency: str) -> bool:
    """Whether a currency named in text is `currency`; a bare "$" may be any of the dollars."""
    if "$" in text and currency in DOLLARS and not any(code in text.upper() for code in DOLLARS):
        return True
    return currency_of(text) in ("", currency)


def round_money(amount: Decimal, half: Half = "up") -> Decimal:
    """To the cent; `half` says where exact halves go: "up" (away from zero) or "even"."""
    return amount.quantize(CENT, ROUND_HALF_UP if half == "up" else ROUND_HALF_EVEN)


def format_number(value: Decimal, language: str = "en-GB", decimals: int | None = None) -> str:
    """With thousands separators; `decimals` places, or as many as the value needs.

    `language` is kept for languages to come; all kinds of English write numbers alike.
    """
    del language
    if decimals is not None:
        return f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,f}"
    whole = value == value.to_integral_value()
    return f"{value.to_integral_value() if whole else value.normalize():,f}"


def format_money(money: Money, language: str = "en-GB") -> str:
    """ "GBP 48,210.00"; for a reader of en-US dollars are "$48,210.00"."""
    figure = format_number(abs(money.amount), language, 2)
    sign = "-" if round_money(money.amount) < 0 else ""
    if language == "en-US" and money.currency == "USD":
        return f"{sign}${figure}"
    return f"{money.currency} {sign}{figure}"
