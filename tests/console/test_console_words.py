from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestra_cli.console.words import (
    clock,
    columns,
    dollars,
    one_line,
    plain,
    plural,
    short_tokens,
    tokens,
    with_sign,
)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (None, "unknown"),
        (Decimal(0), "0"),
        (Decimal("0.0094"), "0.009"),
        (Decimal("0.114"), "0.11"),
        (Decimal("48210"), "48210.00"),
        (Decimal("0.0000001"), "<0.001"),
    ],
)
def test_dollars_never_show_unknown_as_zero(amount: Decimal | None, words: str) -> None:
    """An unknown cost is the word unknown, and a tiny one is never rounded to nothing."""
    assert dollars(amount) == words


def test_the_dollar_sign_stands_before_known_amounts_only() -> None:
    """A sign before the word unknown would read like a figure."""
    assert with_sign(Decimal("1.5")) == "$1.50"
    assert with_sign(None) == "unknown"


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "0:00"), (59.6, "1:00"), (75, "1:15"), (3725, "1:02:05")])
def test_durations_read_like_a_clock(seconds: float, words: str) -> None:
    """Minutes and seconds, hours only when there are any."""
    assert clock(seconds) == words


def test_counts_of_tokens_say_when_the_vendor_did_not() -> None:
    """A count nobody stated is a question mark."""
    assert tokens(None) == "?"
    assert tokens(14460) == "14,460"
    assert short_tokens(14460) == "14.5k"
    assert short_tokens(410) == "410"


def test_columns_line_up_and_right_ones_end_together() -> None:
    """Left cells start together, right cells end together, no line ends in spaces."""
    lines = columns([("step", "USD"), ("a", "0.009"), ("longer", "12")], right=frozenset({1}))
    assert lines == ["step      USD", "a       0.009", "longer     12"]


def test_columns_of_nothing_are_no_lines() -> None:
    """No rows, no table."""
    assert columns([]) == []


def test_hostile_text_comes_out_as_plain_text() -> None:
    """Terminal sequences vanish, Rich markup stays as the letters it is."""
    hostile = "\x1b[31mred\x1b[0m [red]x[/x]\x1b]0;owned\x07\u202e"
    assert plain(hostile) == "red [red]x[/x]"
    assert one_line("a\n\tb\x1b[2J", 10) == "a b"


@given(st.text())
def test_no_line_ever_holds_a_control_character(text: str) -> None:
    """Whatever a file or a vendor says, one line is one printable line."""
    line = one_line(text)
    assert "\n" not in line
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in line)


@given(st.text(min_size=1), st.integers(min_value=2, max_value=40))
def test_a_cut_line_fits_its_width(text: str, width: int) -> None:
    """A width is a promise."""
    assert len(one_line(text, width)) <= width


def test_plurals_follow_the_count() -> None:
    """One warning, two warnings."""
    assert (plural(1, "warning"), plural(2, "warning"), plural(0, "warning")) == (
        "1 warning",
        "2 warnings",
        "0 warnings",
    )
