"""The checks of single values: numbers, dates, choices, quotes, facts and sources. One function a kind, one shape."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import InvalidOperation

from orchestra_cli.types import Field, Json

FindQuote = Callable[[str, str], str | None]
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WRITTEN_DATE = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?(?: of)? ([a-z]+)\.?,? (\d{4})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Given:
    """What values are checked against: texts for quotes by name, ids that were shown, and how quotes are found."""

    sources: Mapping[str, str]
    fact_ids: frozenset[str]
    source_ids: frozenset[str]
    find_quote: FindQuote


def choices_of(field: Field) -> tuple[str, ...]:
    """The words a choice or a yes-or-no field may be answered with."""
    return ("yes", "no") if field.kind == "yes or no" else field.choices


def check_leaf(field: Field, text: str, given: Given) -> tuple[str, str]:
    """(exact value, "") or ("", what is wrong with it).

    Models count words badly: up to half as many again as `max words` is not worth asking, and paying, once more.
    """
    value, problem = _LEAVES[field.kind](field, text, given)
    count = len(value.split())
    if not problem and field.max_words is not None and 2 * count > 3 * field.max_words:
        return "", f"{count} words are too many: use at most {field.max_words}"
    return value, problem


def text_of(data: Json) -> str:
    """A value as text; null is empty, true is yes."""
    if data is None:
        return ""
    if isinstance(data, bool):
        return "yes" if data else "no"
    return str(data).strip()


def _leaf_text(_field: Field, text: str, _given: Given) -> tuple[str, str]:
    return text, ""


def _leaf_number(field: Field, text: str, _given: Given) -> tuple[str, str]:
    from orchestra_cli.facts.money import parse_number

    try:
        number = parse_number(text)
    except (ValueError, InvalidOperation):
        return "", f'"{short(text)}" is no number: write digits and a point only, such as 1250.50'
    if not number.is_finite() or abs(number.adjusted()) > 40:
        return "", f'"{short(text)}" is no number that can be used'
    if field.at_most is not None and number > field.at_most:
        return "", f"{format(number, 'f')} is too high: at most {field.at_most}"
    return format(number, "f"), ""


def _leaf_date(_field: Field, text: str, _given: Given) -> tuple[str, str]:
    try:
        return date.fromisoformat(text).isoformat(), ""
    except ValueError:
        written = _WRITTEN_DATE.fullmatch(text)
    if written and written[2][:3].casefold() in MONTHS:
        month = MONTHS.index(written[2][:3].casefold()) + 1
        try:
            return date(int(written[3]), month, int(written[1])).isoformat(), ""
        except ValueError:
            return "", f'"{short(text)}" is no day of the calendar'
    return "", f'"{short(text)}" is no date: write it as YYYY-MM-DD'


def _leaf_choice(field: Field, text: str, _given: Given) -> tuple[str, str]:
    choices = choices_of(field)
    if text in choices:
        return text, ""
    close = [choice for choice in choices if _plain(choice) == _plain(text)]
    if len(close) == 1:
        return close[0], ""
    return "", f'"{short(text)}" is no choice: use exactly one of {listed(choices)}'


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[\s_-]+", " ", text.strip(" \t\n.\"'`")).casefold().split())


def _leaf_quote(field: Field, text: str, given: Given) -> tuple[str, str]:
    found = given.find_quote(text, given.sources.get(field.of, ""))
    if found is None:
        return "", f"the quote is not in {field.of} word for word: '{short(text, 160)}'. Copy it exactly"
    return found, ""


def _leaf_fact(_field: Field, text: str, given: Given) -> tuple[str, str]:
    fact = text.strip("[] ").upper()
    return (fact, "") if fact in given.fact_ids else ("", f'"{short(text)}" is no fact you were shown')


def _leaf_source(_field: Field, text: str, given: Given) -> tuple[str, str]:
    bare = text.strip("[] ")
    for known in (*given.source_ids, *given.sources):
        if bare == known or bare.casefold() == known.casefold():
            return known, ""
    return "", f'"{short(text)}" is no source you were shown'


_LEAVES: dict[str, Callable[[Field, str, Given], tuple[str, str]]] = {
    "text": _leaf_text,
    "number": _leaf_number,
    "money": _leaf_number,
    "date": _leaf_date,
    "yes or no": _leaf_choice,
    "choice": _leaf_choice,
    "fact": _leaf_fact,
    "source": _leaf_source,
    "quote": _leaf_quote,
}


def short(text: str, most: int = 60) -> str:
    """Text on one line, cut to `most` characters."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 3] + "..."


def listed(names: Iterable[str]) -> str:
    """Names in quotes with commas between them."""
    return ", ".join(f'"{name}"' for name in names)
