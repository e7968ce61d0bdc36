"""Every check: silent on a true text, red on the mistake it is for."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestra_cli.facts import invention, seams
from orchestra_cli.facts.checks import CHECKS, CheckInput, run_checks
from orchestra_cli.types import Fact, Finding, Money, Source

TENDER = (
    "Tender of Hartwell Academy. Offers shall be received by 28 November 2026. Works: 12 weeks. "
    "Budget not to exceed GBP 60,000. Contact: Jane Reed, jane@hartwell.sch.uk, 020 7946 0958, "
    "https://hartwell.sch.uk/tender. "
    "The contractor holds ISO 9001. Our registration number is AB123456. The response shall not exceed 30 words."
)
FACTS = (
    Fact("F1", "total without tax (net)", Decimal("40000.00"), currency="GBP", formula="F4"),
    Fact("F2", "total with tax (gross)", Decimal("48000.00"), currency="GBP", formula="F1 + F3"),
    Fact("F3", "1 Ridge tiles, amount", Decimal("910.00"), currency="GBP", source=Source("t.csv", row=2)),
    Fact("F4", "offer valid for", Decimal(30), "days"),
)
CLEAN = CheckInput(
    text="# Understanding\n\nHartwell Academy asks for 12 weeks [R1]. Our total price is GBP 48,000.00.\n",
    sources=(("brief", TENDER),),
    facts=FACTS,
    requirements=({"id": "R1", "quote": "Works: 12 weeks", "kind": "must include"},),
    quotes=(("Works: 12 weeks", "brief"),),
    other_clients=("Brightside",),
    max_words=50,
    gross=Money(Decimal("48000.00"), "GBP"),
    today=date(2026, 11, 2),
)
REPEATED = "we will keep the school open and safe on every working day of the job "
LONG = {"document": "word " * 2600}
TODAY = date(2026, 11, 27)
DEADLINE = {"id": "R2", "quote": "received by 28 November 2026", "kind": "deadline"}


def more(sentence: str) -> dict[str, Any]:
    return {"text": CLEAN.text + sentence}


def asks(kind: str, quote: str) -> dict[str, Any]:
    return {"requirements": ({"id": "R1", "quote": quote, "kind": kind},)}


def test_a_true_text_has_no_findings() -> None:
    """Nothing is flagged where everything stands in the inputs."""
    assert run_checks(CLEAN) == ()


MISTAKES: list[tuple[str, str, dict[str, Any], str]] = [
    ("figure", "block", more("It takes 14 weeks."), "14 weeks: stands in no input"),
    ("date", "block", more("We start on 1 March 2027."), "1 March 2027: stands in no input"),
    ("weekday", "block", more("By Friday 28 November 2026."), "Friday 28 November 2026: is another day"),
    ("total", "block", more("Our price is GBP 60,000."), "GBP 60,000: is no total"),
    ("total", "block", more("The total is 47,000.00."), "47,000.00: is no total"),
    ("total", "block", more("The total price is GBP 910.00."), "GBP 910.00: is no total"),
    ("quote", "block", {"quotes": (("Works: 14 weeks", "brief"),)}, '"Works: 14 weeks": does not stand in brief'),
    ("quote", "block", {"quotes": (("Works: 14 weeks", ""),)}, '"Works: 14 weeks": does not stand in any input'),
    ("quoted words", "block", more("You want “the works done in good time”."), '"the works done'),
    ("requirement", "block", asks("must include", "A plan") | {"text": "# A\n\nNothing."}, '"A plan": no section'),
    ("name", "block", more("Led by Sarah Whitcombe."), "Sarah Whitcombe: stands in no input"),
    ("name", "block", more("Ask Mr Brown."), "Mr Brown: stands in no input"),
    ("e-mail", "block", more("Write to bob@x.org."), "bob@x.org: stands in no input"),
    ("link", "block", more("See https://x.org/y."), "https://x.org/y: stands in no input"),
    ("telephone", "block", more("Call 020 7946 0959."), "020 7946 0959: stands in no input"),
    ("reference", "block", more("We hold ISO 14001."), "ISO 14001: stands in no input"),
    ("reference", "block", more("Certificate no. X-99812."), "X-99812: stands in no input"),
    ("other client", "block", more("As for BRIGHTSIDE."), "BRIGHTSIDE: is another client's name"),
    ("forbidden", "block", asks("must not", "No assumptions or exclusions") | more("We assume."), '"assume"'),
    ("forbidden", "block", asks("must not", 'Do not use the word "partner"') | more("A partner."), '"partner"'),
    ("validity", "block", asks("must include", "valid for at least 45 calendar days"), "30 days: the tender asks"),
    ("validity", "warn", asks("must include", "valid for at least 45 days") | {"facts": FACTS[:3]}, '"valid for'),
    ("deadline", "warn", {"requirements": (DEADLINE,), "today": date(2026, 12, 1)}, "28 November 2026: has passed"),
    (
        "deadline",
        "warn",
        {"requirements": (DEADLINE,), "today": TODAY},
        "28 November 2026: is less than two",
    ),
    ("length", "block", {"max_words": 5}, "13 words: more than the limit"),
    ("length", "block", asks("limit", "The response shall not exceed 10 words."), "13 words: more than the tender"),
    (
        "length",
        "warn",
        asks("limit", "Your offer shall not exceed 5 pages") | {"document": "word " * 2600},
        "about 6 pages",
    ),
    ("repetition", "block", {"text": f"# A\n{REPEATED}\n# B\n{REPEATED}\n"}, '"we will keep the school open and safe"'),
    ("missing", "warn", more("MISSING: insurance number | x"), "MISSING: insurance number"),
    ("unverified", "block", more("[unverified: 42%] [R1]"), "42%: was never verified"),
    ("mark", "block", {"document": "Total [F12] [R1]"}, "[F12]: is a mark"),
]


@pytest.mark.parametrize(
    ("rule", "severity", "change", "says"), MISTAKES, ids=[f"{m[0]}-{n}" for n, m in enumerate(MISTAKES)]
)
def test_each_mistake_is_found(rule: str, severity: str, change: dict[str, Any], says: str) -> None:
    """The finding has the rule's name, its severity, and starts with what was written."""
    findings = [finding for finding in run_checks(replace(CLEAN, **change)) if finding.rule == rule]
    assert [finding.severity for finding in findings if finding.text.startswith(says)] == [severity], findings


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_check_of_the_registry_has_a_mistake_that_only_it_finds(check: Any) -> None:
    """Taking a check out of the registry loses at least one of the mistakes above."""
    rules = {part.strip() for part in (check.__doc__ or "").split(":")[0].split(",")}
    own = [mistake for mistake in MISTAKES if mistake[0] in rules]
    assert own
    for rule, _, change, says in own:
        others = [finding for other in CHECKS if other is not check for finding in other(replace(CLEAN, **change))]
        assert not any(finding.rule == rule and finding.text.startswith(says) for finding in others)


def test_blocking_findings_come_first_and_once() -> None:
    """The order is that of importance; the same finding twice is one."""
    text = CLEAN.text + "MISSING: x\n\nIt takes 14 weeks. It takes 14 weeks."
    findings = run_checks(replace(CLEAN, text=text))
    assert [finding.severity for finding in findings] == ["block", "warn"]


def test_a_figure_that_two_rules_flag_is_listed_once() -> None:
    """A wrong total is a total, not also a bare figure; a figure is not also called unverified."""
    given = replace(CLEAN, **more("Our price is GBP 47,000."), document=CLEAN.text + "[unverified: GBP 47,000]")
    assert [finding.rule for finding in run_checks(given)] == ["total"]


@pytest.mark.parametrize(
    "total",
    ["EUR 48.000,00", "GBP 48,000.01", "GBP48,001.00", "48001 pounds", "£48.1k", "GBP 2000", "2000", "48,000.10"],
)
def test_hostile_totals_block(total: str) -> None:
    """A wrong total, in whatever writing, never passes; nor does the right one in a foreign writing."""
    findings = run_checks(replace(CLEAN, **more(f"The total is {total}.")))
    assert any(finding.severity == "block" for finding in findings)


def test_the_nearest_true_figure_is_named() -> None:
    """What the source says in the same words, else the closest value; the text itself holds no other figure."""
    (total,) = run_checks(replace(CLEAN, text=CLEAN.text + "Our price is GBP 48,100.00."))[:1]
    assert total.nearest == "GBP 48,000.00"
    figures = [
        f for f in run_checks(replace(CLEAN, text=CLEAN.text + "Works: 13 weeks. Cost 49,000.")) if f.rule == "figure"
    ]
    assert [finding.nearest for finding in figures] == ["12", "48,000.00"]
    assert all(len(re.findall(r"\d[\d,.]*", finding.text)) == 1 for finding in figures)
    assert figures[0].where == "Understanding"


@pytest.mark.parametrize(
    "sentence",
    [
        "The price of the ridge tiles is GBP 910.00.",
        "Your budget of at most GBP 60,000 is above our total.",
        "The total without tax is GBP 40,000.",
        "Our price per year is fixed.",
    ],
)
def test_amounts_that_are_no_totals_may_stand_near_a_price(sentence: str) -> None:
    """A line's amount where the line is named, a limit of the tender, a part of the total."""
    assert [f for f in run_checks(replace(CLEAN, text=CLEAN.text + sentence)) if f.rule == "total"] == []


def test_without_a_price_totals_are_ordinary_figures() -> None:
    """Where nothing was priced there is no total to agree with."""
    given = replace(CLEAN, gross=None, facts=(), text="Our total price is GBP 99,000.")
    assert {finding.rule for finding in run_checks(given)} == {"figure", "requirement"}


def test_requirements_may_be_answered_in_the_matrix() -> None:
    """A row of the matrix that names a section counts; one that says MISSING does not."""
    document = "| No. | Your requirement | Answered in |\n| R1 | Works | {} |\n"
    given = replace(CLEAN, text="# A\n\nNothing.")
    assert not [f for f in run_checks(replace(given, document=document.format("Scope"))) if f.rule == "requirement"]
    assert [f for f in run_checks(replace(given, document=document.format("MISSING"))) if f.rule == "requirement"]


def test_limits_are_for_the_offer_and_forbidden_words_need_a_prohibition() -> None:
    """What the tender merely mentions is no limit and no ban."""
    quiet = [
        asks("limit", "Works: 12 weeks"),
        asks("limit", "Your offer shall not exceed 5 pages"),
        asks("must not", "Assumptions are welcome"),
        asks("deadline", "received by 28 November 2026"),
    ]
    for change in quiet:
        assert run_checks(replace(CLEAN, **change)) == ()
    assert run_checks(replace(CLEAN, today=None, requirements=(DEADLINE | {"id": "R1"},))) == ()


def test_repetition_is_flagged_before_it_blocks() -> None:
    """Above 2 % of all runs of eight words a warning, above 5 % blocking; code fences hold no headings."""
    words = " ".join(f"w{n}x" for n in range(300))
    few = " ".join(f"r{n}x" for n in range(12))
    text = f"{few}\n# A\n{words}\n# B\n{few}\n```\n# no heading\n```\n"
    share, run, headings = seams.repeated(text)
    assert (share > seams.FLAG, share > seams.BLOCK, headings) == (True, False, ("(opening)", "B"))
    assert run.startswith("r0x r1x")
    (finding,) = (f for f in run_checks(replace(CLEAN, text=text + "[R1]")) if f.rule == "repetition")
    assert finding.severity == "warn"
    assert seams.repeated("# A\none\n# B\ntwo") == (0, "", ())
    assert [section.heading for section in seams.sections("x\n# *A*\ny\n# B\n")] == ["(opening)", "A"]


@pytest.mark.parametrize(
    "text",
    [
        "Our Project Manager and the Health and Safety Plan",
        "Works follow the Quality Management Plan. Each Monday Morning we meet.",
        "Hartwell Academy's Head",
        "Contact Jane Reed and Hartwell Academy",
        "| Jane Reed | 020 7946 0958 | www.hartwell.sch.uk/tender/ |",
        "# Meet Sarah Whitcombe",
        "Whitcombe Road",
    ],
)
def test_roles_titles_and_known_names_are_no_inventions(text: str) -> None:
    """Words of titles, headings, openings of sentences, and what stands in an input."""
    assert invention.unknown_names(text, [TENDER]) == ()
    assert invention.unknown_urls(text, [TENDER]) == ()
    assert invention.unknown_phones(text, [TENDER]) == ()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("We did Greenfield Primary School in time.", ("Greenfield Primary School",)),
        ("Led by Jane Reed and Omar Haddad.", ("Jane Reed and Omar Haddad",)),
        ("Dr. P. Okafor signs.", ("Dr. P. Okafor",)),
        ("John Hill runs the site.", ("John Hill",)),
    ],
)
def test_invented_names_are_found(text: str, names: tuple[str, ...]) -> None:
    """Also at the start of a sentence when it is a given name, and joined to a true one by "and"."""
    assert invention.unknown_names(text, [TENDER]) == names


def test_names_in_human_text_seldom_raise_an_alarm(data: Path) -> None:
    """Words that only look like names: at most 2 % of the sentences of a real work statement, read against itself
    in lower case but for its true names."""
    text = (data / "pws.md").read_text(encoding="utf-8")
    prose = re.sub(r"\|[^\n]*|^#[^\n]*", "", text, flags=re.MULTILINE)
    sentences = [part for part in re.split(r"(?<=[.!?])\s+|\n\s*\n", prose) if part.strip()]
    assert invention.unknown_names(text, [text]) == ()
    tender = (data / "rfq.md").read_text(encoding="utf-8")
    true_names = (
        "GSA|FAR|Bailes|Posilkin|Kim|Lee|Luo|Hypertext|Rehabilitation|FedRAMP|CSP|COR|AAS|Assisted|Creative|ID|Order"
    )
    alarms = [name for name in invention.unknown_names(prose, [tender]) if not re.search(true_names, name)]
    assert len(alarms) * 100 <= 2 * len(sentences), alarms


def test_findings_hold_their_place() -> None:
    """Text before the first heading is the opening."""
    (finding,) = run_checks(CheckInput(text="It takes 14 weeks."))
    assert finding == Finding("figure", "block", "(opening)", "14 weeks: stands in no input and is no computed fact")
