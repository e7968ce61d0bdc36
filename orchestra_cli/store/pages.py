"""Pages that people write by hand: `name: value` lines, a blank line, then notes in Markdown. No quotes, no escapes.

name: Acme Estates Ltd
aliases: Acme, Acme Group

Pays on time. Ask for Jane.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestra_cli.errors import InputError

_LINE = re.compile(r"(?:[-*] )?\s*([A-Za-z][A-Za-z0-9 _/'-]{0,40}?)\s*:(?:\s+(.*))?$")


@dataclass(frozen=True, slots=True)
class NotePage:
    """The whole text, the settings above the first blank line (names in lower case), and the notes below it."""

    text: str
    fields: dict[str, str]
    notes: str


def read_page(path: Path, known: Sequence[str]) -> NotePage:
    """Read one page; a missing file is an empty page.

    A name that nearly is one of `known` is an error (a mistyped `privacy` must not be overlooked); others are kept.
    Raises InputError with file and line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return NotePage("", {}, "")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read: {error}.", "Save it as UTF-8 text, or repair its permissions."
        ) from error
    return parse_page(text.replace("\r\n", "\n"), str(path), known)


def parse_page(text: str, file: str, known: Sequence[str]) -> NotePage:
    """The page of this text. A heading or blank lines above the settings are skipped; a page that starts with anything
    else is all notes."""
    lines = text.split("\n")
    at = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    fields: dict[str, str] = {}
    start = at
    while at < len(lines) and lines[at].strip():
        found = _LINE.match(lines[at].strip())
        if not found and at == start:
            return NotePage(text, {}, text.strip())
        where = f"{file}:{at + 1}"
        if not found:
            raise InputError(
                f'{where}: "{lines[at].strip()[:60]}" is no "name: value" line.', "Put a blank line above the notes."
            )
        name = found[1].lower()
        _check(name, fields, known, where)
        fields[name] = (found[2] or "").strip()
        at += 1
    return NotePage(text, fields, "\n".join(lines[at:]).strip())


def _check(name: str, fields: dict[str, str], known: Sequence[str], where: str) -> None:
    if name in fields:
        raise InputError(f'{where}: "{name}" stands here a second time.', "Keep one of the two lines.")
    numbered = any(c.isdigit() for c in name)  # "phone 2" is no slip of the pen
    near = [] if name in known or numbered else difflib.get_close_matches(name, known, 1, 0.8)
    if near:
        raise InputError(f'{where}: unknown setting "{name}". Did you mean "{near[0]}"?', "Repair that line.")


def words(value: str) -> tuple[str, ...]:
    """The parts of a comma-separated value, without empty ones."""
    return tuple(part for part in (piece.strip() for piece in value.split(",")) if part)
