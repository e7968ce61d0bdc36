"""Chat completions: the interface that most servers speak, each in its own way.

Quirks: the usage comes after the finish reason, in a chunk without choices (Groq: in `x_groq`); xAI leaves reasoning
out of `completion_tokens`; Mistral sends content as a list of parts; OpenRouter mixes comments and errors into its
streams and states the price; Perplexity sends its sources and a running usage with every chunk and no "[DONE]".
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from orchestra_cli.models import errors
from orchestra_cli.models.catalogue import ModelCard
from orchestra_cli.models.dialects import common
from orchestra_cli.models.dialects.common import Draft, Finish, count, dicts, dollars
from orchestra_cli.models.dialects.openai_responses import TICKS_PER_USD
from orchestra_cli.models.providers import Provider
from orchestra_cli.models.wire import HttpRequest, SseEvent
from orchestra_cli.types import Answer, Call, CallFailed, Json, Usage

_FINISH: dict[str, Finish] = {
    "stop": "stop",
    "end_turn": "stop",
    "eos": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "refused",
    "refusal": "refused",
    "tool_calls": "tool",
    "function_call": "tool",
}


def request(call: Call, provider: Provider, key: str, card: ModelCard | None = None) -> HttpRequest:
    """The request for a streamed answer."""
    structured = provider.structured_for(card) if call.schema is not None else ""
    task = common.task_text(
        call, schema_in_words=structured != "json_schema", country_in_words=provider.search_style != "perplexity"
    )
    messages: list[Json] = [{"role": "system", "content": call.system}] if call.system else []
    messages.append({"role": "user", "content": "\n\n".join(common.user_texts(call, task))})
    body: dict[str, Json] = {
        "model": common.model_name(call),
        "messages": messages,
        "stream": True,
        provider.limit_field: provider.clamp(call.max_output_tokens, card),
    }
    if provider.stream_usage:
        body["stream_options"] = {"include_usage": True}
    if structured == "json_schema":
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": call.schema, "strict": True},
        }
    elif structured == "json_object":
        body["response_format"] = {"type": "json_object"}
    body |= _search(call, provider)
    return HttpRequest("POST", f"{provider.base_url}/chat/completions", provider.headers(key), body)


def _search(call: Call, provider: Provider) -> dict[str, Json]:
    """What makes this provider search the web, {} when it cannot or always does."""
    if provider.search_style == "perplexity":
        if not call.search:
            return {"disable_search": True}
        return {"web_search_options": {"user_location": {"country": call.country}}} if call.country else {}
    if call.search and provider.search_style == "openrouter":
        return {"plugins": [{"id": "web"}]}
    return {}


class Reader:
    """Reads the events of one stream."""

    def __init__(self, provider: str = "", *, wants_data: bool = False, request_id: str = "") -> None:
        self.draft = Draft(provider, wants_data, request_id)

    def feed(self, event: SseEvent) -> str:
        """The text this event adds. Raises CallFailed on an error inside the stream."""
        draft = self.draft
        if event.data.strip() == "[DONE]":
            draft.closed = bool(draft.finish)
            return ""
        data = common.event_json(event)
        return "" if data is None else _take(draft, data, "delta")

    def finish(self) -> Answer:
        """The Answer. Raises CallFailed when it is not whole."""
        return self.draft.whole()


def read_plain(body: bytes | str, provider: str = "", *, wants_data: bool = False, request_id: str = "") -> Answer:
    """The Answer in a body that was not streamed. Raises CallFailed when it is not whole."""
    draft = Draft(provider, wants_data, request_id)
    data = common.body_json(body, provider)
    _take(draft, data if isinstance(data, dict) else {}, "message")
    draft.closed = bool(draft.finish)
    return draft.whole()


def error(status: int, headers: Mapping[str, str], body: bytes | str, provider: str = "", **sent: Any) -> CallFailed:
    """What an error answer means."""
    return errors.classify(status, headers, body, provider=provider, **sent)


def _take(draft: Draft, data: dict[str, Any], where: str) -> str:
    if data.get("error") and draft.finish != "length":
        raise draft.error(data, _status_of(data))
    draft.model = str(data.get("model") or draft.model)
    text = ""
    for choice in dicts(data.get("choices")):
        message = choice.get(where) or {}
        text += draft.add(_text(message.get("content")))
        draft.refusal += str(message.get("refusal") or "")
        for note in dicts(message.get("annotations")):
            cited = note.get("url_citation") or {}
            draft.source(
                str(cited.get("url") or ""), str(cited.get("title") or ""), "", str(cited.get("content") or "")
            )
        reason = choice.get("finish_reason")
        if reason:
            draft.finish = _FINISH.get(str(reason).lower(), "refused" if "filter" in str(reason) else draft.finish)
    _sources(draft, data)
    _take_usage(draft, data)
    return text


def _status_of(data: dict[str, Any]) -> int:
    """The HTTP status an error inside a stream would have had."""
    inner = data["error"] if isinstance(data["error"], dict) else {}
    code = inner.get("code") or inner.get("status_code") or data.get("status_code")
    if isinstance(code, str) and code.isdigit():
        code = int(code)
    if isinstance(code, int) and 400 <= code < 600:
        return code
    words = f"{code} {inner.get('type')}"
    return 429 if "rate_limit" in words or "quota" in words else 400 if "invalid" in words else 500


def _text(content: Any) -> str:
    """Content is text, or a list of parts of which only those of type "text" are the answer."""
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text") or "") for part in dicts(content) if part.get("type") == "text")


def _sources(draft: Draft, data: dict[str, Any]) -> None:
    for found in dicts(data.get("search_results")):
        draft.source(
            str(found.get("url") or ""),
            str(found.get("title") or ""),
            str(found.get("date") or ""),
            str(found.get("snippet") or ""),
        )
    for url in data.get("citations") or ():
        if isinstance(url, str):
            draft.source(url)


def _take_usage(draft: Draft, data: dict[str, Any]) -> None:
    usage = data.get("usage") or (data.get("x_groq") or {}).get("usage")
    if not isinstance(usage, dict):
        return
    draft.usage = _usage(usage)
    draft.cost_usd = _cost(usage)
    if draft.finish:
        draft.closed = True


def _usage(usage: dict[str, Any]) -> Usage:
    read = common.stated(usage, "prompt_tokens")
    reasoning = count(usage, "completion_tokens_details", "reasoning_tokens")
    written = common.stated(usage, "completion_tokens")
    if read is None or written is None:
        return Usage()
    if read + written + reasoning == count(usage, "total_tokens"):
        written += reasoning
    cached = count(usage, "prompt_tokens_details", "cached_tokens") or count(usage, "prompt_cache_hit_tokens")
    return Usage(
        input=read,
        output=written,
        cached=min(cached, read),
        cache_write=count(usage, "prompt_tokens_details", "cache_write_tokens"),
        reasoning=min(reasoning, written),
        searches=count(usage, "server_tool_use_details", "web_search_requests") or count(usage, "num_search_queries"),
    )


def _cost(usage: dict[str, Any]) -> Decimal | None:
    """OpenRouter states `cost` (with an own key at the vendor only its fee), Perplexity a table, xAI ticks."""
    cost = usage.get("cost")
    if isinstance(cost, dict):
        return dollars(cost.get("total_cost"))
    stated = dollars(cost)
    if stated is not None and usage.get("is_byok"):
        upstream = dollars((usage.get("cost_details") or {}).get("upstream_inference_cost"))
        return None if upstream is None else stated + upstream
    ticks = count(usage, "cost_in_usd_ticks")
    return Decimal(ticks) / TICKS_PER_USD if stated is None and ticks else stated
