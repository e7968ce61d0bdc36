"""Dates and times as tenders and tables write them; working days, validity, age. No clock: today is passed in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
          "november", "december")  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"\b{_DAY}(?:\s+of)?[\s-]+{_MONTH},?[\s-]+{_YEAR}\b",
        rf"\b{_MONTH}\s+{_DAY},?\s+{_YEAR}\b",
        r"\b(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?=$|[^\d-])",
        r"(?<![\d/.])(?P<first>\d{1,2})(?P<sep>[/.])(?P<second>\d{1,2})(?P=sep)(?P<year>(?:19|20)\d\d)(?![\d/])",
    )
)
_TIME = re.compile(
    r"(?<![\d.:])(?:(?P<hour>\d{1,2})(?::|\.)(?P<minute>\d\d)(?::\d\d)?\s*(?P<half>[ap]\.?m\b\.?|noon|midnight|hours|hrs)?"
    r"|(?P<hour12>\d{1,2})\s*(?P<half12>[ap]\.?m\b\.?|noon|midnight)|\b(?P<noon>noon|midday|midnight)\b)",
    re.IGNORECASE,
)
ZONES = {  # hours from UTC
    "UTC": 0, "GMT": 0, "Z": 0, "BST": 1, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "IST": None,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8,
    "HST": -10, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "ET": None, "CT": None, "MT": None, "PT": None,
    "UK time": None, "local time": None,
}  # fmt: skip
_ZONE = re.compile(rf"[\s,(]*\b(?P<zone>{'|'.join(ZONES)})\b\)?")


@dataclass(frozen=True, slots=True)
class Moment:
    """A date in a text, with the time and time zone where they stand next to it. `start`, `end` are its place there."""

    day: date
    clock: time | None
    zone: str
    text: str
    start: int
    end: int

    def utc(self) -> datetime | None:
        """The instant, None when the text does not settle it (no time, no zone, or a zone of two meanings)."""
        hours = ZONES.get(self.zone.upper())
        if self.clock is None or hours is None:
            return None
        return datetime.combine(self.day, self.clock, timezone(timedelta(hours=hours))).astimezone(UTC)


def parse_date(text: str, language: str = "en-GB") -> date | None:
    """The date that a cell holds: ISO, "15 Mar 2025", "March 15, 2025", "15/03/2025" (en-US: month first); or None."""
    spans = find_dates(text.strip(), language)
    return spans[0][0] if spans else None


def find_dates(text: str, language: str = "en-GB") -> list[tuple[date, int, int]]:
    """Every date of a text with its place; what is no day of the calendar is left out."""
    found = []
    for form in _FORMS:
        for match in form.finditer(text):
            day = _day(match, language)
            if day:
                found.append((day, match.start(), match.end()))
    return sorted(found, key=lambda item: item[1])


def _day(match: re.Match[str], language: str) -> date | None:
    groups = match.groupdict()
    if "first" in groups:
        first, second = int(groups["first"]), int(groups["second"])
        month_first = (language == "en-US" and groups["sep"] == "/" and first <= 12) or second > 12
        month, day = (first, second) if month_first else (second, first)
    else:
        name = groups["month"].lower()
        month = int(name) if name.isdigit() else next(i for i, m in enumerate(MONTHS, 1) if m.startswith(name[:3]))
        day = int(groups["day"])
    try:
        return date(int(groups["year"]), month, day)
    except ValueError:
        return None


def find_moments(text: str, language: str = "en-GB") -> tuple[Moment, ...]:
    """Dates with their times: "April 8, 2016 at 7:00 PM (EDT)", "12:00 noon on Friday 12 December 2026"."""
    return tuple(_moment(text, *span) for span in find_dates(text, language))


_AFTER = re.compile(
    r"[\s,]*(?:\(\w+day\))?[\s,]*(?:at|by|before|no later than|not later than|until|,|-|–|T)?[\s,]*", re.IGNORECASE
)
_BEFORE = re.compile(r"[\s,]*(?:on|of)?\s*(?:\w+day)?[\s,]*(?:the)?[\s,]*$", re.IGNORECASE)


def _moment(text: str, day: date, start: int, end: int) -> Moment:
    gap = _AFTER.match(text, end)
    after = _TIME.match(text, gap.end() if gap else end)
    if after:
        zone = _ZONE.match(text, after.end())
        return Moment(
            day, _clock(after), _zone_of(zone), text[start : (zone or after).end()], start, (zone or after).end()
        )
    before = _time_before(text, start)
    if before:
        zone = _ZONE.match(text, before.end())
        return Moment(day, _clock(before), _zone_of(zone), text[before.start() : end], before.start(), end)
    return Moment(day, None, "", text[start:end], start, end)


def _time_before(text: str, start: int) -> re.Match[str] | None:
    window = max(0, start - 50)
    last = None
    for match in _TIME.finditer(text, window, start):
        zone = _ZONE.match(text, match.end())
        rest = text[(zone or match).end() : start].lstrip(") ")
        if _BEFORE.fullmatch(rest):
            last = match
    return last


def _zone_of(match: re.Match[str] | None) -> str:
    return match.group("zone") if match else ""


def _clock(match: re.Match[str]) -> time | None:
    if match.group("noon"):
        return time(0 if match.group("noon").lower() == "midnight" else 12)
    hour = int(match.group("hour") or match.group("hour12"))
    minute = int(match.group("minute") or 0)
    half = (match.group("half") or match.group("half12") or "").lower().replace(".", "")
    if half == "pm" and hour < 12:
        hour += 12
    elif half in ("am", "midnight") and hour == 12:
        hour = 0
    return time(hour, minute) if hour < 24 and minute < 60 else None


def wrong_weekdays(text: str, language: str = "en-GB") -> list[tuple[str, date, int]]:
    """(as written, date, place) of each date whose weekday is wrong."""
    wrong = []
    for day, start, end in find_dates(text, language):
        named = re.search(rf"\b({'|'.join(WEEKDAYS)}),?\s+(?:the\s+)?$", text[:start][-20:], re.IGNORECASE)
        if named and named.group(1).lower() != WEEKDAYS[day.weekday()]:
            wrong.append((f"{named.group().strip()} {text[start:end]}", day, start))
    return wrong


def working_days(start: date, end: date, holidays: frozenset[date] = frozenset()) -> int:
    """Days from Monday to Friday but `holidays`, after `start` up to and with `end`; negative when `end` is past."""
    if end < start:
        return -working_days(end, start, holidays)
    days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(1 for day in days if day.weekday() < 5 and day not in holidays)


def valid_until(today: date, days: int) -> date:
    """The last day of an offer that is open for `days` calendar days."""
    return today + timedelta(days=days)


def format_date(day: date, language: str = "en-GB") -> str:
    """ "12 December 2026", or "December 12, 2026" for a reader of en-US."""
    month = MONTHS[day.month - 1].capitalize()
    return f"{month} {day.day}, {day.year}" if language == "en-US" else f"{day.day} {month} {day.year}"
