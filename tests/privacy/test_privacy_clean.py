"""Cleaning: what a reader cannot see, what fetches something, and what a spreadsheet would run."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestra_cli.privacy.clean import clean, clean_answer, safe_cell

HOSTS = frozenset({"www.gov.uk"})
MARKUP = st.text(alphabet="<>!-/abscriptmg[]()\"'= \n:#&;\\hw.gov.ukx`*", max_size=120)


def test_invisible_characters_are_removed_and_counted() -> None:
    """Terminal sequences, bidi, zero-width and tag characters go, and each kind is counted."""
    cleaned = clean("a\x1b[31mb\u202ec\u200bd\U000e0041e\x07")
    assert cleaned.text == "abcde"
    assert cleaned.removed == {"ansi": 1, "bidi": 1, "zero-width": 1, "tag": 1, "control": 1}


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("a <b>bold</b> word", "a bold word"),
        ("x<script>alert(1)</script>y", "xy"),
        ("x<!-- hidden -->y<?php z ?>", "xy"),
        ('<img src=x onerror="alert(1)">', ""),
        ("<p onclick=steal()>text</p>", "text"),
        ("<scr<b>ipt>x</script>", "x"),
        ("<custom-tag>x</custom-tag>", "x"),
        ("<SVG><script>1</script></SVG >z", "z"),
        ("<!-- open", "< !-- open"),
        ("if a<b and c>d", "if a< b and c>d"),
        ("3 < 4 > 2", "3 < 4 > 2"),
        ("Dear <client name>", "Dear < client name>"),
        ("List<String>", "List< String>"),
    ],
)
def test_raw_html_is_removed_and_comparisons_stay_readable(given_text: str, expected: str) -> None:
    """Tags and comments go; what only looks like a tag keeps its words and stops looking like one."""
    assert clean_answer(given_text, HOSTS) == expected


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("[rules](https://www.gov.uk/rules)", "[rules](https://www.gov.uk/rules)"),
        ('[rules](<https://WWW.gov.uk/a> "title")', '[rules](<https://WWW.gov.uk/a> "title")'),
        ("[here](https://evil.example/?q=1)", "here (https://evil.example/?q=1)"),
        ("[here](https://www.gov.uk@evil.example/)", "here (https://www.gov.uk@evil.example/)"),
        ("[here](https://user@www.gov.uk/)", "here (https://user@www.gov.uk/)"),
        ("[here](https://evil.example\\@www.gov.uk)", "here (https://evil.example\\@www.gov.uk)"),
        ("[here](http://[::bad)", "here (http://[::bad)"),
        ("[run](javascript:alert)", "run"),
        ("[mail](mailto:a@b.example)", "mail (mailto:a@b.example)"),
        ("[below](#price)", "[below](#price)"),
        ("[file](../secret.md)", "file (../secret.md)"),
        ("[a [b]](https://evil.example)", "[a [b]] (https://evil.example)"),
        ("![logo](https://evil.example/p.png)", "logo (https://evil.example/p.png)"),
        ("![logo](https://www.gov.uk/p.png)", "[logo](https://www.gov.uk/p.png)"),
        ("Great! [F12]", "Great! [F12]"),
        ("<https://evil.example/x>", "https://evil.example/x"),
        ("<https://www.gov.uk/x>", "<https://www.gov.uk/x>"),
        ("[a][1]\n\n[1]: https://evil.example", "[a][1]\n\n[1] : https://evil.example"),
        ("[1]: https://www.gov.uk/x", "[1]: https://www.gov.uk/x"),
        ("[R1]: included in our scope", "[R1]: included in our scope"),
    ],
)
def test_links_lead_only_to_the_sources_of_the_run(given_text: str, expected: str) -> None:
    """A link to another host is shown as text; images become links at most."""
    assert clean_answer(given_text, HOSTS) == expected


@given(MARKUP)
def test_no_renderer_finds_html_images_or_far_links(text: str) -> None:
    """Even a renderer that passes raw HTML through finds no tag, no image and no link to another host."""
    from markdown_it import MarkdownIt

    html = MarkdownIt("commonmark", {"html": True}).render(clean_answer(text, HOSTS))
    assert "<script" not in html.lower()
    assert "<img" not in html
    for target in re.findall(r'href="([^"]*)"', html):
        assert target.startswith(("#", "https://www.gov.uk", "http://www.gov.uk")) or target == ""


@given(st.text(max_size=200))
def test_cleaning_an_answer_twice_changes_nothing_more(text: str) -> None:
    """A cleaned answer is clean."""
    once = clean_answer(text, HOSTS)
    assert clean_answer(once, HOSTS) == once


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x")', "+1+2", "-2+3", "@SUM(A1)", "\t=1", " =1", "＝1"])
def test_cells_that_begin_like_a_formula_are_neutralised(text: str) -> None:
    """An apostrophe stands before whatever a spreadsheet would compute."""
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-12.50", "+4", "-1,200.00", "-5 %", "plain", "", "a=b", "3-2"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    """Numbers with a sign and ordinary words are not touched."""
    assert safe_cell(text) == text


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["Plain words, [a link](https://x.example) and <b>bold</b>.\n", "<!--", "<a ", "[a](", "![a]("]
)
def test_a_megabyte_is_cleaned_within_two_seconds(piece: str) -> None:
    """Hostile repetition costs no more than a plain text does."""
    text = piece * (1_000_000 // len(piece))
    started = time.perf_counter()
    clean_answer(text, HOSTS)
    assert time.perf_counter() - started < 2.0
