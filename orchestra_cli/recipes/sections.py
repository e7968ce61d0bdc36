"""An answer cut into sections, so that a review can have one of them redone and leave the others byte for byte."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from orchestra_cli.recipes.blocks import Line, close_fence, hash_headings, scan

OPENING = "(opening)"


@dataclass(frozen=True, slots=True)
class Section:
    """`text` holds the heading line and all up to the next section; the opening has no heading and level 0."""

    id: str
    heading: str
    text: str
    level: int


def split_sections(markdown: str) -> tuple[Section, ...]:
    """The sections: cut at each heading of the shallowest level used at least twice; before it stands the opening.

    Joined again they are `markdown`. Ids are slugs of the headings; a slug that is taken gets the next ordinal.
    """
    lines = scan(markdown)
    level = _level(lines)
    cuts = [number for number, line in enumerate(lines) if level and line.level == level]
    if not cuts or "".join(line.text for line in lines[: cuts[0]]).strip():
        cuts.insert(0, 0)
    cuts[0] = 0
    sections: list[Section] = []
    for start, end in zip(cuts, [*cuts[1:], len(lines)], strict=True):
        if start < end:
            sections.append(_section(lines[start:end], level, {section.id for section in sections}))
    return tuple(sections)


def join(sections: tuple[Section, ...]) -> str:
    """The text of which these are the sections."""
    return "".join(section.text for section in sections)


def replace_section(markdown: str, section_id: str, new: str) -> str:
    """`markdown` with that section's text replaced; it keeps its heading, and deeper headings stay deeper.

    Raises KeyError when there is no such section.
    """
    sections = split_sections(markdown)
    if section_id not in {section.id for section in sections}:
        raise KeyError(section_id)
    level = max(section.level for section in sections)
    return "".join(_renewed(s, new, level) if s.id == section_id else s.text for s in sections)


def _level(lines: list[Line]) -> int:
    used = [line.level for line in lines if line.level]
    return min((level for level in used if used.count(level) > 1), default=0)


def _section(group: list[Line], level: int, taken: set[str]) -> Section:
    text = "".join(line.text for line in group)
    head = next((line for line in group if line.text.strip()), None)
    if not level or head is None or head.level != level:
        return Section(OPENING, "", text, 0)
    slug = _slug(head.title)
    name, ordinal = slug, 1
    while name in taken:
        ordinal += 1
        name = f"{slug}-{ordinal}"
    return Section(name, head.title, text, level)


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).casefold()
    return re.sub(r"[\W_]+", "-", "".join(c for c in plain if not unicodedata.combining(c))).strip("-") or "section"


def _renewed(old: Section, new: str, level: int) -> str:
    if not level:
        return new
    lines = scan(close_fence(hash_headings(new.strip("\r\n"))))
    if old.level and lines and lines[0].level:
        lines = lines[1:]
    body = "".join(_deeper(line, level) for line in lines).strip("\r\n")
    tail = old.text[len(old.text.rstrip()) :] or "\n"
    if not old.level:
        return body + tail if body else ""
    before, head = _heading_line(old)
    return f"{before}{head}\n\n{body}{tail}" if body else f"{before}{head}{tail}"


def _heading_line(section: Section) -> tuple[str, str]:
    stripped = section.text.lstrip("\r\n")
    before = section.text[: len(section.text) - len(stripped)]
    return before, stripped.split("\n", 1)[0].rstrip("\r")


def _deeper(line: Line, level: int) -> str:
    if not line.level or line.level > level:
        return line.text
    if level == 6:
        return f"**{line.title}**\n"
    return "#" * (level + 1 - line.level) + line.text.lstrip(" ")
