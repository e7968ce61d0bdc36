"""Values: their one canonical form, their hash, and how fields are written for a reader."""

from __future__ import annotations

import json
import string
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestra_cli.engine.journal_keys import key_of, label_of, path_of, step_of_path
from orchestra_cli.engine.result import money
from orchestra_cli.engine.values import (
    Value,
    as_table,
    as_text,
    canonical_json,
    decode,
    digest,
    encode,
    field_of,
    items_of,
    missing_fields,
    sha256,
)
from orchestra_cli.types import Fact, Json, Source, WebSource

texts = st.text(max_size=40)
names = st.text(string.ascii_lowercase, min_size=1, max_size=8)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
jsons = st.recursive(leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4))
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=4)
facts = st.builds(
    Fact,
    id=st.from_regex(r"F[1-9][0-9]{0,2}", fullmatch=True),
    label=texts,
    value=decimals | st.dates() | texts,
    unit=texts,
    currency=st.sampled_from(["", "GBP", "EUR"]),
    period=texts,
    source=st.none() | st.builds(Source, file=texts, sheet=texts, row=st.none() | st.integers(1, 9999)),
    formula=texts,
    decimals=st.none() | st.integers(0, 6),
)
values = st.builds(
    Value,
    text=texts,
    data=jsons,
    facts=st.lists(facts, max_size=3).map(tuple),
    views=st.lists(st.tuples(names, texts), max_size=2).map(tuple),
    sources=st.lists(st.builds(WebSource, n=st.integers(0, 99), url=texts, quote=texts), max_size=2).map(tuple),
    missing=texts,
)


@given(values)
def test_value_comes_back_as_it_was_written(value: Value) -> None:
    """`decode` is the inverse of `encode` for every value, to the type of each figure."""
    again = decode(encode(value))
    assert again == value
    assert [type(fact.value) for fact in again.facts] == [type(fact.value) for fact in value.facts]
    assert encode(again) == encode(value)


@given(values)
def test_digest_is_what_a_reader_sees(value: Value) -> None:
    """Text, fields and facts change the hash; views, web sources and the reason for a gap do not."""
    same = Value(value.text, value.data, value.facts, views=(("x", "y"),), missing="other")
    assert digest(same) == digest(value)
    assert digest(Value(value.text + "!", value.data, value.facts)) != digest(value)
    assert digest(Value(value.text, [value.data], value.facts)) != digest(value)
    more = (*value.facts, Fact("F999", "one more", Decimal(1)))
    assert digest(Value(value.text, value.data, more)) != digest(value)


@given(st.dictionaries(texts, jsons, max_size=5))
def test_canonical_json_has_one_spelling(data: dict[str, Json]) -> None:
    """The order of keys does not matter, the text reads back as the data, and nothing is escaped needlessly."""
    turned = dict(reversed(list(data.items())))
    assert canonical_json(turned) == canonical_json(data)
    assert json.loads(canonical_json(data)) == data


def test_canonical_json_refuses_what_json_cannot_hold() -> None:
    """A Decimal in a key would have two spellings."""
    with pytest.raises(TypeError):
        canonical_json({"a": Decimal(1)})
    assert canonical_json({"b": "é", "a": [1, None]}) == '{"a":[1,null],"b":"é"}'


def test_hash_takes_every_text() -> None:
    """Also one with a lone surrogate, as file names may hold."""
    assert sha256("\udcff") != sha256("?")


reads = st.lists(st.tuples(names, texts), max_size=4)


@given(names, st.integers(0, 9), st.dictionaries(names, leaves, max_size=4), reads, texts)
def test_key_is_a_function_of_all_its_parts(
    path: str, epoch: int, spec: dict[str, Json], read: list[tuple[str, str]], pin: str
) -> None:
    """Equal parts give equal keys; each part alone changes it."""
    key = key_of(path, epoch, "model", spec, read, pin)
    assert key == key_of(path, epoch, "model", dict(reversed(list(spec.items()))), tuple(read), pin)
    others = {
        key_of(path + "x", epoch, "model", spec, read, pin),
        key_of(path, epoch + 1, "model", spec, read, pin),
        key_of(path, epoch, "review", spec, read, pin),
        key_of(path, epoch, "model", {**spec, "Z": 1}, read, pin),
        key_of(path, epoch, "model", spec, [*read, ("z", "1")], pin),
        key_of(path, epoch, "model", spec, read, pin + "x"),
    }
    assert len(others | {key}) == 7


def test_key_of_parts_that_only_look_alike_differs() -> None:
    """Parts cannot run into each other."""
    assert key_of("a", 0, "m", {}, [("b", "c")]) != key_of("a", 0, "m", {}, [("bc", "")])
    assert key_of("a", 0, "m", {}, [("b", "1"), ("c", "2")]) != key_of("a", 0, "m", {}, [("c", "2"), ("b", "1")])


@given(
    names,
    st.integers(0, 12),
    st.sampled_from(["", "scope", "why-us-2"]),
    st.none() | st.tuples(st.integers(1, 2000), texts),
)
def test_path_tells_its_step(step: str, round_: int, section: str, item: tuple[int, str] | None) -> None:
    """The step can be read from every path that is made for it, and a label of it is a file name."""
    path = path_of(step, round_=round_, section=section, item=item)
    assert step_of_path(path) == step
    assert label_of(path, 0).replace("-", "").replace("_", "").isalnum()
    assert label_of(path, 0) != label_of(path, 1)


def test_paths_are_those_of_the_design() -> None:
    """`check#2`, `draft#2/programme`, `draft[007:...]`."""
    assert path_of("check", round_=2) == "check#2"
    assert path_of("draft", round_=2, section="programme") == "draft#2/programme"
    assert path_of("draft", item=(7, "x")).startswith("draft[007:")


def test_fields_read_well() -> None:
    """Groups are lines, list items keep their ids, yes is yes, nothing is nothing."""
    assert as_text({"kind": "leak", "rooms": ["hall", "attic"], "wet": True, "note": None}) == (
        "kind: leak\nrooms: hall; attic\nwet: yes\nnote: "
    )
    assert as_text([{"id": "R1", "quote": "A  b", "note": ""}, "plain"]) == "R1 | quote: A b\n- plain"
    assert as_text([{"of": {"who": "Ada", "ok": False}}]) == "- | of: who Ada, ok no"
    assert as_text(None) == ""
    assert as_text(4) == "4"


def test_list_of_groups_is_a_table_other_lists_are_bullets() -> None:
    """For a person groups stand in a table whose cells cannot break it."""
    rows: list[Json] = [{"id": "R1", "quote": "a|b"}, {"id": "R2", "kind": "x"}]
    assert as_table(rows).splitlines() == [
        "|  | quote | kind |",
        "| --- | --- | --- |",
        "| R1 | a\\|b |  |",
        "| R2 |  | x |",
    ]
    assert as_table(["a", "b"]) == "- a\n- b"
    assert as_table([]) == ""


def test_fields_and_items_are_found_wherever_they_stand() -> None:
    """One field over a list or a group; plain values become groups with an id."""
    data: Json = [{"id": "R1", "kind": "a"}, {"id": "R2", "kind": ""}, "x"]
    assert field_of(data, "kind") == ("a",)
    assert field_of({"kind": "b"}, "kind") == ("b",)
    assert items_of(["x", {"id": "R2"}]) == ({"id": "1", "text": "x"}, {"id": "R2"})
    assert items_of({"a": 1}) == ()


def test_missing_values_are_named_by_their_place() -> None:
    """Every MISSING in fields, with its item and its reason."""
    data: Json = {"owner": "MISSING: nobody", "rows": [{"id": "R1", "due": "MISSING"}], "n": 3}
    assert missing_fields(data, "job") == ("job.owner: nobody", "job.rows R1.due: no reason given")


@pytest.mark.parametrize(
    ("amount", "text"),
    [(None, None), (Decimal(0), "0"), (Decimal("0E-8"), "0"), (Decimal("1E+3"), "1000"), (Decimal("0.0100"), "0.01")],
)
def test_money_is_text_without_an_exponent(amount: Decimal | None, text: str | None) -> None:
    """As the contract has it; unknown is null."""
    assert money(amount) == text


def test_absent_value_says_why() -> None:
    """What a reader of a step that was left out gets."""
    absent = Value.absent("no web search")
    assert (absent.text, absent.missing, absent.data) == ("MISSING: no web search", "no web search", None)
    assert absent.view("table") is None
    assert Value("x", views=(("table", "T"),)).view("table") == "T"
    assert date(2027, 3, 12).isoformat() in encode(Value("", facts=(Fact("F1", "day", date(2027, 3, 12)),)))
