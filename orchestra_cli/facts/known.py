"""Whether figures, dates and times stand in an input or a fact, with the same unit.

A source value rounded to the decimals shown counts. Nothing is derived: a sum that comes out right is no source.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter

from orchestra_cli.facts import invention
from orchestra_cli.facts.context import said_in_same_words, stands_with_its_words
from orchestra_cli.facts.dates import MONTHS, find_dates
from orchestra_cli.facts.figures import (
    CLOCK,
    DAY_MONTH,
    MASKED,
    Figure,
    blank,
    figures_in,
    is_foreign,
    is_moment,
    source_values,
    unit_of,
)
from orchestra_cli.types import Fact

_AROUND = 50  # how many known values on each side are looked at for the nearest
_EVERYWHERE = 100  # whole numbers below it stand in any long text; they need their words around them


def _fact_units(facts: Sequence[Fact]) -> dict[Decimal, set[str]]:
    values: dict[Decimal, set[str]] = {}
    for fact in facts:
        if isinstance(fact.value, Decimal):
            values.setdefault(abs(fact.value), set()).add(fact.currency or unit_of("", fact.unit))
    return values


class Known:
    """All values, dates and times that inputs and facts hold."""

    def __init__(self, sources: Sequence[str], facts: Sequence[Fact], extra_dates: Iterable[date] = ()) -> None:
        self._sources = sources
        self._facts = facts
        self._extra = frozenset(extra_dates)
        self._facts_by_value = _fact_units(facts)
        self._maps: list[Mapping[Decimal, Collection[str]]] = [
            *(source_values(text) for text in sources),
            self._facts_by_value,
        ]
        self._in_order: list[tuple[Decimal, Collection[str]]] | None = None

    def has(self, figure: Figure) -> bool:
        """Whether the value stands somewhere with its unit, as written or rounded to the decimals shown."""
        if is_foreign(figure.digits):
            return False
        if _fits(figure.unit, self._facts_by_value.get(figure.value)):
            return True
        said = self.said_instead(figure)
        return figure.digits in said if said else self._stands(figure)

    def _stands(self, figure: Figure) -> bool:
        if figure.unit and any(figure.unit in values.get(figure.value, ()) for values in self._maps):
            return True
        if figure.value < _EVERYWHERE and figure.value == figure.value.to_integral_value():
            return stands_with_its_words(int(figure.value), figure.before, figure.after, self._sources)
        if any(_fits(figure.unit, values.get(figure.value)) for values in self._maps):
            return True
        return figure.value >= _EVERYWHERE and self._rounds_to(figure)

    def _rounds_to(self, figure: Figure) -> bool:
        """Whether a known value, rounded to the decimals of the figure (halves either way), is the figure."""
        half = Decimal(1).scaleb(figure.exponent) / 2
        values = self._sorted()
        first = bisect_left(values, figure.value - half, key=itemgetter(0))
        last = bisect_right(values, figure.value + half, key=itemgetter(0))
        return any(_fits(figure.unit, units) for _, units in values[first:last])

    def _sorted(self) -> list[tuple[Decimal, Collection[str]]]:
        if self._in_order is None:
            pairs = (pair for values in self._maps for pair in values.items())
            self._in_order = sorted(pairs, key=itemgetter(0))
        return self._in_order

    def said_instead(self, figure: Figure) -> frozenset[str]:
        """The numbers that sources have between the very words that stand around this one."""
        return said_in_same_words(figure.before, figure.after, self._sources)

    def nearest(self, figure: Figure) -> str:
        """What a source says in the same words, else the closest known value with a fitting unit within a fifth."""
        said = self.said_instead(figure)
        if said:
            return min(said)
        values = self._sorted()
        place = bisect_left(values, figure.value, key=itemgetter(0))
        around = values[max(0, place - _AROUND) : place + _AROUND]
        close = [value for value, units in around if _fits(figure.unit, units)]
        best = min(close, key=lambda value: (abs(value - figure.value), value), default=None)
        return "" if best is None or abs(best - figure.value) * 5 > figure.value else f"{best:,f}"

    def dates(self) -> frozenset[date]:
        """All dates of inputs and facts."""
        found = {day for text in self._sources for day in _dates_of(text)}
        found |= {fact.value for fact in self._facts if isinstance(fact.value, date)}
        return frozenset(found) | self._extra

    def days_of_months(self) -> frozenset[tuple[int, int]]:
        """(day, month) of what the inputs write without a year."""
        return frozenset(_day_month(match) for text in self._sources for match in DAY_MONTH.finditer(text))

    def times(self) -> frozenset[str]:
        """All times of the inputs, as "19:00"."""
        return frozenset(clock for text in self._sources for clock in _times_of(text))


def _fits(unit: str, units: Iterable[str] | None) -> bool:
    """A unit must not contradict: "42 %" is not "42 weeks", but a bare 42 of a table may be either."""
    if units is None:
        return False
    return not unit or unit in units or "" in units


@lru_cache(maxsize=2048)
def _dates_of(text: str) -> frozenset[date]:
    windows = _around_years(text)
    return frozenset(
        day for language in ("en-GB", "en-US") for part in windows for day, _, _ in find_dates(part, language)
    )


_YEAR = re.compile(r"(?:19|20)\d\d")


def _around_years(text: str) -> list[str]:
    """The stretches of a long text that can hold a date, since each date has a year."""
    windows: list[list[int]] = []
    for year in _YEAR.finditer(text):
        start, end = max(0, year.start() - 40), year.end() + 10
        if windows and start <= windows[-1][1]:
            windows[-1][1] = end
        else:
            windows.append([start, end])
    return [text[start:end] for start, end in windows]


@lru_cache(maxsize=2048)
def _times_of(text: str) -> frozenset[str]:
    found = {_time(match) for match in CLOCK.finditer(text)}
    if re.search(r"\b(?:noon|midday)\b", text, re.IGNORECASE):
        found.add("12:00")
    return frozenset(found)


def _time(match: re.Match[str]) -> str:
    hour, minute = int(match.group(1) or match.group(4)), match.group(2) or "00"
    half = (match.group(3) or match.group(5) or "").lower()
    hour += 12 if half.startswith("p") and hour < 12 else -12 if half.startswith("a") and hour == 12 else 0
    return f"{hour:02d}:{minute}"


def unknown_moments(text: str, known: Known) -> tuple[str, ...]:
    """Dates and times of a text that stand in no input and are no fact, as written."""
    text = blank(text, (match.span() for match in MASKED.finditer(text)))
    spans = find_dates(text)
    clocks = [match for match in CLOCK.finditer(text) if is_moment(match)]
    rest = blank(text, (span[1:] for span in spans))
    partial = list(DAY_MONTH.finditer(rest))
    if not spans and not clocks and not partial:
        return ()
    days = known.dates()
    found = [text[start:end] for day, start, end in spans if day not in days]
    months = {(day.day, day.month) for day in days} | (known.days_of_months() if partial else frozenset())
    found += [match.group() for match in partial if _day_month(match) not in months]
    times = known.times() if clocks else frozenset()
    return (*found, *(match.group().strip() for match in clocks if _time(match) not in times))


def _day_month(match: re.Match[str]) -> tuple[int, int]:
    name = (match.group(2) or match.group(3)).lower()[:3]
    return int(match.group(1) or match.group(4)), next(n for n, month in enumerate(MONTHS, 1) if month.startswith(name))


def bare_numbers(
    text: str, sources_texts: Sequence[str], facts: Sequence[Fact], today: date | None = None
) -> tuple[str, ...]:
    """Figures, dates and times of a text that stand in no source and are no fact; each once, as written."""
    known = Known(sources_texts, facts, (today,) if today else ())
    found = [figure.text for figure in figures_in(without_references(text)) if not known.has(figure)]
    return tuple(dict.fromkeys([*found, *unknown_moments(text, known)]))


def mark_unverified(text: str, figures: Sequence[str]) -> str:
    """42% -> [unverified: 42%], wherever one of the figures stands; what is marked already stays as it is."""
    for figure in sorted({figure for figure in figures if figure}, key=lambda item: -len(item)):
        before = r"(?<![\w.,])" if figure[0].isalnum() else ""
        pattern = rf"(\[unverified:[^\]]*\])|{before}{re.escape(figure)}(?![\w%]|[.,]\d)"
        text = re.sub(pattern, lambda match: match.group(1) or f"[unverified: {match.group()}]", text)
    return text


def without_references(text: str) -> str:
    """The text with telephone, standard and registration numbers blanked: they have checks of their own."""
    for pattern in (invention.EMAIL, invention.URL, invention.STANDARD, invention.REGISTRATION, invention.CODE):
        text = pattern.sub(lambda match: " " * len(match.group()), text)
    return invention.PHONE.sub(_blank_phone, text)


def _blank_phone(match: re.Match[str]) -> str:
    return " " * len(match.group()) if sum(map(str.isdigit, match.group())) >= 9 else match.group()
