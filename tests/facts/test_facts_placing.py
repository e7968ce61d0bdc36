"""Which file is which input."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orchestra_cli.facts import layouts
from orchestra_cli.facts.placing import Placing, Slot, is_settings, nearest_problem, place, settings_lines, table_for
from orchestra_cli.types import Material, Table

SLOTS = (
    Slot("brief", "documents"),
    Slot("takeoff", "table", optional=True),
    Slot("prices", "table", optional=True),
    Slot("labour", "table", optional=True),
    Slot("rates", "settings", optional=True),
)
TAKEOFF = "Item,Division,Description,Unit,Qty\n1,A,Brick,m2,5\n"
PRICES = "code,description,unit,material_cost,price_date\nB1,Brick,m2,5,2026-01-01\n"
LABOUR = "trade,rate,burden_pct\njoiner,30,10\n"
RATES = "# Rates\noverhead: 12 %\nprofit: 8\nVAT: 20\n"
Make = Callable[..., Material]
MakeTable = Callable[..., Table]


def where(placing: Placing) -> dict[str, str]:
    return {material.name: slot for slot, material in placing.placed}


def test_files_are_placed_by_type_and_columns(material: Make, table: MakeTable) -> None:
    """Names say nothing here: a table with quantities is the take-off, documents the brief, rates the settings."""
    placing = place(
        [
            material("a.csv", "", table(PRICES)),
            material("b.xlsx", "", table(TAKEOFF)),
            material("c.csv", "", table(LABOUR)),
            material("d.pdf", "A tender"),
            material("e.eml", "Dear Sir"),
            material("f.md", RATES),
        ],
        SLOTS,
    )
    assert where(placing) == {
        "a.csv": "prices",
        "b.xlsx": "takeoff",
        "c.csv": "labour",
        "d.pdf": "brief",
        "e.eml": "brief",
        "f.md": "rates",
    }
    assert placing.unplaced == placing.ambiguous == ()
    assert [material.name for _, material in placing.placed] == ["a.csv", "b.xlsx", "c.csv", "d.pdf", "e.eml", "f.md"]


def test_a_table_with_quantities_and_prices_is_the_takeoff(material: Make, table: MakeTable) -> None:
    """Whatever else stands in it; the plain price list then is the prices."""
    both = material("one.csv", "", table("item,description,qty,unit_price\n1,A,2,3\n"))
    assert where(place([both], SLOTS)) == {"one.csv": "takeoff"}
    placing = place([both, material("two.csv", "", table(PRICES))], SLOTS)
    assert where(placing) == {"one.csv": "takeoff", "two.csv": "prices"}


def test_two_files_for_one_input_are_ambiguous_unless_a_name_decides(material: Make, table: MakeTable) -> None:
    """Two take-offs: a person must say; a file called takeoff wins, and the other is told why."""
    one, two = material("a.csv", "", table(TAKEOFF)), material("b.csv", "", table(TAKEOFF))
    assert place([one, two], SLOTS).ambiguous == ((one, ("takeoff",)), (two, ("takeoff",)))
    named = material("our takeoff.csv", "", table(TAKEOFF))
    placing = place([one, named], SLOTS)
    assert where(placing) == {"our takeoff.csv": "takeoff"}
    assert placing.unplaced[0][1] == "takeoff already taken by another file"


def test_one_file_for_two_inputs_is_ambiguous(material: Make, table: MakeTable) -> None:
    """Any table fits two inputs of no known layout."""
    slots = (Slot("first", "table"), Slot("second", "table"))
    rows = material("x.csv", "", table("a,b\n1,2\n"))
    assert place([rows], slots).ambiguous == ((rows, ("first", "second")),)
    assert where(place([material("second.csv", "", table("a,b\n1,2\n"))], slots)) == {"second.csv": "second"}


def test_unknown_columns_go_nowhere_but_a_file_name_helps(material: Make, table: MakeTable) -> None:
    """The columns are named; a file called takeoff is placed, and pricing then asks; a mapping answers."""
    odd = "Item,Descr.,Unit,No.\n1,A,m,3\n"
    lost = place([material("x.csv", "", table(odd))], SLOTS).unplaced
    assert "its columns (Item, Descr., Unit, No.) fit no input" in lost[0][1]
    assert where(place([material("takeoff.csv", "", table(odd))], SLOTS)) == {"takeoff.csv": "takeoff"}
    mapped = place([material("x.csv", "", table(odd))], (Slot("takeoff", "table"),), {"takeoff.qty": "No."})
    assert where(mapped) == {"x.csv": "takeoff"}


def test_a_column_named_for_one_table_is_not_asked_of_the_others(material: Make, table: MakeTable) -> None:
    """The price list has no column "No.", and needs none."""
    odd = material("x.csv", "", table("Item,Descr.,Unit,No.\n1,A,m,3\n"))
    listed = material("y.csv", "", table("code,description,unit,material_cost\nA,Wall,m,2\n"))
    assert where(place([odd, listed], SLOTS, {"takeoff.qty": "No."})) == {"x.csv": "takeoff", "y.csv": "prices"}


def test_a_table_that_nearly_fits_says_what_it_lacks(material: Make, table: MakeTable) -> None:
    """The nearest input is named with the column to say; a table that is far from all of them gets no such advice."""
    odd = material("x.csv", "", table("Item,Descr.,Unit,No.\n1,A,m,3\n"))
    problem = nearest_problem(odd, SLOTS)
    assert problem is not None
    assert 'Is "No." the quantity?' in problem.message
    assert problem.advice.startswith('--set takeoff.qty="No."')
    assert nearest_problem(material("x.csv", "", table("a,b\n1,2\n")), SLOTS) is None
    assert nearest_problem(material("x.csv", "", table("code,description,unit,qty\n1,A,m,3\n")), SLOTS) is None
    assert nearest_problem(material("a.pdf", "x"), SLOTS) is None


def test_documents_fill_the_first_document_input(material: Make) -> None:
    """A second document input and texts wait; without a document input, a text takes it; a page of rates may be one."""
    slots = (Slot("brief", "document"), Slot("extra", "documents"), Slot("note", "text"))
    assert where(place([material("a.pdf", "x")], slots)) == {"a.pdf": "brief"}
    assert where(place([material("a.pdf", "x"), material("b.pdf", "y")], slots)) in (
        {"a.pdf": "brief", "b.pdf": "extra"},
        {},
    )
    assert where(place([material("a.md", "x")], (Slot("note", "text"),))) == {"a.md": "note"}
    assert where(place([material("r.md", RATES)], (Slot("brief", "documents"),))) == {"r.md": "brief"}


def test_messages_and_files_without_a_place(material: Make, table: MakeTable) -> None:
    """A mailbox goes to messages; a table where no input takes one is told so."""
    assert where(place([material("m.mbox", "From x")], (Slot("mail", "messages"),))) == {"m.mbox": "mail"}
    placing = place([material("a.md", "x")], (Slot("mail", "messages"),))
    assert placing.unplaced[0][1] == "no input takes it; the inputs are mail (messages)"
    assert place([material("a.md", "x")], ()).unplaced[0][1].endswith("the inputs are none")


def test_the_right_sheet_of_a_workbook(material: Make, table: MakeTable) -> None:
    """The sheet that fits the layout best, else the first, else none."""
    notes, rows = table("a,b\n1,2\n", sheet="Notes"), table(TAKEOFF, sheet="Qty")
    book = material("x.xlsx", "", notes, rows)
    assert table_for(book, "takeoff") is rows
    assert table_for(book, "labour") is notes
    assert table_for(material("y.xlsx"), "takeoff") is None


def test_settings_pages(material: Make, table: MakeTable) -> None:
    """At least half of the lines must be rates; prose with a colon is none."""
    assert settings_lines("- overhead: 12 %\nWe think: yes\n\nprofit = 8") == {
        "overhead": "12 %",
        "We think": "yes",
        "profit": "8",
    }
    assert is_settings(material("r.txt", RATES))
    assert not is_settings(material("r.txt", "Dear Sir,\nplease note\nprofit: 8\nand more\n"))
    assert not is_settings(material("r.csv", RATES))


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Unit price (GBP)", "unit price"),
        ("Price £", "price"),
        ("Waste %", "waste pct"),
        ("material_cost", "material cost"),
        ("No.", "no"),
        ("(m2)", "m2"),
    ],
)
def test_headings_are_compared_plainly(heading: str, name: str) -> None:
    """Without case, punctuation, brackets and currencies."""
    assert layouts.plain(heading) == name


def test_units_that_mean_the_same() -> None:
    """By the list; others must be written alike."""
    assert layouts.same_unit("m²", "Sq M")
    assert layouts.same_unit("EA", "nr")
    assert layouts.same_unit("bag", "Bag")
    assert not layouts.same_unit("ton", "tonne")
