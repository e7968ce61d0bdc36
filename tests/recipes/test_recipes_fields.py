"""Fields: the schema vendors get, and the checks that decide what counts as an answer."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestra_cli.recipes.fields import (
    find_missing,
    item_letters,
    letters_for,
    parse_json_answer,
    schema,
    validate,
    with_ids,
)
from orchestra_cli.recipes.load import parse
from orchestra_cli.types import Field, Json

BRIEF = "Tenders must be received by noon. Prices are fixed."
ITEM = Field(
    "",
    "group",
    fields=(
        Field("quote", "quote", of="brief"),
        Field("kind", "choice", choices=("must include", "must not", "deadline")),
        Field("note", "text", optional=True, max_words=3),
    ),
)
LIST = Field("", "list", at_most=3, fields=(ITEM,))
GOOD: dict[str, Json] = {"quote": "Prices are fixed", "kind": "must include", "note": "ok"}


def find(quote: str, text: str) -> str | None:
    return quote.strip() if quote.strip() and quote.strip() in text else None


def check(field: Field, data: Json) -> tuple[Json, tuple[str, ...]]:
    return validate(
        field, data, {"brief": BRIEF}, frozenset({"F1", "F12"}), source_ids=frozenset({"S3#12"}), find_quote=find
    )


def leaf(kind: Any, data: Json, **more: Any) -> tuple[Json, tuple[str, ...]]:
    cleaned, found = check(Field("", "group", fields=(Field("a", kind, **more),)), {"a": data})
    assert isinstance(cleaned, dict)
    return cleaned.get("a"), found


def test_schema_is_what_strict_modes_want() -> None:
    """Root object, every property required, nothing additional, choices as enum, lists wrapped in items."""
    made: Any = schema(LIST)
    assert list(made["properties"]) == ["items"]
    assert made["additionalProperties"] is False
    listed = made["properties"]["items"]
    assert listed["description"] == "At most 3 items."
    item = listed["items"]
    assert item["required"] == ["quote", "kind", "note"]
    assert item["additionalProperties"] is False
    assert item["properties"]["kind"]["enum"] == ["must include", "must not", "deadline"]
    assert "exactly from brief" in item["properties"]["quote"]["description"]
    assert item["properties"]["note"]["description"] == 'At most 3 words. If it is not there, write "MISSING: why".'
    jsonschema.Draft202012Validator.check_schema(made)
    jsonschema.validate({"items": [GOOD]}, made)


def test_schema_of_groups_and_single_values() -> None:
    """A group is the root itself; a nested list stands under its name; optional choices offer MISSING."""
    tags = Field("tags", "list", fields=(Field("", "choice", choices=("a", "b"), optional=True),))
    made: Any = schema(Field("", "group", fields=(tags, Field("ok", "yes or no"), Field("n", "number", at_most=5))))
    assert list(made["properties"]) == ["tags", "ok", "n"]
    assert made["properties"]["tags"]["items"]["enum"] == ["a", "b", "MISSING: not stated"]
    assert made["properties"]["ok"]["enum"] == ["yes", "no"]
    assert made["properties"]["n"]["description"].endswith("At most 5.")
    assert "description" not in made["properties"]["tags"]


def test_a_right_answer_has_no_problems() -> None:
    """Wrapped or bare, under another single name, with extra keys and other spelling of names."""
    for data in ({"items": [GOOD]}, [GOOD], {"requirements": [GOOD]}, [{**GOOD, "id": "R9"}]):
        assert check(LIST, data) == ([GOOD], ())  # type: ignore[arg-type]
    spelled: Json = {"Quote": "Prices are fixed", "KIND": "Must_Include", "Note": "ok"}
    assert check(LIST, [spelled]) == ([GOOD], ())


def test_valid_items_and_problems_come_together() -> None:
    """A broken item is left out and named; the others are kept."""
    bad: Json = {"quote": "Prices are free", "kind": "must include", "note": "one two three four five"}
    cleaned, found = check(LIST, [GOOD, bad])
    assert cleaned == [GOOD]
    assert found == (
        "item 2, quote: the quote is not in brief word for word: 'Prices are free'. Copy it exactly",
        "item 2, note: 5 words are too many: use at most 3",
    )


def test_too_many_items_are_a_problem() -> None:
    """A list keeps its limit."""
    cleaned, found = check(LIST, [GOOD] * 4)
    assert cleaned == [GOOD] * 3
    assert found == ("4 items are too many: give at most 3",)


def test_missing_is_legal_everywhere() -> None:
    """`MISSING: why` stands for an optional and for a required value, and for a whole list; why may be left out."""
    cleaned, found = check(LIST, [{**GOOD, "kind": "MISSING - the page is cut", "note": None}])
    assert found == ()
    assert cleaned == [{**GOOD, "kind": "MISSING: the page is cut", "note": "MISSING: not stated"}]
    assert check(LIST, {"items": "MISSING"}) == ("MISSING: not stated", ())
    assert find_missing({"a": cleaned, "b": 3}) == (
        "a, item 1, kind: the page is cut",
        "a, item 1, note: not stated",
    )
    assert find_missing([{"id": "R7", "x": "MISSING: why"}]) == ("R7, x: why",)
    assert "is empty" in check(LIST, [{**GOOD, "quote": ""}])[1][0]
    assert "is empty" in check(LIST, [{"kind": "deadline"}])[1][0]


@pytest.mark.parametrize("said", ["must include", "Must include.", "MUST_INCLUDE", "must-include", ' "must  include" '])
def test_choices_are_repaired_to_the_exact_words(said: str) -> None:
    """Case, spaces, hyphens and quotation marks do not matter."""
    assert leaf("choice", said, choices=("must include", "must not")) == ("must include", ())


@pytest.mark.parametrize("said", ["must", "include", "must include it", "deadlines", "may include", ""])
def test_choices_are_never_repaired_to_a_wrong_one(said: str) -> None:
    """A near word is a problem that lists the choices."""
    value, found = leaf("choice", said, choices=("must include", "must not", "deadline"))
    assert value is None
    assert len(found) == 1


def test_choices_that_differ_only_in_spelling_need_the_exact_words() -> None:
    """Where a repair could mean two, it means none."""
    assert leaf("choice", "a-b", choices=("a b", "a-b")) == ("a-b", ())
    assert leaf("choice", "A_B", choices=("a b", "a-b"))[0] is None


@pytest.mark.parametrize(
    ("kind", "said", "expected"),
    [
        ("number", "4,250.50", "4250.50"),
        ("number", 12, "12"),
        ("number", 0.1, "0.1"),
        ("number", "-3", "-3"),
        ("money", "£4,250.00", "4250.00"),
        ("date", "2027-03-12", "2027-03-12"),
        ("date", "12 March 2027", "2027-03-12"),
        ("date", "1st of Apr. 2027", "2027-04-01"),
        ("yes or no", "Yes.", "yes"),
        ("yes or no", False, "no"),
        ("text", 7, "7"),
        ("fact", "[f12]", "F12"),
        ("source", "[S3#12]", "S3#12"),
        ("source", "BRIEF", "brief"),
    ],
)
def test_values_become_exact(kind: str, said: Json, expected: str) -> None:
    """Numbers are decimal text, dates ISO, yes and no words, ids without brackets."""
    assert leaf(kind, said) == (expected, ())


@pytest.mark.parametrize(
    ("kind", "said", "why"),
    [
        ("number", "about ten", "is no number"),
        ("number", "1.250,40", "is no number"),
        ("number", True, "is no number"),
        ("number", "9" * 60, "can be used"),
        ("number", [], "give one value, not a list"),
        ("text", {}, "give one value, not an object"),
        ("date", "12/03/2027", "write it as YYYY-MM-DD"),
        ("date", "31 February 2027", "no day of the calendar"),
        ("date", "12 Foo 2027", "write it as YYYY-MM-DD"),
        ("yes or no", "perhaps", 'use exactly one of "yes", "no"'),
        ("fact", "F99", "is no fact you were shown"),
        ("source", "S9#1", "is no source you were shown"),
    ],
)
def test_values_that_are_wrong(kind: str, said: Json, why: str) -> None:
    """Each is a sentence that a model can act on, and the value is left out."""
    value, found = leaf(kind, said)
    assert value is None
    assert len(found) == 1
    assert found[0].startswith("a: ")
    assert why in found[0]


def test_numbers_keep_their_limit() -> None:
    """`at most N` of a number is its highest value."""
    assert leaf("number", "5", at_most=5) == ("5", ())
    assert leaf("number", "5.5", at_most=5)[1] == ("a: 5.5 is too high: at most 5",)


def test_answers_of_another_shape() -> None:
    """Text for a list, a list for a group, a number for an item: each says what was wanted."""
    assert check(LIST, "no") == (None, ("give a list, not text",))
    assert check(LIST, None) == (None, ("give a list, not nothing",))
    assert check(LIST, {"a": 1, "b": 2}) == (None, ("give a list, not an object",))
    assert check(LIST, [3])[1] == ('item 1: give an object with "quote", "kind", "note", not a number',)
    assert check(ITEM, [])[1] == ('give an object with "quote", "kind", "note", not a list',)
    assert check(ITEM, True)[1] == ('give an object with "quote", "kind", "note", not yes or no',)


def test_nested_problems_name_their_place() -> None:
    """A problem deep in an answer says where it is."""
    field = Field(
        "", "list", fields=(Field("", "group", fields=(Field("tags", "list", fields=(Field("", "number"),)),)),)
    )
    assert check(field, [{"tags": ["1", "x"]}])[1][0].startswith("item 1, tags, item 2: ")


def test_the_product_finds_quotes_by_default() -> None:
    """Without a function of one's own, quotes are looked for by the room of facts."""
    pytest.importorskip("orchestra_cli.facts.quotes")
    cleaned, found = validate(Field("", "list", fields=(Field("", "quote", of="b"),)), ["prices are"], {"b": "x"})
    assert cleaned == []
    assert len(found) == 1


def test_lists_get_ids_from_code() -> None:
    """R1, R2, ...; whatever ids a model gave are replaced; other data is left alone."""
    assert with_ids("R", [{"id": "x", "a": "1"}, "plain"]) == [{"id": "R1", "a": "1"}, {"id": "R2", "text": "plain"}]
    assert with_ids("R", {"a": "1"}) == {"a": "1"}
    assert with_ids("R", "MISSING: x") == "MISSING: x"


def test_letters_never_clash() -> None:
    """The first letter of the step, two on a clash; F and S belong to facts and sources."""
    assert letters_for("requirements", ()) == "R"
    assert letters_for("risks", ("R",)) == "RI"
    assert letters_for("findings", ()) == "FI"
    assert letters_for("s", ()) == "SX"
    assert letters_for("r", ("R",)) == "RX"
    text = "---\nrecipe: d\n---\n" + "".join(
        f"\n# Step: {name}\nrole: extract\nreturns:\n  - text\n\nx\n" for name in ("risks", "rules", "facts_found")
    )
    recipe = parse(text + "\n# Deliver: md\n{risks}{rules}{facts_found}", "d.md")
    assert item_letters(recipe) == {"risks": "R", "rules": "RU", "facts_found": "FA"}


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1, 2]}',
        '\ufeff{"a": [1, 2]}\n',
        '```json\n{"a": [1, 2]}\n```',
        'Here it is [1]:\n\n```\n{"a": [1, 2]}\n```\nAnything else? {no}',
        'Sure! {"a": [1, 2]} I hope that helps [see page 3] (or {this}).',
        '{"a": [1, 2]}\n\nAgain: {"a": [1, 2]}',
        '{"a": [1, 2], "a": [1, 2]}',
    ],
)
def test_one_json_value_is_found_in_small_talk(text: str) -> None:
    """Fences, remarks, footnote marks, a byte order mark and a repetition are tolerated."""
    assert parse_json_answer(text) == {"a": [1, 2]}


def test_values_that_are_no_objects() -> None:
    """Lists and single values count too when they are the whole answer."""
    assert parse_json_answer("[1, 2]") == [1, 2]
    assert parse_json_answer('```json\n"yes"\n```') == "yes"
    assert parse_json_answer(" 3.50 ") == 3.5
    assert parse_json_answer("See [1] and [2]: [3, 4, 5, 6]") == [3, 4, 5, 6]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JSON"),
        ("I cannot do that.", "no JSON"),
        ('{"items": [{"a": "x"}, {"a": "y"', "cut off"),
        ('{"items": [{"a": "x"}, {"a": "yy', "cut off"),
        ('```json\n{"items": [{"a": "x"},\n```', "broken"),
        ('{"a": 1} and {"a": 2}', "two different"),
        ('{"a": true} and {"a": 1}', "two different"),
        ('{"total": 1, "total": 2}', "twice"),
        ('{"a": NaN}', "no number"),
        ('{"a": 1,}', "broken"),
        ("[" * 100_000, "nested too deeply|cut off"),
        ('{"a": ' + "9" * 5000 + "}", "400 digits"),
    ],
)
def test_half_answers_and_two_answers_are_refused(text: str, why: str) -> None:
    """What is cut, broken, contradictory or absent is an error with a name."""
    with pytest.raises(ValueError, match=why):
        parse_json_answer(text)


LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())
DATA = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=15,
)
TEXT = st.text(alphabet=st.characters(blacklist_categories=["Cs"]))


@given(DATA)
def test_what_is_written_as_json_is_read_again(data: Any) -> None:
    """Serialised and parsed, bare or fenced, a value is itself."""
    text = json.dumps(data)
    assert parse_json_answer(text) == data
    assert parse_json_answer(f"```json\n{json.dumps(data, indent=1)}\n```") == data


@given(st.dictionaries(st.text(), LEAVES, min_size=1))
def test_an_object_is_found_in_any_plain_talk(data: Any) -> None:
    """Words before and after do not matter."""
    assert parse_json_answer(f"Here you are:\n{json.dumps(data)}\nBest wishes") == data


@given(st.text())
def test_any_text_is_json_or_a_value_error(text: str) -> None:
    """No answer crashes the reader."""
    try:
        parse_json_answer(text)
        said = "a value"
    except ValueError as error:
        said = str(error)
    assert said


@given(st.dictionaries(st.text(min_size=1), st.lists(st.text(), min_size=1), min_size=1), st.data())
def test_a_cut_answer_is_never_taken_for_a_whole_one(data: Any, draw: st.DataObject) -> None:
    """Wherever a stream breaks off, the rest is an error, not a smaller answer."""
    text = json.dumps(data)
    cut = text[: draw.draw(st.integers(1, len(text) - 1))]
    with pytest.raises(ValueError, match=r".+"):
        parse_json_answer(cut)


@given(DATA)
def test_no_data_crashes_the_checks(data: Any) -> None:
    """Whatever a model sends, there is a result, and a clean result passes again unchanged."""
    for field in (LIST, ITEM, Field("", "list", fields=(Field("", "number"),))):
        cleaned, found = check(field, data)
        assert all(found)
        if not found:
            assert check(field, cleaned) == (cleaned, ())


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9))
def test_amounts_stay_exact(amount: Decimal) -> None:
    """An amount comes back to the cent."""
    value, found = leaf("money", f"{amount:,f}")
    assert found == ()
    assert Decimal(str(value)) == amount


@given(TEXT)
def test_a_choice_is_one_of_the_choices_or_a_problem(said: str) -> None:
    """No text is taken for a choice that was not offered."""
    value, found = leaf("choice", said, choices=("refund", "bug", "must not"))
    assert value in ("refund", "bug", "must not") or found or str(value).startswith("MISSING: ")
