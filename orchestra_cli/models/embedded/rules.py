"""What words alone decide: whether a sentence asks something of the bidder, and of which kind that is.

Rules go first, embeddings only choose among what the rules leave open (`prototypes`).
"""

from __future__ import annotations

import re

_I = re.IGNORECASE
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*"
DATE = re.compile(
    rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}|{_MONTH}\s+\d{{1,2}}|\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}/\d{{1,2}}/\d{{2,4}})\b",
    _I,
)
TIME = re.compile(r"\b(?:\d{1,2}(?:[:.]\d{2})?\s*(?:am|pm|a\.m|p\.m|noon|hours|hrs)|noon|midday|midnight)\b", _I)
MONEY = re.compile(r"(?:[£$€]\s?\d|\b(?:GBP|USD|EUR)\b)", _I)
_MUST = re.compile(
    r"\b(?:must|shall|mandatory|required to|(?:is|are) required|(?:is|are) to (?:be )?[a-z]+|has to|have to|no later than|"
    r"not later than|(?:not|never) exceed|at least|at a minimum|no more than|not more than|no fewer than|will not be "
    r"(?:considered|accepted|opened|answered)|no longer bein?g? considered|limited to|will be (?:rejected|excluded|disqualified)|may not|is not permitted|are not permitted)\b"
    r"|^no [a-z ]+\b(?:may|is|are|will)\b|\b(?:retention|payments?|invoices?|deposit|damages)\b.*\b(?:will be|(?:is|are) (?:made|held|paid|due))\b"
    r"|\bplease (?:tell|let|send|give|confirm|state|provide|include|note|price)\b|^(?:working )?hours (?:are|will be)\b"
    r"|\bneeds? (?:the |our )?\S* ?(?:prior |written )+(?:consent|permission|approval)\b",
    _I,
)
_ASK = re.compile(
    r"\b(?:should|please|provide|submit|include|state|enclose|attach|confirm|quote|allow for|we (?:require|need|expect|ask|want)|"
    r"deadline|closing date|return(?:ed)? (?:by|to)|reply by|maximum|minimum|only)\b",
    _I,
)
_ORDER = re.compile(
    r"^(?:please |at a minimum, )?(?:provide|submit|include|state|enclose|attach|confirm|quote|allow|give|send|return|list|describe|"
    r"price|keep|protect|remove|supply|fit|make|replace|install|leave|use|do not)\b",
    _I,
)
_THEIRS = re.compile(
    r"^(?:the )?(?:client|employer|council|government|state|authority|agency|trustees?|trust|school|owner|buyer|department|"
    r"architect|we|vendor)(?: of \w+)? (?:will|shall|may|intends?|reserves?|is|are|has|have)\b(?! (?:require|need|expect|only|not (?:be )?(?:accept|permit|allow)))",
    _I,
)
_NOT_ASKED = re.compile(
    r"\b(?:(?:is|are|be) not required|not be required to|will be (?:publicly )?available|for information only)\b", _I
)
_ASKING_LEAD = re.compile(
    r"\b(?:must|shall|should|required|requirements?|include|provide|submit|state|following|please|contain|not)\b", _I
)
_LISTING_HEADING = re.compile(
    r"\b(?:must|should|shall|to) (?:contain|include|provide|submit|send|return|enclose|show)\b|^(?:your )?(?:tender|submission) contents\b",
    _I,
)
_ASKING_HEADING = re.compile(
    r"\b(?:requirements?|instructions?|submission|conditions?|returns?|programme|insurance|health|safety|limits?|rules|"
    r"what (?:we|to)|deliverables?|evaluation|scope)\b",
    _I,
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
    ("format", re.compile(r"\bseparate (?:document|file|envelope)\b", _I)),
    ("must not", re.compile(
        r"\b(?:(?:must|shall|may|should) not(?! (?:exceed|be (?:more|less|fewer|longer)))|not be (?:permitted|allowed|accepted|considered|opened)|(?:is|are) not permitted|"
        r"prohibited|forbidden|never|do not|no longer being? considered|without (?:prior )?(?:written )?(?:consent|permission))\b"
        r"|^no [a-z ]+ (?:may|is|are|shall|must|will)\b|\binclusion of\b.*\bwill result\b", _I)),
    ("limit", re.compile(
        r"\b(?:not exceed|no more than|not more than|no longer than|maximum|at most|at least|minimum of|no fewer than|no less than|"
        r"not less than|up to|within \w+ (?:\(\d+\) )?(?:calendar |working )?(?:hours?|days?|weeks?|months?|years?)|"
        r"between \d|only between|limited to|(?:for|of) \d+ (?:calendar |working )?(?:days|weeks|months)|hours are|before \d{1,2}(?:[:.]\d\d)?\s?am|after \d{1,2}(?:[:.]\d\d)?\s?pm)\b", _I)),
    ("price rule", re.compile(
        r"\b(?:pric(?:e|es|ed|ing)|vat|rates?|cost(?:s|ed)?|lump sum|retention|invoices?|payments?|paid|provisional sum|schedule of rates|"
        r"contingency|fee|discount)\b|[£$€]\s?\d", _I)),
    ("must include", re.compile(
        r"\b(?:must|shall|should|please|to) (?:also |clearly )?(?:include|provide|submit|enclose|attach|state|list|describe|identify)\b"
        r"|^(?:please )?(?:include|provide|submit|enclose|attach|state|list|describe)\b", _I)),
    ("format", re.compile(
        r"\b(?:format(?:ted)?|pdf|a4|pages?|font|copies|copy|envelope|e-?mail(?:ed)?|electronic(?:ally)?|portal|paper|bound|"
        r"separate (?:document|file)|file name|template|single[- ]sided|sent to|addressed to|marked)\b", _I)),
    ("must include", re.compile(
        r"\b(?:includ(?:e|es|ing)|provide|submit|enclose|attach(?:ed)?|state|give|list|describe|evidence|references?|"
        r"certificates?|insurance|name(?:s|d)?|confirm|statement|summary|breakdown|proof|details)\b", _I)),
)  # fmt: skip
_DEADLINE = re.compile(
    r"\b(?:no later than|not later than|deadline|closing date|by|before|until|received|returned?|reply by|due|complet\w+|submitted)\b",
    _I,
)
_MEASURE = re.compile(r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen)\b", _I)


def kind_of(text: str, choices: tuple[str, ...]) -> str:
    """The choice that words alone decide, "" when they do not. Only choices that are offered are ever named."""
    if "deadline" in choices and _DEADLINE.search(text) and (DATE.search(text) or re.search(r"\bdeadline\b", text, _I)):
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
