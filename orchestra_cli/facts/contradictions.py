"""What a tender says twice and differently, as far as code can be sure; and how far away its deadline is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from orchestra_cli.facts.dates import Moment, find_moments, format_date, working_days, wrong_weekdays

_DEADLINE = re.compile(
    r"\b(?:deadline|no later than|not later than|closing|closes?|due|reply by|return(?:ed)? by|submi\w*|received"
    r"|respond by)\b",
    re.IGNORECASE,
)
_ABOUT = (
    ("questions", re.compile(r"\b(?:questions?|clarifications?|quer(?:y|ies)|comments?)\b", re.IGNORECASE)),
    ("site visit", re.compile(r"\b(?:site visit|visit|briefing|conference|presentations?|interview)\b", re.IGNORECASE)),
    (
        "start or completion",
        re.compile(r"\b(?:start|commenc\w*|complet\w*|award\w*|begin\w*|handover)\b", re.IGNORECASE),
    ),
)


def contradictions(text: str, today: date, language: str = "en-GB") -> tuple[str, ...]:
    """What a tender says twice and differently, as far as code can be sure; and deadlines that are past."""
    deadlines = _deadlines(text, language)
    warnings: list[str] = []
    for about, moments in deadlines.items():
        warnings += _two_deadlines(about, moments)
        warnings += _past(about, moments, today, language)
    zones = sorted({moment.zone for moments in deadlines.values() for moment in moments if moment.zone})
    if len(zones) > 1:
        warnings.append(f"times are given in different time zones: {', '.join(zones)}")
    warnings += [f'"{said}" is no such day of the week' for said, _, _ in wrong_weekdays(text, language)]
    return (*dict.fromkeys(warnings), *_two_limits(text))


def _deadlines(text: str, language: str) -> dict[str, list[Moment]]:
    """Moments next to words of a deadline, by what is due."""
    found: dict[str, list[Moment]] = {}
    for moment in find_moments(text, language):
        sentence = _sentence(text, moment.start, moment.end)
        if _DEADLINE.search(sentence):
            about = next((name for name, words in _ABOUT if words.search(sentence)), "the offer")
            found.setdefault(about, []).append(moment)
    return found


def _sentence(text: str, start: int, end: int) -> str:
    begin = max(text.rfind(stop, 0, start) for stop in (". ", ".\n", "\n\n", "!", "?"))
    stops = [place for stop in (". ", ".\n", "\n\n") if (place := text.find(stop, end)) >= 0]
    return text[max(begin, start - 400, 0) : min([*stops, end + 200])]


def _two_deadlines(about: str, moments: Iterable[Moment]) -> list[str]:
    if about == "start or completion":
        return []
    different = {(moment.day, moment.clock): moment for moment in moments}
    timed = {day for day, clock in different if clock}
    told = [moment for (day, clock), moment in different.items() if clock or day not in timed]
    if len(told) < 2:
        return []
    return [f"two deadlines for {about}: " + " and ".join(f'"{" ".join(moment.text.split())}"' for moment in told)]


def _past(about: str, moments: Sequence[Moment], today: date, language: str) -> list[str]:
    if about != "the offer":
        return []
    last = max(moments, key=lambda moment: moment.day)
    shown = format_date(last.day, language)
    if last.day < today:
        return [f"the deadline, {shown}, has passed"]
    shown += f" at {last.clock:%H:%M}" if last.clock else ""
    return [f"deadline {shown}: {working_days(today, last.day)} working days from today"]


_LIMIT = re.compile(
    r"\b((?:[A-Za-z]+\s+){1,2})(?:shall|must|may|should|will|is|are)\s+"
    r"(?:not\s+exceed|be\s+no\s+(?:more|longer)\s+than|be\s+limited\s+to|not\s+be\s+(?:more|longer)\s+than|limited\s+to)\b[^.\n]{0,30}?\b(\d[\d,]*)\s*(?:\(\d+\)\s*)?(pages?|words?)",
    re.IGNORECASE,
)


def _two_limits(text: str) -> tuple[str, ...]:
    limits: dict[tuple[str, str], list[str]] = {}
    for match in _LIMIT.finditer(text):
        what = " ".join(match.group(1).lower().split())
        said = limits.setdefault((what, match.group(3).lower().rstrip("s")), [])
        if match.group(2) not in said:
            said.append(match.group(2))
    return tuple(
        f"two limits for {what}: {' and '.join(numbers)} {unit}s"
        for (what, unit), numbers in limits.items()
        if len(numbers) > 1
    )
