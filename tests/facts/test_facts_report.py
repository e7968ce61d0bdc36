"""The input report and what a tender contradicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from orchestra_cli.facts.contradictions import contradictions
from orchestra_cli.facts.pricing import price_table, rates_from
from orchestra_cli.facts.report import input_report
from orchestra_cli.types import Material, Page, Refusal, Table

TAKEOFF = 'item,description,unit,qty\n1,Brick,m2,5\n2,"Bricks",m2,5\n3,Tile,m,\n4,Sand,t,1\n'
PRICES = "description,unit,unit_price,price_date\nBrick,m2,5,2025-01-01\nTile,,3,\nSand,t,9,2025-02-01\n"
Make = Callable[..., Material]
MakeTable = Callable[..., Table]


def test_rows_read_and_refused_are_the_rows_of_the_file(material: Make, table: MakeTable, today: date) -> None:
    """With the reasons, whoever refused them, the joins that failed and the age of prices."""
    takeoff = replace(table(TAKEOFF, "t.xlsx", "Qty"), refused=(Refusal(9, "no quantity"),))
    prices = table(PRICES, "p.csv")
    sheet = price_table(takeoff, prices, None, rates_from({"overhead": "0", "profit": "0", "tax": "0"}), today)
    book = material("t.xlsx", "", takeoff, table("a\n1\n", "t.xlsx", "Notes"))
    book = replace(book, warnings=("cell D4: a formula without a saved value",))
    one, two = input_report([("takeoff", book), ("prices", material("p.csv", "", prices))], sheet, today)
    assert (one.name, one.path, one.rows_read, one.rows_refused) == ("takeoff", "/in/t.xlsx", 3, 2)
    assert one.summary == 'sheet "Qty": 3 rows read + 2 refused (rows 4, 9: no quantity) = 5'
    assert one.warnings[0] == "cell D4: a formula without a saved value"
    assert 'sheet "Notes" (1 row) is not used' in one.warnings
    assert "2 of 4 lines have no price" in one.warnings
    assert any('"Bricks": no price (nearest "Brick")' in warning for warning in one.warnings)
    assert two.summary == "2 rows read + 1 refused (row 3: no unit) = 3"
    assert any("the newest price is of 1 February 2025" in warning for warning in two.warnings)


def test_other_files_have_a_line_too(material: Make, table: MakeTable, today: date) -> None:
    """Tables of any kind are counted; documents have their pages and words; a table file without a table says so."""
    pages = replace(material("b.pdf", "one two three"), pages=(Page(1, "one"), Page(2, "two three")))
    lines = input_report(
        [
            ("ads", material("a.csv", "", table("x,y\n1,2\n"))),
            ("labour", material("l.csv", "", table("trade,rate\njoiner,30\n"))),
            ("ads", material("e.csv")),
            ("brief", pages),
            ("brief", material("b.md", "one two")),
        ],
        None,
        today,
    )
    assert [line.summary for line in lines] == [
        "1 row read + 0 refused = 1",
        "1 row read + 0 refused = 1",
        "no table in it",
        "2 pages, 3 words",
        "2 words",
    ]


def test_labour_warnings_stay_with_the_prices(material: Make, table: MakeTable, today: date) -> None:
    """The line of the labour rates has no warnings of other tables."""
    takeoff, labour = table(TAKEOFF), table("trade,rate\njoiner,30\n", "l.csv")
    sheet = price_table(takeoff, table(PRICES, "p.csv"), labour, rates_from({"overhead": "0"}), today)
    (line,) = input_report([("labour", material("l.csv", "", labour))], sheet, today)
    assert line.warnings == ()


def test_a_real_tender_is_searched_for_contradictions(data: Path) -> None:
    """One deadline written twice is one; two time zones are said."""
    tender = (data / "rfq.md").read_text(encoding="utf-8")
    assert contradictions(tender, date(2016, 4, 1), "en-US") == (
        "deadline April 8, 2016 at 19:00: 5 working days from today",
        "times are given in different time zones: EDT, PST",
    )
    assert "the deadline, April 8, 2016, has passed" in contradictions(tender, date(2016, 5, 1), "en-US")


def test_two_deadlines_limits_and_wrong_weekdays_are_told() -> None:
    """Different days for the same thing, different limits for the same thing; starts and awards are no deadlines."""
    text = (
        "Tenders must be received by Friday 12 December 2026. The closing date is 5pm on 14 December 2026. "
        "The technical response must not exceed 10 pages. The technical response shall be limited to 8 pages. "
        "A cover page shall be no more than one page. Questions are due by 1 December 2026. "
        "Work due to start by 4 January 2027. Completion is due by 9 March 2027. Printed 2 May 2026."
    )
    assert contradictions(text, date(2026, 11, 21)) == (
        'two deadlines for the offer: "12 December 2026" and "5pm on 14 December 2026"',
        "deadline 14 December 2026 at 17:00: 16 working days from today",
        '"Friday 12 December 2026" is no such day of the week',
        "two limits for technical response: 10 and 8 pages",
    )
    assert contradictions("Nothing is due.", date(2026, 11, 21)) == ()
