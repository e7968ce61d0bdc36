"""From a grid of cells to a `Table`: where the heading is, what stands above and below it, which rows are refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from orchestra_cli.types import Refusal, Source, Table

_NUMBER = re.compile(r"^[^\w\s]{0,2}\s*[-+(]?\s*[^\w\s]{0,2}\s*\d[\d.,'\s]*\)?\s*%?$|^\d{4}-\d\d-\d\d")
_YEAR = re.compile(r"^(19|20)\d\d$")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet: its number as a spreadsheet shows it, and its cells."""

    number: int
    cells: tuple[str, ...]

    @property
    def filled(self) -> int:
        """How many cells are not empty."""
        return sum(1 for cell in self.cells if cell)


def make_table(
    name: str, source: Source, grid: Sequence[Row], *, strict_width: bool = False
) -> tuple[Table | None, tuple[str, ...]]:
    """The table in a grid, and warnings about what is not in it.

    Title rows above the heading and blank rows are skipped; a line of text below the last row is refused as a footer.
    With `strict_width` (CSV) a row with more or fewer cells than the heading is refused. None: nothing but blanks.
    """
    filled = [row for row in grid if row.filled]
    if not filled:
        return None, ()
    at = _heading_at(filled)
    warnings: list[str] = []
    if at is None:
        titles, body = [], filled
        width = max(len(_trimmed(row.cells)) for row in filled)
        columns: tuple[str, ...] = tuple(f"Column {letters(i)}" for i in range(width))
        warnings.append(f"{_where(source)}no heading row found, so the columns are named by their letters")
    else:
        titles, body = filled[:at], filled[at + 1 :]
        columns = _columns(filled[at].cells, body, strict=strict_width)
    if titles:
        warnings.append(f"{_where(source)}{_title_note(titles)}")
    body, footers = _split_footers(body, len(columns))
    kept, refused = _sorted_rows(body, columns, strict=strict_width)
    refused = [*refused, *(Refusal(row.number, f"a footer: {_shown(row)}") for row in footers)]
    keep = [i for i, column in enumerate(columns) if column]
    table = Table(
        name=name,
        columns=_unique([columns[i] for i in keep]),
        rows=tuple(tuple(row.cells[i] if i < len(row.cells) else "" for i in keep) for row in kept),
        row_numbers=tuple(row.number for row in kept),
        source=source,
        refused=tuple(refused),
    )
    return table, (*warnings, *_refusal_notes(table))


def letters(index: int) -> str:
    """The letters of a column, 0 is A."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def table_markdown(table: Table) -> str:
    """A table as pipe-table Markdown, for a model to read."""
    return pipe_table(table.columns, table.rows)


def pipe_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Heading and rows as a pipe table; bars and line breaks inside cells are made harmless."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"

    return "\n".join([line(head), "|" + " --- |" * len(head), *(line(row) for row in rows)])


def looks_like_number(text: str) -> bool:
    """Whether a cell holds a figure, an amount, a percentage or an ISO date rather than words."""
    return bool(_NUMBER.match(text))


def _heading_at(rows: Sequence[Row]) -> int | None:
    """The first row that is as wide as the usual row and holds words only; None when there is none."""
    counts = Counter(row.filled for row in rows)
    usual = max(counts, key=lambda filled: (counts[filled], filled))
    wide = max(row.filled for row in rows)
    need = min(wide, max(2, -(-usual * 3 // 4)))
    for at, row in enumerate(rows):
        cells = [cell for cell in row.cells if cell]
        if len(cells) < need:
            continue
        words = [cell for cell in cells if not looks_like_number(cell) or _YEAR.match(cell)]
        if len(words) == len(cells) and len(set(cells)) * 2 > len(cells):
            return at
        if words and words[0] == cells[0] and all(_is_period(cell) for cell in cells[1:]):
            return at
        if at and len(cells) >= need:
            break
    return None


def _is_period(cell: str) -> bool:
    """A month or year over a column of figures: `2025`, `2025-03-01`, `Total`."""
    return bool(_YEAR.match(cell) or re.match(r"^\d{4}-\d\d(-\d\d)?$", cell)) or not looks_like_number(cell)


def _columns(head: Sequence[str], body: Sequence[Row], *, strict: bool) -> tuple[str, ...]:
    """Names of the columns; a blank one over figures gets its letter, over nothing it stays empty and is dropped."""
    width = len(head) if strict else max([len(head), *(len(row.cells) for row in body)])
    names = []
    for i in range(width):
        name = " ".join(head[i].split()) if i < len(head) else ""
        used = any(i < len(row.cells) and row.cells[i] for row in body)
        names.append(name or (f"Column {letters(i)}" if used else ""))
    return tuple(names)


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    seen: Counter[str] = Counter()
    taken = set(names)
    found = []
    for name in names:
        seen[name] += 1
        fresh = name
        while seen[name] > 1 and fresh in taken:
            fresh = f"{name} ({seen[name]})"
            if fresh in taken:
                seen[name] += 1
        taken.add(fresh)
        found.append(fresh)
    return tuple(found)


def _split_footers(body: Sequence[Row], width: int) -> tuple[list[Row], list[Row]]:
    """Rows, and the lines of text below them: single filled cells of several words at the end of a wide table."""
    end = len(body)
    while end and width > 2 and body[end - 1].filled == 1 and len(_shown(body[end - 1]).split()) > 2:
        end -= 1
    return list(body[:end]), list(body[end:])


def _sorted_rows(body: Sequence[Row], columns: Sequence[str], *, strict: bool) -> tuple[list[Row], list[Refusal]]:
    kept: list[Row] = []
    refused: list[Refusal] = []
    for row in body:
        width = len(columns)
        extra = any(row.cells[width:])
        if strict and (extra or len(row.cells) < width):
            have = len(_trimmed(row.cells)) if extra else len(row.cells)
            refused.append(Refusal(row.number, f"{have} cells where the heading has {width}"))
        else:
            kept.append(row)
    return kept, refused


def _trimmed(cells: Sequence[str]) -> Sequence[str]:
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]


def _shown(row: Row) -> str:
    text = " ".join(" ".join(cell for cell in row.cells if cell).split())
    return text if len(text) <= 60 else text[:57] + "..."


def _where(source: Source) -> str:
    return f'sheet "{source.sheet}": ' if source.sheet else ""


def _title_note(titles: Sequence[Row]) -> str:
    shown = "; ".join(_shown(row) for row in titles[:3])
    more = "" if len(titles) <= 3 else "; ..."
    span = f"row {titles[0].number}" if len(titles) == 1 else f"rows {titles[0].number}-{titles[-1].number}"
    return f"{span} above the heading taken as titles ({shown}{more})"


def _refusal_notes(table: Table) -> tuple[str, ...]:
    notes = [f"{_where(table.source)}row {no.row} refused: {no.reason}" for no in table.refused[:_SHOWN]]
    more = len(table.refused) - _SHOWN
    if more > 0:
        notes.append(f"{_where(table.source)}{more} more rows refused")
    return tuple(notes)
