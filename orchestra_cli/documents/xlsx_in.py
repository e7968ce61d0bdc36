"""XLSX and ODS: exact cell text, ISO dates, one table a sheet; formulas without a saved value are named."""

from __future__ import annotations

import datetime as dt
import io
import xml.etree.ElementTree as Tree
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from orchestra_cli.documents.content import Content, unusable
from orchestra_cli.documents.office import open_office
from orchestra_cli.documents.tables import Row, letters, make_table, table_markdown
from orchestra_cli.documents.xlsx_marks import Marks, extents_of, marks_of
from orchestra_cli.types import Source, Table

_NOTED = 8
_MOST_CELLS = 5_000_000


def read_sheets(name: str, data: bytes) -> Content:
    """Every visible sheet with something in it as a table, each under its name in the text.

    Numbers come as the shortest decimal text with at most 15 digits, percentages with their sign, dates as ISO.
    Raises InputError for damaged files and for a workbook without any row.
    """
    archive = open_office(name, data)
    try:
        _check_extents(name, extents_of(archive))
        sheets, hidden = _values(data)
        marks = marks_of(archive)
    except (Tree.ParseError, OSError, ValueError) as error:
        raise unusable(
            name, f"the workbook cannot be read ({error})", "Open it, save it as .xlsx or .csv, and give that."
        ) from error
    warnings = [f"{hidden} hidden sheets not read"] if hidden else []
    tables: list[Table] = []
    for title, grid in sheets:
        mine = marks.get(title, Marks())
        table, notes = make_table(title, Source(name, sheet=title), _marked(grid, mine))
        warnings += [*_mark_notes(title, mine), *notes]
        if table:
            tables.append(table)
    if not tables:
        raise unusable(name, "the workbook has no filled sheet", "Export it again, or leave it out.")
    text = "\n\n".join(f"## {table.name}\n\n{table_markdown(table)}" for table in tables)
    return Content(text=text, tables=tuple(tables), warnings=tuple(warnings))


def _values(data: bytes) -> tuple[list[tuple[str, list[list[Any]]]], int]:
    """The visible sheets with their values, and how many are hidden. Raises ValueError for what cannot be read."""
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        shown = [meta for meta in book.sheets_metadata if meta.visible == python_calamine.SheetVisibleEnum.Visible]
        sheets = [(meta.name, book.get_sheet_by_name(meta.name).to_python(skip_empty_area=False)) for meta in shown]
    except python_calamine.CalamineError as error:
        raise ValueError(str(error)) from error
    except BaseException as error:  # a panic of the compiled reader is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError("its structure is broken") from error
    return sheets, len(book.sheets_metadata) - len(shown)


def _check_extents(name: str, extents: dict[str, tuple[int, int]]) -> None:
    """One forgotten cell at the far corner would make the value reader ask for all memory there is."""
    for sheet, (rows, columns) in extents.items():
        if rows * columns > _MOST_CELLS:
            raise unusable(
                name,
                f'sheet "{sheet}" spans {rows:,} rows and {columns:,} columns',
                "Delete the cells far away from the table, or save the part that matters as .csv.",
            )


def _marked(grid: Sequence[Sequence[object]], marks: Marks) -> list[Row]:
    """The cells as text, corrected by what the file says about them: percentages and errors."""
    rows = []
    for number, cells in enumerate(grid, 1):
        texts = []
        for at, value in enumerate(cells):
            where = (number, at)
            if where in marks.errors:
                texts.append(marks.errors[where])
            elif where in marks.percents and isinstance(value, int | float) and not isinstance(value, bool):
                texts.append(f"{_decimal(_number(value) * 100)}%")
            else:
                texts.append(cell_text(value))
        rows.append(Row(number, tuple(texts)))
    return rows


def cell_text(value: object) -> str:  # noqa: PLR0911  one line a kind
    """One cell as text: "54", "0.1", "2025-03-01", "2025-03-01 14:30", "yes"."""
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return _decimal(_number(value))
        case dt.datetime():
            clock = value.strftime("%H:%M:%S").removesuffix(":00")
            return value.date().isoformat() if clock == "00:00" else f"{value.date().isoformat()} {clock}"
        case dt.date():
            return value.isoformat()
        case dt.time():
            return value.strftime("%H:%M:%S").removesuffix(":00")
        case dt.timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
        case _:
            return str(value).strip()


def _number(value: float) -> Decimal:
    """A spreadsheet keeps and shows 15 digits; what binary adds after them was never typed."""
    return Decimal(format(value, ".15g"))


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        return str(value)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _mark_notes(sheet: str, marks: Marks) -> list[str]:
    notes = []
    for cells, what in (
        (marks.unsaved, "holds a formula without a saved value: open the file, save it, and give it again"),
        (tuple(marks.errors), "holds an error value"),
    ):
        names = [f"{letters(column)}{row}" for row, column in cells[:_NOTED]]
        more = f" and {len(cells) - _NOTED} more" if len(cells) > _NOTED else ""
        if names:
            plural = "cell" if len(cells) == 1 else "cells"
            words = what if len(cells) == 1 else what.replace("holds an", "hold an").replace("holds a", "hold a")
            notes.append(f'sheet "{sheet}": {plural} {", ".join(names)}{more} {words}')
    return notes
