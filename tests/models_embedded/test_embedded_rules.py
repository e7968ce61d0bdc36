import json
from collections.abc import Callable

import pytest

from orchestra_cli.models.embedded.judge import Judge, stems
from orchestra_cli.models.embedded.passages import passages, squeeze
from orchestra_cli.models.embedded.rules import asks

KINDS = ("deadline", "limit", "must include", "must not", "format", "price rule", "other")


def _asked(text: str) -> list[str]:
    return [
        p.text
        for p in passages("brief", text)
        if asks(p.text, lead=p.lead, heading=p.heading, number=p.number, is_item=p.kind == "item") >= 2
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Tenders must be received no later than 12 noon on Friday 15 May 2026.", "deadline"),
        ("The written response shall not exceed 1,500 words.", "limit"),
        ("Late tenders will not be considered.", "must not"),
        ("No part of the roof shall be left open overnight.", "must not"),
        ("Prices shall be fixed and exclude VAT.", "price rule"),
        ("Tenders shall be sent as one PDF file by e-mail.", "format"),
        ("The technical part must be included in a separate document.", "format"),
        ("The tender must include two references.", "must include"),
        ("The contractor shall protect the dance floor.", "must include"),
        ("All offers must use the term programme.", "must include"),
    ],
)
def test_words_decide_the_kind(judge: Judge, text: str, kind: str) -> None:
    """Each kind by its own words; an obligation that is nothing else is something to include."""
    assert judge.choose(text, KINDS) == kind


def test_only_offered_choices_are_chosen(judge: Judge) -> None:
    """A deadline is no answer where it is not on the list."""
    assert judge.choose("Return it by 15 May 2026 at noon.", ("limit", "format")) in ("limit", "format")


def test_unknown_choices_are_judged_by_their_names(judge: Judge) -> None:
    """Choices of other recipes need no rules."""
    choices = ("billing", "technical fault", "praise")
    assert judge.choose("I was charged twice for my invoice this month.", choices, "topic") == "billing"
    assert judge.choose("The app crashes when I open it.", choices, "topic") == "technical fault"


@pytest.mark.parametrize(
    "text",
    [
        "The trustees will provide water and electricity.",
        "The hall was built in 1926.",
        "The contractor will not be required to paint.",
        "Must you go?",
        "Must include:",
        "Too short",
    ],
)
def test_what_asks_nothing_is_no_requirement(text: str) -> None:
    """Descriptions, the client's own promises, what is not required, questions, leads."""
    assert asks(text) < 2


def test_items_under_a_negated_lead_are_not_asked() -> None:
    """A list of what the bidder need not do holds no requirements."""
    assert asks("Provide hosting of the data", lead="The following tasks are not required:", is_item=True) == 0


def test_clauses_under_a_listing_heading_are_asked() -> None:
    """`3.4 The names of ...` under "What your tender must contain" is a requirement without a verb."""
    assert asks("The names of the contracts manager.", heading="What your tender must contain", number="3.4") >= 2


def test_real_tender_requirements_are_found(judge: Judge, real: Callable[[str], str]) -> None:
    """Of the 17 requirements read out of a real tender by hand at least 14 are found, and 10 of their kinds agree."""
    found = _asked(real("gsa_rfq.md"))
    gold = json.loads(real("gsa_rfq_requirements.json"))
    hits = {}
    for row in gold:
        start = squeeze(row["quote"])[:60]
        hit = next((text for text in found if start in text.replace("*", "")), None)
        if hit:
            hits[row["id"]] = judge.choose(hit, KINDS) == row["kind"]
    assert len(hits) >= 14
    assert sum(hits.values()) >= 9


def test_a_real_scope_without_a_table_of_rules(real: Callable[[str], str]) -> None:
    """Each "Contractor shall" of a scope is found; what the vendor need not do is not."""
    found = _asked(real("alaska_far_scope.md"))
    assert sum(text.startswith("Contractor shall") for text in found) >= 14
    assert not any("hosting" in text for text in found)


def test_stems_bring_forms_of_a_word_together() -> None:
    """Insured and insurance are not the same to this stemmer, but plurals and verb forms are."""
    assert stems("roofs roofing roofed") == {"roof"}
    assert stems("the and of their") == frozenset()


def test_the_best_of_nothing_is_nothing(judge: Judge) -> None:
    """No candidates: index -1."""
    assert judge.best("x", []) == (-1, -1.0)
