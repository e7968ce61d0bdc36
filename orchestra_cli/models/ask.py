"""One question to one model: the dialect makes the request and reads the answer, `http` carries them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Protocol, cast

from orchestra_cli.models import errors
from orchestra_cli.models.catalogue import ModelCard
from orchestra_cli.models.http import FIRST_EVENT_S, SLOW_START_S, Http
from orchestra_cli.models.providers import Provider
from orchestra_cli.models.wire import HttpRequest, Reply, SseEvent
from orchestra_cli.types import Answer, Call, CallFailed

CHARACTERS_A_TOKEN = 6
"""Fewer tokens than this makes of a text, no vendor counts: so a text that is too long by it surely is."""


class Reader(Protocol):
    """What every dialect's reader can do."""

    draft: Any

    def feed(self, event: SseEvent) -> str:
        """The text an event adds."""
        ...

    def finish(self) -> Answer:
        """The whole answer."""
        ...


class Dialect(Protocol):
    """The four pure pieces of a dialect."""

    Reader: Callable[..., Reader]

    def request(self, call: Call, provider: Provider, key: str, card: ModelCard | None) -> HttpRequest:
        """The request for a streamed answer."""
        ...

    def read_plain(self, body: bytes, provider: str, *, wants_data: bool, request_id: str) -> Answer:
        """The answer in a body that was not streamed."""
        ...

    def error(self, status: int, headers: Any, body: bytes, provider: str, **sent: Any) -> CallFailed:
        """What an error answer means."""
        ...


def dialect(name: str) -> Dialect:
    """The module of a dialect, imported on first use."""
    return cast(Dialect, importlib.import_module(f"orchestra_cli.models.dialects.{name.replace('-', '_')}"))


async def ask(
    call: Call,
    provider: Provider,
    key: str,
    http: Http,
    on_delta: Callable[[str], None],
    card: ModelCard | None = None,
    *,
    model_file: Any = None,
) -> Answer:
    """The answer of one model; its text goes to `on_delta` as it comes. Asks once, never again.

    Raises CallFailed for everything that is no whole answer. `model_file` is for the embedded model.
    """
    if provider.dialect == "embedded":
        return await _ask_embedded(call, on_delta, model_file)
    async with http.limits.slot(provider.name, key) as gate:
        exchange = _Exchange(call, provider, card, on_delta)
        try:
            reply = await http.stream(
                exchange.dialect.request(call, provider, key, card),
                exchange.on_event,
                first_event_s=SLOW_START_S if card and card.slow_start else FIRST_EVENT_S,
                loopback_only=provider.on_computer,
            )
            answer = exchange.answer(reply)
        except CallFailed as failure:
            raise exchange.completed(failure) from failure.__cause__
        gate.heard(reply.headers)
        return answer


async def _ask_embedded(call: Call, on_delta: Callable[[str], None], model_file: Any) -> Answer:
    player = importlib.import_module("orchestra_cli.models.embedded.player")
    return cast(Answer, await player.ask(call, on_delta, model_file=model_file))


class _Exchange:
    """One request and what has been read of its answer."""

    def __init__(self, call: Call, provider: Provider, card: ModelCard | None, on_delta: Callable[[str], None]) -> None:
        self.call, self.provider, self.card = call, provider, card
        self.dialect = dialect(provider.dialect)
        self.reader = self.dialect.Reader(provider.name, wants_data=call.schema is not None)
        self._on_delta = on_delta

    def on_event(self, event: SseEvent) -> None:
        delta = self.reader.feed(event)
        if delta:
            self._on_delta(delta)

    def answer(self, reply: Reply) -> Answer:
        """The answer that the reply is. Raises CallFailed."""
        name, identity = self.provider.name, errors.request_id(reply.headers)
        self.reader.draft.request_id = identity
        if 300 <= reply.status < 400:
            where = reply.headers.get("location", "another address")
            raise CallFailed(
                "bad_request", f"{name} sends us on to {where}; set its base URL to that.", status=reply.status
            )
        if reply.status >= 400:
            raise self.dialect.error(reply.status, reply.headers, reply.body, name, **self._sent())
        if reply.streamed:
            return self.reader.finish()
        wants_data = self.call.schema is not None
        answer = self.dialect.read_plain(reply.body, name, wants_data=wants_data, request_id=identity)
        self._on_delta(answer.text)
        return answer

    def completed(self, failure: CallFailed) -> CallFailed:
        """The failure with everything that is known of this exchange."""
        draft = self.reader.draft
        failure.provider = failure.provider or self.provider.name
        failure.partial = failure.partial or draft.text
        failure.request_id = failure.request_id or draft.request_id
        if failure.usage is None and draft.usage.output is not None:
            failure.usage = draft.usage
        return failure

    def _sent(self) -> dict[str, Any]:
        texts = (self.call.system, self.call.task, *(part.fenced for part in self.call.parts))
        tokens = sum(map(len, texts)) // CHARACTERS_A_TOKEN
        return {"sent_tokens": tokens, "window": self.card.window or None if self.card else None}
