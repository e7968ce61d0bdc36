"""What all dialects share: the answer while it comes in, when it is whole, and how a prompt is put together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from orchestra_cli.models import errors
from orchestra_cli.models.wire import SseEvent
from orchestra_cli.types import Answer, Call, CallFailed, Json, Usage, WebSource

Finish = Literal["", "stop", "length", "refused", "paused", "tool"]

SCHEMA_WORDS = (
    "Answer with one JSON object and nothing else: no Markdown fence, no words around it. "
    "It must fit this JSON Schema:\n"
)


@dataclass
class Draft:
    """An answer while it comes in. Only `whole()` makes an Answer of it."""

    provider: str = ""
    wants_data: bool = False
    request_id: str = ""
    pieces: list[str] = field(default_factory=list)
    finish: Finish = ""
    closed: bool = False
    """Whether everything that follows the finish reason, such as the usage, has come too."""
    model: str = ""
    usage: Usage = field(default_factory=Usage)
    sources: dict[str, WebSource] = field(default_factory=dict)
    cost_usd: Decimal | None = None
    refusal: str = ""

    @property
    def text(self) -> str:
        """What has come so far."""
        return "".join(self.pieces)

    def add(self, text: str) -> str:
        """Append a piece of text and give it back, as the delta to show."""
        if text:
            self.pieces.append(text)
        return text

    def source(self, url: str, title: str = "", date: str = "", quote: str = "") -> None:
        """Note a page the search tool used; pages are numbered in the order they first appear."""
        if not url:
            return
        old = self.sources.get(url)
        n = old.n if old else len(self.sources) + 1
        if old:
            title, date, quote = old.title or title, old.date or date, old.quote or quote
        self.sources[url] = WebSource(n, url, title, date, quote, self.provider)

    def whole(self) -> Answer:
        """The Answer. Raises CallFailed when it is cut, truncated, refused, paused or empty."""
        if not self.finish or not self.closed:
            raise self._failed("cut", "broke off before its end")
        if self.finish == "length":
            raise self._failed("truncated", "reached its output limit before it was finished")
        if self.finish == "refused" or self.refusal:
            raise self._failed("refused", "refused to answer", self.refusal)
        if self.finish == "paused":
            raise self._failed("cut", "paused in the middle of its turn")
        if self.finish == "tool":
            raise self._failed("invalid", "called a tool that nobody offered")
        if not self.text.strip():
            raise self._failed("cut", "ended without a word")
        return Answer(
            self.text,
            self.usage,
            self.model,
            self.provider,
            self._data(),
            tuple(self.sources.values()),
            self.cost_usd,
            self.request_id,
        )

    def _data(self) -> Json:
        """The fields, when the text is plain JSON; other wrappings are for whoever checks the fields."""
        if not self.wants_data:
            return None
        try:
            data: Json = json.loads(self.text)
        except ValueError:
            return None
        return data

    def _failed(
        self, kind: Literal["cut", "truncated", "refused", "invalid"], what: str, words: str = ""
    ) -> CallFailed:
        words = errors.clean(words)
        tail = f": {words}" if words else ""
        who = self.provider or "the provider"
        return CallFailed(
            kind,
            f"{who if kind == 'refused' else f'The answer of {who}'} {what}{tail}.",
            provider=self.provider,
            billed="yes",
            partial=self.text,
            words=words,
            usage=self.usage if self.usage.output is not None else None,
            request_id=self.request_id,
        )

    def error(self, data: Any, status: int) -> CallFailed:
        """The failure that an error inside a stream is. Once text had come, the answer is cut and counts as billed."""
        failure = errors.classify(status, {}, errors.read_error(data), provider=self.provider)
        failure.request_id = self.request_id
        failure.partial = self.text
        if self.pieces and failure.kind not in ("quota", "refused"):
            failure.kind = "cut"
        if self.pieces:
            failure.billed = "yes"
        return failure


def event_json(event: SseEvent) -> dict[str, Any] | None:
    """The JSON object of an event, None when it holds none (a comment, "[DONE]", half a line)."""
    if not event.data.startswith("{"):
        return None
    try:
        data = json.loads(event.data)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def body_json(body: bytes | str, provider: str) -> Any:
    """The JSON of a whole body. Raises CallFailed("cut") when it is none."""
    try:
        return json.loads(body)
    except ValueError as error:
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
        raise CallFailed(
            "cut",
            f"The answer of {provider or 'the provider'} is not whole JSON.",
            provider=provider,
            billed="yes",
            partial=text[:2000],
        ) from error


def model_name(call: Call) -> str:
    """The vendor's own name of the model: what follows the provider."""
    return call.model.partition("/")[2]


def task_text(call: Call, *, schema_in_words: bool, country_in_words: bool = False) -> str:
    """The last piece of a prompt: the step, and what the vendor's interface has no field for."""
    pieces = [call.task]
    if country_in_words and call.search and call.country:
        pieces.append(f"Search the web as someone in the country {call.country} would.")
    if schema_in_words and call.schema is not None:
        pieces.append(SCHEMA_WORDS + json.dumps(call.schema, ensure_ascii=False))
    return "\n\n".join(piece for piece in pieces if piece)


def user_texts(call: Call, task: str) -> list[str]:
    """The user's message in pieces, shared material first, the step last."""
    return [part.fenced for part in call.parts if part.fenced] + ([task] if task else [])


def number(value: Any) -> int:
    """A count from a vendor's usage; anything that is no count is 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def stated(usage: Mapping[str, Any], name: str) -> int | None:
    """A count of a usage object, None when the vendor did not state it: an unknown count must never cost nothing."""
    value = usage.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def count(data: Mapping[str, Any], *path: str) -> int:
    """A count deep in a usage object, 0 when any part of the way is missing."""
    value: Any = data
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return number(value)


def dollars(value: Any) -> Decimal | None:
    """A price that a vendor states, None when it states none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None


def dicts(value: Any) -> Iterable[dict[str, Any]]:
    """The objects of a list, nothing when it is no list."""
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()
