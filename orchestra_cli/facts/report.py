"""The input report, the first thing a run prints: what was read of each file, what was refused, what disagrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from orchestra_cli.facts import layouts
from orchestra_cli.facts.contradictions import contradictions
from orchestra_cli.facts.placing import TABLES, table_for
from orchestra_cli.facts.pricing import PriceSheet
from orchestra_cli.types import Material, Refusal, Table


@dataclass(frozen=True, slots=True)
class InputLine:
    """One file of the report. `name` is the input it was placed in; read + refused rows = the rows of its table."""

    name: str
    path: str
    rows_read: int
    rows_refused: int
    warnings: tuple[str, ...]
    summary: str


def input_report(
    placed: Sequence[tuple[str, Material]],
    sheet: PriceSheet | None,
    today: date,
    mapping: Mapping[str, str] | None = None,
    language: str = "en-GB",
) -> tuple[InputLine, ...]:
    """A line for each placed file, in order."""
    return tuple(_line(slot, material, sheet, today, mapping or {}, language) for slot, material in placed)


def _line(
    slot: str, material: Material, sheet: PriceSheet | None, today: date, mapping: Mapping[str, str], language: str
) -> InputLine:
    if material.format in TABLES:
        return _table_line(slot, material, sheet, mapping)
    pages = len(material.pages)
    words = f"{len(material.text.split()):,} words"
    summary = f"{pages} pages, {words}" if pages > 1 else words
    warnings = (*material.warnings, *contradictions(material.text, today, language))
    return InputLine(slot, material.path, 0, 0, warnings, summary)


def _table_line(slot: str, material: Material, sheet: PriceSheet | None, mapping: Mapping[str, str]) -> InputLine:
    layout = layouts.layout_of_slot(slot)
    table = table_for(material, layout.name, mapping) if layout else next(iter(material.tables), None)
    if table is None:
        return InputLine(slot, material.path, 0, 0, material.warnings, "no table in it")
    by_code = [refusal for name, refusal in sheet.refused if layout and name == layout.name] if sheet else []
    refused = (*table.refused, *by_code)
    read = len(table.rows) - len(by_code)
    others = [other for other in material.tables if other is not table]
    unused = tuple(
        f'sheet "{other.source.sheet or other.name}" ({len(other.rows)} {_word(len(other.rows))}) is not used'
        for other in others
    )
    warnings = (*material.warnings, *unused, *(_of_table(sheet, layout.name) if sheet and layout else ()))
    return InputLine(slot, material.path, read, len(refused), warnings, _rows(table, read, refused))


def _rows(table: Table, read: int, refused: Sequence[Refusal]) -> str:
    where = f'sheet "{table.source.sheet}": ' if table.source.sheet else ""
    reasons: dict[str, list[int]] = {}
    for refusal in refused:
        reasons.setdefault(refusal.reason, []).append(refusal.row)
    told = "; ".join(
        f"{_word(len(rows))} {', '.join(map(str, sorted(rows)))}: {cause}" for cause, rows in reasons.items()
    )
    why = f" ({told})" if told else ""
    return f"{where}{read} {_word(read)} read + {len(refused)} refused{why} = {read + len(refused)}"


def _word(count: int) -> str:
    return "row" if count == 1 else "rows"


def _of_table(sheet: PriceSheet, layout: str) -> tuple[str, ...]:
    """The joins that failed stand with the take-off, the rest of the warnings with the prices."""
    joins = {str(line) for line in sheet.unpriced}
    if layout == "takeoff":
        count = len(sheet.lines) + len(sheet.unpriced)
        head = (f"{len(sheet.unpriced)} of {count} lines have no price",) if sheet.unpriced else ()
        own = tuple(finding.text for finding in sheet.findings if finding.rule == "file total")
        return (*head, *(warning for warning in sheet.warnings if warning in joins), *own)
    if layout == "prices":
        return tuple(warning for warning in sheet.warnings if warning not in joins)
    return ()
