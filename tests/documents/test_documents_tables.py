"""Spreadsheets and CSV: exact cells, where the heading is, and what is said about everything else."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestra_cli.documents.read import read_bytes
from orchestra_cli.documents.tables import Row, letters, looks_like_number, make_table, pipe_table
from orchestra_cli.documents.xlsx_in import cell_text
from orchestra_cli.errors import InputError
from orchestra_cli.types import Refusal, Source


def _clock(*parts: int) -> dt.datetime:
    """A spreadsheet knows no time zones."""
    return dt.datetime(*parts)  # noqa: DTZ001


def grid(*rows: str) -> list[Row]:
    return [Row(at, tuple(row.split("|"))) for at, row in enumerate(rows, 1)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_of_a_csv_is_found(delimiter):
    """Comma, semicolon, tab and bar need no option, even beside decimal commas in text."""
    rows = [["item", "what", "qty"], ["1", "Brick, red; multi", "4"], ["2", "Sand", "2"]]
    text = "\r\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    (table,) = read_bytes("a.csv", text.encode("utf-8-sig")).tables
    assert table.columns == ("item", "what", "qty")
    assert table.rows == (("1", "Brick, red; multi", "4"), ("2", "Sand", "2"))
    assert table.row_numbers == (2, 3)


def test_a_declared_delimiter_counts():
    """`sep=;` is what Excel writes, and no row of the table."""
    (table,) = read_bytes("a.csv", b"sep=;\na,b;c\n1,2;3\n").tables
    assert table.columns == ("a,b", "c")
    assert table.row_numbers == (3,)


def test_a_half_declared_delimiter_is_no_declaration():
    """`sep=` alone is a file of one odd line, not a crash."""
    assert read_bytes("a.csv", b"sep=\na,b\n1,2\n").tables
    with pytest.raises(InputError, match="no rows"):
        read_bytes("a.csv", b"sep=")


def test_ragged_rows_are_refused_with_their_number():
    """A row that does not fit the heading is never half read; rows read and refused are all rows."""
    text = "item,qty,rate\nbrick,4,2\n\nsand,2\nlime,1,3,9\ncement,5,6,,\n"
    material = read_bytes("a.csv", text.encode())
    (table,) = material.tables
    assert table.rows == (("brick", "4", "2"), ("cement", "5", "6"))
    assert table.row_numbers == (2, 6)
    assert table.refused == (
        Refusal(4, "2 cells where the heading has 3"),
        Refusal(5, "4 cells where the heading has 3"),
    )
    assert "row 4 refused: 2 cells where the heading has 3" in material.warnings


def test_row_numbers_count_lines_inside_quotes():
    """A cell with a line break does not shift the numbers a person looks for."""
    (table,) = read_bytes("a.csv", b'a,b\n"x\ny",1\nz,2\n').tables
    assert table.rows == (("x\ny", "1"), ("z", "2"))
    assert table.row_numbers == (2, 4)


def test_a_broken_quotation_names_the_row():
    """A stray quotation mark swallows the rest of a file unless it is said."""
    with pytest.raises(InputError, match="row 3 is broken"):
        read_bytes("a.csv", b'a,b\n1,2\n"x"y,2\n')
    with pytest.raises(InputError, match="row 2 has a cell of more than 131,072 characters"):
        read_bytes("a.csv", b'a,b\n"' + b"x" * 140_000 + b'",2\n')


def test_a_csv_of_separators_has_no_rows():
    """Only commas are no table."""
    with pytest.raises(InputError, match="no rows"):
        read_bytes("a.csv", b",,,\n,,,\n")


def test_titles_above_the_heading_are_skipped_and_told():
    """Exports of accounting programs begin with company, report and period."""
    rows = grid("Fenwick Ltd|||", "Price list|||", "|||", "code|description|unit|price", "B1|Brick|each|0.62")
    table, warnings = make_table("t", Source("f", sheet="S"), rows)
    assert table.columns == ("code", "description", "unit", "price")
    assert table.row_numbers == (5,)
    assert warnings == ('sheet "S": rows 1-2 above the heading taken as titles (Fenwick Ltd; Price list)',)


def test_footers_are_refused_and_told():
    """A line of text below the last row is no row."""
    rows = grid("a|b|c", "x|1|2", "y|3|4", "Exported on 3 November 2026||", "Total|4|6")[:-1]
    table, _ = make_table("t", Source("f"), rows)
    assert len(table.rows) == 2
    assert table.refused == (Refusal(4, "a footer: Exported on 3 November 2026"),)


def test_blank_and_doubled_headings_get_names():
    """Every column can be asked for by one name; an empty column without a heading is dropped."""
    table, _ = make_table("t", Source("f"), grid("item||qty|qty||qty (2)|z", "a|note|1|2||3|4"))
    assert table.columns == ("item", "Column B", "qty", "qty (3)", "qty (2)", "z")
    assert table.rows == (("a", "note", "1", "2", "3", "4"),)


def test_years_and_months_may_stand_in_a_heading():
    """A profit and loss account has its periods as headings."""
    table, _ = make_table("t", Source("f"), grid("Account|2024|2025", "Sales|1|2"))
    assert table.columns == ("Account", "2024", "2025")
    table, _ = make_table("t", Source("f"), grid("Account|2025-01-31|2025-02-28|Total", "Sales|1|2|3"))
    assert table.columns == ("Account", "2025-01-31", "2025-02-28", "Total")


def test_a_table_without_heading_keeps_all_rows():
    """Figures in the first row are data; the columns get letters and the reader is told."""
    table, warnings = make_table("t", Source("f"), grid("brick|4|2", "sand|1|3", "a|b|c"))
    assert table.columns == ("Column A", "Column B", "Column C")
    assert len(table.rows) == 3
    assert warnings == ("no heading row found, so the columns are named by their letters",)


def test_many_refusals_are_summed_up():
    """A hundred bad rows do not drown the other warnings."""
    text = "a,b\n" + "x,1\n" * 30 + "x\n" * 20
    warnings = read_bytes("a.csv", text.encode()).warnings
    assert len(warnings) == 6
    assert warnings[-1] == "15 more rows refused"


def test_one_title_and_many_titles_are_shown_short():
    """The warning names what was skipped, not all of it."""
    head = ["a|b|c|d", "1|x|2|3"]
    _, warnings = make_table("t", Source("f"), grid("T" * 90 + "|||", *head))
    assert warnings == (f"row 1 above the heading taken as titles ({'T' * 57}...)",)
    _, warnings = make_table("t", Source("f"), grid(*(f"title {i}|||" for i in range(4)), *head, *["1|x|2|3"] * 5))
    assert "title 2; ...)" in warnings[0]


@given(st.lists(st.lists(st.sampled_from(["", "x", "words here now", "4", "2025-01-02"]), max_size=5), max_size=12))
def test_no_row_is_lost(rows):
    """Whatever the grid, rows read plus rows refused are the filled rows below the heading."""
    made = [Row(at, tuple(cells)) for at, cells in enumerate(rows, 1)]
    for strict in (False, True):
        table, _ = make_table("t", Source("f"), made, strict_width=strict)
        if table is None:
            assert not any(row.filled for row in made)
            continue
        numbers = {*table.row_numbers, *(no.row for no in table.refused)}
        filled = [row.number for row in made if row.filled]
        assert numbers == set(filled[len(filled) - len(numbers) :])
        assert all(len(row) == len(table.columns) for row in table.rows)
        assert len(set(table.columns)) == len(table.columns)


def test_letters_and_figures():
    """Columns are named as a spreadsheet names them; figures are told from words."""
    assert [letters(i) for i in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
    for text in ("4", "-4.50", "£4,250.00", "(250.00)", "12 %", "2025-01-02", "$ -3"):
        assert looks_like_number(text), text
    for text in ("Item", "M8 bolt", "2 coats", "", "12 weeks"):
        assert not looks_like_number(text), text


def test_cells_cannot_break_a_pipe_table():
    """Bars and line breaks in a cell stay inside it."""
    assert pipe_table(["a"], [["x|y\nz"]]) == "| a |\n| --- |\n| x\\|y z |"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (54.0, "54"), (0.1, "0.1"), (0.1 + 0.2, "0.3"), (1e-7, "0.0000001"), (12345678901234.5, "12345678901234.5"),
        (1e20, "100000000000000000000"), (-0.5, "-0.5"), (7, "7"), (True, "yes"), (False, "no"), (" x ", "x"),
        (dt.date(2025, 3, 1), "2025-03-01"), (_clock(2025, 3, 1), "2025-03-01"),
        (_clock(2025, 3, 1, 14, 30), "2025-03-01 14:30"), (_clock(2025, 3, 1, 14, 30, 5), "2025-03-01 14:30:05"),
        (dt.time(8, 0), "08:00"), (dt.time(8, 0, 1), "08:00:01"), (dt.timedelta(hours=37, minutes=5), "37:05"),
        (dt.timedelta(seconds=61), "0:01:01"), (float("inf"), "Infinity"),
    ],
)  # fmt: skip
def test_cells_are_exact_text(value, text):
    """What a person typed is what is read: no binary tails, no exponents, ISO dates."""
    assert cell_text(value) == text


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_every_amount_survives_a_spreadsheet(amount):
    """Two decimals through a binary float come back to the cent."""
    assert Decimal(cell_text(float(amount))) == amount


def test_sheets_become_tables_with_their_rows(make):
    """Each sheet is a table under its name; percentages and dates read as they show."""

    def touch(book):
        book["Rates"]["B2"].number_format = "0.0%"
        book["Rates"]["B3"].number_format = '0.00" %"'
        book.create_sheet("Empty")
        book["Old"].sheet_state = "hidden"

    data = make.excel(
        {
            "Qty": [
                ["Item", "Unit", "Qty", "Date"],
                ["Brick", "m2", 9.5, dt.date(2026, 1, 2)],
                [],
                ["Sand", "t", 54, None],
            ],
            "Rates": [["name", "value"], ["overhead", 0.125], ["steps", 3]],
            "Old": [["a", "b"], [1, 2]],
        },
        touch,
    )
    material = read_bytes("takeoff.xlsx", data)
    assert [table.name for table in material.tables] == ["Qty", "Rates"]
    assert material.tables[0].rows == (("Brick", "m2", "9.5", "2026-01-02"), ("Sand", "t", "54", ""))
    assert material.tables[0].row_numbers == (2, 4)
    assert material.tables[0].source == Source("takeoff.xlsx", sheet="Qty")
    assert material.tables[1].rows == (("overhead", "12.5%"), ("steps", "3"))
    assert material.warnings == ("1 hidden sheets not read",)
    assert "## Qty\n\n| Item | Unit | Qty | Date |" in material.text


def test_formulas_without_value_and_error_cells_are_named(make):
    """A formula that was never calculated reads as empty, which would price a line at nothing."""

    def touch(book):
        for row in range(4, 14):
            book["S"][f"C{row}"] = f"=A{row}*2"
        book["S"]["B3"] = "#DIV/0!"

    rows = [["a", "b", "c"], ["x", 1, "=A2*2"], ["y", None, 3]] + [["z", 1, None]] * 10
    material = read_bytes("t.xlsx", make.excel({"S": rows}, touch))
    assert material.warnings[0].startswith(
        'sheet "S": cells C2, C4, C5, C6, C7, C8, C9, C10 and 3 more hold a formula without'
    )
    assert material.warnings[1] == 'sheet "S": cell B3 holds an error value'
    assert material.tables[0].rows[1] == ("y", "#DIV/0!", "3")
    one = read_bytes("t.xlsx", make.excel({"S": [["a", "b"], ["x", "=1+1"]]}))
    assert "cell B2 holds a formula without a saved value" in one.warnings[0]


def test_formulas_with_a_saved_value_are_read(make):
    """What the spreadsheet last showed is the value."""
    data = make.excel({"S": [["a", "b"], ["x", "=1+1"]]})
    data = make.rezipped(
        data,
        {"xl/worksheets/sheet1.xml": lambda old: old.replace(b"<v></v>", b"<v>2</v>").replace(b"<v/>", b"<v>2</v>")},
    )
    material = read_bytes("t.xlsx", data)
    assert material.tables[0].rows == (("x", "2"),)
    assert material.warnings == ()


def test_damaged_and_empty_workbooks_are_refused(make):
    """A workbook without rows, without its sheets, or spread over millions of cells cannot be priced."""
    good = make.excel({"S": [["a", "b"], ["x", 1]]})
    with pytest.raises(InputError, match="no filled sheet"):
        read_bytes("t.xlsx", make.excel({"S": []}))
    with pytest.raises(InputError, match="cannot be read"):
        read_bytes("t.xlsx", make.rezipped(good, {"xl/workbook.xml": lambda old: old[:-40]}))
    with pytest.raises(InputError, match="cannot be read"):
        read_bytes("t.xlsx", make.rezipped(good, {"xl/styles.xml": lambda old: b"<a"}))
    far = make.excel({"S": [["a", "b"], ["x", 1]]}, lambda book: book["S"].cell(1_000_000, 900, "far"))
    with pytest.raises(InputError, match="1,000,000 rows and 900 columns"):
        read_bytes("t.xlsx", far)


ODS = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:spreadsheet><table:table table:name="Mengen">
<table:table-row><table:table-cell office:value-type="string"><text:p>Item</text:p></table:table-cell>
<table:table-cell office:value-type="string"><text:p>Qty</text:p></table:table-cell>
<table:table-cell office:value-type="string"><text:p>Share</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="string"><text:p>Brick</text:p></table:table-cell>
<table:table-cell table:formula="of:=1+1"/>
<table:table-cell office:value-type="percentage" office:value="0.05"><text:p>5%</text:p></table:table-cell>
</table:table-row>
<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="3"/></table:table-row>
<table:table-row><table:table-cell office:value-type="string"><text:p>Sand</text:p></table:table-cell>
<table:table-cell office:value-type="float" office:value="2.5"><text:p>2.5</text:p></table:table-cell>
<table:table-cell/></table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>"""


def test_open_document_sheets_are_read_alike(make):
    """ODS gives the same table, percentages and warnings."""
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    data = make.zipped({"mimetype": mime, "META-INF/manifest.xml": manifest, "content.xml": ODS.replace("\n", "")})
    material = read_bytes("t.ods", data)
    assert material.format == "ods"
    assert material.tables[0].rows == (("Brick", "", "5%"), ("Sand", "2.5", ""))
    assert material.tables[0].row_numbers == (2, 5)
    assert "cell B2 holds a formula without a saved value" in material.warnings[0]
