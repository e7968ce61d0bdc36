"""Quotes must stand in their source, word for word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestra_cli.facts.quotes import find_quote

SOURCE = (
    "The contractor’s team – led by “Smith” – shall **not exceed**\nfive (5) pages. It must be non-\nrefundable and "
    "require-\nments apply.\n> Quoted lines\n> go on here.\n"
)


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ('The contractor\'s team - led by "Smith"', "The contractor’s team – led by “Smith”"),
        ("shall not exceed five (5) pages", "shall **not exceed**\nfive (5) pages"),
        ('"shall not exceed five (5) pages"', "shall **not exceed**\nfive (5) pages"),
        ("led by “Smith” – shall not exceed.", "led by “Smith” – shall **not exceed"),
        ("non-refundable and requirements apply.", "non-\nrefundable and require-\nments apply."),
        ("Quoted lines go on here", "Quoted lines\n> go on here"),
    ],
)
def test_typographic_variants_are_forgiven(quote: str, found: str) -> None:
    """What comes back are the exact words of the source."""
    result = find_quote(quote, SOURCE)
    assert result == found
    assert result in SOURCE


@pytest.mark.parametrize(
    "quote", ["shall exceed five (5) pages", "shall not exceed six (5) pages", "ontractor", "pages. it must", "", '" "']
)
def test_altered_quotes_are_not_found(quote: str) -> None:
    """A dropped, changed or half word is no quote."""
    assert find_quote(quote, SOURCE) is None


def test_every_quote_of_a_real_tender_is_found_and_every_altered_one_is_not(data: Path) -> None:
    """All gold quotes stand in the tender; with any one word changed none does."""
    tender = (data / "rfq.md").read_text(encoding="utf-8")
    gold = json.loads((data / "gold_requirements.json").read_text())
    quotes = [item["quote"] for item in gold["requirements"] + gold["traps"]]
    assert [quote for quote in quotes if find_quote(quote, tender) is None] == []
    altered = [
        " ".join([*words[:n], words[n] + "x", *words[n + 1 :]])
        for words in (quote.split() for quote in quotes)
        for n in range(len(words))
    ]
    assert [quote for quote in altered if find_quote(quote, tender)] == []


def test_ligatures_hide_the_place_but_not_the_words() -> None:
    """Where the source has a ligature, the normalised words come back."""
    assert find_quote("the final fix", "see the ﬁnal ﬁx now") == "the final fix"
