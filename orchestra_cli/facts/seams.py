"""Between sections: the same run of eight words must not stand in two of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

RUN = 8
FLAG, BLOCK = Fraction(2, 100), Fraction(5, 100)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the text under it, down to the next heading."""

    heading: str
    text: str


def sections(markdown: str) -> tuple[Section, ...]:
    """The text cut at every heading outside code fences; what stands before the first is "(opening)"."""
    heading, fenced = "(opening)", False
    lines: list[str] = []
    found: list[Section] = []
    for line in markdown.splitlines():
        fenced = fenced != line.lstrip().startswith("```")
        match = None if fenced else re.match(r"#{1,6}\s+(.*?)\s*#*\s*$", line)
        if match:
            found.append(Section(heading, "\n".join(lines)))
            heading, lines = re.sub(r"[*`]", "", match.group(1)), []
        else:
            lines.append(line)
    found.append(Section(heading, "\n".join(lines)))
    return tuple(section for section in found if section.text.strip())


def section_of(markdown: str, start: int) -> str:
    """The heading under which this place of the text stands, "(opening)" before the first."""
    before = re.findall(r"^#{1,6}\s+(.*?)\s*#*\s*$", markdown[:start], re.MULTILINE)
    return re.sub(r"[*`]", "", before[-1]) if before else "(opening)"


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = re.findall(r"[\w'’]+", text.casefold())
    return zip(*(words[n:] for n in range(RUN)), strict=False)


def repeated(markdown: str) -> tuple[Fraction, str, tuple[str, ...]]:
    """Share of the runs of eight words that stand in two sections or more, one such run, and its sections."""
    places: dict[tuple[str, ...], list[int]] = {}
    parts = sections(markdown)
    total = 0
    for number, section in enumerate(parts):
        for run in _runs(section.text):
            total += 1
            places.setdefault(run, []).append(number)
    shared = {run: numbers for run, numbers in places.items() if len(set(numbers)) > 1}
    if not shared:
        return Fraction(0), "", ()
    first = next(iter(shared))
    headings = tuple(parts[n].heading for n in dict.fromkeys(shared[first]))
    return Fraction(sum(len(numbers) for numbers in shared.values()), total), " ".join(first), headings
