"""The generateContent interface of Google Gemini (and Vertex).

Quirks: the model stands in the URL; a blocked prompt comes with status 200 and no candidate; thoughts come as parts and
count beside the candidates' tokens; what the search tool read counts apart; without `alt=sse` a stream is one list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from orchestra_cli.models import errors
from orchestra_cli.models.catalogue import ModelCard
from orchestra_cli.models.dialects import common
from orchestra_cli.models.dialects.common import Draft, Finish, count, dicts
from orchestra_cli.models.providers import Provider
from orchestra_cli.models.wire import HttpRequest, SseEvent
from orchestra_cli.types import Answer, Call, CallFailed, Json, Usage

_FINISH: dict[str, Finish] = {"STOP": "stop", "MAX_TOKENS": "length", "MALFORMED_FUNCTION_CALL": "tool"}
_UNSET = ("", "FINISH_REASON_UNSPECIFIED")
_SCHEMA_WORDS_NOT_TAKEN = ("$schema",)


def request(call: Call, provider: Provider, key: str, card: ModelCard | None = None) -> HttpRequest:
    """The request for a streamed answer."""
    schema = provider.takes_schema(card) and call.schema is not None and not call.search
    task = common.task_text(call, schema_in_words=not schema, country_in_words=True)
    config: dict[str, Json] = {"maxOutputTokens": provider.clamp(call.max_output_tokens, card)}
    if schema and call.schema is not None:
        config["responseMimeType"] = "application/json"
        config["responseJsonSchema"] = {k: v for k, v in call.schema.items() if k not in _SCHEMA_WORDS_NOT_TAKEN}
    parts: list[Json] = [{"text": text} for text in common.user_texts(call, task)]
    body: dict[str, Json] = {"contents": [{"role": "user", "parts": parts}], "generationConfig": config}
    if call.system:
        body["systemInstruction"] = {"parts": [{"text": call.system}]}
    if call.search:
        body["tools"] = [{"google_search": {}}]
    model = quote(common.model_name(call), safe="-._~")
    url = f"{provider.base_url}/models/{model}:streamGenerateContent?alt=sse"
    return HttpRequest("POST", url, provider.headers(key), body)


class Reader:
    """Reads the events of one stream."""

    def __init__(self, provider: str = "", *, wants_data: bool = False, request_id: str = "") -> None:
        self.draft = Draft(provider, wants_data, request_id)

    def feed(self, event: SseEvent) -> str:
        """The text this event adds. Raises CallFailed on an error inside the stream."""
        data = common.event_json(event)
        return "" if data is None else _take(self.draft, data)

    def finish(self) -> Answer:
        """The Answer. Raises CallFailed when it is not whole."""
        return self.draft.whole()


def read_plain(body: bytes | str, provider: str = "", *, wants_data: bool = False, request_id: str = "") -> Answer:
    """The Answer in a body that was not streamed, or a stream that came as one JSON list."""
    draft = Draft(provider, wants_data, request_id)
    data = common.body_json(body, provider)
    for chunk in dicts(data if isinstance(data, list) else [data]):
        _take(draft, chunk)
    return draft.whole()


def error(status: int, headers: Mapping[str, str], body: bytes | str, provider: str = "", **sent: Any) -> CallFailed:
    """What an error answer means."""
    return errors.classify(status, headers, body, provider=provider, **sent)


def _take(draft: Draft, data: dict[str, Any]) -> str:
    if data.get("error"):
        inner = data["error"] if isinstance(data["error"], dict) else {}
        raise draft.error(data, count(inner, "code") or 500)
    draft.model = str(data.get("modelVersion") or draft.model)
    if isinstance(data.get("usageMetadata"), dict):
        draft.usage = _usage(data["usageMetadata"], draft.usage.searches)
    blocked = (data.get("promptFeedback") or {}).get("blockReason")
    if blocked:
        draft.finish, draft.closed, draft.refusal = "refused", True, f"the prompt was blocked: {blocked}"
    text = ""
    for candidate in list(dicts(data.get("candidates")))[:1]:
        text = _take_candidate(draft, candidate)
    return text


def _take_candidate(draft: Draft, candidate: dict[str, Any]) -> str:
    parts = list(dicts((candidate.get("content") or {}).get("parts")))
    text = draft.add("".join(str(part.get("text") or "") for part in parts if not part.get("thought")))
    _take_grounding(draft, candidate.get("groundingMetadata") or {})
    reason = str(candidate.get("finishReason") or "")
    if any("functionCall" in part for part in parts):
        draft.finish = "tool"
    if reason in _UNSET:
        return text
    draft.closed = True
    if draft.finish != "tool" or reason != "STOP":
        draft.finish = _FINISH.get(reason, "refused")
    if draft.finish == "refused":
        draft.refusal = f"{reason} {candidate.get('finishMessage') or ''}".strip()
    return text


def _take_grounding(draft: Draft, grounding: dict[str, Any]) -> None:
    chunks = [chunk.get("web") or {} for chunk in dicts(grounding.get("groundingChunks"))]
    for web in chunks:
        draft.source(str(web.get("uri") or ""), str(web.get("title") or ""))
    for support in dicts(grounding.get("groundingSupports")):
        quote_text = str((support.get("segment") or {}).get("text") or "")
        for index in support.get("groundingChunkIndices") or ():
            if isinstance(index, int) and 0 <= index < len(chunks):
                draft.source(str(chunks[index].get("uri") or ""), "", "", quote_text)
    queries = grounding.get("webSearchQueries")
    if isinstance(queries, list):
        draft.usage = replace(draft.usage, searches=_billed_searches(draft.model, len(queries)))


def _billed_searches(model: str, queries: int) -> int:
    """Up to Gemini 2.5 a prompt that searched counts once, later each query does (ai.google.dev pricing)."""
    return min(queries, 1) if model.startswith(("gemini-1", "gemini-2")) else queries


def _usage(usage: dict[str, Any], searches: int) -> Usage:
    thoughts = count(usage, "thoughtsTokenCount")
    if common.stated(usage, "promptTokenCount") is None:
        return Usage(searches=searches)
    read = count(usage, "promptTokenCount") + count(usage, "toolUsePromptTokenCount")
    return Usage(
        input=read,
        output=count(usage, "candidatesTokenCount") + thoughts,
        cached=min(count(usage, "cachedContentTokenCount"), read),
        reasoning=thoughts,
        searches=searches,
    )
