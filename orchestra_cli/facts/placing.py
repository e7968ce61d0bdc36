"""Which file is which input: by type and columns, with words of the file name as a tie-breaker. Nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestra_cli.errors import InputError
from orchestra_cli.facts import layouts
from orchestra_cli.facts.rates import rate_name
from orchestra_cli.types import Material, Table

TABLES = frozenset({"csv", "tsv", "xlsx", "xlsm", "xls", "ods"})
MESSAGES = frozenset({"mbox", "jsonl"})


@dataclass(frozen=True, slots=True)
class Slot:
    """One input that a recipe asks for; `type` is a word of the recipe grammar ("table", "documents", ...)."""

    id: str
    type: str
    optional: bool = False
    many: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Placing:
    """What goes where, what goes nowhere and why, and what could go to several inputs (for a person to say)."""

    placed: tuple[tuple[str, Material], ...] = ()
    unplaced: tuple[tuple[Material, str], ...] = ()
    ambiguous: tuple[tuple[Material, tuple[str, ...]], ...] = ()


def place(materials: Sequence[Material], slots: Sequence[Slot], mapping: Mapping[str, str] | None = None) -> Placing:
    """Place each material in the slot it fits best; a slot that is not `many` takes one."""
    wishes = [(material, _wishes(material, slots, mapping or {})) for material in materials]
    placed: list[tuple[int, str, Material]] = []
    unplaced: list[tuple[Material, str]] = []
    ambiguous: list[tuple[Material, tuple[str, ...]]] = []
    taken: dict[str, int] = {}
    order = sorted(range(len(wishes)), key=lambda n: -max(wishes[n][1].values(), default=0))
    for number in order:
        material, scores = wishes[number]
        free = {slot: score for slot, score in scores.items() if taken.get(slot, 0) <= 0 or _many(slots, slot)}
        best = _best(free)
        if len(best) == 1 and not _rivals(best[0], number, wishes, slots, taken):
            placed.append((number, best[0], material))
            taken[best[0]] = taken.get(best[0], 0) + 1
        elif best:
            ambiguous.append((material, best))
        else:
            unplaced.append((material, _why_not(material, scores, slots)))
    return Placing(
        tuple((slot, material) for _, slot, material in sorted(placed, key=lambda p: p[0])),
        tuple(unplaced),
        tuple(ambiguous),
    )


def _many(slots: Sequence[Slot], slot_id: str) -> bool:
    return any(slot.id == slot_id and (slot.many or slot.type in ("documents", "folder")) for slot in slots)


def _best(scores: Mapping[str, int]) -> tuple[str, ...]:
    top = max(scores.values(), default=0)
    return tuple(slot for slot, score in scores.items() if score == top and score > 0)


def _rivals(
    slot: str,
    number: int,
    wishes: Sequence[tuple[Material, dict[str, int]]],
    slots: Sequence[Slot],
    taken: Mapping[str, int],
) -> bool:
    """Whether another file wants the same single slot just as much, and nothing else as much."""
    if _many(slots, slot) or taken.get(slot, 0):
        return False
    score = wishes[number][1][slot]
    return any(
        n != number and other.get(slot) == score and _best(other) == (slot,) for n, (_, other) in enumerate(wishes)
    )


def _wishes(material: Material, slots: Sequence[Slot], mapping: Mapping[str, str]) -> dict[str, int]:
    """How well the material fits each slot; 0 and below do not stand in it."""
    scores = {slot.id: _score(material, slot, mapping) for slot in slots}
    documents = [slot.id for slot in slots if slot.type in ("documents", "document")]
    for slot in slots:
        if slot.type in ("text", *(("documents", "document") if slot.id not in documents[:1] else ())):
            scores[slot.id] -= 4 if documents else 0
    return {slot: score + _by_name(material, slot) for slot, score in scores.items() if score > 0}


def _score(material: Material, slot: Slot, mapping: Mapping[str, str]) -> int:
    if slot.type == "settings":
        return 40 if is_settings(material) else 0
    if material.format in TABLES or (material.tables and not material.text.strip()):
        return _table_score(material, slot, mapping) if slot.type == "table" else 0
    if slot.type == "messages":
        return 30 if material.format in MESSAGES else 0
    return 10 if slot.type in ("documents", "document", "text", "folder") else 0


def _table_score(material: Material, slot: Slot, mapping: Mapping[str, str]) -> int:
    layout = layouts.layout_of_slot(slot.id)
    if layout is None:
        return 5
    found = [layouts.match(table, layout, mapping) for table in material.tables if layouts.fits(table, layout, mapping)]
    if found:
        other = any(_fits_other(table, layout, mapping) for table in material.tables)
        return 20 + max(len(columns) for columns in found) - (8 if other and layout.name != "takeoff" else 0)
    return 2 if _by_name(material, slot.id) else 0


def _fits_other(table: Table, layout: layouts.Layout, mapping: Mapping[str, str]) -> bool:
    """A table with quantities is a take-off, whatever else stands in it."""
    return layout.name == "prices" and layouts.fits(table, layouts.layouts()["takeoff"], mapping)


def _by_name(material: Material, slot_id: str) -> int:
    """3 when the file name holds the slot's name or a word for it."""
    layout = layouts.layout_of_slot(slot_id)
    words = {layouts.plain(slot_id), *(layout.slots if layout else ())}
    name = f" {layouts.plain(re.sub(r'[.][^.]*$', '', material.name))} "
    return 3 if any(f" {word} " in name for word in words if word) else 0


def nearest_problem(material: Material, slots: Sequence[Slot]) -> InputError | None:
    """What a table of no known kind lacks to be the input it is nearest to, with the fix; None when it is far off."""
    tried = [
        (len(layouts.match(table, layout)), -number, table, layout.name)
        for number, layout in enumerate(filter(None, (layouts.layout_of_slot(slot.id) for slot in slots)))
        for table in material.tables
        if material.format in TABLES
    ]
    found, _, table, name = max(tried, key=lambda one: one[:2], default=(0, 0, None, ""))
    if table is None or found < 2:
        return None
    try:
        layouts.columns(table, name)
    except InputError as error:
        return error
    return None


def table_for(material: Material, layout_name: str, mapping: Mapping[str, str] | None = None) -> Table | None:
    """The table (sheet) of a file that fits the layout best; the first one when none fits; None when it has none."""
    layout = layouts.layouts()[layout_name]
    fitting = [table for table in material.tables if layouts.fits(table, layout, mapping)]
    if not fitting:
        return material.tables[0] if material.tables else None
    return max(fitting, key=lambda table: (len(layouts.match(table, layout, mapping)), len(table.rows)))


def settings_lines(text: str) -> dict[str, str]:
    """The `name: value` lines of a page; headings, blank lines and lines of prose are left out."""
    lines = (
        re.fullmatch(r"\s*(?:[-*]\s+)?([A-Za-z][\w %()-]{0,40}?)\s*[:=]\s*(\S.*?)\s*", line)
        for line in text.splitlines()
    )
    return {match.group(1): match.group(2) for match in lines if match}


def is_settings(material: Material) -> bool:
    """Whether a text is a page of rates: at least half of its lines are `name: value` with names of rates."""
    if material.format in TABLES or len(material.text) > 20_000:
        return False
    lines = [line for line in material.text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    known = sum(1 for name in settings_lines(material.text) if rate_name(name))
    return known > 0 and 2 * known >= len(lines)


def _why_not(material: Material, scores: Mapping[str, int], slots: Sequence[Slot]) -> str:
    if scores:
        return f"{' and '.join(scores)} already taken by another file"
    if material.tables and material.format in TABLES:
        found = "; ".join(", ".join(table.columns) for table in material.tables[:3])
        return f"its columns ({found}) fit no input of this recipe"
    kinds = ", ".join(f"{slot.id} ({slot.type})" for slot in slots)
    return f"no input takes it; the inputs are {kinds or 'none'}"
