from collections.abc import Callable

import pytest

from orchestra_cli.models.embedded import values
from orchestra_cli.models.embedded.fields import NOT_FOUND, FieldPlayer
from orchestra_cli.models.embedded.judge import Judge
from orchestra_cli.models.embedded.material import material_of
from orchestra_cli.models.embedded.passages import Passage, squeeze
from orchestra_cli.types import Call, Field, Json

MakeCall = Callable[..., Call]


def _play(call: Call, judge: Judge) -> Json:
    return FieldPlayer(call, material_of(call), judge).play()


def _items(data: Json) -> list[dict[str, str]]:
    assert isinstance(data, dict)
    return data["items"]  # type: ignore[return-value]


def test_requirements_are_exact_quotes_in_order(
    judge: Judge, hall: Callable[[str], str], make_call: MakeCall, requirements_field: Field
) -> None:
    """All 25 requirements of the made-up tender, word for word, each with its kind and where it stands."""
    call = make_call(
        "List every requirement the tender sets.", {"brief": hall("brief.txt")}, returns=requirements_field
    )
    items = _items(_play(call, judge))
    source = squeeze(hall("brief.txt"))
    places = [source.index(item["quote"]) for item in items]
    assert len(items) == 25
    assert places == sorted(places)
    kinds = {item["quote"]: item["kind"] for item in items}
    assert kinds["The tender shall not exceed ten A4 pages."] == "limit"
    assert kinds["Late tenders will not be considered."] == "must not"
    assert items[0]["note"] == "clause 2.1, The works"
    assert _play(call, judge) == {"items": items}


def test_at_most_is_kept(
    judge: Judge, hall: Callable[[str], str], make_call: MakeCall, requirements_field: Field
) -> None:
    """A list with a limit stops there."""
    returns = Field("", "list", at_most=3, fields=requirements_field.fields)
    call = make_call("List the requirements.", {"brief": hall("brief.txt")}, returns=returns)
    assert len(_items(_play(call, judge))) == 3


def test_of_too_many_the_surest_are_kept(judge: Judge, make_call: MakeCall, requirements_field: Field) -> None:
    """Seventy sentences that ask: sixty of them, in the order of the source."""
    text = "\n\n".join(f"The contractor must do work number {n} well." for n in range(70))
    items = _items(_play(make_call("List the requirements.", {"brief": text}, returns=requirements_field), judge))
    assert len(items) == 60
    assert items[0]["quote"].endswith("number 0 well.")


def test_a_repeated_sentence_is_one_item(judge: Judge, make_call: MakeCall, requirements_field: Field) -> None:
    """The same words twice in the source are asked once."""
    text = "You must sign it.\n\nYou must sign it."
    assert len(_items(_play(make_call("Requirements?", {"brief": text}, returns=requirements_field), judge))) == 1


def test_other_lists_take_what_is_likest_to_the_task(judge: Judge, make_call: MakeCall) -> None:
    """A list of texts without kinds: the passages about the task, not the rest."""
    text = "The boiler failed twice last winter. The canteen serves soup. Engineers replaced the boiler pump in May."
    call = make_call(
        "What happened to the heating boiler?", {"notes": text}, returns=Field("", "list", fields=(_TEXT,))
    )
    found = _play(call, judge)
    assert isinstance(found, dict)
    assert found["items"] == ["The boiler failed twice last winter.", "Engineers replaced the boiler pump in May."]


_TEXT = Field("", "text")


def test_emphasis_around_a_whole_quote_is_not_quoted(
    judge: Judge, make_call: MakeCall, requirements_field: Field
) -> None:
    """`**The offer must be signed.**` is quoted without its stars."""
    call = make_call("Requirements?", {"brief": "**The offer must be signed.**"}, returns=requirements_field)
    assert _items(_play(call, judge))[0]["quote"] == "The offer must be signed."


def test_a_group_reads_values_only_where_they_stand(judge: Judge, make_call: MakeCall) -> None:
    """Figures beside their names are read, everything else is MISSING, or None when optional."""
    page = "start date: 3 May 2027\nbudget: £12,500.00\nguests: 40\ncatering: yes\nThe hall has a stage and a kitchen."
    returns = Field(
        "",
        "group",
        fields=(
            Field("start_date", "date"),
            Field("budget", "money"),
            Field("guests", "number"),
            Field("catering", "yes or no"),
            Field("deposit", "money"),
            Field("end_date", "date", optional=True),
            Field("music", "yes or no", optional=True),
            Field("source", "source", optional=True),
            Field("what_the_hall_has", "quote", of="notes"),
        ),
    )
    assert _play(make_call("Read the booking.", {"notes": page}, returns=returns), judge) == {
        "start_date": "2027-05-03",
        "budget": "GBP 12,500.00",
        "guests": 40,
        "catering": "yes",
        "deposit": NOT_FOUND,
        "end_date": None,
        "music": None,
        "source": None,
        "what_the_hall_has": "The hall has a stage and a kitchen.",
    }


def test_a_single_choice_judges_the_whole_material(judge: Judge, make_call: MakeCall) -> None:
    """A message without any list: its topic."""
    returns = Field("topic", "choice", choices=("refund", "delivery", "praise"))
    call = make_call("What is it about?", {"message": "My parcel has not arrived yet, where is it?"}, returns=returns)
    assert _play(call, judge) == {"items": "delivery"}


def test_a_fact_field_names_the_fact_that_fits(judge: Judge, hall: Callable[[str], str], make_call: MakeCall) -> None:
    """The id of the likest label; MISSING when no fact is like it."""
    returns = Field("", "group", fields=(Field("gross_total", "fact"), Field("wind_speed", "fact")))
    found = _play(make_call("Read.", {"facts": hall("facts.txt")}, returns=returns), judge)
    assert isinstance(found, dict)
    assert found["gross_total"] == "F3"
    assert found["wind_speed"] == NOT_FOUND


def test_texts_are_cut_to_their_words(judge: Judge, make_call: MakeCall) -> None:
    """`max 5 words` is kept; a text nobody has anything for is MISSING."""
    page = "The roof of the hall leaks above the stage in heavy rain."
    call = make_call("Summary.", {"notes": page}, returns=Field("roof_leaks", "text", max_words=5))
    assert _play(call, judge) == {"items": "The roof of the hall"}
    empty = make_call("Summary.", {"notes": "Page 1"}, returns=Field("roof_leaks", "text"))
    assert _play(empty, judge) == {"items": NOT_FOUND}


def test_required_text_beside_a_quote_is_the_sentence_itself(judge: Judge, make_call: MakeCall) -> None:
    """Nested groups as well: the text is cut from the quoted sentence."""
    inner = Field("", "group", fields=(Field("quote", "quote", of="brief"), Field("gist", "text", max_words=4)))
    returns = Field("", "group", fields=(Field("rules", "list", fields=(inner,)),))
    call = make_call("List the requirements.", {"brief": "The offer must be signed by hand."}, returns=returns)
    assert _play(call, judge) == {
        "rules": [{"quote": "The offer must be signed by hand.", "gist": "The offer must be"}]
    }


def test_a_quote_may_come_from_one_of_several_files(
    judge: Judge, make_call: MakeCall, requirements_field: Field
) -> None:
    """Parts named `brief/...` belong to `brief`; others do not."""
    parts = {"brief/a.txt": "You must sign.", "brief/b.txt": "You must pay.", "company": "We must eat."}
    items = _items(_play(make_call("Requirements?", parts, returns=requirements_field), judge))
    assert [item["quote"] for item in items] == ["You must sign.", "You must pay."]


def test_a_call_without_fields_has_no_data(judge: Judge, make_call: MakeCall) -> None:
    """Nothing was asked for."""
    assert _play(make_call("x", {"a": "b"}), judge) is None


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("date", "on 14 November 2026", "2026-11-14"),
        ("date", "by April 8, 2016", "2016-04-08"),
        ("date", "2026-02-03", "2026-02-03"),
        ("date", "31 June 2026", None),
        ("date", "3 May 2027 or 4 May 2027", None),
        ("date", "14/11/2026", None),
        ("money", "USD 5,000", "USD 5,000"),
        ("money", "€ 20.50", "EUR 20.50"),
        ("money", "no amount", None),
        ("number", "1,250.5 m", 1250.5),
        ("number", "12 or 13", None),
        ("yes or no", "No, thanks", "no"),
        ("yes or no", "not sure", None),
        ("text", "anything", None),
    ],
)
def test_values_are_read_never_guessed(kind: str, text: str, value: object) -> None:
    """One clear value is read; two, or half a one, are none."""
    assert values.read(kind, text) == value  # type: ignore[arg-type]


def test_a_value_is_found_by_every_word_of_its_name() -> None:
    """`end_date` is not the line `start date`."""
    line = Passage("start date: 3 May", "notes", "line", name="start date")
    assert values.names(line, "start_date")
    assert not values.names(line, "end_date")
    assert values.right_side(Passage("A sentence: so.", "notes")) == "A sentence: so."
    assert values.place_of(Passage("x", "brief")) == "brief"
