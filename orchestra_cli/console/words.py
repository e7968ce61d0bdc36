"""Text on its way to a person: cleaned, never taken as markup; money and durations in one form; lined-up columns."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from textwrap import wrap

from orchestra_cli.textclean import clean_text

CARRIED = ("paste", "files")
"""Providers that are a person with a chat window of their own."""


NARROWEST = 12
"""No column is broken to less than this many characters."""


def plain(text: str) -> str:
    """Text of files, models and vendors without terminal escapes and invisible characters; line breaks stay."""
    return clean_text(text)[0]


def one_line(text: str, width: int = 0) -> str:
    """The same on a single line, cut with an ellipsis after `width` characters when a width is given."""
    line = " ".join(plain(text).split())
    return line if not width or len(line) <= width else line[: width - 1].rstrip() + "…"


def dollars(amount: Decimal | None, places: int | None = None) -> str:
    """US dollars without the sign: "0.009" below a cent, "0.11" above; "unknown" when nobody knows, never 0."""
    if amount is None:
        return "unknown"
    if not amount:
        return "0"
    digits = places if places is not None else (2 if abs(amount) >= Decimal("0.10") else 3)
    smallest = Decimal(1).scaleb(-digits)
    if abs(amount) < smallest:
        return f"<{smallest}"
    return f"{amount:.{digits}f}"


def with_sign(amount: Decimal | None) -> str:
    """`dollars` with the dollar sign; "unknown" has none."""
    if amount is None:
        return "unknown"
    text = dollars(amount)
    return f"<${text[1:]}" if text.startswith("<") else f"${text}"


def clock(seconds: float) -> str:
    """A duration as m:ss, or h:mm:ss."""
    whole = int(seconds + 0.5)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def tokens(count: int | None) -> str:
    """A count with thousands separated; "?" when the vendor did not say."""
    return "?" if count is None else f"{count:,}"


def short_tokens(count: int) -> str:
    """A count in thousands: "14.5k"; small ones as they are."""
    return str(count) if count < 1000 else f"{count / 1000:.1f}k"


def columns(
    rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset(), gap: int = 2, width: int = 0
) -> list[str]:
    """Rows of cells as lines whose columns align; `right` names the columns that align right. Cells are cleaned.

    With a `width` the widest of the other columns is broken over several lines where the lines would be longer.
    """
    cells = [[one_line(cell) for cell in row] for row in rows]
    widths = _widths(cells)
    too_much = sum(widths) + gap * (len(widths) - 1) - width
    left = [index for index in range(len(widths)) if index not in right]
    if width and left and too_much > 0:
        widest = max(left, key=lambda index: widths[index])
        cells = _broken(cells, widest, max(widths[widest] - too_much, NARROWEST))
        widths = _widths(cells)

    def line(row: list[str]) -> str:
        parts = (cell.rjust(widths[i]) if i in right else cell.ljust(widths[i]) for i, cell in enumerate(row))
        return (" " * gap).join(parts).rstrip()

    return [line(row) for row in cells]


def _widths(cells: list[list[str]]) -> list[int]:
    count = max((len(row) for row in cells), default=0)
    return [max((len(row[i]) for row in cells if i < len(row)), default=0) for i in range(count)]


def _broken(cells: list[list[str]], at: int, width: int) -> list[list[str]]:
    """Each row as one or several, so that the cell at `at` is at most `width` wide."""
    rows = []
    for row in cells:
        first, *rest = wrap(row[at], width) or [""] if at < len(row) else [""]
        rows.append([first if index == at else cell for index, cell in enumerate(row)])
        rows += [[*[""] * at, part] for part in rest]
    return rows


def wrapped(line: str, width: int) -> list[str]:
    """A line broken between words so that it fits; what follows is indented as its beginning."""
    indent = line[: len(line) - len(line.lstrip())]
    return wrap(line, width, subsequent_indent=indent, break_on_hyphens=False) or [line]


def last_part(model: str) -> str:
    """The model without its provider: "openai/gpt-5" is "gpt-5"; a person who carries prompts is "paste" or "files"."""
    provider, _, name = model.rpartition("/")
    return provider if provider in CARRIED else name


def plural(count: int, word: str) -> str:
    """ "1 warning", "2 warnings"."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
