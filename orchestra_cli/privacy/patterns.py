"""The light rules: personal data that has a shape, and the check digits that tell it from other numbers.

Each rule finds spans of whole words. Names have no shape: they are `names`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

Check = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text, half open, and what stands there ("EMAIL", "PHONE", ...)."""

    start: int
    end: int
    kind: str


def luhn(text: str) -> bool:
    """Whether the digits of a card number add up (ISO/IEC 7812)."""
    digits = [int(c) for c in reversed(text) if c in "0123456789"]
    doubled = [d if i % 2 == 0 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(digits)]
    return 13 <= len(digits) <= 19 and sum(doubled) % 10 == 0 and len(set(digits)) > 1


def iban_valid(text: str) -> bool:
    """Whether the check digits of an IBAN (without spaces) hold: modulo 97 (ISO 13616)."""
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def _is_date(text: str) -> bool:
    """Whether dd-dd-dd may be a day, a month and a year in some order: then it is no sort code without a label."""
    a, b, c = (int(part) for part in re.split(r"[- ]", text))
    return any(1 <= d <= 31 and 1 <= m <= 12 for d, m in ((a, b), (b, a), (c, b)))


def _is_phone(text: str) -> bool:
    digits = re.sub(r"\(0\)|\D", "", text)
    return 10 <= len(digits) <= 15 if text.lstrip("(").startswith(("+", "00")) else 10 <= len(digits) <= 11


_STREET = (
    "Street|St|Road|Rd|Lane|Ln|Avenue|Ave|Close|Drive|Dr|Way|Court|Ct|Crescent|Cres|Place|Pl|Square|Sq|Terrace|Gardens"
    "|Grove|Hill|Park|Row|Mews|Walk|Green|Rise|Parade|Wharf|Quay|Boulevard|Yard|House|Gate|Broadway|Embankment"
)
_POSTCODE = r"[A-Z]{1,2}[0-9][A-Z0-9]? {0,2}[0-9][ABD-HJLNP-UW-Z]{2}"
_NI = r"(?!BG|GB|NK|KN|TN|NT|ZZ)(?:[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]|QQ) ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]"

_RULES: tuple[tuple[str, re.Pattern[str], Check | None], ...] = (
    ("EMAIL", re.compile(r"(?<![\w.+@-])\w[\w.+'-]{0,63}@\w[\w-]*(?:\.\w[\w-]*)+(?!\w)"), None),
    (
        "PHONE",
        re.compile(
            r"(?<![\w.,/+-])(?:\+|00)[1-9][0-9]{0,2}[ .-]?(?:\(0\)[ .-]?)?"
            r"(?:\(?[0-9]{1,5}\)?[ .-]?){1,5}[0-9]{2,4}(?![\w/])"
        ),
        _is_phone,
    ),
    (
        "PHONE",
        re.compile(r"(?<![\w.,/+-])\(?0[1-9][0-9]{1,4}\)?[ .-]?(?:[0-9]{2,6}[ .-]?){1,3}(?<=[0-9])(?![\w/])"),
        _is_phone,
    ),
    ("NI", re.compile(rf"(?<!\w){_NI}(?!\w)", re.IGNORECASE), None),
    ("BANK", re.compile(r"(?<![\w-])[0-9]{2}[- ]?[0-9]{2}[- ]?[0-9]{2}[ ,/]{1,3}[0-9]{8}(?!\w)"), None),
    (
        "BANK",
        re.compile(r"(?i:\bsort[ -]?code(?: is| no\.?)?[ \t:#]{0,3})([0-9]{2}[- ]?[0-9]{2}[- ]?[0-9]{2})(?!\w)"),
        None,
    ),
    (
        "BANK",
        re.compile(r"(?i:\b(?:account|acct|a/c)(?: is| (?:no|number|num)\b\.?)?[ \t:#.]{0,3})([0-9]{8})(?!\w)"),
        None,
    ),
    ("BANK", re.compile(r"(?<![\w.,/-])[0-9]{2}-[0-9]{2}-[0-9]{2}(?![\w-])"), lambda text: not _is_date(text)),
    ("CARD", re.compile(r"(?<![\w.,-])[2-6][0-9]{3}(?:[ -]?[0-9]{2,6}){2,4}(?![\w]|[.,-][0-9])"), luhn),
    ("VAT", re.compile(r"(?<!\w)GB ?[0-9]{3} ?[0-9]{4} ?[0-9]{2}(?: ?[0-9]{3})?(?!\w)"), None),
    (
        "VAT",
        re.compile(
            r"(?i:\bVAT\b ?(?:reg(?:istration)?\.? ?)?(?:no|number|num|id)?\.?[ \t:#]{0,3})"
            r"([0-9]{3} ?[0-9]{4} ?[0-9]{2}(?: ?[0-9]{3})?)(?!\w)"
        ),
        None,
    ),
    (
        "ADDRESS",
        re.compile(
            r"(?<![\w.,/£$€-])[0-9]{1,4}[A-Za-z]?(?:-[0-9]{1,4})?,? (?:[A-Z][\w'’-]{0,30} ){1,4}"
            rf"(?:{_STREET})(?!\w)"
            rf"(?:(?:,|,?\n| )[ \t]*(?:[A-Z][\w'’-]{{1,30}}[ \t]?){{1,3}}(?=,|\n| ?{_POSTCODE})){{0,3}}"
            rf"(?:[,\n ]{{1,3}}{_POSTCODE}(?!\w))?"
        ),
        None,
    ),
    ("POSTCODE", re.compile(rf"(?<![\w/-]){_POSTCODE}(?![\w/-])"), None),
)
_IBAN_LENGTHS = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 "
    "FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 "
    "LI21 LT20 LU20 LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 "
    "SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
)
_IBAN_LENGTH = {item[:2]: int(item[2:]) for item in _IBAN_LENGTHS.split()}
_IBAN_START = re.compile(r"(?<!\w)[A-Za-z]{2}[0-9]{2}(?= ?[A-Za-z0-9]{2})")


def shaped(text: str) -> Iterator[Span]:
    """Every span of personal data with a shape; spans may overlap."""
    for kind, pattern, check in _RULES:
        for match in pattern.finditer(text):
            group = 1 if pattern.groups else 0
            if check is None or check(match[group]):
                start, end = match.span(group)
                yield Span(start, _trimmed(text, start, end), kind)
    yield from _ibans(text)


def _trimmed(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1] in " \t\n,.-":
        end -= 1
    return end


def _ibans(text: str) -> Iterator[Span]:
    for match in _IBAN_START.finditer(text):
        length = _IBAN_LENGTH.get(match[0][:2].upper())
        whole = _spaced(length).match(text, match.start()) if length else None
        if whole and iban_valid(whole[0].replace(" ", "").upper()):
            yield Span(*whole.span(), "IBAN")


@cache
def _spaced(length: int) -> re.Pattern[str]:
    return re.compile(rf"[A-Za-z0-9](?: ?[A-Za-z0-9]){{{length - 1}}}(?!\w)")


_UNSURE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a number as long as a card's", re.compile(r"(?<![\w.,-])[2-6][0-9]{3}(?:[ -]?[0-9]{4}){3}(?![\w.-])")),
    ("what may be an IBAN", re.compile(r"(?<!\w)[A-Z]{2}[0-9]{2} [A-Z0-9]{4} [0-9]{4} [0-9]{4}(?!\w)")),
    ("an @ that is no e-mail address we know", re.compile(r"\S+@\S+")),
    ("a date of birth", re.compile(r"(?i:\b(?:date of birth|d\.?o\.?b\.?|born)\b)[ \t:]{0,3}[0-9]")),
    ("a person's name", re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? [A-Z][a-z]+")),
)


def unsure(masked: str) -> tuple[str, ...]:
    """What in a masked text may still be personal data, in words for a person; `strict` stops on any. No text is
    quoted here."""
    return tuple(what for what, pattern in _UNSURE if pattern.search(masked))
