"""The one character filter: what a reader cannot see is removed and counted."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestra_cli.textclean import clean_text, removal_notes


@pytest.mark.parametrize(
    ("text", "clean", "removed"),
    [
        ("plain £5 – “quoted”\tok\n", "plain £5 – “quoted”\tok\n", {}),
        ("\x1b[1;31mred\x1b[0m", "red", {"ansi": 2}),
        ("\x1b]8;;https://evil.example\x07link\x1b]8;;\x1b\\", "link", {"ansi": 2}),
        ("\x1b]0;title", "", {"ansi": 1}),
        ("\x1bPq#0\x1b\\x\x1b(B\x9b2Jy\x1b", "xy", {"ansi": 4}),
        ("a\u202eb\u2066c\u200f", "abc", {"bidi": 3}),
        ("a\u200bb\ufeffc\u00add", "abcd", {"zero-width": 3}),
        ("a\U000e0041\U000e0042b", "ab", {"tag": 2}),
        ("a\x00b\x07c\ud800d\ufffe", "abcd", {"control": 4}),
        ("a\r\nb\rc\u2028d\x0ce", "a\nb\nc\nd\ne", {}),
        ("e\u0301 A\u030a", "\u00e9 \u00c5", {}),
        ("heart \u2764\ufe0f x\ufe0f\ufe0e\ufe0fy", "heart \u2764\ufe0f xy", {"zero-width": 1}),
    ],
)
def test_what_cannot_be_seen_is_removed_and_counted(text, clean, removed):
    """Each kind of invisible character has its name and its count."""
    assert clean_text(text) == (clean, removed)


@given(st.text(st.characters() | st.sampled_from("\x1b[]\x07\\\u200b\ufe0e\ufe0f\u0301\r\n\x9b\U000e0001")))
def test_cleaning_is_done_once(text):
    """A clean text is NFC, holds no escape, and cleaning it again changes nothing."""
    clean, _ = clean_text(text)
    assert clean_text(clean) == (clean, {})
    assert unicodedata.is_normalized("NFC", clean)
    assert not set(clean) & set("\x1b\x00\x9b\u200b\u202e\ufeff\r")
    clean.encode("utf-8")


@pytest.mark.parametrize("unit", ["\x1b]", "\x1b[", "\x1bP", "\u200b", "\ufe0f", "a\u0301", "\x1b[31mx"])
def test_a_megabyte_of_tricks_takes_no_time(unit):
    """The filter is linear in the length of the text."""
    start = time.process_time()
    clean_text(unit * (1_000_000 // len(unit)))
    assert time.process_time() - start < 3


def test_the_note_names_kinds_and_counts():
    """One sentence for the input report; none for a clean text."""
    assert removal_notes({"bidi": 2, "ansi": 1}) == ("invisible characters removed: 1 ansi, 2 bidi",)
    assert removal_notes({}) == ()
