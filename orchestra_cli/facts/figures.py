"""Figures in prose, with their units, and the numbers of a source.

Not counted as figures: years, list numbers, numbers of clauses, sections and the like, ordinals, number words, and what
stands in links and marks; code blocks count, since a reader sees them too. Dates and times are found apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from itertools import chain

from orchestra_cli.facts.context import clause_after, clause_before
from orchestra_cli.facts.dates import MONTHS, find_dates
from orchestra_cli.facts.layouts import unit_key
from orchestra_cli.facts.money import CODES, SYMBOLS

_CURRENCY = rf"(?:\b(?:{'|'.join(CODES)})|[{''.join(SYMBOLS)}])"
_FOREIGN = r"\d{1,3}(?:[. \u00a0\u202f]\d{3})*,\d{2}(?!\d)"  # 1.452,40: read, but never taken as known
_DIGITS = rf"{_FOREIGN}|\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d{{1,3}}(?:[\u00a0\u202f]\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SCALE = r"(?:thousand|million|billion|mn|bn|[km])(?![\w²³])"
_NUMBER = re.compile(
    rf"(?:(?P<currency>{_CURRENCY})[ \u00a0]?|(?<![\w.,/#])(?<![A-Za-z]-))(?P<digits>{_DIGITS})(?![\d])"
    rf"(?P<tail>(?:[ \u00a0]?{_SCALE})?"
    r"(?:[ \u00a0]?(?:%|per\s?cent\b|percent\b)|[ \u00a0-]{0,2}[A-Za-z£€$][\w²³]*|\b)?)"
)
_SOURCE_DIGITS = r"\d(?:\d|[,\u00a0\u202f](?=\d\d\d(?!\d)))*(?:\.\d+)?"
_SOURCE_TAIL = r"[ \u00a0]?(%|per\s?cent|percent|[ -]?[A-Za-z][A-Za-z²³2]*)?"
_SOURCE_NUMBER = re.compile(f"({_SOURCE_DIGITS}){_SOURCE_TAIL}")
_SOURCE_MONEY = re.compile(rf"({_CURRENCY})[ \u00a0]?({_SOURCE_DIGITS}){_SOURCE_TAIL}")
_CELLS = re.compile(r"(?<=,)\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:,\d{3})+(?:\.\d+)?(?=,\S)")  # rows of a CSV file
_CURRENCY_WORDS = {"euro": "EUR", "euros": "EUR", "pounds": "GBP", "dollars": "USD"}
_SCALES = {"k": 3, "thousand": 3, "m": 6, "mn": 6, "million": 6, "bn": 9, "billion": 9}
_NUMBERED = re.compile(
    r"(?:sections?|clauses?|chapters?|paragraphs?|para|parts?|phases?|stages?|steps?|lots?|items?|lines?|figures?|fig|"
    r"tables?|appendix|annex|annexes|attachments?|schedules?|questions?|pages?|rows?|notes?|options?|no|nr|numbers?|"
    r"articles?|rules?|level|version|v|sprint|requirements?|sheet|volume|drawing|revision|rev|payment|§|¶)\.?\s*$",
    re.IGNORECASE,
)
_AMOUNT_WORDS = re.compile(r"\b(?:totals?|price|sum|cost|costs|amount|comes to)\W+(?:\w+\W+){0,2}$", re.IGNORECASE)
_LIST_NUMBER = re.compile(
    r"^[ \t]*(?:[-*+>]+[ \t]+)?(?:#{1,6}[ \t]+)?\(?\d+(?:\.\d+)*(?:[.)](?=[A-Z])|[.)]?(?=[ \t]|$))", re.MULTILINE
)
MASKED = re.compile(
    r"https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.[\w.]+"
    r"|\[[A-Z]{1,2}\d+(?:#\d+)?(?:\s*[,;]\s*[A-Z]{1,2}\d+(?:#\d+)?)*\]|\[unverified:[^\]]*\]|\[unknown fact[^\]]*\]"
    r"|\]\([^)]*\)|\b\d+(?:st|nd|rd|th)\b",
    re.DOTALL,
)
CLOCK = re.compile(r"\b(\d{1,2})[:.](\d\d)(?::\d\d)?\s*([ap]\.?m\b\.?)?|\b(\d{1,2})\s*([ap]\.?m\b\.?)", re.IGNORECASE)
DAY_MONTH = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+({'|'.join(MONTHS)}|{'|'.join(m[:3] for m in MONTHS)})\b"
    rf"|\b({'|'.join(MONTHS)}|{'|'.join(m[:3] for m in MONTHS)})\s+(\d{{1,2}})\b(?!\s*\d)",
    re.IGNORECASE,
)
KNOWN_UNITS = frozenset(
    {"week", "day", "month", "year", "hour", "minute", "second", "page", "word", "person", "people", "storey", "mile"}
    | {"km", "mm", "cm", "kw", "kwh", "mw", "litre", "item", "m", "m2", "m3", "each", "tonne", "ton", "kg", "inch"}
    | {"sf", "sy", "lf", "cy", "cf"}
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in a text: as written, its size, the unit ("%", a currency code, a unit of measure, "" for none or
    any other word), the last digit's power of ten, its place, its clause before and after, and its bare digits."""

    text: str
    value: Decimal
    unit: str
    exponent: int
    start: int
    end: int
    before: str = ""
    after: str = ""
    digits: str = ""


@lru_cache(maxsize=100_000)
def unit_of(currency: str, tail: str) -> str:
    """The unit that a currency before a number, or the word after it, stands for; "" for any other word."""
    if currency:
        return SYMBOLS.get(currency, currency.upper())
    word = tail.strip(" \u00a0-").lower()
    if re.fullmatch(r"%|per\s?cent|percent", word):
        return "%"
    if word in _CURRENCY_WORDS:
        return _CURRENCY_WORDS[word]
    if word.upper() in CODES:
        return word.upper()
    singular = unit_key(word)
    singular = singular if singular in KNOWN_UNITS else singular.removesuffix("s")
    return singular if singular in KNOWN_UNITS else ""


def blank(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with these stretches replaced by spaces (line breaks kept), so that places stay."""
    parts, end = [], 0
    for start, stop in sorted(spans):
        if start >= end:
            parts += [text[end:start], re.sub(r"[^\n]", " ", text[start:stop])]
            end = stop
    return "".join([*parts, text[end:]])


def figures_in(text: str) -> tuple[Figure, ...]:
    """The numbers of a text that need a source, in order; dates and times are not among them."""
    text = blank(text, (match.span() for match in MASKED.finditer(text)))
    text = blank(text, (span[1:] for span in find_dates(text)))
    for other in (DAY_MONTH, CLOCK):
        text = blank(text, (match.span() for match in other.finditer(text) if is_moment(match)))
    text = blank(text, (match.span() for match in _LIST_NUMBER.finditer(text) if _is_list_number(match)))
    found = [_figure(match) for match in _NUMBER.finditer(text) if not _exempt(match, text)]
    return _ranged(found, text)


def is_moment(match: re.Match[str]) -> bool:
    """A clock needs a colon or am/pm: "7.30" alone is a number."""
    return match.re is not CLOCK or ":" in match.group() or bool(match.group(3) or match.group(5))


def _is_list_number(match: re.Match[str]) -> bool:
    """ "1." or "2)" begins an item, "## 3.2 Title" a heading; "54 tonnes" at the start of a line is a figure."""
    head = match.group().rstrip()
    return head.endswith((".", ")")) or "#" in head


def _exempt(match: re.Match[str], text: str) -> bool:
    digits, tail = match.group("digits"), match.group("tail").strip()
    before, after = text[: match.start("digits")][-24:], text[match.end("digits") :][:12]
    if re.match(r"(?:\.\d)|[-/]\d|\w", after) and not re.match(rf"{_SCALE}|[a-z²³]+[23²³]?\b", after):
        return _numbering(match, text)
    unit = unit_of(match.group("currency") or "", tail)
    if not unit and re.fullmatch(r"(?:19|20)\d\d", digits):
        return not _AMOUNT_WORDS.search(before)
    if _NUMBERED.search(before) and not unit:
        return True
    return bool(re.search(r"[:;,]\s*\($", before) and after.startswith(")"))


def _numbering(match: re.Match[str], text: str) -> bool:
    """Whether a number is part of something longer: a clause 5.7.2, a code 52-A; a range "10-15" is none of these."""
    after = text[match.end("digits") :][:12]
    return not re.match(r"-\d+(?![\w.-])", after)


def _figure(match: re.Match[str]) -> Figure:
    tail, currency = match.group("tail"), match.group("currency") or ""
    scale = re.match(rf"[ \u00a0]?({_SCALE})", tail)
    power = _SCALES[scale.group(1).lower()] if scale and _is_scale(scale.group(1), currency) else 0
    unit = unit_of(currency, tail[scale.end() :] if scale and power else tail)
    digits = plain_digits(match.group("digits"))
    value = Decimal(digits).scaleb(power)
    end = match.end("digits") + _tail_end(tail, unit, currency, scale.end() if scale and power else 0)
    start = match.start("currency") if currency else match.start("digits")
    text, exponent = match.string, power - len(digits.partition(".")[2])
    before, after = clause_before(text, match.start("digits")), clause_after(text, match.end("digits"))
    return Figure(text[start:end], value, unit, exponent, start, end, before, after, match.group("digits"))


def plain_digits(digits: str) -> str:
    """The digits with a decimal point and without thousands separators."""
    if is_foreign(digits):
        whole, _, part = digits.rpartition(",")
        return f"{re.sub('[^0-9]', '', whole)}.{part}"
    return re.sub(r"[,\u00a0\u202f]", "", digits)


def is_foreign(digits: str) -> bool:
    """Whether a number is written with a decimal comma, as no English reader expects it."""
    return bool(re.fullmatch(_FOREIGN, digits))


def _is_scale(word: str, currency: str) -> bool:
    return len(word) > 1 or bool(currency)


def _tail_end(tail: str, unit: str, currency: str, scaled: int) -> int:
    if unit == "%" or (unit and not currency):
        return len(tail)
    return scaled


def _ranged(figures: list[Figure], text: str) -> tuple[Figure, ...]:
    """ "10-15 %" and "3 to 5 weeks": the first number has the unit of the second."""
    result = list(figures)
    for n in range(len(result) - 2, -1, -1):
        one, two = result[n], result[n + 1]
        if not one.unit and two.unit and re.fullmatch(r"\s*(?:-|–|to|and|or|x|by)\s*", text[one.end : two.start]):
            result[n] = replace(one, unit=two.unit)
    return tuple(result)


@lru_cache(maxsize=2048)
def source_values(text: str) -> dict[Decimal, frozenset[str]]:
    """Every number of a source with the units that stand next to it ("" for none)."""
    values: dict[Decimal, set[str]] = {}
    money = set(_SOURCE_MONEY.findall(text))
    plain_text = _SOURCE_MONEY.sub(" ", text) if money else text
    for currency, digits, tail in chain(money, (("", *found) for found in set(_SOURCE_NUMBER.findall(plain_text)))):
        scale = re.fullmatch(rf"[ -]?({_SCALE})", tail) if tail else None
        power = _SCALES[scale.group(1).lower()] if scale and _is_scale(scale.group(1), currency) else 0
        plain = Decimal(re.sub(r"[,\u00a0\u202f]", "", digits))
        units = values.setdefault(plain.scaleb(power), set())
        units.add(unit_of(currency, tail))
    for digits in _CELLS.findall(text):
        for part in digits.split(","):
            values.setdefault(Decimal(part), set()).add("")
    return {value: frozenset(units) for value, units in values.items()}
