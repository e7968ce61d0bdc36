"""Cuts material into passages: sentences, list items, table rows and `name: value` lines, each with the heading it
stands under. The words stay exactly those of the source; only white space is made single.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

PassageKind = Literal["sentence", "item", "line", "row"]
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s*(.+?)\s*#*$")
_BULLET = re.compile(r"^\s*(?:[-*•·–▪◦]|\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)])\s+(?=\S)")
_CLAUSE = re.compile(r"^\s*((?:[A-Z]{1,3}\s?)?\d{1,2}(?:\.\d{1,2}){0,3}(?:\.?\s+|\.(?=[A-Z][a-z])))(?=[A-Z\"“‘'])")
_LINE = re.compile(r"^\s*[-*]?\s*\**([A-Za-z](?:[^\s:|.!?]*\s){0,3}[^\s:|.!?]*)\**:\**\s+(\S.{0,240})$")
_FURNITURE = re.compile(r"^\s*(?:page\s+\d+(?:\s+of\s+\d+)?|\d+\s*/\s*\d+|[-_=*]{3,}|\d{1,3})\s*$", re.IGNORECASE)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|no|nos|ltd|co|inc|st|mr|mrs|ms|dr|approx|cl|fig|ref|dept|tel|ext|max|min|incl|excl|vs)|\b[A-Z])\.$",
    re.IGNORECASE,
)
_END = re.compile(r"(?<=[.!?])[\"”’')\]*]{0,3}\s+(?=[\"“‘'(\[*_]{0,3}[A-Z0-9£$€])")


@dataclass(frozen=True, slots=True)
class Passage:
    """One piece of text. `part` is the material's name, `heading` what it stands under, `lead` the line that
    introduces its list, `number` its clause number; `name` is the left side of a `name: value` line."""

    text: str
    part: str
    kind: PassageKind = "sentence"
    heading: str = ""
    lead: str = ""
    number: str = ""
    name: str = ""


def squeeze(text: str) -> str:
    """White space made single."""
    return " ".join(text.split())


def passages(part: str, text: str) -> tuple[Passage, ...]:
    """All passages of a text, in order. What a page break tore apart stands nowhere as a whole and is left out."""
    cutter = _Cutter(part)
    lines = text.splitlines()
    for number, line in enumerate(lines):
        cutter.take(line, lines[number + 1] if number + 1 < len(lines) else "")
    cutter.flush()
    whole = squeeze(text)
    return tuple(passage for passage in cutter.found if passage.text in whole)


class _Cutter:
    def __init__(self, part: str) -> None:
        self.part = part
        self.found: list[Passage] = []
        self.heading = self.lead = self.number = ""
        self.kind: PassageKind = "sentence"
        self.open: list[str] = []

    def take(self, line: str, following: str) -> None:
        """One line of the text, and the one after it."""
        if _FURNITURE.match(line):
            return
        if not line.strip():
            self.flush()
        elif marked := _HEADING.match(line):
            self._start_section(marked[1])
        elif line.lstrip().startswith("|"):
            self.flush()
            self._row(line)
        elif self._is_numbered_heading(line, following):
            self._start_section(line)
        elif bullet := _BULLET.match(line):
            self._start("item", line[bullet.end() :], "")
        elif not self.open and self._is_bare_heading(line, following):
            self._start_section(line)
        elif clause := _CLAUSE.match(line):
            self._start("sentence", line[clause.end() :], clause[1].strip(" ."))
        elif self._is_line(line, following):
            self._line(line)
        else:
            self.open.append(line)

    def _start_section(self, heading: str) -> None:
        self.flush()
        self.heading, self.lead = _CLAUSE.sub("", squeeze(heading)).strip("*_ ").rstrip(":"), ""

    def _start(self, kind: PassageKind, rest: str, number: str) -> None:
        self.flush()
        self.kind, self.number = kind, number
        if kind == "sentence":
            self.lead = ""
        if self._is_line(rest, ""):
            self._line(rest)
        else:
            self.open = [rest]

    def _is_numbered_heading(self, line: str, following: str) -> bool:
        """`6. Returning your tender`: its clauses (6.1) follow, or it stands outside any list."""
        found = re.match(r"^\s*(\d{1,2})\.?\s+([A-Z][^.;:,!?]{2,60})$", line)
        if not found or len(found[2].split()) > 7:
            return False
        clauses = re.match(rf"\s*{found[1]}\.\d", following) is not None
        return clauses or (not self.open and not self.lead and following.strip()[:1].isupper())

    def _is_bare_heading(self, line: str, following: str) -> bool:
        """A heading without a mark, as text from a PDF has it: short, capital first, no end mark."""
        bare = _CLAUSE.sub("", line).strip()
        words = bare.split()
        short = 0 < len(words) <= 7 and len(bare) <= 60
        return (
            short
            and bare[0].isupper()
            and bare[-1] not in ".;:,!?"
            and ":" not in bare
            and not (following.strip()[:1].islower())
            and (bare.isupper() or bool(_CLAUSE.match(line)) or len(words) <= 5)
        )

    def _is_line(self, line: str, following: str) -> bool:
        """A whole `name: value` on one line, not the beginning of a paragraph that happens to hold a colon."""
        after = following.strip()
        wraps = bool(after) and not _ends_before(after) and (after[0].islower() or len(line) > 60)
        found = _LINE.match(line)
        return not self.open and found is not None and not wraps and len(sentences(squeeze(found[2]))) == 1

    def _line(self, line: str) -> None:
        found = _LINE.match(line)
        if found:
            text = squeeze(line)
            bullet = _BULLET.match(text)
            text = text[bullet.end() :] if bullet else text
            self.found.append(Passage(text, self.part, "line", self.heading, self.lead, self.number, squeeze(found[1])))

    def _row(self, line: str) -> None:
        text = squeeze(line)
        if not set(text) <= set("|-: "):
            self.found.append(Passage(text, self.part, "row", self.heading, self.lead))

    def flush(self) -> None:
        """Closes the open paragraph or list item."""
        text, self.open = squeeze(" ".join(self.open)), []
        kind, number, self.kind, self.number = self.kind, self.number, "sentence", ""
        if not text:
            return
        if kind == "sentence":
            self.lead = ""
        for sentence in sentences(text):
            self.found.append(Passage(sentence, self.part, kind, self.heading, self.lead, number))
        if text.endswith(":"):
            self.lead = sentences(text)[-1]


def _ends_before(line: str) -> bool:
    """Whether this line begins something new, so that the one before it was whole."""
    return any(pattern.match(line) for pattern in (_HEADING, _BULLET, _CLAUSE, _LINE)) or line.startswith("|")


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph whose white space is single; their texts are pieces of it."""
    found: list[str] = []
    start = 0
    for end in _END.finditer(text):
        piece = text[start : end.start()]
        if _ABBREVIATION.search(piece):
            continue
        closing = end.group().rstrip()
        found.append((piece + closing).strip())
        start = end.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]
