"""One question over a dialect and the network: a whole answer, or a failure that says what is known."""

from __future__ import annotations

import asyncio
import sys
import types
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from recordings import load

from orchestra_cli.models import ask as room
from orchestra_cli.models.ask import ask
from orchestra_cli.models.catalogue import Catalogue
from orchestra_cli.models.http import Http
from orchestra_cli.models.providers import Provider, known
from orchestra_cli.settings import Settings
from orchestra_cli.types import Answer, Call, CallFailed, Part, Usage

CALL = Call("x/m", "draft", "write", "You write.", (Part("brief", "t", "<t>"),), "Write.", 500)
STREAMS = {
    "openai": ("openai/gpt-5-nano", "openai-responses-stream-9c59a175"),
    "mistral": ("mistral/mistral-small-latest", "mistral-chat-stream-16e68f8c"),
    "anthropic": ("anthropic/claude-haiku-4-5", "anthropic-messages-stream-e2c0ce6c"),
    "gemini": ("gemini/gemini-3-flash-preview", "gemini-generatecontent-stream-3faaaf2b"),
}


def provider(name: str, **changes: Any) -> Provider:
    return replace(known(Settings(), {})[name], **changes)


def asked(
    handler: Callable[[httpx.Request], httpx.Response],
    who: Provider,
    call: Call = CALL,
    card: Any = None,
    deltas: list[str] | None = None,
) -> Answer:
    async def go() -> Answer:
        async with Http(transport=httpx.MockTransport(handler)) as http:
            return await ask(call, who, "sk-1", http, ([] if deltas is None else deltas).append, card)

    return asyncio.run(go())


def replying(status: int = 200, content: bytes = b"", **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request: httpx.Response(status, content=content, headers=named)


def failing(*arguments: Any, **options: Any) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        asked(*arguments, **options)
    return caught.value


@pytest.mark.parametrize("name", STREAMS)
def test_every_dialect_asks_and_answers(name: str) -> None:
    """The recorded stream of each vendor becomes its answer, shown piece by piece, with the vendor's id."""
    model, recording = STREAMS[name]
    handler = replying(200, load(recording).sse, content_type="text/event-stream", request_id="req_7")
    deltas: list[str] = []
    answer = asked(handler, provider(name), replace(CALL, model=model), Catalogue.load().card(model), deltas)
    assert answer.text == "".join(deltas) != ""
    assert (answer.provider, answer.request_id) == (name, "req_7")
    assert answer.usage.input


def test_a_plain_json_answer_is_taken_too() -> None:
    """A gateway that does not stream answers whole; the text is shown at once."""
    deltas: list[str] = []
    body = load("mistral-chat-jsonschema-571b4ad1").body
    call = replace(CALL, schema={"type": "object"})
    answer = asked(replying(200, body, content_type="application/json"), provider("mistral"), call, deltas=deltas)
    assert answer.data == {"name": "Bob", "age": 30}
    assert deltas == [answer.text]


def test_a_stream_that_ends_half_way_in_good_order_is_cut() -> None:
    """What five well-known libraries take for an answer."""
    half = load("anthropic-messages-stream-e2c0ce6c").sse[:1200]
    failure = failing(replying(200, half, content_type="text/event-stream"), provider("anthropic"))
    assert (failure.kind, failure.billed, failure.provider) == ("cut", "yes", "anthropic")
    assert failure.partial.startswith("The weather in Paris")
    assert failure.usage is not None
    assert failure.usage.input == 934


def test_a_connection_that_breaks_after_the_last_event_is_no_loss() -> None:
    """The answer was whole before it broke."""
    raw = load("gemini-generatecontent-stream-3faaaf2b").sse

    class Breaking(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            yield raw
            raise httpx.RemoteProtocolError("peer closed connection")

    headers = {"content-type": "text/event-stream"}
    answer = asked(lambda _: httpx.Response(200, headers=headers, stream=Breaking()), provider("gemini"))
    assert answer.text.startswith("To see your future")


def test_an_error_status_is_read_by_its_dialect() -> None:
    """With the provider's name, the status, the words and the id."""
    recording = load("openai-responses-err401-3e28deef")
    failure = failing(replying(401, recording.body, x_request_id="req_9"), provider("openai"))
    assert (failure.kind, failure.status, failure.provider, failure.request_id) == (
        "key_rejected",
        401,
        "openai",
        "req_9",
    )


def test_a_429_for_a_prompt_over_the_window_is_too_long() -> None:
    """What was sent is compared with what the model takes."""
    card = Catalogue.load().card("gemini/gemini-2.5-flash")
    assert card is not None
    long = replace(CALL, parts=(Part("big", "", "word " * (card.window * 2)),))
    body = load("gemini-generatecontent-err429-ba966117").body
    assert failing(replying(429, body), provider("gemini"), long, card).kind == "too_long"
    assert failing(replying(429, body), provider("gemini"), CALL, card).kind == "rate_limited"


def test_a_redirect_is_not_followed() -> None:
    """A key is never carried on to another address."""
    failure = failing(replying(308, location="https://evil.example/"), provider("mistral"))
    assert failure.kind == "bad_request"
    assert "https://evil.example/" in failure.message


def test_a_network_failure_names_the_provider() -> None:
    """Who could not be reached."""

    def refuse(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    failure = failing(refuse, provider("mistral"))
    assert (failure.kind, failure.provider) == ("connect", "mistral")


def test_an_error_inside_a_stream_keeps_what_had_come() -> None:
    """An overload in mid-stream: the text, the usage so far and the id."""
    raw = load("anthropic-messages-stream-e2c0ce6c").sse
    middle = raw[: raw.index(b"\\n- **Wind")] + b'"}}\n\n'
    broken = (
        middle + b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
    )
    handler = replying(200, broken, content_type="text/event-stream", request_id="req_8")
    failure = failing(handler, provider("anthropic"))
    assert (failure.kind, failure.billed) == ("cut", "yes")
    assert failure.partial.startswith("The weather in Paris is currently:")
    assert failure.usage == Usage(934, 8)


def test_models_that_start_slowly_get_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """600 seconds to the first event where the card says so, 60 elsewhere; a provider here is held to loopback."""
    seen: list[tuple[float, bool]] = []

    class Spy(Http):
        async def stream(self, *_: Any, first_event_s: float = 0, loopback_only: bool = False, **__: Any) -> Any:
            seen.append((first_event_s, loopback_only))
            raise CallFailed("silent", "x")

    async def go(card: Any, who: Provider) -> None:
        async with Spy() as http:
            await ask(CALL, who, "", http, print, card)

    slow = Catalogue.load().card("perplexity/sonar-reasoning-pro")
    for card, who in ((slow, provider("perplexity")), (None, provider("ollama"))):
        with pytest.raises(CallFailed):
            asyncio.run(go(card, who))
    assert seen == [(600.0, False), (60.0, True)]


def test_a_rate_limit_slows_the_provider_down() -> None:
    """The gate of this provider and key hears of the 429, and of good answers' headers."""

    async def go() -> tuple[int, float]:
        body = load("openrouter-chat-err429-fbb0e84d").body
        async with Http(transport=httpx.MockTransport(replying(429, body))) as http:
            with pytest.raises(CallFailed):
                await ask(CALL, provider("openrouter"), "k", http, print)
            return http.limits.gate("openrouter", "k").limit, http.limits.gate("openrouter", "other").limit

    assert asyncio.run(go()) == (4, 8)


def test_the_embedded_model_is_asked_in_this_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No network: the player gets the call, the listener and the file."""
    answer = Answer("Hi", Usage(1, 1), "m", "embedded")

    async def play(call: Call, on_delta: Callable[[str], None], *, model_file: Path | None) -> Answer:
        on_delta(f"{call.step} {model_file}")
        return answer

    player = types.ModuleType("orchestra_cli.models.embedded.player")
    player.ask = play  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "orchestra_cli.models.embedded.player", player)
    deltas: list[str] = []

    async def go() -> Answer:
        async with Http() as http:
            who = Provider("embedded", "embedded", "")
            return await ask(CALL, who, "", http, deltas.append, model_file=tmp_path)

    assert asyncio.run(go()) is answer
    assert deltas == [f"draft {tmp_path}"]


def test_dialects_are_modules_found_by_name() -> None:
    """A new dialect is one new file."""
    assert room.dialect("openai-chat").__name__ == "orchestra_cli.models.dialects.openai_chat"  # type: ignore[attr-defined]
