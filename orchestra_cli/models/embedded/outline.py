"""Which sections a text is to have, and what each of them is for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from orchestra_cli.models.embedded.material import Item
from orchestra_cli.models.embedded.wording import start, words

Purpose = Literal["offer", "need", "scope", "programme", "exclusions", "us", "price", "safety", "terms", "other"]
_PURPOSES: tuple[tuple[Purpose, str], ...] = (
    ("offer", r"our offer|letter|cover"),
    ("exclusions", r"exclusion|assumption|qualification"),
    ("us", r"why|about us|team|experience|company|references|track record|qualif|credential|similar|people"),
    ("programme", r"programme|program\b|timeline|timetable|schedule|plan|milestone|dates"),
    ("price", r"pric|cost|fee|commercial|payment|budget|financ"),
    ("safety", r"health|safe|quality|environment|insurance"),
    ("terms", r"terms|condition|validity|compliance|next step"),
    ("need", r"understand|need|background|brief|introduc|overview|summary|objective|situation|opening"),
    ("scope", r"scope|work|service|deliver|method|approach|solution|what we"),
)
_NAMED = re.compile(r"\b(?:sections?|headings?|parts)\b(?:\s+(?:named|called|headed))?\s*:?\s+([A-Z][^.\n]{2,300})")
_MARKED = re.compile(r"^#{1,4}\s+(\S.*?)\s*#*$", re.MULTILINE)
_LISTED = re.compile(
    r"\b(?:sections?|headings?|parts)\b[^\n]*:\s*\n((?:\s*(?:[-*]|\d+[.)]|#{1,4})\s+.+\n?)+)", re.IGNORECASE
)
_ABOUT_THE_TENDER = words(
    "tenders?|quotations?|offers?|proposals?|bids?|responses?|submissions?|pages?|assumptions?|caveats?|clerk|pdf"
)
FORBIDDEN_ASSUMPTIONS = words("assumptions?|exclusions?|qualifications?|qualified|caveats?|exceptions?")
_STARTS_WITH_TENDER = start(
    "tender|quotation|offer|proposal|bid|response|question|submission",
    before="(?:the |all |any |late |your |written )*",
    after=r"(?:er|or)?s? (?!must (?:include|contain))",
)
_ABOUT_ANSWERING = words("let (?:me|us) know|site visit")
_ABOUT_TIME = words(
    r"weeks?|days?|months?|hours?|\d\s?[ap]m|noon|weekends?|weekdays?|complet\w+|programme|start|finish|sprints?|noisy",
    r"jan\w*|feb\w*|march|april|june|july|aug\w*|sept\w*|oct\w*|nov\w*|dec\w*",
)
_EVIDENCE = words(
    r"references?|insurance|certificat\w+|polic(?:y|ies)|names?|qualifi\w+|cvs?|resumes?|member\w*|accredit\w+|experience",
    "statement|proof|evidence|examples|by name|who will|person who|staff|personnel|team|licen[cs]es?|details of",
    r"registr\w+|summar(?:y|ies)|cover page",
)
SIGNS = words("(?:who|person|name of the one) .{0,20}signs?", "signator(?:y|ies)")
_INSURED = words(r"insur\w+|indemnity")
_PRICE = words(r"pric\w+|vat|rates?|costs?|fees?|retention|invoices?|payments?", rest=r"[£$€]\s?\d")
_FALLBACK: dict[Purpose, tuple[Purpose, ...]] = {
    "terms": ("terms", "need", "offer", "scope"),
    "exclusions": ("exclusions", "terms", "need", "scope"),
    "programme": ("programme", "scope", "need"),
    "price": ("price", "terms", "offer", "scope"),
    "us": ("us", "safety", "other", "scope"),
    "safety": ("safety", "us", "scope"),
    "scope": ("scope", "need", "other"),
}


@dataclass(frozen=True, slots=True)
class Section:
    """One section to write; `heading` is empty for a text without headings."""

    heading: str
    purpose: Purpose


def sections_of(task: str, step: str) -> tuple[Section, ...]:
    """The sections that a task names, in its order; one, named after the step, when it names none."""
    names = _MARKED.findall(task) or _listed(task) or _named(task)
    names = names or [step.replace("_", " ").strip().capitalize()]
    return tuple(Section(name, purpose_of(name)) for name in dict.fromkeys(names) if name)


def _listed(task: str) -> list[str]:
    found = _LISTED.search(task)
    lines = found[1].splitlines() if found else []
    names = [re.sub(r"^\s*(?:[-*]|\d+[.)]|#{1,4})\s+", "", line) for line in lines]
    return [re.split(r"[:(]|\s[-–—]\s", name)[0].strip(" *.") for name in names if name.strip()]


def _named(task: str) -> list[str]:
    found = _NAMED.search(task)
    if not found:
        return []
    names = [name for chunk in re.split(r"[,;]", found[1]) for name in re.split(r"^\s*and |\s+and (?=[A-Z])", chunk)]
    names = [name.strip(" *\"“”'") for name in names if name.strip()]
    return names if all(len(name.split()) <= 6 and name[0].isupper() for name in names) else []


def purpose_of(heading: str) -> Purpose:
    """What a section of that name is for."""
    low = heading.lower()
    return next((purpose for purpose, pattern in _PURPOSES if re.search(pattern, low)), "other")


def purpose_of_item(item: Item) -> Purpose:
    """Where an item wants its answer. "terms" is for rules about the tender itself."""
    return next((purpose for purpose, holds in _ITEM_PURPOSES if holds(item.text, item.kind)), "scope")


_HARD_KINDS = ("deadline", "limit", "must not")
_ITEM_PURPOSES: tuple[tuple[Purpose, Callable[[str, str], object]], ...] = (
    ("exclusions", lambda text, kind: kind == "must not" and FORBIDDEN_ASSUMPTIONS.search(text)),
    ("price", lambda text, kind: kind == "price rule"),  # noqa: ARG005  one shape for all
    ("terms", lambda text, kind: kind == "format" or _STARTS_WITH_TENDER.search(text) or _ABOUT_ANSWERING.search(text)),
    ("terms", lambda text, kind: kind in _HARD_KINDS and _ABOUT_THE_TENDER.search(text)),
    ("terms", lambda text, kind: SIGNS.search(text)),  # noqa: ARG005  one shape for all
    ("price", lambda text, kind: kind != "must include" and _PRICE.search(text) and not _INSURED.search(text)),
    ("us", lambda text, kind: _EVIDENCE.search(text)),  # noqa: ARG005
    ("programme", lambda text, kind: kind in (*_HARD_KINDS, "") and _ABOUT_TIME.search(text)),
    ("programme", lambda text, kind: re.search(r"\bprogramme\b|\btimetable\b", text, re.IGNORECASE)),  # noqa: ARG005
)
"""The first that holds for (text, kind) is taken."""


def home_of(item: Item, sections: tuple[Section, ...]) -> Section:
    """The section that best takes the item; the last one when none of its kind exists."""
    for purpose in _FALLBACK[purpose_of_item(item)]:
        for section in sections:
            if section.purpose == purpose:
                return section
    return sections[-1]
