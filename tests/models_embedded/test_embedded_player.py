import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestra_cli.errors import NoModelError
from orchestra_cli.models.embedded import player
from orchestra_cli.models.embedded.minilm import embed
from orchestra_cli.types import Answer, Call, CallFailed, Field

FILE = Path("/models/smollm2-135m.gguf")


def _ask(call: Call, writer: Any) -> tuple[Answer, list[str]]:
    arrived: list[str] = []
    answer = asyncio.run(player.ask(call, arrived.append, model_file=FILE, writer=writer, embed=embed))
    return answer, arrived


def test_prose_arrives_section_by_section(hall_call: Callable[..., Call], said: Any) -> None:
    """The pieces make up the answer; the model is named, its usage counted, its cost not stated."""
    call = hall_call("Write the sections Understanding, Scope of work.", [("R1", "You must sign.", "must include")])
    answer, arrived = _ask(call, said("Nothing that may stand here."))
    assert len(arrived) == 2
    assert "".join(arrived).strip() == answer.text
    assert (answer.model, answer.provider, answer.data) == ("embedded/smollm2-135m", "embedded", None)
    assert answer.usage.input is not None
    assert answer.usage.input > 500
    assert answer.usage.output is not None
    assert answer.usage.output > 50
    assert answer.cost_usd is None


def test_fields_come_as_data_and_as_json(make_call: Callable[..., Call], requirements_field: Field, said: Any) -> None:
    """The text is the JSON of the data."""
    call = make_call("List the requirements.", {"brief": "The offer must be signed."}, returns=requirements_field)
    answer, _ = _ask(call, said("x"))
    assert json.loads(answer.text) == answer.data
    assert answer.data == {"items": [{"quote": "The offer must be signed.", "kind": "must include", "note": "brief"}]}


def test_a_single_value_is_data_too(make_call: Callable[..., Call], said: Any) -> None:
    """A choice at the root comes as its schema says."""
    returns = Field("topic", "choice", choices=("refund", "delivery"))
    answer, arrived = _ask(make_call("Topic?", {"m": "Where is my parcel?"}, returns=returns), said("x"))
    assert answer.data == {"items": "delivery"}
    assert arrived == ['{"items": "delivery"}']


def test_a_review_and_a_redo_are_known(make_call: Callable[..., Call], said: Any) -> None:
    """Fields about sections are a review; a section as it is wants to be written anew."""
    member = Field("", "group", fields=(Field("section", "choice", choices=("a-1",)), Field("fix", "text")))
    call = make_call("Check.", {"draft": "## A\n\nFine."}, returns=Field("", "list", fields=(member,)))
    assert _ask(call, said("x"))[0].data == {"items": []}
    again = make_call("Anew.", {"the section as it is": "## A\n\nFine."})
    assert _ask(again, said("x"))[0].text == "## A\n\nFine."


def test_a_plain_question_is_answered_by_the_language_model(make_call: Callable[..., Call], said: Any) -> None:
    """No material: its words; cut ones end at a whole word."""
    assert _ask(make_call("Say ready."), said("ready"))[0].text == "ready"
    assert _ask(make_call("Say much."), said("one two thr", whole=False))[0].text == "one two"
    assert _ask(make_call("Say.", max_output_tokens=8), said("one two thr", whole=False))[0].text == "one two thr"


def test_silence_is_no_answer(make_call: Callable[..., Call], said: Any) -> None:
    """An empty answer is a failed call."""
    with pytest.raises(CallFailed) as caught:
        _ask(make_call("Say ready."), said(""))
    assert caught.value.kind == "invalid"


def test_failures_of_the_model_come_through(make_call: Callable[..., Call]) -> None:
    """A CallFailed raised in the thread is raised here."""

    class Failing:
        def write(self, *given: Any, **more: Any) -> Any:
            raise CallFailed("too_long", "more text than the small model takes", provider="embedded")

    with pytest.raises(CallFailed) as caught:
        _ask(make_call("Say ready."), Failing())
    assert caught.value.kind == "too_long"


def test_the_event_loop_stays_live(make_call: Callable[..., Call], said: Any) -> None:
    """While the models compute, other work goes on; cancelling ends the wait."""

    async def both() -> int:
        ticks = 0
        call = make_call(
            "List.",
            {"brief": "The offer must be signed. " * 50},
            returns=Field("", "list", fields=(Field("", "text"),)),
        )
        asking = asyncio.create_task(
            player.ask(call, lambda text: None, model_file=FILE, writer=said("x"), embed=embed)
        )
        while not asking.done():
            ticks += 1
            await asyncio.sleep(0)
        return ticks

    assert asyncio.run(both()) > 1


def test_without_the_extra_the_error_says_what_to_type(
    make_call: Callable[..., Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is loaded."""
    monkeypatch.setattr(player, "available", lambda: False)
    with pytest.raises(NoModelError, match=r"orchestra-recipes\[local\]"):
        asyncio.run(player.ask(make_call("x"), lambda text: None, model_file=FILE))


def test_play_works_without_a_language_model(make_call: Callable[..., Call], judge: Any) -> None:
    """Everything but plain questions needs MiniLM only."""
    with pytest.raises(CallFailed):
        list(player.play(make_call("Say ready."), None, judge))
