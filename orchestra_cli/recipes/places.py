"""Places such as {client} or {pricing.table} in a page, and the one pass that fills them. Values are leaf text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from orchestra_cli.recipes.blocks import Line, scan, shift_headings

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)(?:\.([a-z][a-z0-9_]*))?\}")


@dataclass(frozen=True, slots=True)
class Place:
    """One place; `field` is empty for {id}; `line` is 1-based in the text that was searched."""

    id: str
    field: str
    line: int

    @property
    def name(self) -> str:
        """`id` or `id.field`, the key of its value."""
        return f"{self.id}.{self.field}" if self.field else self.id


def places_in(text: str) -> tuple[Place, ...]:
    """Every place outside code fences, in order. Other braces are literal."""
    return tuple(_places(text))


def _places(text: str) -> Iterator[Place]:
    for number, line in enumerate(scan(text), start=1):
        if not line.code:
            for match in _PLACE.finditer(line.text):
                yield Place(match[1], match[2] or "", number)


def substitute(text: str, values: Mapping[str, str]) -> str:
    """`text` with its places filled from `values` (keys `id` or `id.field`), once: braces in values stay as they are.

    Nothing is replaced inside code fences; a place without a value stays. Headings inside a value are pushed below
    the heading the place stands under; in a heading, a value is put on one line.
    """
    level = 0
    filled: list[str] = []
    for line in scan(text):
        level = line.level or level
        filled.append(line.text if line.code else _fill(line, values, level))
    return "".join(filled)


def _fill(line: Line, values: Mapping[str, str], level: int) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[0][1:-1]
        if name not in values:
            return match[0]
        return " ".join(values[name].split()) if line.level else shift_headings(values[name], level)

    return _PLACE.sub(value, line.text)
