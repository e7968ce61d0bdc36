"""Conditions of a step's `when`: comparisons of fields with and, or, not and parentheses. No I/O, no models."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Literal, TypeAlias

from orchestra_cli.types import Json

Operator = Literal["is", "is not", "contains", ">=", "<=", ">", "<"]
ORDERING = (">=", "<=", ">", "<")


@dataclass(frozen=True, slots=True)
class Compare:
    """`field` is `step.field` or an input's name; `value` is literal text."""

    field: str
    operator: Operator
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    """True when `part` is false."""

    part: Condition


@dataclass(frozen=True, slots=True)
class Both:
    """True when every part is true."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """True when one part is true."""

    parts: tuple[Condition, ...]


Condition: TypeAlias = Compare | Not | Both | Either

_TOKEN = re.compile(r'\s*(?:(?P<quoted>"[^"]*")|(?P<sign>>=|<=|>|<|\(|\))|(?P<word>[^\s()<>"]+))')
_FIELD = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")


def parse_condition(text: str) -> Condition:
    """The condition that `text` says; `not` binds before `and`, `and` before `or`.

    A value that holds "and", "or" or parentheses stands in double quotes. Raises ValueError with a sentence.
    """
    tokens = _tokens(text)
    if tokens.count("(") > 40:
        raise ValueError("more than 40 parentheses: make it simpler")
    reader = _Reader(tokens)
    condition = reader.either()
    if reader.left:
        raise ValueError(f'"{reader.left[0]}" is not expected here; join comparisons with "and" or "or"')
    return condition


def operands(condition: Condition) -> tuple[str, ...]:
    """The fields the condition asks about, in order, each once."""
    if isinstance(condition, Compare):
        return (condition.field,)
    parts = (condition.part,) if isinstance(condition, Not) else condition.parts
    return tuple(dict.fromkeys(name for part in parts for name in operands(part)))


def comparisons(condition: Condition) -> tuple[Compare, ...]:
    """Every comparison in the condition, in order."""
    if isinstance(condition, Compare):
        return (condition,)
    parts = (condition.part,) if isinstance(condition, Not) else condition.parts
    return tuple(compare for part in parts for compare in comparisons(part))


def missing_operands(condition: Condition, values: Mapping[str, Json]) -> tuple[str, ...]:
    """The fields that are absent, null, empty or `MISSING: ...`."""
    return tuple(name for name in operands(condition) if _is_missing(_value_of(values, name)))


def evaluate(condition: Condition, values: Mapping[str, Json]) -> bool | None:
    """Whether the condition holds; None when any operand is MISSING or cannot be put in order, anywhere in it.

    `values` maps `step.field`, or `step` to its whole answer, or an input's name. Of a list's field all values count:
    `is` and `contains` hold when one of them does, an order when all of them are.
    """
    if missing_operands(condition, values):
        return None
    results = {compare: _compare(compare, _value_of(values, compare.field)) for compare in comparisons(condition)}
    if None in results.values():
        return None
    return _truth(condition, results)


def _value_of(values: Mapping[str, Json], name: str) -> Json:
    if name in values:
        return values[name]
    step, _, field = name.partition(".")
    whole = values.get(step) if field else None
    if isinstance(whole, list):
        return [item[field] for item in whole if isinstance(item, dict) and field in item]
    return whole.get(field) if isinstance(whole, dict) else None


def _truth(condition: Condition, results: Mapping[Compare, bool | None]) -> bool:
    if isinstance(condition, Compare):
        return bool(results[condition])
    if isinstance(condition, Not):
        return not _truth(condition.part, results)
    truths = [_truth(part, results) for part in condition.parts]
    return all(truths) if isinstance(condition, Both) else any(truths)


def _is_missing(value: Json) -> bool:
    if isinstance(value, list):
        return any(_is_missing(item) for item in value)
    return value is None or (isinstance(value, str) and (not value.strip() or value.strip().startswith("MISSING")))


def _compare(compare: Compare, value: Json) -> bool | None:
    if compare.operator in ORDERING:
        if isinstance(value, list):
            orders = [_in_order(compare.operator, item, compare.value) for item in value]
            return None if None in orders else all(orders)
        return _in_order(compare.operator, value, compare.value)
    if compare.operator == "contains":
        if isinstance(value, list):
            return any(_same(item, compare.value) for item in value)
        return _fold(compare.value) in _fold(_text(value))
    same = any(_same(item, compare.value) for item in value) if isinstance(value, list) else _same(value, compare.value)
    return same if compare.operator == "is" else not same


def _in_order(operator: str, value: Json, wanted: str) -> bool | None:
    left, right = order_of(_text(value)), order_of(wanted)
    if left is None or right is None or type(left) is not type(right):
        return None
    signs = {">=": left >= right, "<=": left <= right, ">": left > right, "<": left < right}  # type: ignore[operator]
    return signs[operator]


def order_of(text: str) -> Decimal | date | None:
    """The number or ISO date that the text says, None when it says neither."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        try:
            return date.fromisoformat(text.strip())
        except ValueError:
            return None
    return number if number.is_finite() else None


def _same(value: Json, wanted: str) -> bool:
    text = _text(value)
    left, right = order_of(text), order_of(wanted)
    if left is not None and type(left) is type(right):
        return left == right
    return _fold(text) == _fold(wanted)


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError('a quotation mark is not closed: write "..."')
        tokens.append(match.group().strip())
        position = match.end()
    return tokens


class _Reader:
    """Recursive descent over the tokens still `left`."""

    def __init__(self, tokens: list[str]) -> None:
        self.left = tokens

    def either(self) -> Condition:
        parts = [self.both()]
        while self._take("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def both(self) -> Condition:
        parts = [self.single()]
        while self._take("and"):
            parts.append(self.single())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def single(self) -> Condition:
        negations = 0
        while self._take("not"):
            negations += 1
        inner = self._group() if self._take("(") else self.compare()
        return Not(inner) if negations % 2 else inner

    def _group(self) -> Condition:
        inner = self.either()
        if not self._take(")"):
            raise ValueError("a parenthesis is not closed")
        return inner

    def compare(self) -> Compare:
        field = self.left.pop(0) if self.left else ""
        if not _FIELD.fullmatch(field):
            shown = f'"{field}"' if field else "the end"
            raise ValueError(f"{shown} stands where a field such as triage.label is expected")
        operator = self._operator(field)
        value = self._value()
        if not value:
            raise ValueError(f'"{field} {operator}" needs a value after it')
        if operator in ORDERING and order_of(value) is None:
            raise ValueError(f'"{field} {operator}" needs a number such as 3.00 or a date such as 2027-03-12')
        return Compare(field, operator, value)

    def _operator(self, field: str) -> Operator:
        if self._take("is"):
            return "is not" if self._take("not") else "is"
        word = self.left.pop(0) if self.left else ""
        for operator in ("contains", ">=", "<=", ">", "<"):
            if word == operator:
                return operator
        raise ValueError(f'after "{field}" write one of: is, is not, contains, >=, <=, >, <')

    def _value(self) -> str:
        words: list[str] = []
        while self.left and self.left[0] not in ("and", "or", "(", ")", *ORDERING):
            words.append(self.left.pop(0))
        return " ".join(word[1:-1] if word[0] == '"' and len(word) > 1 else word for word in words)

    def _take(self, token: str) -> bool:
        if self.left and self.left[0] == token:
            self.left.pop(0)
            return True
        return False
