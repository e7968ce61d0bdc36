"""What a step yields, and its one canonical form: the journal, the keys and the prompts all start from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, cast

from orchestra_cli.types import Fact, Json, Source, WebSource

MISSING = "MISSING"


@dataclass(frozen=True, slots=True)
class Value:
    """What one step yields. `text` is what a model or reader sees; `data` the fields, if any; `views` named renderings
    for places such as `{pricing.table}`; `missing` says why there is none ("no web search")."""

    text: str
    data: Json = None
    facts: tuple[Fact, ...] = ()
    views: tuple[tuple[str, str], ...] = ()
    sources: tuple[WebSource, ...] = ()
    missing: str = ""

    def view(self, name: str) -> str | None:
        """The rendering of that name, None when there is none."""
        return dict(self.views).get(name)

    @classmethod
    def absent(cls, why: str) -> Value:
        """A value that says why there is none."""
        return cls(f"{MISSING}: {why}", missing=why)


def canonical_json(value: object) -> str:
    """One spelling of a value: sorted keys, no spaces, real characters. Raises TypeError on what JSON cannot hold."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def sha256(text: str) -> str:
    """Hex digest of the UTF-8 text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest(value: Value) -> str:
    """The hash of a value as a reader of it sees it; of what a key holds, nothing else changes it."""
    return sha256(canonical_json([value.text, value.data, [_fact_out(fact) for fact in value.facts]]))


def encode(value: Value) -> str:
    """The value as JSON text."""
    return canonical_json(
        {
            "text": value.text,
            "data": value.data,
            "facts": [_fact_out(fact) for fact in value.facts],
            "views": [list(view) for view in value.views],
            "sources": [asdict(source) for source in value.sources],
            "missing": value.missing,
        }
    )


def decode(text: str) -> Value:
    """The value that `encode` wrote."""
    row: dict[str, Any] = json.loads(text)
    return Value(
        text=row["text"],
        data=row["data"],
        facts=tuple(_fact_in(fact) for fact in row["facts"]),
        views=tuple((name, view) for name, view in row["views"]),
        sources=tuple(WebSource(**source) for source in row["sources"]),
        missing=row["missing"],
    )


def _fact_out(fact: Fact) -> dict[str, Json]:
    row = cast("dict[str, Json]", asdict(replace(fact, value="")))
    kind = "decimal" if isinstance(fact.value, Decimal) else "date" if isinstance(fact.value, date) else "text"
    row["value"] = [kind, str(fact.value)]
    return row


def _fact_in(row: dict[str, Any]) -> Fact:
    kind, text = row.pop("value")
    source = row.pop("source")
    value: Decimal | date | str = text
    if kind == "decimal":
        value = Decimal(text)
    elif kind == "date":
        value = date.fromisoformat(text)
    return Fact(**row, value=value, source=Source(**source) if source else None)


def as_text(data: Json) -> str:
    """Fields as short lines that a model reads well and a person too; a list's items keep their ids."""
    if isinstance(data, list):
        return "\n".join(_item(item) for item in data)
    if isinstance(data, dict):
        return "\n".join(f"{name}: {_inline(value)}" for name, value in data.items())
    return _inline(data)


def _item(item: Json) -> str:
    if not isinstance(item, dict):
        return f"- {_inline(item)}"
    rest = [f"{name}: {_inline(value)}" for name, value in item.items() if name != "id" and value not in (None, "")]
    return f"{item.get('id', '-')} | " + " | ".join(rest)


def _inline(value: Json) -> str:
    if isinstance(value, list):
        return "; ".join(_inline(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_inline(item)}" for name, item in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else " ".join(str(value).split())


def as_table(rows: list[Json]) -> str:
    """A list of groups as a Markdown table, for a person to read; other items as bullets."""
    groups = [row for row in rows if isinstance(row, dict)]
    if len(groups) < len(rows) or not groups:
        return as_text(rows)
    columns = list(dict.fromkeys(name for row in groups for name in row))
    head = ["| " + " | ".join("" if name == "id" else name for name in columns) + " |", "|" + " --- |" * len(columns)]
    cells = (" | ".join(_inline(row.get(name)).replace("|", "\\|") for name in columns) for row in groups)
    return "\n".join([*head, *(f"| {line} |" for line in cells)])


def field_of(data: Json, name: str) -> tuple[str, ...]:
    """The values of one field, over all items of a list; empty when nothing has it."""
    rows: Iterable[Json] = data if isinstance(data, list) else [data]
    return tuple(_inline(row[name]) for row in rows if isinstance(row, dict) and row.get(name) not in (None, ""))


def items_of(data: Json) -> tuple[dict[str, Json], ...]:
    """The groups of a list answer; values of a plain list become groups with `id` and `text`."""
    rows = data if isinstance(data, list) else []
    return tuple(row if isinstance(row, dict) else {"id": str(n), "text": row} for n, row in enumerate(rows, 1))


def missing_fields(data: Json, where: str) -> tuple[str, ...]:
    """Every `MISSING: why` that stands in fields, as "where.field: why"."""
    if isinstance(data, dict):
        name = f"{where} {data['id']}" if "id" in data else where
        return tuple(found for key, value in data.items() for found in missing_fields(value, f"{name}.{key}"))
    if isinstance(data, list):
        return tuple(found for row in data for found in missing_fields(row, where))
    if isinstance(data, str) and data.startswith(MISSING):
        return (f"{where}: {data.removeprefix(MISSING).lstrip(': ') or 'no reason given'}",)
    return ()
