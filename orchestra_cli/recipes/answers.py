"""The one JSON value in a model's answer, whatever stands around it. Half a value and two values are refused."""

from __future__ import annotations

import json
import re

from orchestra_cli.types import Json

_OPENER = re.compile(r"[{\[]")
_BEGINS_JSON = re.compile(r'\{\s*["}]|\[\s*(?:[{\[\]"]|-?\d|true\b|false\b|null\b)')
_FENCED = re.compile(r"\s*(`{3,}|~{3,})[^\n]*\n(.*?)\n?\s*\1\s*", re.DOTALL)


def parse_json_answer(text: str) -> Json:
    """The JSON value of an answer; a byte order mark, code fences and small talk around it are tolerated.

    Raises ValueError with a sentence when there is none, when it is cut off or broken, or when two differ.
    """
    text = text.removeprefix("\ufeff").strip()
    fenced = _FENCED.fullmatch(text)
    for whole in (text, fenced[2] if fenced else ""):
        try:
            return _decode(whole)
        except json.JSONDecodeError:
            continue
    return _only(_values_in(text))


def _decode(text: str) -> Json:
    value, end = _decode_at(text, 0)
    if text[end:].strip():
        raise json.JSONDecodeError("more after the value", text, end)
    return value


def _decode_at(text: str, start: int) -> tuple[Json, int]:
    decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_int=_whole)
    while start < len(text) and text[start].isspace():
        start += 1
    try:
        value, end = decoder.raw_decode(text, start)
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error
    return value, end


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result: dict[str, Json] = {}
    for name, value in pairs:
        if name in result and result[name] != value:
            raise ValueError(f'the JSON gives "{name}" twice, with different values')
        result[name] = value
    return result


def _constant(name: str) -> Json:
    raise ValueError(f"the JSON holds {name}, which is no number")


def _whole(digits: str) -> int:
    if len(digits) > 400:
        raise ValueError("the JSON holds a number of more than 400 digits")
    return int(digits)


def _values_in(text: str) -> list[Json]:
    found: list[Json] = []
    position = 0
    while match := _OPENER.search(text, position):
        try:
            value, position = _decode_at(text, match.start())
            found.append(value)
        except json.JSONDecodeError as error:
            if _BEGINS_JSON.match(text, match.start()) and not _is_remark(text, match.start()):
                where = "is cut off" if error.pos >= len(text) or "Unterminated" in error.msg else "is broken"
                raise ValueError(f"the JSON {where}: {error.msg} at character {error.pos + 1}") from error
            position = match.start() + 1
    return found


def _is_remark(text: str, start: int) -> bool:
    """Whether a bracket is a remark in prose, such as [12 pages], and not the beginning of a list."""
    return bool(re.match(r"\[\s*-?\d[^\[\]{}\",]*\]", text[start : start + 80]))


def _only(found: list[Json]) -> Json:
    objects = [value for value in found if not _is_mark(value)]
    values = objects or found
    if not values:
        raise ValueError("there is no JSON in the answer")
    if any(value != values[0] or repr(value) != repr(values[0]) for value in values[1:]):
        raise ValueError("there are two different JSON values in the answer: give one")
    return values[0]


def _is_mark(value: Json) -> bool:
    """Whether a value is what a footnote mark such as [1] or [2, 3] looks like."""
    return isinstance(value, list) and len(value) < 4 and all(isinstance(item, int) for item in value)
