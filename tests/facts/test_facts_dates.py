"""Dates and times as tenders write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from orchestra_cli.facts.dates import (
    find_moments,
    format_date,
    parse_date,
    valid_until,
    working_days,
    wrong_weekdays,
)


@pytest.mark.parametrize(
    ("text", "day", "clock", "zone"),
    [
        ("April 8, 2016 at 7:00 PM (EDT)", date(2016, 4, 8), time(19), "EDT"),
        ("no later than April 1, 2016\nat 6:00 PM (PST), to", date(2016, 4, 1), time(18), "PST"),
        ("12:00 noon on Friday 11 December 2026", date(2026, 12, 11), time(12), ""),
        ("noon GMT on 11 December 2026", date(2026, 12, 11), time(12), "GMT"),
        ("by 12:00 noon UK time on Friday 12 March 2027", date(2027, 3, 12), time(12), "UK time"),
        ("by 5pm on the 3rd of March 2027", date(2027, 3, 3), time(17), ""),
        ("2026-11-28T17:00", date(2026, 11, 28), time(17), ""),
        ("28/11/2026 17:00", date(2026, 11, 28), time(17), ""),
        ("1 Sept. 2026, 12:30 am", date(2026, 9, 1), time(0, 30), ""),
        ("midnight on 1 May 2026", date(2026, 5, 1), time(0), ""),
        ("28 November 2026", date(2026, 11, 28), None, ""),
        ("28 November 2026 at 25:00", date(2026, 11, 28), None, ""),
    ],
)
def test_moments(text: str, day: date, clock: time | None, zone: str) -> None:
    """Date, time and zone are found together, whichever comes first."""
    (moment,) = find_moments(text)
    assert (moment.day, moment.clock, moment.zone) == (day, clock, zone)
    assert text[moment.start : moment.end] == moment.text


def test_an_instant_needs_time_and_an_unambiguous_zone() -> None:
    """7 PM EDT is 23:00 UTC; "ET" or no zone settles nothing."""
    (sure,) = find_moments("April 8, 2016 at 7:00 PM (EDT)")
    assert sure.utc() == datetime(2016, 4, 8, 23, tzinfo=UTC)
    assert find_moments("April 8, 2016 at 7:00 PM ET")[0].utc() is None
    assert find_moments("April 8, 2016")[0].utc() is None


@pytest.mark.parametrize(
    ("text", "language", "day"),
    [
        ("2025-03-15", "en-GB", date(2025, 3, 15)),
        ("15 Mar 2025", "en-GB", date(2025, 3, 15)),
        ("March 15, 2025", "en-GB", date(2025, 3, 15)),
        ("03/04/2025", "en-GB", date(2025, 4, 3)),
        ("03/04/2025", "en-US", date(2025, 3, 4)),
        ("03/25/2025", "en-GB", date(2025, 3, 25)),
        ("25.03.2025", "en-US", date(2025, 3, 25)),
        ("30 February 2025", "en-GB", None),
        ("soon", "en-GB", None),
    ],
)
def test_cells_with_dates(text: str, language: str, day: date | None) -> None:
    """Day and month by the reader's language where both orders are possible; no day of the calendar is no date."""
    assert parse_date(text, language) == day


def test_working_days_and_validity() -> None:
    """Monday to Friday without holidays; validity in calendar days; negative when past."""
    friday = date(2026, 11, 20)
    assert working_days(friday, date(2026, 11, 23)) == 1
    assert working_days(friday, date(2026, 11, 27), frozenset({date(2026, 11, 26)})) == 4
    assert working_days(date(2026, 11, 23), friday) == -1
    assert valid_until(date(2016, 4, 8), 45) == date(2016, 5, 23)


def test_written_for_the_reader() -> None:
    """Day first, or month first for en-US."""
    assert format_date(date(2026, 12, 3)) == "3 December 2026"
    assert format_date(date(2026, 12, 3), "en-US") == "December 3, 2026"


def test_wrong_weekdays_are_found() -> None:
    """A weekday that is not the date's."""
    assert wrong_weekdays("on Friday 12 December 2026 or Friday, 11 December 2026") == [
        ("Friday 12 December 2026", date(2026, 12, 12), 10)
    ]
