"""The Messages interface of Anthropic.

Quirks: `input_tokens` leaves out what came from or went into the cache; `message_start` and the cumulative
`message_delta` count twice if added; a refusal and a paused turn come with status 200; shared material is cached only
where it is marked; fields and the search tool's citations do not go together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestra_cli.models import errors
from orchestra_cli.models.catalogue import ModelCard
from orchestra_cli.models.dialects import common
from orchestra_cli.models.dialects.common import Draft, Finish, count, dicts
from orchestra_cli.models.providers import Provider
from orchestra_cli.models.wire import HttpRequest, SseEvent
from orchestra_cli.types import Answer, Call, CallFailed, Json, Usage

VERSION = "2023-06-01"
SEARCH_TOOL = "web_search_20250305"
SEARCHES_AT_MOST = 5
_FINISH: dict[str, Finish] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refused",
    "pause_turn": "paused",
    "tool_use": "tool",
}
_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


def request(call: Call, provider: Provider, key: str, card: ModelCard | None = None) -> HttpRequest:
    """The request for a streamed answer; the last part of the material is marked for the cache."""
    schema = provider.takes_schema(card) and call.schema is not None and not call.search
    content: list[Json] = [{"type": "text", "text": part.fenced} for part in call.parts if part.fenced]
    if content and isinstance(content[-1], dict):
        content[-1]["cache_control"] = {"type": "ephemeral"}
    task = common.task_text(call, schema_in_words=not schema)
    if task:
        content.append({"type": "text", "text": task})
    body: dict[str, Json] = {
        "model": common.model_name(call),
        "max_tokens": provider.clamp(call.max_output_tokens, card),
        "messages": [{"role": "user", "content": content}],
        "stream": True,
    }
    if call.system:
        body["system"] = call.system
    if schema and call.schema is not None:
        body["output_config"] = {"format": {"type": "json_schema", "schema": call.schema}}
    if call.search:
        body["tools"] = [_search_tool(call)]
    headers = {**provider.headers(key), "anthropic-version": VERSION}
    return HttpRequest("POST", f"{provider.base_url}/messages", headers, body)


def _search_tool(call: Call) -> dict[str, Json]:
    tool: dict[str, Json] = {"type": SEARCH_TOOL, "name": "web_search", "max_uses": SEARCHES_AT_MOST}
    if call.country:
        tool["user_location"] = {"type": "approximate", "country": call.country}
    return tool


class Reader:
    """Reads the events of one stream."""

    def __init__(self, provider: str = "", *, wants_data: bool = False, request_id: str = "") -> None:
        self.draft = Draft(provider, wants_data, request_id)
        self._counts: dict[str, Any] = {}

    def feed(self, event: SseEvent) -> str:
        """The text this event adds. Raises CallFailed on an error inside the stream."""
        data = common.event_json(event)
        if data is None:
            return ""
        kind, draft = data.get("type", event.event), self.draft
        if kind == "content_block_delta":
            return self._delta(data.get("delta") or {})
        if kind == "content_block_start":
            return _take_block(draft, data.get("content_block") or {})
        if kind == "message_start":
            message = data.get("message") or {}
            draft.model = str(message.get("model") or "")
            self._count(message.get("usage"))
        elif kind == "message_delta":
            _take_stop(draft, data.get("delta") or {})
            self._count(data.get("usage"))
        elif kind == "message_stop":
            draft.closed = bool(draft.finish)
        elif kind == "error":
            raise draft.error(data, _STATUS.get(str((data.get("error") or {}).get("type")), 500))
        return ""

    def finish(self) -> Answer:
        """The Answer. Raises CallFailed when it is not whole."""
        return self.draft.whole()

    def _delta(self, delta: dict[str, Any]) -> str:
        if delta.get("type") == "text_delta":
            return self.draft.add(str(delta.get("text") or ""))
        if delta.get("type") == "citations_delta":
            _cite(self.draft, delta.get("citation") or {})
        return ""

    def _count(self, usage: Any) -> None:
        """Later counts replace earlier ones: they are cumulative."""
        if isinstance(usage, dict):
            self._counts |= {name: value for name, value in usage.items() if value is not None}
            self.draft.usage = _usage(self._counts)


def read_plain(body: bytes | str, provider: str = "", *, wants_data: bool = False, request_id: str = "") -> Answer:
    """The Answer in a body that was not streamed. Raises CallFailed when it is not whole."""
    draft = Draft(provider, wants_data, request_id)
    data = common.body_json(body, provider)
    message = data if isinstance(data, dict) else {}
    draft.model = str(message.get("model") or "")
    draft.usage = _usage(message.get("usage") or {}) if message.get("usage") else Usage()
    for block in dicts(message.get("content")):
        _take_block(draft, block)
    _take_stop(draft, message)
    draft.closed = bool(draft.finish)
    return draft.whole()


def error(status: int, headers: Mapping[str, str], body: bytes | str, provider: str = "", **sent: Any) -> CallFailed:
    """What an error answer means."""
    return errors.classify(status, headers, body, provider=provider, **sent)


def _take_block(draft: Draft, block: dict[str, Any]) -> str:
    if block.get("type") == "web_search_tool_result":
        for found in dicts(block.get("content")):
            draft.source(str(found.get("url") or ""), str(found.get("title") or ""), str(found.get("page_age") or ""))
    if block.get("type") != "text":
        return ""
    for citation in dicts(block.get("citations")):
        _cite(draft, citation)
    return draft.add(str(block.get("text") or ""))


def _cite(draft: Draft, citation: dict[str, Any]) -> None:
    url = str(citation.get("url") or citation.get("source") or "")
    draft.source(url, str(citation.get("title") or ""), "", str(citation.get("cited_text") or ""))


def _take_stop(draft: Draft, message: dict[str, Any]) -> None:
    reason = message.get("stop_reason")
    if reason:
        draft.finish = _FINISH.get(str(reason), "")
    if draft.finish == "refused":
        details = message.get("stop_details")
        draft.refusal = str(details.get("explanation") or "") if isinstance(details, dict) else ""


def _usage(usage: dict[str, Any]) -> Usage:
    cached, written = count(usage, "cache_read_input_tokens"), count(usage, "cache_creation_input_tokens")
    read = common.stated(usage, "input_tokens")
    return Usage(
        input=None if read is None else read + cached + written,
        output=common.stated(usage, "output_tokens"),
        cached=cached,
        cache_write=written,
        reasoning=count(usage, "output_tokens_details", "thinking_tokens"),
        searches=count(usage, "server_tool_use", "web_search_requests"),
    )
