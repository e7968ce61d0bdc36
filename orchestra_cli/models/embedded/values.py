"""Single values out of one passage: read where they stand, never worked out."""

from __future__ import annotations

import re
from datetime import date

from orchestra_cli.models.embedded.passages import Passage
from orchestra_cli.types import FieldKind

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_FIRST = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?([A-Za-z]{3,9})\.?,?\s+(\d{4})\b")
_MONTH_FIRST = re.compile(r"\b([A-Za-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b")
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_NUMBER = re.compile(r"(?<![\w.,/-])\d[\d,]*(?:\.\d+)?(?![\w/-])")
_MONEY = re.compile(r"(?:[£$€]\s?|\b(?:GBP|USD|EUR)\s?)\d[\d,]*(?:\.\d+)?")
_SIGNS = {"£": "GBP", "$": "USD", "€": "EUR"}
_YES_NO = re.compile(r"^(yes|no)\b", re.IGNORECASE)


def read(kind: FieldKind, text: str) -> str | int | float | None:
    """The one value of that kind in the text; None when there is none, or more than one that differ."""
    if kind == "date":
        return _only({found.isoformat() for found in dates(text)})
    if kind == "money":
        return _only({_money(found) for found in _MONEY.findall(text)})
    if kind == "number":
        number = _only({found.replace(",", "") for found in _NUMBER.findall(text)})
        return None if number is None else float(number) if "." in number else int(number)
    if kind == "yes or no":
        found = _YES_NO.match(text.strip())
        return found[1].lower() if found else None
    return None


def _only(found: set[str]) -> str | None:
    return next(iter(found)) if len(found) == 1 else None


def _money(text: str) -> str:
    sign = text[0] if text[0] in _SIGNS else text[:3]
    return f"{_SIGNS.get(sign, sign)} {text.removeprefix(sign).strip()}"


def dates(text: str) -> list[date]:
    """The whole dates of a text; those without a year, or written with strokes, are not sure enough."""
    found = [(int(y), int(m), int(d)) for y, m, d in _ISO.findall(text)]
    found += [(int(y), _month(m), int(d)) for d, m, y in _DAY_FIRST.findall(text)]
    found += [(int(y), _month(m), int(d)) for m, d, y in _MONTH_FIRST.findall(text)]
    result = []
    for year, month, day in found:
        try:
            result.append(date(year, month, day))
        except ValueError:  # "31 Works 2026" or "31 June 2026": no date
            continue
    return result


def _month(name: str) -> int:
    start = name.lower()[:3]
    return _MONTHS.index(start) + 1 if start in _MONTHS else 0


def names(passage: Passage, field: str) -> bool:
    """Whether the passage is a `name: value` line of that name, or a sentence with every word of it."""
    wanted = [word for word in field.lower().split("_") if word]
    where = (passage.name or passage.text).lower()
    return bool(wanted) and all(re.search(rf"\b{re.escape(word)}", where) for word in wanted)


def right_side(passage: Passage) -> str:
    """The value of a `name: value` line, else the whole passage."""
    return passage.text.split(":", 1)[1].strip(" *") if passage.kind == "line" else passage.text


def place_of(passage: Passage) -> str:
    """Where the passage stands, for a note: "clause 3.2, Programme", or the name of the material."""
    parts = [f"clause {passage.number}"] if passage.number else []
    parts += [passage.heading] if passage.heading else []
    return ", ".join(parts) or passage.part
