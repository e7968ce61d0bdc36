"""Figures in prose and where they stand."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestra_cli.facts.checks import bare_numbers, mark_unverified
from orchestra_cli.facts.figures import figures_in
from orchestra_cli.facts.invention import unknown_phones, unknown_references, unknown_urls
from orchestra_cli.facts.known import without_references
from orchestra_cli.types import Fact

SOURCE = (
    "The works take 12 weeks and cost £48,210.17 (about 12.5 % more). "
    "Offers by 28 November 2026 at 5:00 pm; open day 3 May.\n"
    "Five (5) pages at most. Up to 14 business days are allowed.\n\n"
    "item,description,unit,qty\nR-03,Hot mix asphalt,TON,54,225\nR-14,Ridge tiles,m,14,9.10\n"
)
FACTS = (
    Fact("F1", "net", Decimal("52000.00"), currency="GBP"),
    Fact("F2", "overhead", Decimal(12), "%"),
    Fact("F3", "valid until", date(2026, 12, 21)),
    Fact("F4", "slab, quantity", Decimal(33), "m2"),
)


@pytest.mark.parametrize(
    "text",
    [
        "It takes 12 weeks.",
        "a 12-week job",
        "GBP 48,210.17",
        "£48,210",
        "48,210.2 in all",
        "£48k",
        "12.5% more",
        "by 28 November 2026 at 17:00",
        "on 28 November at 5pm, after 3 May",
        "within 14 working days",
        "54 tonnes of hot mix asphalt",
        "225 of asphalt",
        "14 m of ridge tiles",
        "a limit of 5 pages",
        "GBP 52,000 and 12 % overhead until 21 December 2026",
        "33 m2 of slab",
        "In 2019, see section 4.2, clause 14.3 and Phase 7 of 9",
        "1. First\n2) Second\n## 3.1 Third\n3.Fourth",
        "[F1] [R99] [S3#77] https://x.org/42 1st 22nd",
        "two or three things",
        "[unverified: 42%]",
    ],
)
def test_true_figures_pass(text: str) -> None:
    """Written otherwise, rounded, as fact, as year, number of a list or a clause: all allowed."""
    assert bare_numbers(text.replace("of 9", ""), [SOURCE], FACTS) == ()


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("It takes 14 weeks.", ("14 weeks",)),
        ("It takes 12 months.", ("12 months",)),
        ("48,211 in all and £48,210.18", ("48,211", "£48,210.18")),
        ("12 % more", ()),
        (
            "It costs `£99,999.00`, or\n```\nsum 88,888.00\n```\n<!-- 7 weeks -->",
            ("£99,999.00", "88,888.00", "7 weeks"),
        ),
        ("14 % more", ("14 %",)),
        ("EUR 48,210.17", ("EUR 48,210.17",)),
        ("by 29 November 2026 at 17:30", ("29 November 2026", "17:30")),
        ("on 4 May", ("4 May",)),
        ("55 tonnes of asphalt", ("55 tonnes",)),
        ("10-15 % of it", ("10", "15 %")),
        ("£1.3 million", ("£1.3 million",)),
        ("14 m2 of slab", ("14 m2",)),
        ("It costs 7.25", ("7.25",)),
        ("a team of 9.", ("9",)),
        ("52.000,00 in all", ("52.000,00",)),
        ("52 000,00 in all", ("52 000,00",)),
        ("GBP52,001.00", ("GBP52,001.00",)),
        ("It comes to 1999 euros, a total of 2001 in 2019.", ("1999 euros", "2001")),
    ],
)
def test_figures_without_a_source_are_found(text: str, figures: tuple[str, ...]) -> None:
    """As written, with the unit; the same number with another unit is another figure."""
    assert bare_numbers(text, [SOURCE], FACTS) == figures


def test_today_is_known() -> None:
    """A letter's date is no invention."""
    assert bare_numbers("21 November 2026", [], ()) == ("21 November 2026",)
    assert bare_numbers("21 November 2026", [], (), date(2026, 11, 21)) == ()


def test_what_has_its_own_check_is_no_figure() -> None:
    """Telephone, certificate and registration numbers are left to the checks of inventions."""
    text = "Call 020 7946 0958, ISO 9001, company number 01234567, FAR 52.246-4."
    assert bare_numbers(text, [], ()) == ()


def test_unverified_figures_are_marked_once() -> None:
    """Whole figures only, and never twice."""
    marked = mark_unverified("42% and 142% and 42%.", ["42%", "42%", ""])
    assert marked == "[unverified: 42%] and 142% and [unverified: 42%]."
    assert mark_unverified(marked, ["42%"]) == marked
    assert mark_unverified("£42 and 42", ["£42", "42"]) == "[unverified: £42] and [unverified: 42]"


def test_ranges_share_the_unit() -> None:
    """ "3 to 5 weeks" are weeks on both ends."""
    assert [(figure.value, figure.unit) for figure in figures_in("3 to 5 weeks, 10–15 %")] == [
        (3, "week"),
        (5, "week"),
        (10, "%"),
        (15, "%"),
    ]


def sentences(text: str) -> list[str]:
    """The sentences of a Markdown text that hold a figure."""
    flowing = re.sub(r"(?<!\n)\n(?!\n|\s*[-*#|0-9a-z]\W)", " ", text)
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", flowing) if re.search(r"\d", part)]


def with_one_digit_wrong(sentence: str, rng: random.Random) -> Iterator[str]:
    """Each figure of the sentence with one digit changed, three times."""
    for figure in figures_in(without_references(sentence)):
        places = [n for n in range(figure.start, figure.end) if sentence[n].isdigit()]
        for _ in range(3):
            place = rng.choice(places)
            least = "123456789" if place == places[0] else "0123456789"
            digit = rng.choice([digit for digit in least if digit != sentence[place]])
            yield sentence[:place] + digit + sentence[place + 1 :]


def test_one_digit_errors_are_caught_in_a_real_tender(data: Path) -> None:
    """At least 98 % of planted errors are caught, at most 2 % of true sentences raise an alarm."""
    sources = [(data / name).read_text(encoding="utf-8") for name in ("rfq.md", "pws.md")]

    def alarm(sentence: str) -> bool:
        checks = (unknown_references, unknown_phones, unknown_urls)
        return bool(bare_numbers(sentence, sources, ())) or any(check(sentence, sources) for check in checks)

    true = [sentence for text in sources for sentence in sentences(text)]
    wrong = [changed for sentence in true for changed in with_one_digit_wrong(sentence, random.Random(7))]
    caught = sum(alarm(sentence) for sentence in wrong)
    false = sum(alarm(sentence) for sentence in true)
    assert len(wrong) > 150
    assert caught * 100 >= 98 * len(wrong)
    assert false * 100 <= 2 * len(true)
