"""What words alone decide: whether a sentence asks something of the bidder, and of which kind that is.

Rules go first, embeddings only choose among what the rules leave open (`prototypes`).
"""

from __future__ import annotations

import re

from orchestra_cli.models.embedded.wording import start, words

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*"
DATE = words(
    rf"\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}",
    rf"{_MONTH}\s+\d{{1,2}}",
    r"\d{4}-\d{2}-\d{2}",
    r"\d{1,2}/\d{1,2}/\d{2,4}",
)
TIME = words(r"\d{1,2}(?:[:.]\d{2})?\s*(?:am|pm|a\.m|p\.m|noon|hours|hrs)", "noon|midday|midnight")
MONEY = words("GBP|USD|EUR", rest=r"[£$€]\s?\d")
_MUST = words(
    "must|shall|mandatory|required to|has to|have to|may not|limited to",
    "(?:is|are) required|(?:is|are) to (?:be )?[a-z]+|(?:is|are) not permitted",
    "no later than|not later than|(?:not|never) exceed|at least|at a minimum|no more than|not more than|no fewer than",
    "will not be (?:considered|accepted|opened|answered)|no longer bein?g? considered",
    "will be (?:rejected|excluded|disqualified)",
    "please (?:tell|let|send|give|confirm|state|provide|include|note|price)",
    "(?:retention|payments?|invoices?|deposit|damages)[^.]* (?:will be|(?:is|are) (?:made|held|paid|due))",
    r"needs? (?:the |our )?\S* ?(?:prior |written )+(?:consent|permission|approval)",
    rest=r"^no [a-z ]+\b(?:may|is|are|will)\b|^(?:working )?hours (?:are|will be)\b",
)
_ASK = words(
    "should|please|provide|submit|include|state|enclose|attach|confirm|quote|allow for",
    "we (?:require|need|expect|ask|want)",
    "deadline|closing date|return(?:ed)? (?:by|to)|reply by|maximum|minimum|only",
)
_ORDER = start(
    "provide|submit|include|state|enclose|attach|confirm|quote|allow|give|send|return|list|describe",
    "price|keep|protect|remove|supply|fit|make|replace|install|leave|use|do not",
    before="(?:please |at a minimum, )?",
)
_THEIRS = start(
    "client|employer|council|government|state|authority|agency|trustees?|trust|school|owner|buyer|department",
    "architect|we|vendor",
    before="(?:the )?",
    after=r"(?: of \w+)? (?:will|shall|may|intends?|reserves?|is|are|has|have)\b"
    r"(?! (?:require|need|expect|only|not (?:be )?(?:accept|permit|allow)))",
)
_NOT_ASKED = words("(?:is|are|be) not required|not be required to|will be (?:publicly )?available|for information only")
_ASKING_LEAD = words(
    "must|shall|should|required|requirements?|include|provide|submit|state|following|please|contain|not"
)
_LISTING_HEADING = words(
    "(?:must|should|shall|to) (?:contain|include|provide|submit|send|return|enclose|show)",
    "(?:tender|submission) contents",
)
_ASKING_HEADING = words(
    "requirements?|instructions?|submission|conditions?|returns?|programme|insurance|health|safety|limits?|rules",
    "what (?:we|to)|deliverables?|evaluation|scope",
)


def asks(text: str, *, lead: str = "", heading: str = "", number: str = "", is_item: bool = False) -> float:
    """How surely a sentence asks something of the reader: 0 not at all, 2 or more surely."""
    words = len(text.split())
    if words < 3 or text.endswith((":", "?")) or _NOT_ASKED.search(text) or (is_item and _NOT_ASKED.search(lead)):
        return 0.0
    score = 2.0 * bool(_MUST.search(text)) + 1.0 * bool(_ASK.search(text)) + 1.0 * bool(_ORDER.match(text))
    if (is_item and lead and _ASKING_LEAD.search(lead)) or (number and _LISTING_HEADING.search(heading)):
        score += 2.0
    if score and DATE.search(text) and (TIME.search(text) or re.search(r"\bby\b", text)):
        score += 1.0
    if score:
        score += 0.5 * bool(_ASKING_HEADING.search(heading)) + 0.25 * bool(number)
    if _THEIRS.match(text):
        score -= 2.0
    return max(score, 0.0)


_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("format", words("separate (?:document|file|envelope)")),
    (
        "must not",
        words(
            "(?:must|shall|may|should) not(?! (?:exceed|be (?:more|less|fewer|longer)))",
            "not be (?:permitted|allowed|accepted|considered|opened)|(?:is|are) not permitted|prohibited|forbidden",
            "never|do not|no longer being? considered|without (?:prior )?(?:written )?(?:consent|permission)",
            "inclusion of [^.]* will result",
            rest=r"^no [a-z ]+ (?:may|is|are|shall|must|will)\b",
        ),
    ),
    (
        "limit",
        words(
            "not exceed|no more than|not more than|no longer than|maximum|at most|at least|minimum of|no fewer than",
            "no less than|not less than|up to|only between|limited to|hours are",
            r"within \w+ (?:\(\d+\) )?(?:calendar |working )?(?:hours?|days?|weeks?|months?|years?)",
            r"between \d|(?:for|of) \d+ (?:calendar |working )?(?:days|weeks|months)",
            r"before \d{1,2}(?:[:.]\d\d)?\s?am|after \d{1,2}(?:[:.]\d\d)?\s?pm",
        ),
    ),
    (
        "price rule",
        words(
            "pric(?:e|es|ed|ing)|vat|rates?|cost(?:s|ed)?|lump sum|retention|invoices?|payments?|paid|provisional sum",
            "schedule of rates|contingency|fee|discount",
            rest=r"[£$€]\s?\d",
        ),
    ),
    (
        "must include",
        words(
            "(?:must|shall|should|please|to) (?:also |clearly )?"
            "(?:include|provide|submit|enclose|attach|state|list|describe|identify)",
            rest=r"^(?:please )?(?:include|provide|submit|enclose|attach|state|list|describe)\b",
        ),
    ),
    (
        "format",
        words(
            "format(?:ted)?|pdf|a4|pages?|font|copies|copy|envelope|e-?mail(?:ed)?|electronic(?:ally)?|portal|paper|bound",
            "file name|template|single[- ]sided|sent to|addressed to|marked",
        ),
    ),
    (
        "must include",
        words(
            "includ(?:e|es|ing)|provide|submit|enclose|attach(?:ed)?|state|give|list|describe|evidence|references?",
            "certificates?|insurance|name(?:s|d)?|confirm|statement|summary|breakdown|proof|details",
        ),
    ),
)
"""The first kind that fits is taken."""
_DEADLINE = words(
    "no later than|not later than|deadline|closing date|by|before|until|received|returned?|reply by|due|submitted",
    r"complet\w+",
)
_MEASURE = words("one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen", rest=r"\d")


def kind_of(text: str, choices: tuple[str, ...]) -> str:
    """The choice that words alone decide, "" when they do not. Only choices that are offered are ever named."""
    if "deadline" in choices and _DEADLINE.search(text) and (DATE.search(text) or "deadline" in text.lower()):
        return "deadline"
    for kind, pattern in _KINDS:
        if kind in choices and pattern.search(text) and (kind != "limit" or _MEASURE.search(text)):
            return kind
    return ""


def possible(choices: tuple[str, ...]) -> tuple[str, ...]:
    """The choices that the words leave open: of the kinds we know, those whose words are missing are out, except
    "must include", which an obligation is when it is nothing else."""
    ruled_out = {kind for kind, _ in _KINDS} - {"must include"} | {"deadline"}
    return tuple(choice for choice in choices if choice not in ruled_out) or choices


PROTOTYPES: dict[str, tuple[str, ...]] = {
    "deadline": (
        "Tenders must be returned by noon on 14 November.",
        "All offers must be received by the closing date and time.",
        "The works must be complete by 31 August.",
    ),
    "limit": (
        "The response shall not exceed ten pages.",
        "The work must be finished within twelve weeks.",
        "Insurance of at least five million is needed.",
    ),
    "must include": (
        "The tender must include two references and proof of insurance.",
        "Provide a list of key personnel with their qualifications.",
        "The contractor shall protect the existing floor and remove all waste.",
    ),
    "must not": (
        "No work may be done at weekends.",
        "The contractor must not obstruct the car park.",
        "Assumptions and exclusions are not permitted.",
    ),
    "format": (
        "Quotations shall be sent as one PDF by e-mail.",
        "Use A4 paper and a font of eleven points.",
        "Send the technical part in a separate document.",
    ),
    "price rule": (
        "Prices shall be fixed and exclude VAT.",
        "Payment is made monthly against invoices with a retention.",
        "The price must be broken down by trade.",
    ),
}
"""Example sentences of the kinds we know; a choice that is not here is judged by its own name."""
