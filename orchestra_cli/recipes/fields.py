"""The fields of an answer: the JSON Schema a vendor gets, and the checks in code that no vendor can replace."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orchestra_cli.recipes.answers import parse_json_answer
from orchestra_cli.recipes.leaves import FindQuote, Given, check_leaf, choices_of, listed, text_of
from orchestra_cli.recipes.model import Recipe
from orchestra_cli.types import Field, Json

__all__ = ["find_missing", "item_letters", "letters_for", "parse_json_answer", "schema", "validate", "with_ids"]

MISSING = "MISSING"
NOT_STATED = "MISSING: not stated"
TAKEN_LETTERS = frozenset({"F", "S"})
"""Letters of facts [F12] and sources [S3#12]; no list may use them."""

_HINTS = {
    "number": "A number such as 1250.50, digits and a point only.",
    "money": "An amount such as 1250.50, digits and a point only, no currency.",
    "date": "A date written as YYYY-MM-DD.",
    "fact": "The id of a fact you were shown, such as F12.",
    "source": "The id or name of a source you were shown.",
}


def schema(field: Field) -> dict[str, Json]:
    """JSON Schema for `field` as vendors' strict modes want it: a root object, all required, nothing additional.

    A list at the root is wrapped as {"items": [...]}. Values are strings, so that `MISSING: why` is always possible.
    """
    inner = _schema(field)
    return inner if field.kind == "group" else _object({"items": inner})


def _object(properties: dict[str, Json]) -> dict[str, Json]:
    required: list[Json] = list(properties)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _schema(field: Field) -> dict[str, Json]:
    if field.kind == "group":
        return _object({member.id: _schema(member) for member in field.fields})
    if field.kind == "list":
        listed: dict[str, Json] = {"type": "array", "items": _schema(field.fields[0])}
        if field.at_most is not None:
            listed["description"] = f"At most {field.at_most} items."
        return listed
    leaf: dict[str, Json] = {"type": "string"}
    choices = choices_of(field)
    if choices:
        leaf["enum"] = [*choices, NOT_STATED] if field.optional else [*choices]
    said = _description(field)
    if said:
        leaf["description"] = said
    return leaf


def _description(field: Field) -> str:
    parts = [
        f"Words copied exactly from {field.of}, unchanged." if field.kind == "quote" else _HINTS.get(field.kind, "")
    ]
    if field.max_words is not None:
        parts.append(f"At most {field.max_words} words.")
    if field.at_most is not None and field.kind in ("number", "money"):
        parts.append(f"At most {field.at_most}.")
    if field.optional:
        parts.append('If it is not there, write "MISSING: why".')
    return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class _Bad:
    """A value that failed, where the value itself would stand."""


_BAD = _Bad()
_Checked = tuple["Json | _Bad", tuple[str, ...]]


def validate(
    field: Field,
    data: Json,
    sources: Mapping[str, str],
    fact_ids: frozenset[str] = frozenset(),
    *,
    source_ids: frozenset[str] = frozenset(),
    find_quote: FindQuote | None = None,
) -> tuple[Json, tuple[str, ...]]:
    """What is valid in `data`, and the problems as sentences a model can act on.

    `sources` are the texts that quotes must stand in, by name; `source_ids` are further sources that were shown.
    Choices and quotes come back in their exact words, numbers as decimal text, dates as YYYY-MM-DD. Items of a list
    with a problem are left out; an invalid value of a group is left out; nothing valid at all is null.
    """
    if find_quote is None:
        from orchestra_cli.facts.quotes import find_quote as find_in_facts

        find_quote = find_in_facts
    given = Given(sources, fact_ids, source_ids, find_quote)
    value, problems = _check(field, _unwrapped(field, data), given, "")
    return (None if isinstance(value, _Bad) else value), problems


def _unwrapped(field: Field, data: Json) -> Json:
    if field.kind == "group" or not isinstance(data, dict):
        return data
    if "items" in data:
        return data["items"]
    lists = [value for value in data.values() if isinstance(value, list)]
    return lists[0] if field.kind == "list" and len(data) == 1 and lists else data


def _check(field: Field, data: Json, given: Given, where: str) -> _Checked:
    if isinstance(data, str) and re.match(r"\s*MISSING\b", data):
        return _missing(data), ()
    if field.kind == "list":
        return _check_list(field, data, given, where)
    if field.kind == "group":
        return _check_group(field, data, given, where)
    return _check_leaf(field, data, given, where)


def _missing(text: str) -> str:
    why = re.sub(r"^\s*MISSING\b[\s:.,-]*", "", text).strip()
    return f"{MISSING}: {why}" if why else NOT_STATED


def _check_list(field: Field, data: Json, given: Given, where: str) -> _Checked:
    if not isinstance(data, list):
        return _BAD, (f"{_at(where)}give a list, not {_named(data)}",)
    good: list[Json] = []
    problems: list[str] = []
    for number, item in enumerate(data, start=1):
        value, wrong = _check(field.fields[0], item, given, f"{where}, item {number}" if where else f"item {number}")
        problems.extend(wrong)
        if not wrong and not isinstance(value, _Bad):
            good.append(value)
    if field.at_most is not None and len(data) > field.at_most:
        problems.append(f"{_at(where)}{len(data)} items are too many: give at most {field.at_most}")
    return good[: field.at_most], tuple(problems)


def _check_group(field: Field, data: Json, given: Given, where: str) -> _Checked:
    if not isinstance(data, dict):
        return _BAD, (f"{_at(where)}give an object with {listed(m.id for m in field.fields)}, not {_named(data)}",)
    folded = {_key(name): value for name, value in data.items()} | data
    good: dict[str, Json] = {}
    problems: list[str] = []
    for member in field.fields:
        place = f"{where}, {member.id}" if where else member.id
        value, wrong = _check(member, folded.get(member.id, folded.get(_key(member.id))), given, place)
        problems.extend(wrong)
        if not isinstance(value, _Bad):
            good[member.id] = value
    return good, tuple(problems)


def _key(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().casefold())


def _check_leaf(field: Field, data: Json, given: Given, where: str) -> _Checked:
    if isinstance(data, dict | list):
        return _BAD, (f"{_at(where)}give one value, not {_named(data)}",)
    text = text_of(data)
    if not text and field.optional:
        return NOT_STATED, ()
    if not text:
        return _BAD, (f'{_at(where)}is empty; if it is not there write "MISSING: why"',)
    value, problem = check_leaf(field, text, given)
    return (_BAD, (f"{_at(where)}{problem}",)) if problem else (value, ())


def _at(where: str) -> str:
    return f"{where}: " if where else ""


def _named(data: Json) -> str:
    kinds = {"dict": "an object", "list": "a list", "str": "text", "bool": "yes or no", "NoneType": "nothing"}
    return kinds.get(type(data).__name__, "a number")


def find_missing(data: Json, where: str = "") -> tuple[str, ...]:
    """Every `MISSING: why` in `data`, as `place: why`, in order."""
    if isinstance(data, str):
        return (f"{where}: {data[len(MISSING) + 1 :].strip()}",) if data.startswith(f"{MISSING}:") else ()
    if isinstance(data, list):
        pairs: Iterable[tuple[str, Json]] = ((_item_name(item, n), item) for n, item in enumerate(data, start=1))
    elif isinstance(data, dict):
        pairs = data.items()
    else:
        return ()
    return tuple(found for name, value in pairs for found in find_missing(value, f"{where}, {name}" if where else name))


def _item_name(item: Json, number: int) -> str:
    return str(item["id"]) if isinstance(item, dict) and "id" in item else f"item {number}"


def letters_for(step_id: str, used: Iterable[str]) -> str:
    """The letters before the numbers of a step's list: its first, two or more on a clash. F and S are never used."""
    taken = TAKEN_LETTERS.union(used)
    letters = re.sub(r"[^A-Z]", "", step_id.upper()) or "L"
    for count in range(1, len(letters) + 1):
        if letters[:count] not in taken:
            return letters[:count]
    while letters in taken:
        letters += "X"
    return letters


def item_letters(recipe: Recipe) -> dict[str, str]:
    """The letters of every step that returns a list, given in page order."""
    letters: dict[str, str] = {}
    for step in recipe.steps:
        if step.returns is not None and step.returns.kind == "list":
            letters[step.id] = letters_for(step.id, letters.values())
    return letters


def with_ids(letters: str, data: Json) -> Json:
    """`data` with an id (R1, R2, ...) in each item of a list; a plain value becomes {"id", "text"}."""
    if not isinstance(data, list):
        return data
    numbered: list[Json] = []
    for number, item in enumerate(data, start=1):
        fields = item if isinstance(item, dict) else {"text": item}
        numbered.append({"id": f"{letters}{number}", **{name: v for name, v in fields.items() if name != "id"}})
    return numbered
