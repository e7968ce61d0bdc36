"""How deliverables look, for all writers: one restrained colour, sizes, the words around the text, and table widths."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, replace
from pathlib import Path

from orchestra_cli.documents.blocks import Grid, Runs, plain
from orchestra_cli.documents.tables import looks_like_number
from orchestra_cli.types import Deliverable, Letterhead

BRAND = "1F4E6B"
GREY = "5B6670"
LINE = "C8D0D7"
TINT = "EEF3F6"
ALARM = "9C2A1E"
ALARM_TINT = "FBF0EE"
FONTS = ("Arial", "Liberation Sans", "Helvetica", "DejaVu Sans", "Libertinus Serif")
BODY_PT = 10.0
TABLE_PT = 9.0
SMALLEST_PT = 6.5
PAPER_MM = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}
MARGIN_MM = 22.0
LOGO_MM = (60.0, 16.0)
CELL_PAD_PT = 5.0
SHORT_TABLE = 10
"""Tables of at most this many rows are not divided between pages."""

_WORDS = {
    "en": ("Page {page} of {pages}", "Reference", "Not ready to send:"),
    "de": ("Seite {page} von {pages}", "Referenz", "Noch nicht zum Versand:"),
    "fr": ("Page {page} sur {pages}", "Référence", "Ne pas envoyer en l'état :"),
    "es": ("Página {page} de {pages}", "Referencia", "Aún no se puede enviar:"),
    "nl": ("Pagina {page} van {pages}", "Referentie", "Nog niet klaar voor verzending:"),
    "it": ("Pagina {page} di {pages}", "Riferimento", "Non pronto per l'invio:"),
}
_TOTAL = re.compile(
    r"^(sub-?\s?total|total|net\b|gross|grand total|amount due|balance|summe|gesamt|zwischensumme|netto|brutto|totaal)",
    re.IGNORECASE,
)
_CURRENCY = re.compile(r"^(?:[A-Z]{3}|[£$€¥])?\s?|\s?(?:[A-Z]{3}|[£$€¥])$")
_WIDE, _NARROW = set("MW@%mw"), set("iljtfrI.,;:'|!()[] -/")


@dataclass(frozen=True, slots=True)
class Words:
    """The few words code writes around a text, in its language."""

    page: str
    reference: str
    reasons: str


@dataclass(frozen=True, slots=True)
class Column:
    """How one table column is set: its share of the width, whether it holds figures, whether it must not wrap."""

    share: float
    numeric: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class Setting:
    """How a table is set: columns, type size in points, and which body rows are totals."""

    columns: tuple[Column, ...]
    size_pt: float
    totals: frozenset[int]


def words(language: str) -> Words:
    """The words for a language tag such as "en-GB"; English for languages we do not speak."""
    return Words(*_WORDS.get(language[:2].lower(), _WORDS["en"]))


def byline(doc: Deliverable) -> str:
    """Date and reference as one line; empty when neither is given."""
    reference = f"{words(doc.language).reference}: {doc.reference}" if doc.reference else ""
    return "  ·  ".join(part for part in (doc.date, reference) if part)


def text_width_pt(doc: Deliverable) -> float:
    """The width of the text column in points."""
    return (PAPER_MM[doc.paper][0] - 2 * MARGIN_MM) * 72 / 25.4


def logo(letterhead: Letterhead) -> tuple[bytes, str] | None:
    """The logo's bytes and kind ("png", "jpg", "svg"), or None when there is none that can be used."""
    if not letterhead.logo:
        return None
    path = Path(letterhead.logo)
    data = path.read_bytes() if path.is_file() else b""
    for mark, kind in ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpg")):
        if data.startswith(mark):
            return data, kind
    return (data, "svg") if b"<svg" in data[:2_000] else None


def logo_size(data: bytes, kind: str) -> tuple[float, bool]:
    """Height in mm that keeps a logo inside its box, and whether it is so wide that it names the company itself."""
    ratio = _ratio(data, kind)
    widest, highest = LOGO_MM
    return min(highest, widest / ratio), ratio >= 2.2


def logo_width(data: bytes, kind: str) -> tuple[float, bool]:
    """Width in mm that keeps a logo inside its box, and whether it names the company itself."""
    ratio = _ratio(data, kind)
    height, alone = logo_size(data, kind)
    return height * ratio, alone


def _ratio(data: bytes, kind: str) -> float:
    """Width over height of a picture; 1 where it does not say."""
    width = height = 0
    if kind == "png":
        width, height = struct.unpack(">II", data[16:24].ljust(8, b"\0"))
    elif kind == "jpg":
        frame = re.search(rb"\xff[\xc0-\xc3]..\x08(....)", data, re.DOTALL)
        height, width = struct.unpack(">HH", frame[1]) if frame else (0, 0)
    elif box := re.search(rb"viewBox\s*=\s*[\"'][-\d.]+[ ,]+[-\d.]+[ ,]+([\d.]+)[ ,]+([\d.]+)", data[:4_000]):
        return float(box[1]) / (float(box[2]) or 1.0) or 1.0
    return width / height if width and height else 1.0


def letterhead_problems(letterhead: Letterhead) -> tuple[str, ...]:
    """What of a letterhead cannot be used, as sentences for a reader; checked before anything is paid."""
    problems = []
    if letterhead.logo and logo(letterhead) is None:
        problems.append(f"The logo {letterhead.logo} is missing or no PNG, JPEG or SVG picture: left out.")
    if letterhead.template and not Path(letterhead.template).is_file():
        problems.append(f"The letterhead {letterhead.template} is missing: the plain one is used.")
    return tuple(problems)


def setting(grid: Grid, width_pt: float, wider: float = 1.0) -> Setting:
    """Column widths for a table: figures and short words whole, the rest of the width for long texts.

    The type is made smaller, down to 6.5 points, when the whole columns alone would fill the line. `wider` is how
    much wider than Arial the letters may be.
    """
    size = TABLE_PT
    while True:
        columns = _columns(grid, (width_pt - 2 * CELL_PAD_PT * len(grid.head)) / wider, size)
        if columns or size <= SMALLEST_PT:
            break
        size -= 0.5
    if columns:
        pad = 2 * CELL_PAD_PT
        columns = tuple(replace(column, share=(column.share * wider + pad) / width_pt) for column in columns)
    return Setting(columns or _even(grid), size, frozenset(i for i, row in enumerate(grid.rows) if is_total(row)))


def is_total(row: tuple[Runs, ...]) -> bool:
    """Whether a row is a sum: its first words say so, or all of it is bold."""
    filled = [runs for runs in row if plain(runs).strip()]
    if not filled:
        return False
    return bool(_TOTAL.match(plain(filled[0]).strip())) or all(run.bold for runs in filled for run in runs)


def _columns(grid: Grid, width: float, size: float) -> tuple[Column, ...]:
    """The columns at this type size with widths in points (without padding), or nothing when they do not fit."""
    found: list[tuple[float, bool, bool, float]] = []
    for at, head in enumerate(grid.head):
        cells = [plain(row[at]).strip() for row in grid.rows]
        numeric = grid.align[at] == "right" or (at > 0 and _numeric(cells))
        widest = max((_width(cell, size) for cell in cells), default=0.0)
        word = max((_width(part, size) for cell in [*cells, plain(head)] for part in cell.split()), default=0.0)
        whole = numeric or widest <= 11 * size
        title = min(_width(plain(head), size), 7 * size)
        need = max(widest, word, title) if whole else word
        wish = max(widest, _width(plain(head), size))
        found.append((need, numeric, whole, wish))
    fixed = sum(need for need, *_ in found)
    if fixed > width:
        return ()
    spare = width - fixed
    wishes = [0.0 if whole else max(wish - need, 1.0) ** 0.75 for need, _, whole, wish in found]
    if not any(wishes):
        wishes = [need for need, *_ in found]
    total = sum(wishes)
    return tuple(
        Column(need + spare * share / total, numeric, whole)
        for (need, numeric, whole, _), share in zip(found, wishes, strict=True)
    )


def _even(grid: Grid) -> tuple[Column, ...]:
    """Columns that cannot all stay whole: widths by content, everything may wrap."""
    weights = [
        min(max([_width(plain(row[at]), 1.0) for row in grid.rows] + [_width(plain(head), 1.0)]), 20.0) + 2.0
        for at, head in enumerate(grid.head)
    ]
    return tuple(Column(weight / sum(weights), grid.align[i] == "right", False) for i, weight in enumerate(weights))


def _numeric(cells: list[str]) -> bool:
    filled = [cell for cell in cells if cell not in {"", "-", "–", "—", "n/a"}]
    figures = sum(1 for cell in filled if looks_like_number(_CURRENCY.sub("", cell)))
    return bool(filled) and figures * 10 >= len(filled) * 8 and not any(_is_date(cell) for cell in filled)


def _is_date(cell: str) -> bool:
    return bool(re.match(r"^\d{4}-\d\d-\d\d", cell))


def _width(text: str, size: float) -> float:
    """About how wide a text is in points, a little on the safe side (Arial's widths, rounded up)."""
    units = sum(0.95 if c in _WIDE else 0.36 if c in _NARROW else 0.75 if c.isupper() else 0.59 for c in text)
    return units * size
