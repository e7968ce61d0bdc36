"""The Responses interface of OpenAI, also spoken by Azure OpenAI and xAI.

Quirks: a stream can fail in its middle with status 200 (`response.failed`); xAI states its price in ticks of 1e-10 USD;
OpenAI keeps answers unless told `store: false`, and searches for someone in the United States unless told where.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from orchestra_cli.models import errors
from orchestra_cli.models.catalogue import ModelCard
from orchestra_cli.models.dialects import common
from orchestra_cli.models.dialects.common import Draft, count, dicts
from orchestra_cli.models.providers import Provider
from orchestra_cli.models.wire import HttpRequest, SseEvent
from orchestra_cli.types import Answer, Call, CallFailed, Json, Usage

TICKS_PER_USD = Decimal(10) ** 10
_IN_STREAM = {"server_error": 500, "rate_limit_exceeded": 429, "insufficient_quota": 429, "invalid_prompt": 400}


def request(call: Call, provider: Provider, key: str, card: ModelCard | None = None) -> HttpRequest:
    """The request for a streamed answer."""
    schema = provider.takes_schema(card) and call.schema is not None
    task = common.task_text(call, schema_in_words=not schema, country_in_words=not provider.search_country)
    content: list[Json] = [{"type": "input_text", "text": text} for text in common.user_texts(call, task)]
    body: dict[str, Json] = {
        "model": common.model_name(call),
        "input": [{"role": "user", "content": content}],
        "stream": True,
        "store": False,
        "max_output_tokens": provider.clamp(call.max_output_tokens, card),
    }
    if call.system:
        body["instructions"] = call.system
    if schema and call.schema is not None:
        body["text"] = {"format": {"type": "json_schema", "name": "answer", "schema": call.schema, "strict": True}}
    if call.search:
        body["tools"] = [_search_tool(call, provider)]
    return HttpRequest("POST", f"{provider.base_url}/responses", provider.headers(key), body)


def _search_tool(call: Call, provider: Provider) -> dict[str, Json]:
    tool: dict[str, Json] = {"type": "web_search"}
    if call.country and provider.search_country:
        tool["user_location"] = {"type": "approximate", "country": call.country}
    return tool


class Reader:
    """Reads the events of one stream."""

    def __init__(self, provider: str = "", *, wants_data: bool = False, request_id: str = "") -> None:
        self.draft = Draft(provider, wants_data, request_id)

    def feed(self, event: SseEvent) -> str:
        """The text this event adds. Raises CallFailed on an error inside the stream."""
        data = common.event_json(event)
        if data is None:
            return ""
        kind = data.get("type", event.event)
        if kind == "response.output_text.delta":
            return self.draft.add(str(data.get("delta", "")))
        if kind in ("response.completed", "response.incomplete", "response.failed"):
            return _take(self.draft, data.get("response") or {})
        if kind == "response.created":
            self.draft.model = str((data.get("response") or {}).get("model") or "")
        if kind == "error":
            raise _failed(self.draft, data)
        return ""

    def finish(self) -> Answer:
        """The Answer. Raises CallFailed when it is not whole."""
        return self.draft.whole()


def read_plain(body: bytes | str, provider: str = "", *, wants_data: bool = False, request_id: str = "") -> Answer:
    """The Answer in a body that was not streamed. Raises CallFailed when it is not whole."""
    draft = Draft(provider, wants_data, request_id)
    data = common.body_json(body, provider)
    _take(draft, data if isinstance(data, dict) else {})
    return draft.whole()


def error(status: int, headers: Mapping[str, str], body: bytes | str, provider: str = "", **sent: Any) -> CallFailed:
    """What an error answer means."""
    return errors.classify(status, headers, body, provider=provider, **sent)


def _take(draft: Draft, response: dict[str, Any]) -> str:
    """Take over the finished response; its own text counts, not the pieces that were shown on the way."""
    draft.model = str(response.get("model") or draft.model)
    draft.usage = _usage(response)
    ticks = count(response, "usage", "cost_in_usd_ticks")
    draft.cost_usd = Decimal(ticks) / TICKS_PER_USD if ticks else None
    texts: list[str] = []
    for item in dicts(response.get("output")):
        for part in dicts(item.get("content")):
            if part.get("type") == "output_text":
                texts.append(str(part.get("text") or ""))
                _sources(draft, part)
            elif part.get("type") == "refusal":
                draft.refusal = str(part.get("refusal") or "refused")
    shown = draft.text
    text = "".join(texts) or shown
    draft.pieces = [text] if text else []
    _close(draft, response)
    return text.removeprefix(shown) if text.startswith(shown) else ""


def _close(draft: Draft, response: dict[str, Any]) -> None:
    status = response.get("status")
    if status == "failed":
        raise _failed(draft, response)
    if status == "completed":
        called = any(item.get("type") == "function_call" for item in dicts(response.get("output")))
        draft.finish, draft.closed = ("tool" if called else "stop"), True
    elif status == "incomplete":
        reason = (response.get("incomplete_details") or {}).get("reason")
        draft.finish, draft.closed = ("refused" if reason == "content_filter" else "length"), True


def _failed(draft: Draft, data: dict[str, Any]) -> CallFailed:
    inner = data.get("error") if isinstance(data.get("error"), dict) else data
    code = str((inner or {}).get("code") or "")
    return draft.error(data, _IN_STREAM.get(code, 400 if "invalid" in code else 500))


def _sources(draft: Draft, part: dict[str, Any]) -> None:
    for note in dicts(part.get("annotations")):
        if note.get("type") == "url_citation":
            title = str(note.get("title") or "")
            draft.source(str(note.get("url") or ""), "" if title.isdigit() else title)


def _usage(response: dict[str, Any]) -> Usage:
    usage = response.get("usage")
    if not isinstance(usage, dict):
        return Usage()
    return Usage(
        input=common.stated(usage, "input_tokens"),
        output=common.stated(usage, "output_tokens"),
        cached=min(count(usage, "input_tokens_details", "cached_tokens"), count(usage, "input_tokens")),
        cache_write=count(usage, "input_tokens_details", "cache_write_tokens"),
        reasoning=count(usage, "output_tokens_details", "reasoning_tokens"),
        searches=_searches(response, usage),
    )


def _searches(response: dict[str, Any], usage: dict[str, Any]) -> int:
    told = count(response, "tool_usage", "web_search", "num_requests") or count(
        usage, "server_side_tool_usage_details", "web_search_calls"
    )
    if told:
        return told
    calls = [item for item in dicts(response.get("output")) if item.get("type") == "web_search_call"]
    return sum((item.get("action") or {}).get("type", "search") == "search" for item in calls)
