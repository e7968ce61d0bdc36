"""Which section answers which requirement, from the marks [R3] that the prose carries; and the prose without them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from orchestra_cli.facts.price_page import cell

_MARK = re.compile(r"\[\s*([A-Z]{1,2}\d+(?:\s*[,;]\s*[A-Z]{1,2}\d+)*)\s*\](?!\()")
_ID = re.compile(r"[A-Z]{1,2}\d+")
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
OPENING = "(opening)"


def marked_items(prose: str) -> dict[str, list[str]]:
    """The sections (their headings, in order) in which each id stands."""
    places: dict[str, list[str]] = {}
    section = OPENING
    for line in prose.splitlines():
        heading = _HEADING.match(line)
        if heading:
            section = re.sub(r"[*`]", "", render_item_refs(heading.group(2))).strip() or section
        for mark in _MARK.finditer(line):
            for item in _ID.findall(mark.group(1)):
                if section not in places.setdefault(item, []):
                    places[item].append(section)
    return places


def requirements_matrix(
    items: Sequence[tuple[str, str, str]], prose: str, language: str = "en-GB"
) -> tuple[str, tuple[str, ...]]:
    """A table of (id, quote, kind) against the sections that answer them, and the ids that nothing answers.

    `language` is kept for languages to come: the headings are English.
    """
    del language
    places = marked_items(prose)
    rows = ["| No. | Your requirement | Kind | Answered in |", "| :--- | :--- | :--- | :--- |"]
    for item, quote, kind in items:
        where = ", ".join(places.get(item, ())) or "MISSING"
        rows.append(f"| {item} | {cell(quote)} | {cell(kind)} | {cell(where)} |")
    missing = tuple(item for item, _, _ in items if item not in places)
    return "\n".join(rows) if items else "MISSING: no requirements were found.", missing


def render_item_refs(prose: str, ids: Collection[str] | None = None) -> str:
    """The prose without its marks [R3]. Facts [F12] and links stay; with `ids`, only marks of these ids go."""

    def replaced(mark: re.Match[str]) -> str:
        kept = [item for item in _ID.findall(mark.group(2)) if _stays(item, ids)]
        return f"{mark.group(1)}[{', '.join(kept)}]" if kept else ""

    return re.sub(rf"([ \t]*){_MARK.pattern}", replaced, prose)


def _stays(item: str, ids: Collection[str] | None) -> bool:
    return bool(re.fullmatch(r"[FS]\d+", item)) if ids is None else item not in ids
