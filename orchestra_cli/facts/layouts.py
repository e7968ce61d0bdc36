"""Which column of a table is which, and which kind of table it is: by the headings that `layouts.toml` lists.

An unknown layout is refused with file, sheet, row, the columns found and the fix; it is never half-read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from orchestra_cli.errors import InputError
from orchestra_cli.facts.money import CODES, SYMBOLS
from orchestra_cli.types import Source, Table

_CURRENCY = re.compile(rf"[{''.join(SYMBOLS)}]|\b(?:{'|'.join(code.lower() for code in CODES)})\b")


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of table. `columns` maps our name of a column to the headings that mean it."""

    name: str
    title: str
    slots: tuple[str, ...]
    needs: tuple[tuple[str, ...], ...]
    columns: Mapping[str, tuple[str, ...]]
    guess: Mapping[str, tuple[str, ...]]
    words: Mapping[str, str]


@cache
def _data() -> tuple[dict[str, Layout], dict[str, str]]:
    data = tomllib.loads(files("orchestra_cli.facts").joinpath("layouts.toml").read_text(encoding="utf-8"))
    units = {plain(word): unit for unit, words in data.pop("units").items() for word in words}
    return {name: _layout(name, body) for name, body in data.items()}, units


def _layout(name: str, body: Mapping[str, Mapping[str, list[str]]]) -> Layout:
    def headings(part: str) -> dict[str, tuple[str, ...]]:
        return {column: tuple(plain(word) for word in words) for column, words in body[part].items()}

    return Layout(
        name,
        str(body["title"]),
        tuple(plain(word) for word in body["slots"]),
        tuple(tuple(group) for group in body["needs"]),
        headings("columns"),
        headings("guess"),
        {column: str(word) for column, word in body["words"].items()},
    )


def layouts() -> Mapping[str, Layout]:
    """All layouts that are known, by name."""
    return _data()[0]


def layout_of_slot(slot_id: str) -> Layout | None:
    """The layout that an input of this name wants ("boq" wants a take-off), None when any table will do."""
    name = plain(slot_id)
    return next((found for found in layouts().values() if name == found.name or name in found.slots), None)


def plain(text: str) -> str:
    """Lower case, without brackets, currency signs and punctuation: what two headings are compared by."""
    lower = text.strip().lower()
    bare = lower if lower[:1] in ("(", "[") else re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", lower)
    bare = bare.replace("%", " pct ")
    bare = _CURRENCY.sub(" ", bare)
    return re.sub(r"[^\w²³]+|_+", " ", bare).strip()


def same_unit(one: str, other: str) -> bool:
    """Whether two units are the same one ("m2", "sq m"); units not in the list must be written alike."""
    return unit_key(one) == unit_key(other)


def unit_key(unit: str) -> str:
    """The name under which a unit is known here."""
    name = plain(unit)
    return _data()[1].get(name, name)


def match(table: Table, layout: Layout, mapping: Mapping[str, str] | None = None) -> dict[str, int]:
    """Index of each of the layout's columns that the table has. `mapping` ("takeoff.qty" -> "No.") goes first.

    A mapping that names a column which the table lacks is meant for another table, and does not count here.
    """
    found: dict[str, int] = {}
    names = [name.strip().lower() for name in table.columns]
    for column in layout.columns:
        heading = (mapping or {}).get(f"{layout.name}.{column}", "").strip().lower()
        if heading and heading in names:
            found[column] = names.index(heading)
    headings = [plain(heading) for heading in table.columns]
    taken = set(found.values())
    for column, synonyms in layout.columns.items():
        places = (headings.index(word) for word in synonyms if word in headings)
        place = next((place for place in places if place not in taken), None)
        if column not in found and place is not None:
            found[column] = place
            taken.add(place)
    return found


def _all_named(table: Table, layout: Layout, mapping: Mapping[str, str]) -> None:
    names = [name.strip().lower() for name in table.columns]
    for column in layout.columns:
        heading = mapping.get(f"{layout.name}.{column}", "")
        if heading and heading.strip().lower() not in names:
            raise InputError(
                f'{place(table)}: no column "{heading}" for {layout.name}.{column}. Found: {", ".join(table.columns)}',
                f'--set {layout.name}.{column}="COLUMN"',
            )


def fits(table: Table, layout: Layout, mapping: Mapping[str, str] | None = None) -> bool:
    """Whether the table has what the layout needs."""
    found = match(table, layout, mapping)
    return all(any(column in found for column in group) for group in layout.needs)


def columns(table: Table, layout_name: str, mapping: Mapping[str, str] | None = None) -> dict[str, int]:
    """As `match`, but raises InputError naming file, sheet, row, the columns found and the fix when one is needed,
    and for a mapping that names a column which the table lacks."""
    layout = layouts()[layout_name]
    _all_named(table, layout, mapping or {})
    found = match(table, layout, mapping)
    for group in layout.needs:
        if not any(column in found for column in group):
            raise _unknown(table, layout, group[0], found)
    return found


def _unknown(table: Table, layout: Layout, column: str, found: Mapping[str, int]) -> InputError:
    word = layout.words.get(column, column)
    free = [name for index, name in enumerate(table.columns) if index not in found.values()]
    guess = next((name for name in free if plain(name) in layout.guess.get(column, ())), "")
    ask = f' Is "{guess}" the {word}?' if guess else ""
    return InputError(
        f"{place(table)}: no column for {word}. Found: {', '.join(table.columns).rstrip('.')}.{ask}",
        f'--set {layout.name}.{column}="{guess or "COLUMN"}"  (to keep it: under [layouts.{layout.name}] in '
        "orchestra.toml)",
    )


def place(table: Table) -> str:
    """Where the heading of a table stands: file, sheet and row."""
    row = table.source.row or (max(table.row_numbers[0] - 1, 1) if table.row_numbers else 1)
    return str(Source(table.source.file or table.name, table.source.sheet, table.source.page, row))
