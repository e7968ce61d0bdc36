"""Conditions: what they say, how they bind, and what MISSING does to them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestra_cli.recipes.when import Both, Compare, Either, Not, evaluate, missing_operands, operands, parse_condition
from orchestra_cli.types import Json

VALUES: dict[str, Json] = {
    "t.label": "refund",
    "t.amount": "120.50",
    "t.ok": True,
    "t.day": "2027-03-12",
    "t.tags": ["late", "Angry Customer"],
    "t.gone": "MISSING: not stated",
    "t.null": None,
    "t.text": "a long road",
    "size": "very large",
    "whole": {"kind": "bug", "count": 3},
    "rows": [{"kind": "a", "n": 5}, {"kind": "b", "n": 9}],
}


def holds(text: str) -> bool | None:
    return evaluate(parse_condition(text), VALUES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("t.label is refund", True),
        ("t.label is Refund", True),
        ("t.label is not refund", False),
        ("t.label is not complaint", True),
        ("size is very  large", True),
        ("t.text contains long road", True),
        ("t.text contains short", False),
        ("t.tags contains angry customer", True),
        ("t.tags contains angry", False),
        ("t.tags is late", True),
        ("t.tags is not late", False),
        ("t.ok is yes", True),
        ("t.ok is not no", True),
        ("t.amount > 120.5", False),
        ("t.amount >= 120.5", True),
        ("t.amount is 120.500", True),
        ("t.amount < 1000", True),
        ("t.amount <= 99", False),
        ("t.day < 2027-04-01", True),
        ("t.day > 2027-04-01", False),
        ("t.day is 2027-03-12", True),
        ("whole.kind is bug and whole.count >= 3", True),
        ("rows.kind is b", True),
        ("rows.n >= 5", True),
        ("rows.n > 5", False),
        ('t.label is "refund" or t.label is "and or not"', True),
        ("t.label>refund2 or t.label is refund", None),
    ],
)
def test_comparisons(text: str, expected: bool | None) -> None:
    """Words are compared without case, numbers as numbers, dates as dates; lists by their values."""
    if expected is None:
        with pytest.raises(ValueError, match="needs a number"):
            holds(text)
    else:
        assert holds(text) is expected


def test_and_binds_before_or_and_not_before_and() -> None:
    """Precedence is not, and, or; parentheses change it."""
    a, b, c = (Compare(name, "is", "1") for name in "abc")
    assert parse_condition("a is 1 or b is 1 and c is 1") == Either((a, Both((b, c))))
    assert parse_condition("(a is 1 or b is 1) and not c is 1") == Both((Either((a, b)), Not(c)))
    assert parse_condition("not not a is 1") == a
    assert parse_condition("not (a is 1 and b is 1)") == Not(Both((a, b)))
    assert operands(parse_condition("not (a is 1 and b is 1) or a is 2")) == ("a", "b")


@pytest.mark.parametrize("gone", ["t.gone", "t.null", "t.unheard", "nobody"])
def test_any_missing_operand_makes_it_unknown(gone: str) -> None:
    """One MISSING operand decides, even where the rest would hold without it."""
    condition = parse_condition(f"t.label is refund or not {gone} is x")
    assert evaluate(condition, VALUES) is None
    assert missing_operands(condition, VALUES) == (gone,)


def test_what_cannot_be_put_in_order_is_unknown() -> None:
    """Text is neither above nor below a number, nor a number a date."""
    assert holds("t.label >= 3") is None
    assert holds("t.amount >= 2027-01-01") is None
    assert evaluate(parse_condition("a > 1"), {"a": ["2", "x"]}) is None
    assert evaluate(parse_condition("a > 1"), {"a": "NaN"}) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "a field such as triage.label"),
        ("Label is x", "a field such as triage.label"),
        ("a", "write one of"),
        ("a = 3", "write one of"),
        ("a is", "needs a value"),
        ("a is x and", "the end"),
        ("(a is x", "parenthesis is not closed"),
        ("a is x)", "not expected here"),
        ('a is "x', "quotation mark"),
        ("(" * 9000 + "a is x", "more than 40 parentheses"),
        ("a > 3,5", "needs a number such as 3.00"),
    ],
)
def test_conditions_that_are_wrong(text: str, why: str) -> None:
    """Each mistake is a sentence that says what to write."""
    with pytest.raises(ValueError, match=why):
        parse_condition(text)


@given(st.text(max_size=60))
def test_any_text_is_a_condition_or_a_value_error(text: str) -> None:
    """No text crashes the reader of conditions."""
    try:
        condition = parse_condition(text)
    except ValueError:
        return
    assert evaluate(condition, {}) is None
