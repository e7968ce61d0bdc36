"""The price of a job, to the cent."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestra_cli.errors import InputError
from orchestra_cli.facts.pricing import PriceSheet, price_table, rates_from
from orchestra_cli.types import Table

MARK_UPS = {"overhead": "12", "profit": "8", "contingency": "5", "tax": "20", "currency": "GBP"}
NONE = {"overhead": "0", "profit": "0", "tax": "0"}
TAKEOFF = (
    "item,division,description,unit,qty\n1,03 Concrete,Concrete slab,m2,10\n2,04 Masonry,Facing brick red,m2,20.5\n"
)
PRICES = (
    "code,description,unit,material_cost,labour_hours,waste_pct,trade,supplier,price_date\n"
    "C1,Concrete slab,sqm,20.00,0.5,5,groundworker,Hanson,2026-11-01\n"
    "B1,Facing brick red,m2,31.00,1.2,10,bricklayer,Ibstock,2026-10-01\n"
)
LABOUR = "trade,rate,burden_pct\ngroundworker,30.00,10\nBricklayer,38.00,12\n"
Make = Callable[..., Table]


def price(
    table: Make, takeoff: str, prices: str = "", rates: dict[str, str] | None = None, **more: object
) -> PriceSheet:
    labour = str(more.pop("labour", ""))
    return price_table(
        table(takeoff),
        table(prices, "prices.csv") if prices else None,
        table(labour, "labour.csv") if labour else None,
        rates_from(rates or MARK_UPS),
        date(2026, 11, 21),
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("rounding", ["line", "total"])
@pytest.mark.parametrize("half", ["up", "even"])
@pytest.mark.parametrize(("tax", "gold"), [("20", "vat20"), ("8.625", "tax8_625")])
def test_a_real_schedule_is_priced_to_the_cent(
    table: Make, data: Path, rounding: str, half: str, tax: str, gold: str
) -> None:
    """Extensions, mark-ups, net, tax and total equal the gold in every rounding policy."""
    expected = json.loads((data / "gold_totals.json").read_text())["sf_1070I_roadway_schedule_of_values"]
    schedule = (data / "roadway_schedule.csv").read_text(encoding="utf-8")
    sheet = price(table, schedule, rates={**MARK_UPS, "tax": tax, "rounding": rounding, "half": half})
    assert {line.item: str(line.amount) for line in sheet.lines} == expected["extensions"]
    assert sheet.net
    assert sheet.tax
    assert sheet.gross
    assert sheet.direct
    assert str(sheet.direct.amount) == expected["subtotal"]
    assert [str(step.amount) for step in sheet.chain] == [
        expected[gold][name] for name in ("overhead12", "profit8", "contingency5")
    ]
    assert str(sheet.net.amount) == expected[gold]["net"]
    assert str(sheet.tax.amount) == expected[gold]["tax"]
    assert str(sheet.gross.amount) == expected[gold]["gross"]


@pytest.mark.parametrize(
    ("policy", "gold"),
    [
        ({"rounding": "total"}, "tax8_625_on_subtotal"),
        ({"rounding": "line"}, "tax8_625_per_line_half_up"),
        ({"rounding": "line", "half": "even"}, "tax8_625_per_line_half_even"),
        ({"rounding": "line", "tax rounding": "total"}, "tax8_625_on_subtotal"),
        ({"rounding": "total", "tax rounding": "line"}, "tax8_625_per_line_half_up"),
    ],
)
def test_tax_follows_the_declared_policy(table: Make, data: Path, policy: dict[str, str], gold: str) -> None:
    """The three policies give the three totals of the gold, a cent apart."""
    expected = json.loads((data / "gold_totals.json").read_text())["sf_1070I_roadway_schedule_of_values"]
    schedule = (data / "roadway_schedule.csv").read_text(encoding="utf-8")
    sheet = price(table, schedule, rates={**NONE, **policy, "tax": "8.625"})
    assert sheet.tax is not None
    assert str(sheet.tax.amount) == expected[gold]


def test_material_waste_labour_and_burden(table: Make) -> None:
    """quantity x (material x (1 + waste) + hours x rate x (1 + burden)), each extension to the cent."""
    sheet = price(table, TAKEOFF, PRICES, labour=LABOUR)
    assert [str(line.amount) for line in sheet.lines] == ["375.00", "1746.03"]  # 20.5 x (34.1 + 51.072) = 1746.026
    assert [(name, str(money.amount)) for name, money in sheet.subtotals] == [
        ("03 Concrete", "375.00"),
        ("04 Masonry", "1746.03"),
    ]
    assert "| | **Subtotal 04 Masonry** | | | | **1,746.03** |" in sheet.markdown
    assert sheet.lines[1].how == "material 31.00 + 10 % waste + 1.2 h x 38.00 + 12 % burden"


def test_no_total_until_mark_ups_are_stated(table: Make) -> None:
    """Without overhead, profit and tax there is neither total nor sum at cost, but a blocking finding naming them."""
    sheet = price(table, TAKEOFF, PRICES, {"overhead": "12"}, labour=LABOUR)
    assert (sheet.net, sheet.tax, sheet.gross, sheet.direct) == (None, None, None, None)
    assert sheet.missing_rates == ("profit", "tax")
    assert [(f.rule, f.severity) for f in sheet.findings] == [("mark-ups", "block")]
    assert "2121.03" not in sheet.markdown.replace(",", "")
    assert "No total: profit, tax not stated" in sheet.markdown
    assert not any(fact.value == Decimal("2121.03") for fact in sheet.facts)
    assert sheet.summary == "2 of 2 lines priced; no total: profit, tax not stated"


def test_near_misses_are_reported_and_never_joined(table: Make) -> None:
    """A description that merely looks alike has no price, blocks, and is named; the total says what it leaves out."""
    takeoff = TAKEOFF + '3,04 Masonry,"Facing brick, red multi",m2,5\n'
    sheet = price(table, takeoff, PRICES, labour=LABOUR)
    (line,) = sheet.unpriced
    assert (line.nearest, line.reason) == ("Facing brick red", "no price")
    assert len(sheet.lines) == 2
    assert [f.rule for f in sheet.findings if f.severity == "block"] == ["price missing"]
    assert "without 1 lines that have no price" in sheet.markdown
    assert "2 of 3 lines priced, 1 left out" in sheet.summary


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("9,X,Facing brick red,nr,5", 'the take-off counts in "nr", the price is for "m2"'),
        ('9,X,Facing brick red,m2,"1,5"', "decimal comma"),
        ("9,X,Facing brick red,m2,", "no quantity"),
        ("9,X,Ridge tile,m,4", "no price"),
    ],
)
def test_lines_without_a_price_say_why(table: Make, row: str, reason: str) -> None:
    """Another unit, an unreadable or missing quantity, an unknown item: listed, blocking, never priced at 0."""
    sheet = price(table, TAKEOFF + row + "\n", PRICES, labour=LABOUR)
    assert reason in sheet.unpriced[0].reason
    assert any(f.severity == "block" and reason in f.text for f in sheet.findings)
    assert len(sheet.lines) == 2


def test_codes_join_unless_they_name_other_things(table: Make) -> None:
    """A code joins whatever its case; a mere item number that happens to be a code of something else does not."""
    prices = "code,description,unit,unit_price\nb1,Facing brick red,m2,50\n2,Ridge tile,m,9\n"
    takeoff = "item,code,description,unit,qty\n1,B1,Brick facing,m2,2\n2,,Facing brick red,m2,3\n"
    sheet = price(table, takeoff, prices)
    assert [str(line.amount) for line in sheet.lines] == ["100.00", "150.00"]


def test_two_prices_that_differ_are_no_price(table: Make) -> None:
    """The same description twice with other money is refused; twice with the same money is one price."""
    prices = "description,unit,unit_price\nTile,m2,50\nTile,m2,{}\nTile,nr,7\n"
    takeoff = "item,description,unit,qty\n1,Tile,m2,2\n"
    assert "two prices that differ" in price(table, takeoff, prices.format(60)).unpriced[0].reason
    assert price(table, takeoff, prices.format(50)).lines[0].amount == 100


@pytest.mark.parametrize(
    ("labour", "rates", "amount"),
    [
        ("", {"labour rate": "40", "burden": "10"}, "44.00"),
        ("trade,rate,burden_pct\njoiner,30,\n", {"burden": "10"}, "33.00"),
        ("trade,rate\njoiner,30\n", {}, "30.00"),
        ("trade,rate\nroofer,30\n", {}, "no hourly rate"),
        ("", {}, "no hourly rate"),
    ],
)
def test_hourly_rates(table: Make, labour: str, rates: dict[str, str], amount: str) -> None:
    """By trade, else the stated labour rate; without one the line has no price."""
    prices = "description,unit,labour_hours,trade\nHang door,nr,1,joiner\n"
    sheet = price(table, "item,description,unit,qty\n1,Hang door,nr,1\n", prices, {**NONE, **rates}, labour=labour)
    assert amount in (str(sheet.lines[0].amount) if sheet.lines else sheet.unpriced[0].reason)


def test_labour_without_a_trade(table: Make) -> None:
    """A price without a trade takes the only hourly rate there is; with none the reason says so."""
    prices = "description,unit,labour_hours\nHang door,nr,1\n"
    takeoff = "item,description,unit,qty\n1,Hang door,nr,1\n"
    assert price(table, takeoff, prices, NONE, labour="trade,rate\njoiner,30\n").lines[0].amount == 30
    assert "no hourly rate is stated" in price(table, takeoff, prices, NONE).unpriced[0].reason


def test_labour_tables_are_read_strictly(table: Make) -> None:
    """Rows without trade or rate are refused; two rates of one trade stop."""
    prices = "description,unit,labour_hours,trade\nDoor,nr,1,joiner\n"
    takeoff = "item,description,unit,qty\n1,Door,nr,1\n"
    rates = {**NONE, "currency": "GBP"}
    labour = "trade,rate\njoiner,30\n,20\nroofer,\nplumber,€40\njoiner,30\n"
    sheet = price(table, takeoff, prices, rates, labour=labour)
    assert [(r.row, r.reason) for name, r in sheet.refused if name == "labour"] == [
        (3, "no trade"),
        (4, "no rate"),
        (5, "the rate is not in GBP"),
    ]
    with pytest.raises(InputError, match='a second rate for "joiner"'):
        price(table, takeoff, prices, rates, labour="trade,rate\njoiner,30\njoiner,31\n")


def test_change_orders_have_negative_quantities(table: Make) -> None:
    """What is taken out is subtracted."""
    sheet = price(table, "item,description,unit,qty,unit_price\n1,A,m,5,10.00\n2,B,m,-2,10.05\n", rates=NONE)
    assert sheet.net is not None
    assert str(sheet.net.amount) == "29.90"


def test_stage_payments_add_up_and_the_last_takes_the_rest(table: Make) -> None:
    """Three thirds of 100.00 are 33.33, 33.33 and 33.34."""
    stages = {"stages": "deposit 33.33 %, frame 33.33 %, completion 33.34 %"}
    sheet = price(table, "item,description,qty,unit_price\n1,A,1,100\n", rates={**NONE, **stages})
    assert [str(stage.amount) for stage in sheet.stages] == ["33.33", "33.33", "33.34"]
    assert "| Deposit | 33.33 % | GBP 33.33 |" in sheet.stages_markdown
    assert price(table, TAKEOFF, PRICES, labour=LABOUR).stages_markdown == ""


def test_the_files_own_totals_are_compared(table: Make) -> None:
    """A total row is no line; what differs from our figures warns, what agrees is said."""
    takeoff = "item,description,qty,unit_price,amount\n1,A,2,10,20\n2,B,1,5,6\nTotal,,,,{}\n"
    wrong = price(table, takeoff.format("26"), rates=NONE)
    assert len(wrong.lines) == 2
    assert [(f.severity, f.where) for f in wrong.findings] == [
        ("warn", "takeoff.csv, row 3"),
        ("warn", "takeoff.csv, row 4"),
    ]
    right = price(table, takeoff.format("25").replace(",6\n", ",5\n"), rates=NONE)
    assert right.findings == ()
    assert any("agrees with its lines" in warning for warning in right.warnings)
    without = price(table, "item,description,qty,unit_price\n1,A,2,10\n,Grand total,,20\nSum,,,\n", rates=NONE)
    assert without.findings == ()
    assert len(without.refused) == 2


def test_headings_between_rows_are_divisions(table: Make) -> None:
    """A row with a single cell names the division of what follows, where no column does."""
    sheet = price(
        table, "item,description,qty,unit_price\n,Groundworks,,\n1,Dig,2,10\n,Roof,,\n2,Tile,1,5\n", rates=NONE
    )
    assert [(name, money.amount) for name, money in sheet.subtotals] == [("Groundworks", 20), ("Roof", 5)]
    assert [refusal.reason for _, refusal in sheet.refused] == ["a heading", "a heading"]


@pytest.mark.parametrize("where", ["currency column", "cell", "heading"])
def test_currencies_are_never_added_without_a_rate(table: Make, where: str) -> None:
    """A price in another currency stops, until its exchange rate is stated."""
    takeoff = "item,description,qty\n1,A,2\n"
    prices = {
        "currency column": "description,unit_price,currency\nA,10,EUR\n",
        "cell": "description,unit_price\nA,€10\n",
        "heading": "description,Unit price (EUR)\nA,10\n",
    }[where]
    rates = {**NONE, "currency": "GBP"}
    with pytest.raises(InputError, match="is in EUR, the offer in GBP") as error:
        price(table, takeoff, prices, rates)
    assert "exchange EUR: 0.85" in error.value.advice
    sheet = price(table, takeoff, prices, {**rates, "exchange EUR": "0.85"})
    assert sheet.lines[0].amount == 17


def test_the_only_currency_of_the_prices_is_that_of_the_offer(table: Make) -> None:
    """Where the rates name none; a dollar sign means US dollars unless the offer is in other dollars."""
    takeoff = "item,description,qty\n1,A,2\n"
    assert price(table, takeoff, "description,unit_price\nA,€10\n", NONE).currency == "EUR"
    assert price(table, takeoff, "description,unit_price\nA,$10\n", NONE).currency == "USD"
    assert price(table, takeoff, "description,unit_price\nA,$10\n", {**NONE, "currency": "CAD"}).lines[0].amount == 20
    with pytest.raises(InputError, match="is in USD"):
        price(table, takeoff, "description,unit_price\nA,$10\n", {**NONE, "currency": "GBP"})


def test_old_prices_warn(table: Make) -> None:
    """All older than the limit, some older, or dated ahead: each its own sentence."""
    prices = "description,unit_price,price_date\nA,1,{}\nB,1,{}\n"
    takeoff = "item,description,qty\n1,A,2\n2,B,1\n"

    def warnings(one: str, two: str) -> str:
        return " ".join(price(table, takeoff, prices.format(one, two), NONE).warnings)

    assert "the newest price is of 14 November 2025, 372 days old; the limit is 90" in warnings(
        "2025-11-14", "1 Jan 2025"
    )
    assert "1 lines use prices older than 90 days; the oldest is of 1 January 2025" in warnings(
        "2026-11-14", "01/01/2025"
    )
    assert "dated after today" in warnings("2026-12-01", "2026-11-20")
    assert 'the price date "soon" cannot be read' in warnings("soon", "")


def test_doubts_about_the_price_list(table: Make) -> None:
    """Waste below 1 % is asked about, rows without price, unit or a readable number are refused."""
    prices = "description,unit,material_cost,waste_pct\nA,m,10,0.05\nB,,10,5\nC,m,,5\nD,m,ten,5\nE,m,-1,5\n"
    sheet = price(table, "item,description,unit,qty\n1,A,m,1\n", prices, NONE)
    assert any("did you mean 5 %?" in warning for warning in sheet.warnings)
    assert [(r.row, r.reason) for _, r in sheet.refused] == [
        (3, "no unit"),
        (4, "no price"),
        (5, 'material_cost "ten" is no number'),
        (6, "material -1 is below 0"),
    ]


def test_a_price_of_nought_is_said(table: Make) -> None:
    """A stated 0 is a price, and is pointed out; so are mark-ups of 0."""
    sheet = price(table, "item,description,qty,unit_price\n1,A,2,0\n", rates=NONE)
    assert any('"A" has a price of 0' in warning for warning in sheet.warnings)
    assert "overhead is 0 %, as stated" in sheet.warnings
    assert "Overhead" not in sheet.markdown


def test_nothing_to_price_is_missing(table: Make) -> None:
    """An empty take-off is MISSING, not an error and not a total of 0."""
    sheet = price(table, "item,description,qty\n")
    assert sheet.gross is None
    assert sheet.markdown.startswith("MISSING")
    assert "nothing to price" in sheet.summary
    unpriced = price(table, "item,description,qty\n1,A,1\n")
    assert "No total: nothing is priced" in unpriced.markdown


def test_unknown_columns_name_file_row_and_fix(table: Make) -> None:
    """The message shows what was found and asks about the likely column; the mapping then answers it."""
    takeoff = "Item,Descr.,Unit,No.\n1,A,m,3\n"
    prices = "description,unit,unit_price\nA,m,2\n"
    with pytest.raises(InputError) as error:
        price(table, takeoff, prices, NONE)
    assert error.value.message == (
        'takeoff.csv, row 1: no column for quantity. Found: Item, Descr., Unit, No. Is "No." the quantity?'
    )
    assert error.value.advice.startswith('--set takeoff.qty="No."')
    sheet = price(table, takeoff, prices, NONE, mapping={"takeoff.qty": "no."})
    assert sheet.lines[0].amount == 6
    with pytest.raises(InputError, match='no column "Menge"'):
        price(table, takeoff, prices, NONE, mapping={"takeoff.qty": "Menge"})
    with pytest.raises(InputError, match=r"no column for quantity\. Found: A, B\.\n--set takeoff\.qty=\"COLUMN\""):
        price(table, "A,B\n1,2\n", prices, NONE)


def test_facts_hold_every_figure_with_source_or_formula(table: Make) -> None:
    """Totals by formula over other facts, lines by their row; validity is a date."""
    rates = {**MARK_UPS, "stages": "deposit 10, rest 90", "valid days": "30", "retention": "5"}
    sheet = price(table, TAKEOFF + "3,X,Unknown thing,m,1\n", PRICES, rates, labour=LABOUR)
    by_label = {fact.label: fact for fact in sheet.facts}
    assert [fact.id for fact in sheet.facts] == [f"F{n}" for n in range(1, len(sheet.facts) + 1)]
    assert all(fact.source or fact.formula or fact.unit in ("lines", "%", "days") for fact in sheet.facts)
    by_id = {fact.id: fact for fact in sheet.facts}
    assert by_label["total without tax (net)"].formula == "F4 + F7 + F8 + F9"
    assert sum(by_id[i].value for i in ("F4", "F7", "F8", "F9")) == sheet.net.amount  # type: ignore[union-attr, misc]
    assert by_label["direct cost before mark-ups"].formula == "F5 + F6"
    assert by_label["profit"].formula == "(F4 + F7) x 8 %"
    assert by_label["payment 2, rest"].formula == f"F3 - {by_label['payment 1, deposit'].id}"
    assert by_label["offer valid until"].value == date(2026, 12, 21)
    assert by_label["lines of the take-off without a price"].value == 1
    assert by_label["retention, per cent"].value == 5
    quantity = by_label["2 Facing brick red, quantity"]
    assert (quantity.value, quantity.unit, str(quantity.source)) == (Decimal("20.5"), "m2", "takeoff.csv, row 3")
    assert by_label["2 Facing brick red, amount"].formula == f"{quantity.id} x 85.172"


def test_the_table_is_for_a_client(table: Make) -> None:
    """Cells cannot break the table; long unit rates show four places; the total carries its currency."""
    sheet = price(table, "item,description,unit,qty,unit_price\n1,A|B **x**,m,3,1.23456\n", rates={**NONE, "vat": "20"})
    assert "| 1 | A\\|B \\*\\*x\\*\\* | m | 3 | 1.2346 | 3.70 |" in sheet.markdown
    assert "| | **Total including VAT** | | | | **GBP 4.44** |" in sheet.markdown
    assert sheet.summary == "GBP 3.70 + VAT 0.74 = 4.44, 1 of 1 lines priced"
