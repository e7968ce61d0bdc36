"""The tables of a document as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io

from orchestra_cli.documents import blocks
from orchestra_cli.documents.blocks import Grid, plain
from orchestra_cli.documents.tables import looks_like_number
from orchestra_cli.errors import InputError
from orchestra_cli.types import Deliverable

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(doc: Deliverable) -> str:
    """Every table of the document under its heading row, a blank line between two; lines end as spreadsheets expect.

    A draft says so in the first line. Raises InputError when the document has no table.
    """
    grids = [block for block in blocks.parse(doc.markdown) if isinstance(block, Grid)]
    if not grids:
        raise InputError(
            "The document has no table, so there is nothing to write as .csv.", "Use .md or .docx instead."
        )
    stream = io.StringIO()
    writer = csv.writer(stream)
    for note in (doc.stamp, *doc.reasons):
        if note:
            writer.writerow([safe_cell(note)])
    for at, grid in enumerate(grids):
        if at:
            writer.writerow([])
        writer.writerows([safe_cell(plain(cell)) for cell in row] for row in (grid.head, *grid.rows))
    return stream.getvalue()


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before `=`, `+`, `-`, `@`; figures stay."""
    return f"'{text}" if text.startswith(_FORMULA) and not looks_like_number(text) else text
