"""What the value reader of spreadsheets does not tell: formulas never calculated, error cells, percentages."""

from __future__ import annotations

import re
import xml.etree.ElementTree as Tree
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestra_cli.documents.office import part

Cell = tuple[int, int]
"""Row (1-based) and column (0-based)."""
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_NAME = re.compile(r"^([A-Z]{1,3})(\d{1,7})$")
_REFERENCE_ROW = re.compile(rb"""\sr=["'](?:[A-Z]{1,3})?(\d{1,9})["']""")
_REFERENCE_COLUMN = re.compile(rb"""\sr=["']([A-Z]{1,3})\d""")
_MOST_REPEATED = 1_000


@dataclass(frozen=True, slots=True)
class Marks:
    """Cells of one sheet: formulas without value, errors with their text, numbers shown as percentages."""

    unsaved: tuple[Cell, ...] = ()
    errors: dict[Cell, str] = field(default_factory=dict)
    percents: frozenset[Cell] = frozenset()


def marks_of(archive: zipfile.ZipFile) -> dict[str, Marks]:
    """The marks of each sheet by its name. Raises ParseError or ValueError for XML that is broken."""
    if "xl/workbook.xml" in archive.namelist():
        percents = _percent_styles(part(archive, "xl/styles.xml"))
        return {name: _sheet_marks(part(archive, path), percents) for name, path in _sheet_paths(archive)}
    return dict(_ods_marks(part(archive, "content.xml")))


def extents_of(archive: zipfile.ZipFile) -> dict[str, tuple[int, int]]:
    """Rows and columns that the filled cells of each sheet span, read before anyone makes room for them."""
    if "xl/workbook.xml" in archive.namelist():
        return {name: _sheet_extent(part(archive, path)) for name, path in _sheet_paths(archive)}
    return dict(_ods_extents(part(archive, "content.xml")))


def _sheet_extent(data: bytes) -> tuple[int, int]:
    rows = max((int(row) for row in set(_REFERENCE_ROW.findall(data))), default=0)
    columns = max((_column(name.decode("ascii")) for name in set(_REFERENCE_COLUMN.findall(data))), default=0)
    return rows, columns


def _column(letters: str) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column


def _ods_extents(data: bytes) -> Iterator[tuple[str, tuple[int, int]]]:
    for sheet in _xml(data).iter(f"{_TABLE}table"):
        row_count = rows = columns = 0
        for row in sheet.iter(f"{_TABLE}table-row"):
            row_count += int(row.get(f"{_TABLE}number-rows-repeated", "1"))
            width = column = 0
            for cell in row:
                column += int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
                width = column if len(cell) or cell.get(f"{_OFFICE}value-type") else width
            rows, columns = (row_count if width else rows), max(columns, width)
        yield sheet.get(f"{_TABLE}name", ""), (rows, columns)


def _xml(data: bytes) -> Tree.Element:
    """A part as a tree; document types, and with them entities, were refused when the archive was opened."""
    return Tree.fromstring(data or b"<none/>")  # noqa: S314


def _sheet_paths(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    rels = _xml(part(archive, "xl/_rels/workbook.xml.rels"))
    targets = {rel.get("Id"): rel.get("Target", "") for rel in rels}
    for sheet in _xml(part(archive, "xl/workbook.xml")).iter(f"{_MAIN}sheet"):
        target = targets.get(sheet.get(f"{_REL}id"), "")
        yield sheet.get("name", ""), target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _percent_styles(data: bytes) -> frozenset[str]:
    """The style numbers whose number format shows a percentage."""
    if not data:
        return frozenset()
    root = _xml(data)
    formats = {"9", "10"}
    for fmt in root.iter(f"{_MAIN}numFmt"):
        code = re.sub(r'"[^"]*"|\\.', "", fmt.get("formatCode", ""))
        if "%" in code:
            formats.add(fmt.get("numFmtId", ""))
    cells = root.find(f"{_MAIN}cellXfs")
    return frozenset(str(i) for i, xf in enumerate(cells if cells is not None else ()) if xf.get("numFmtId") in formats)


def _sheet_marks(data: bytes, percent_styles: frozenset[str]) -> Marks:
    if not percent_styles and b"<f" not in data and b't="e"' not in data:
        return Marks()
    unsaved: list[Cell] = []
    errors: dict[Cell, str] = {}
    percents: set[Cell] = set()
    for cell in _xml(data).iter(f"{_MAIN}c"):
        where = _place(cell.get("r", ""))
        if where is None:
            continue
        value = cell.findtext(f"{_MAIN}v") or ""
        if cell.find(f"{_MAIN}f") is not None and not value and cell.get("t") not in {"str", "inlineStr"}:
            unsaved.append(where)
        if cell.get("t") == "e" and value:
            errors[where] = value
        if cell.get("s") in percent_styles:
            percents.add(where)
    return Marks(tuple(unsaved), errors, frozenset(percents))


def _place(name: str) -> Cell | None:
    match = _NAME.match(name)
    return (int(match[2]), _column(match[1]) - 1) if match else None


def _ods_marks(data: bytes) -> Iterator[tuple[str, Marks]]:
    for sheet in _xml(data).iter(f"{_TABLE}table"):
        unsaved: list[Cell] = []
        percents: set[Cell] = set()
        number = 1
        for row in sheet.iter(f"{_TABLE}table-row"):
            repeat = int(row.get(f"{_TABLE}number-rows-repeated", "1"))
            for where, cell in _ods_cells(row, number):
                kind = cell.get(f"{_OFFICE}value-type", "")
                if cell.get(f"{_TABLE}formula") and not kind:
                    unsaved.append(where)
                if kind == "percentage":
                    percents.update((where[0] + i, where[1]) for i in range(min(repeat, _MOST_REPEATED)))
            number += repeat
        yield sheet.get(f"{_TABLE}name", ""), Marks(tuple(unsaved), {}, frozenset(percents))


def _ods_cells(row: Tree.Element, number: int) -> Iterator[tuple[Cell, Tree.Element]]:
    column = 0
    for cell in row:
        repeat = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
        for i in range(min(repeat, _MOST_REPEATED) if cell.attrib.keys() - {f"{_TABLE}number-columns-repeated"} else 0):
            yield (number, column + i), cell
        column += repeat
