"""What a tender sets that code can decide: answers to each requirement, limits, forbidden words, validity, deadline."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from orchestra_cli.facts import seams
from orchestra_cli.facts.check_input import CheckInput
from orchestra_cli.facts.dates import find_moments, working_days
from orchestra_cli.facts.matrix import marked_items
from orchestra_cli.types import Finding


def check_requirements(given: CheckInput) -> Iterable[Finding]:
    """requirement: each is answered by a section, which cites it or stands in the matrix."""
    marked = {*marked_items(given.text), *marked_items(given.whole())}
    for requirement in given.requirements:
        item = str(requirement.get("id", ""))
        row = re.search(rf"^\|\s*{re.escape(item)}\s*\|.*\|\s*([^|]*?)\s*\|\s*$", given.whole(), re.MULTILINE)
        if item not in marked and (row is None or row.group(1) == "MISSING"):
            yield Finding("requirement", "block", item, f'"{requirement.get("quote", "")}": no section answers it')


def check_length(given: CheckInput) -> Iterable[Finding]:
    """length: no more words than the recipe or the tender allows; pages are estimated."""
    words = count_words(given.text)
    if given.max_words is not None and words > given.max_words:
        yield Finding("length", "block", "document", f"{words} words: more than the limit", str(given.max_words))
    for requirement in given.requirements:
        limit = _limit(str(requirement.get("quote", ""))) if requirement.get("kind") == "limit" else None
        if limit and limit[1] == "word" and words > limit[0]:
            text = f"{words} words: more than the tender allows"
            yield Finding("length", "block", str(requirement["id"]), text, str(limit[0]))
        pages = -(-count_words(given.whole()) // _WORDS_A_PAGE)
        if limit and limit[1] == "page" and pages > limit[0]:
            text = f"about {pages} pages: more than the tender allows"
            yield Finding("length", "warn", str(requirement["id"]), text, str(limit[0]))


_WORDS_A_PAGE = 500
_ALLOWED = re.compile(
    r"\b(?:proposal|response|submission|quotation|offer|tender|bid|document)s?\b.{0,60}?"
    r"\b(?:exceed|more than|maximum of|limited to|limit of|up to|no longer than|at most)\b.{0,25}?"
    r"\b(\d[\d,]*)(?:\s*\(\d+\))?[ -](word|page)",
    re.IGNORECASE | re.DOTALL,
)


def _limit(quote: str) -> tuple[int, str] | None:
    found = _ALLOWED.search(quote)
    return (int(found.group(1).replace(",", "")), found.group(2).lower()) if found else None


def count_words(markdown: str) -> int:
    """Words as a reader counts them: without marks, rules of tables and Markdown signs."""
    return len(re.findall(r"[^\W_][\w'’.,/-]*", re.sub(r"\[[A-Z]{1,2}\d+[^\]]*\]", " ", markdown)))


_FORBIDDEN = {
    "assumption": r"\bassum(?:e|es|ed|ing|ptions?)\b",
    "exclusion": r"\bexclu(?:de|des|ded|ding|sions?)\b",
    "caveat": r"\bcaveats?\b",
    "exception": r"\bexceptions?\b",
    "qualification": r"\bqualifications?\b",
    "price": r"\bprice[sd]?\b|\b(?:GBP|USD|EUR) ?\d|[£$€]\d",
    "brochure": r"\bbrochures?\b",
    "hyperlink": r"https?://|www\.",
    "logo": r"!\[",
    "subcontract": r"\bsub-?contract",
}
_NOT = re.compile(
    r"\b(?:not|no|without|never|nor|prohibited|excluded|rejected|disqualif\w+|no longer|must avoid|free of)\b",
    re.IGNORECASE,
)
_VALID = re.compile(r"\bvalid\w*\b.{0,60}?\b(\d+)\s*(?:\(\d+\)\s*)?(?:calendar )?days", re.IGNORECASE | re.DOTALL)


def check_forbidden(given: CheckInput) -> Iterable[Finding]:
    """forbidden: what a requirement of kind "must not" plainly names does not stand in the text."""
    for requirement in given.requirements:
        quote = str(requirement.get("quote", ""))
        if str(requirement.get("kind", "")).startswith("must not") and _NOT.search(quote):
            text = given.text.replace(quote, "")
            for pattern in _forbidden_in(quote):
                match = re.search(pattern, text, re.IGNORECASE)
                if match:
                    where = f"{requirement.get('id', '')}, {seams.section_of(text, match.start())}"
                    yield Finding("forbidden", "block", where, f'"{match.group()}": the tender forbids it', quote)


def _forbidden_in(quote: str) -> list[str]:
    named = [re.escape(word) for word in re.findall(r"[\"“'‘]([^\"”'’]{3,40})[\"”'’]", quote)]
    return named + [pattern for word, pattern in _FORBIDDEN.items() if re.search(rf"\b{word}", quote, re.IGNORECASE)]


def check_validity(given: CheckInput) -> Iterable[Finding]:
    """validity: the offer stands for at least as long as the tender asks."""
    stated = next((fact.value for fact in given.facts if fact.label == "offer valid for"), None)
    for requirement in given.requirements:
        quote = str(requirement.get("quote", ""))
        asked = _VALID.search(quote)
        if asked and isinstance(stated, Decimal) and stated < int(asked.group(1)):
            text = f"{stated} days: the tender asks for more"
            yield Finding("validity", "block", str(requirement.get("id", "")), text, f"{asked.group(1)} days")
        elif asked and stated is None:
            yield Finding("validity", "warn", str(requirement.get("id", "")), f'"{quote}": no validity is stated', "")


def check_deadline(given: CheckInput) -> Iterable[Finding]:
    """deadline: not past, and not tomorrow."""
    for requirement in given.requirements:
        if given.today and requirement.get("kind") == "deadline":
            for moment in find_moments(str(requirement.get("quote", "")), given.language):
                left = working_days(given.today, moment.day)
                if moment.day < given.today or left < 2:
                    what = "has passed" if moment.day < given.today else "is less than two working days away"
                    yield Finding("deadline", "warn", str(requirement.get("id", "")), f"{moment.text}: {what}")
