"""CSV and TSV: `utf-8-sig` then `cp1252`, delimiter found among comma, semicolon, tab and bar."""

from __future__ import annotations

import csv
import io
from collections import Counter

from orchestra_cli.documents.content import Content, unusable
from orchestra_cli.documents.tables import Row, make_table, table_markdown
from orchestra_cli.documents.text_in import check_lines, decode
from orchestra_cli.types import Source

DELIMITERS = ",;\t|"
_LONGEST_CELL = 131_072


def read_csv(name: str, data: bytes) -> Content:
    """A CSV file as one table. Row numbers count physical lines, as an editor and a spreadsheet show them.

    Raises InputError naming the row for a broken quotation or a cell that is too long.
    """
    text, warnings = decode(name, data)
    check_lines(name, text)
    grid = _rows(name, text, _delimiter(text))
    table, notes = make_table(name, Source(name), grid, strict_width=True)
    if table is None:
        raise unusable(name, "the file has no rows", "Export it again, or leave it out.")
    return Content(text=table_markdown(table), tables=(table,), warnings=(*warnings, *notes))


def _delimiter(text: str) -> str:
    """The delimiter that divides most lines into the same number of cells, and into more than one."""
    first = text[:6].lower()
    if first.startswith("sep=") and first[4:5] in set(DELIMITERS):
        return first[4:5]
    sample = text[:64_000].splitlines()[:200]

    def score(delimiter: str) -> tuple[int, int]:
        try:
            widths = Counter(len(row) for row in csv.reader(sample, delimiter=delimiter) if len(row) > 1)
        except csv.Error:
            return 0, 0
        width, lines = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return lines, width

    return max(DELIMITERS, key=score)


def _rows(name: str, text: str, delimiter: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    number = 1
    try:
        for cells in reader:
            if number > 1 or not "".join(cells).lower().startswith("sep="):
                rows.append(Row(number, tuple(cell.strip() for cell in cells)))
            number = reader.line_num + 1
    except csv.Error as error:
        why = f"has a cell of more than {_LONGEST_CELL:,} characters" if "field" in str(error) else "is broken"
        raise unusable(
            name,
            f"row {number} {why} ({error})",
            "A quotation mark without its pair is the usual cause: repair that row.",
        ) from error
    return rows
