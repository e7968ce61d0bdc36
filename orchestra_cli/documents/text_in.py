"""Plain text and Markdown; decoding for every format that is text."""

from __future__ import annotations

import re

from orchestra_cli.documents.content import Content, unusable
from orchestra_cli.documents.tables import Row, make_table
from orchestra_cli.types import Source, Table

LONGEST_LINE = 1_000_000
_BOMS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_HIDDEN_TAG = re.compile(
    r"<([a-zA-Z][a-zA-Z0-9]{0,20})(?:\s[^<>]{0,500})?\s(?:hidden\b|style\s*=\s*[\"'][^\"'<>]{0,300}display\s*:\s*none)[^<>]{0,500}>",
    re.IGNORECASE,
)
_BAR = re.compile(r"(?<!\\)\|")


def decode(name: str, data: bytes) -> tuple[str, tuple[str, ...]]:
    """Bytes as text: UTF-8 (with or without mark), UTF-16 with a mark, else Windows-1252 with a warning.

    Raises InputError for bytes that are none of these or no text at all.
    """
    try:
        for mark, codec in _BOMS:
            if data.startswith(mark):
                return _checked(name, data.decode(codec)), ()
        try:
            return _checked(name, data.decode("utf-8-sig")), ()
        except UnicodeDecodeError as error:
            at = data.count(b"\n", 0, error.start) + 1
            note = f"line {at} is not UTF-8, so the file was read as Windows-1252: check accents and currency signs"
            return _checked(name, data.decode("cp1252")), (note,)
    except UnicodeDecodeError as error:
        at = data.count(b"\n", 0, error.start) + 1
        raise unusable(
            name,
            f"line {at} is neither UTF-8 nor Windows-1252 text",
            "Open the file in the program it comes from and save it as UTF-8.",
        ) from error


def _checked(name: str, text: str) -> str:
    sample = text[:100_000]
    if "\x00" in text or len(_CONTROL.findall(sample)) * 20 > len(sample):
        raise unusable(name, "this is no text but binary data", "Is it damaged, or does it have the wrong ending?")
    return text


def check_lines(name: str, text: str) -> None:
    """InputError when a line is so long that the file cannot be a document."""
    if len(text) <= LONGEST_LINE:
        return
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LONGEST_LINE:
            raise unusable(
                name,
                f"line {number} has {len(line):,} characters, more than any document needs",
                "Is this a data dump? Give the part that matters as a file of its own.",
            )


def read_text(name: str, data: bytes) -> Content:
    """A plain text file."""
    text, warnings = decode(name, data)
    check_lines(name, text)
    return Content(text=text, warnings=warnings)


def read_markdown(name: str, data: bytes) -> Content:
    """A Markdown file: comments and hidden HTML dropped and told, pipe tables also as tables."""
    text, warnings = decode(name, data)
    check_lines(name, text)
    text, comments = drop_between(text, "<!--", "-->")
    text, hidden = _drop_hidden(text)
    notes = [f"{count} {what} left out" for count, what in ((comments, "comments"), (hidden, "hidden parts")) if count]
    return Content(text=text, tables=_pipe_tables(name, text), warnings=(*warnings, *notes))


def drop_between(text: str, start: str, end: str) -> tuple[str, int]:
    """The text without what stands between two marks (and the marks), and how often that was. Linear in time."""
    parts: list[str] = []
    at = count = 0
    while (begin := text.find(start, at)) >= 0 and (close := text.find(end, begin + len(start))) >= 0:
        parts.append(text[at:begin])
        at = close + len(end)
        count += 1
    return "".join([*parts, text[at:]]), count


def _drop_hidden(text: str) -> tuple[str, int]:
    """The text without HTML elements that a reader of the rendered page would not see."""
    parts: list[str] = []
    at = count = 0
    while (tag := _HIDDEN_TAG.search(text, at)) is not None:
        end = f"</{tag[1]}>"
        close = text.find(end, tag.end())
        if close < 0:
            break
        parts.append(text[at : tag.start()])
        at = close + len(end)
        count += 1
    return "".join([*parts, text[at:]]), count


def _pipe_tables(name: str, text: str) -> tuple[Table, ...]:
    found: list[Table] = []
    lines = text.split("\n")
    at = 1
    while at < len(lines):
        head = _cells(lines[at - 1]) if _is_separator(lines[at]) else ()
        if not head or len(head) != len(_cells(lines[at])):
            at += 1
            continue
        grid = [Row(at, head)]
        at += 1
        while at < len(lines) and "|" in lines[at]:
            grid.append(Row(at + 1, _cells(lines[at])))
            at += 1
        table, _ = make_table(f"{name} table {len(found) + 1}", Source(name), grid)
        if table:
            found.append(table)
    return tuple(found)


def _is_separator(line: str) -> bool:
    """The line of dashes under the heading of a pipe table."""
    return "|" in line and not line.strip("|:- \t") and all("-" in cell for cell in _cells(line))


def _cells(line: str) -> tuple[str, ...]:
    line = line.strip().removeprefix("|")
    line = line[:-1] if line.endswith("|") and not line.endswith("\\|") else line
    return tuple(cell.strip().replace("\\|", "|") for cell in _BAR.split(line))
