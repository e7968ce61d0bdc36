"""Reading and writing numbers and money."""

from __future__ import annotations

import ast
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import orchestra_cli.facts as room
from orchestra_cli.facts.money import (
    currency_of,
    format_money,
    format_number,
    parse_number,
    parse_percent,
    round_money,
    same_currency,
)
from orchestra_cli.types import Money

FILES = sorted(Path(room.__path__[0]).glob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_float_in_the_room(path: Path) -> None:
    """No module of the room holds a float literal, names float, or divides whole numbers into one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), node.lineno
        assert not (isinstance(node, ast.Name) and node.id == "float"), node.lineno


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4,250.00", "4250.00"),
        ("£4,250", "4250"),
        ("$ 12", "12"),
        ("GBP 1 250.50", "1250.50"),
        ("1\u202f250", "1250"),
        ("(250.00)", "-250.00"),
        ("-5", "-5"),
        ("−5", "-5"),
        ("+5", "5"),
        ("-£3.20", "-3.20"),
        (".5", "0.5"),
        ("12,345,678", "12345678"),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, value: str) -> None:
    """Thousands separators, currency signs, accountants' brackets and signs are understood."""
    assert parse_number(text) == Decimal(value)


@pytest.mark.parametrize("text", ["1.250,40", "1,5", "12,50", "1 250,4", "0,125"])
def test_decimal_comma_is_named(text: str) -> None:
    """A decimal comma is an error that says so, never a guess."""
    with pytest.raises(ValueError, match="decimal comma; write"):
        parse_number(text)


@pytest.mark.parametrize("text", ["", "$", "abc", "1e5", "12,345,67", "1.2.3", "NaN", "½", "5 m", "١٢"])
def test_what_is_no_number_is_refused(text: str) -> None:
    """Anything else raises ValueError with the text in it."""
    with pytest.raises(ValueError, match="is no number"):
        parse_number(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9))
def test_what_is_written_reads_back(value: Decimal) -> None:
    """format_number and parse_number are inverse."""
    assert parse_number(format_number(value, decimals=2)) == value


@pytest.mark.parametrize("text", ["12 %", "12%", "12", "12 per cent", "12 percent", " 12 pct"])
def test_percent(text: str) -> None:
    """Per cent with or without its sign."""
    assert parse_percent(text) == 12


@pytest.mark.parametrize(
    ("amount", "half", "rounded"),
    [("0.005", "up", "0.01"), ("0.005", "even", "0.00"), ("0.015", "even", "0.02"), ("-0.005", "up", "-0.01")],
)
def test_rounding_is_a_policy(amount: str, half: str, rounded: str) -> None:
    """Exact halves go up, away from zero, or to the even cent."""
    assert round_money(Decimal(amount), half) == Decimal(rounded)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("money", "language", "text"),
    [
        (Money(Decimal("48210"), "GBP"), "en-GB", "GBP 48,210.00"),
        (Money(Decimal("-1.5"), "GBP"), "en-GB", "GBP -1.50"),
        (Money(Decimal("48210"), "USD"), "en-US", "$48,210.00"),
        (Money(Decimal("-2"), "USD"), "en-US", "-$2.00"),
        (Money(Decimal("2"), "USD"), "en-GB", "USD 2.00"),
    ],
)
def test_money_is_written_for_the_reader(money: Money, language: str, text: str) -> None:
    """British readers see the code, American readers their dollar sign."""
    assert format_money(money, language) == text


def test_numbers_keep_only_the_places_they_need() -> None:
    """Whole numbers have no point, others no zeros at the end."""
    assert format_number(Decimal("54.000")) == "54"
    assert format_number(Decimal("1250.50")) == "1,250.5"
    assert format_number(Decimal("1E+3")) == "1,000"


def test_currencies_are_recognised() -> None:
    """By code or sign; a bare dollar sign may be any dollar."""
    assert [currency_of(text) for text in ("£5", "eur 5", "5 USD", "5")] == ["GBP", "EUR", "USD", ""]
    assert same_currency("$5", "CAD")
    assert not same_currency("USD 5 ($)", "CAD")
    assert not same_currency("€5", "GBP")
