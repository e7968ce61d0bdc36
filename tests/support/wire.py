"""How four vendors speak: what they were asked, and the bytes of their answers, streamed and plain.

Event sequences, field names and error bodies follow real recorded exchanges. No I/O here; `vendor.py` does that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

FENCE = re.compile(r'<material-([0-9a-f]{32}) name="([^"]*)">\n(.*?)\n?</material-\1>', re.DOTALL)
HTTP_FAULTS = frozenset({"401", "404", "413", "429", "500", "502", "503", "529", "quota", "too_long"})


@dataclass(frozen=True)
class Asked:
    """One question as a vendor got it. `text` is everything a user said; `step` is a guess, `number` counts from 1."""

    dialect: str
    model: str
    system: str
    text: str
    wants_schema: dict[str, Any] | None
    step: str
    number: int
    stream: bool = True
    max_tokens: int | None = None
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fenced(self) -> dict[str, str]:
        """The fenced material by name, as it was sent."""
        return {name: text for _, name, text in FENCE.findall(self.text)}

    @property
    def task(self) -> str:
        """What stands outside every fence: the recipe author's words."""
        return FENCE.sub("", self.text).strip()


@dataclass(frozen=True)
class Reply:
    """What to answer. `fault` is "" or one of: cut, clean_cut, length, refusal, stall, stall_mid, overload, not_json,
    html, or a status ("429", "500", "502", "503", "529", "401", "404", "413"), "quota", "too_long"."""

    text: str = ""
    delay_s: float = 0.0
    status: int = 200
    fault: str = ""
    retry_after: str = ""
    model: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


# ---- reading a request ----


def texts_of(content: Any) -> str:
    """The text of a message's content in any dialect: a string, or a list of blocks or parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n\n".join(t for t in (texts_of(item) for item in content) if t)
    if isinstance(content, dict):
        for key in ("text", "content", "parts"):
            if key in content:
                return texts_of(content[key])
    return ""


def read_request(dialect: str, path: str, body: dict[str, Any], number: int) -> Asked:
    """What a request asks for, whatever the dialect."""
    system, text, schema, limit = _READERS[dialect](body)
    model = body.get("model", "")
    stream = bool(body.get("stream"))
    if dialect == "gemini":
        model = path.partition("models/")[2].partition(":")[0]
        stream = "streamGenerateContent" in path
    return Asked(dialect, model, system, text, schema, guess_step(text, schema), number, stream, limit, body)


def _read_responses(body: dict[str, Any]) -> tuple[str, str, dict[str, Any] | None, int | None]:
    given = body.get("input", "")
    messages = [{"role": "user", "content": given}] if isinstance(given, str) else given
    system = "\n\n".join(
        [texts_of(body.get("instructions") or ""), _by_role(messages, ("system", "developer"))]
    ).strip()
    form = (body.get("text") or {}).get("format") or {}
    return system, _by_role(messages, ("user",)), form.get("schema"), body.get("max_output_tokens")


def _read_chat(body: dict[str, Any]) -> tuple[str, str, dict[str, Any] | None, int | None]:
    messages = body.get("messages", [])
    form = body.get("response_format") or {}
    schema = (form.get("json_schema") or {}).get("schema")
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    return _by_role(messages, ("system", "developer")), _by_role(messages, ("user",)), schema, limit


def _read_anthropic(body: dict[str, Any]) -> tuple[str, str, dict[str, Any] | None, int | None]:
    form = (body.get("output_config") or {}).get("format") or body.get("output_format") or {}
    system = texts_of(body.get("system") or "")
    return system, _by_role(body.get("messages", []), ("user",)), form.get("schema"), body.get("max_tokens")


def _read_gemini(body: dict[str, Any]) -> tuple[str, str, dict[str, Any] | None, int | None]:
    config = body.get("generationConfig") or body.get("generation_config") or {}
    names = ("responseJsonSchema", "response_json_schema", "responseSchema", "response_schema")
    schema = next((config[name] for name in names if config.get(name)), None)
    system = texts_of(body.get("systemInstruction") or body.get("system_instruction") or "")
    limit = config.get("maxOutputTokens") or config.get("max_output_tokens")
    return system, _by_role(body.get("contents", []), ("user", None)), schema, limit


def _by_role(messages: list[Any], roles: tuple[str | None, ...]) -> str:
    wanted = [m for m in messages if isinstance(m, dict) and m.get("role") in roles]
    return "\n\n".join(texts_of(m) for m in wanted)


_READERS = {
    "openai-responses": _read_responses,
    "openai-chat": _read_chat,
    "anthropic": _read_anthropic,
    "gemini": _read_gemini,
}


def guess_step(text: str, schema: dict[str, Any] | None) -> str:
    """Which step of the proposal recipe this is, by what is wanted: requirements, check, background or proposal."""
    if schema is not None:
        names = set(re.findall(r'"(\w+)": ?\{', json.dumps(schema)))
        if {"fix", "rule", "section"} & names:
            return "check"
        return "requirements" if "quote" in names else "unknown"
    return "proposal" if "Understanding" in text else "background"


# ---- writing an answer ----


@dataclass(frozen=True)
class Counted:
    """Tokens as this vendor counts them: four characters each."""

    read: int
    written: int

    @classmethod
    def of(cls, asked: Asked, text: str) -> Counted:
        return cls(max(1, (len(asked.system) + len(asked.text)) // 4), max(1, len(text) // 4))


def pieces(text: str) -> list[str]:
    """The text cut as a stream cuts it: some forty pieces, none shorter than 7 characters."""
    size = max(7, len(text) // 40)
    return [text[i : i + size] for i in range(0, len(text), size)] or [""]


def stream(asked: Asked, reply: Reply) -> Iterator[bytes]:
    """The events of a streamed answer, one at a time. A fault that ends a stream early just stops here."""
    text = reply.text
    if reply.fault in ("length", "clean_cut", "cut", "stall_mid", "overload"):
        text = text[: max(1, len(text) // 2)]
    yield from _STREAMS[asked.dialect](asked, reply, text, Counted.of(asked, text))


def plain(asked: Asked, reply: Reply) -> dict[str, Any]:
    """The body of an answer that is not streamed."""
    text = reply.text[: max(1, len(reply.text) // 2)] if reply.fault in ("length", "clean_cut") else reply.text
    return _PLAINS[asked.dialect](asked, reply, text, Counted.of(asked, text))


def _unfinished(reply: Reply) -> bool:
    return reply.fault in ("clean_cut", "cut", "stall_mid", "overload")


def _event(data: Mapping[str, Any], name: str = "") -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


REFUSAL = "I'm very sorry, but I can't assist with that request."


def _response(asked: Asked, reply: Reply, text: str, used: Counted, status: str) -> dict[str, Any]:
    refused = reply.fault == "refusal"
    part = (
        {"type": "refusal", "refusal": REFUSAL} if refused else {"type": "output_text", "text": text, "annotations": []}
    )
    message = {
        "id": f"msg_{asked.number:04}",
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": [part],
    }
    ended = status in ("completed", "incomplete")
    return {
        "id": f"resp_{asked.number:04}",
        "object": "response",
        "created_at": 1787150254,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "model": reply.model or asked.model,
        "output": [message] if ended else [],
        "usage": {
            "input_tokens": used.read,
            "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 0},
            "output_tokens": used.written,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": used.read + used.written,
        }
        if ended
        else None,
    }


def _responses_stream(asked: Asked, reply: Reply, text: str, used: Counted) -> Iterator[bytes]:
    numbers = iter(range(1_000_000))

    def event(kind: str, **more: Any) -> bytes:
        return _event({"type": kind, **more, "sequence_number": next(numbers)}, kind)

    opening = _response(asked, reply, "", used, "in_progress")
    item = {
        "id": f"msg_{asked.number:04}",
        "type": "message",
        "status": "in_progress",
        "content": [],
        "role": "assistant",
    }
    at = {"content_index": 0, "item_id": item["id"], "output_index": 0}
    yield event("response.created", response=opening)
    yield event("response.in_progress", response=opening)
    yield event("response.output_item.added", item=item, output_index=0)
    kind = "refusal" if reply.fault == "refusal" else "output_text"
    yield event("response.content_part.added", part={"type": kind, "text": "", "annotations": []}, **at)
    said = REFUSAL if kind == "refusal" else text
    for piece in pieces(said):
        yield event(f"response.{kind}.delta", delta=piece, **at)
    if reply.fault == "overload":
        error = {"code": "server_error", "message": "The server is overloaded or not ready yet."}
        yield event("response.failed", response={**opening, "status": "failed", "error": error})
    if _unfinished(reply):
        return
    status = "incomplete" if reply.fault == "length" else "completed"
    final = _response(asked, reply, text, used, status)
    yield event(f"response.{kind}.done", **{"refusal" if kind == "refusal" else "text": said}, **at)
    yield event("response.output_item.done", item=final["output"][0], output_index=0)
    yield event(f"response.{status}", response=final)


def _responses_plain(asked: Asked, reply: Reply, text: str, used: Counted) -> dict[str, Any]:
    status = {"length": "incomplete", "clean_cut": "in_progress"}.get(reply.fault, "completed")
    return _response(asked, reply, text, used, status)


def _chat_usage(used: Counted) -> dict[str, Any]:
    return {
        "prompt_tokens": used.read,
        "completion_tokens": used.written,
        "total_tokens": used.read + used.written,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def _chat_stream(asked: Asked, reply: Reply, text: str, used: Counted) -> Iterator[bytes]:
    head = {
        "id": f"chatcmpl-{asked.number:04}",
        "object": "chat.completion.chunk",
        "created": 1778089116,
        "model": reply.model or asked.model,
    }

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _event({**head, "choices": [choice], "usage": None})

    key = "refusal" if reply.fault == "refusal" else "content"
    yield chunk({"role": "assistant", "content": "", "refusal": None})
    for piece in pieces(REFUSAL if key == "refusal" else text):
        yield chunk({key: piece})
    if reply.fault == "overload":
        yield _event({"error": {"message": "The server is overloaded.", "type": "server_error", "code": 503}})
    if _unfinished(reply):
        return
    yield chunk({}, "length" if reply.fault == "length" else "stop")
    if (asked.body.get("stream_options") or {}).get("include_usage"):
        yield _event({**head, "choices": [], "usage": _chat_usage(used)})
    yield b"data: [DONE]\n\n"


def _chat_plain(asked: Asked, reply: Reply, text: str, used: Counted) -> dict[str, Any]:
    refused = reply.fault == "refusal"
    message = {"role": "assistant", "content": None if refused else text, "refusal": REFUSAL if refused else None}
    finish = {"length": "length", "clean_cut": None}.get(reply.fault, "stop")
    return {
        "id": f"chatcmpl-{asked.number:04}",
        "object": "chat.completion",
        "created": 1783709648,
        "model": reply.model or asked.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": _chat_usage(used),
    }


def _message(asked: Asked, reply: Reply, used: Counted) -> dict[str, Any]:
    return {
        "model": reply.model or asked.model,
        "id": f"msg_{asked.number:04}",
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {
            "input_tokens": used.read,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 1,
            "service_tier": "standard",
        },
    }


_STOP = {"length": "max_tokens", "refusal": "refusal", "clean_cut": None}


def _anthropic_stream(asked: Asked, reply: Reply, text: str, used: Counted) -> Iterator[bytes]:
    def event(kind: str, **more: Any) -> bytes:
        return _event({"type": kind, **more}, kind)

    yield event("message_start", message=_message(asked, reply, used))
    yield event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    yield event("ping")
    for piece in pieces("" if reply.fault == "refusal" else text):
        yield event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
    if reply.fault == "overload":
        yield event("error", error={"type": "overloaded_error", "message": "Overloaded"})
    if _unfinished(reply):
        return
    yield event("content_block_stop", index=0)
    stop = _STOP.get(reply.fault, "end_turn")
    usage = {"input_tokens": used.read, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
    yield event(
        "message_delta",
        delta={"stop_reason": stop, "stop_sequence": None},
        usage={**usage, "output_tokens": used.written},
    )
    yield event("message_stop")


def _anthropic_plain(asked: Asked, reply: Reply, text: str, used: Counted) -> dict[str, Any]:
    body = _message(asked, reply, used)
    body["content"] = [] if reply.fault == "refusal" else [{"type": "text", "text": text}]
    body["stop_reason"] = _STOP.get(reply.fault, "end_turn")
    body["usage"]["output_tokens"] = used.written
    return body


def _gemini_chunk(asked: Asked, reply: Reply, text: str, used: Counted, finish: str = "") -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    chunk: dict[str, Any] = {"candidates": [candidate]}
    if reply.fault == "refusal":
        chunk = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
    chunk["usageMetadata"] = {
        "promptTokenCount": used.read,
        "candidatesTokenCount": used.written,
        "totalTokenCount": used.read + used.written,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": used.read}],
    }
    return {**chunk, "modelVersion": reply.model or asked.model, "responseId": f"r{asked.number:04}"}


def _gemini_stream(asked: Asked, reply: Reply, text: str, used: Counted) -> Iterator[bytes]:
    if reply.fault == "refusal":
        yield _event(_gemini_chunk(asked, reply, "", used))
        return
    *first, last = pieces(text)
    for piece in first:
        yield _event(_gemini_chunk(asked, reply, piece, used))
    if reply.fault == "overload":
        error = {"code": 503, "message": "The model is overloaded. Please try again later.", "status": "UNAVAILABLE"}
        yield _event({"error": error})
    finish = "" if _unfinished(reply) else "MAX_TOKENS" if reply.fault == "length" else "STOP"
    yield _event(_gemini_chunk(asked, reply, last, used, finish))


def _gemini_plain(asked: Asked, reply: Reply, text: str, used: Counted) -> dict[str, Any]:
    finish = {"length": "MAX_TOKENS", "clean_cut": ""}.get(reply.fault, "STOP")
    return _gemini_chunk(asked, reply, text, used, finish)


_STREAMS = {
    "openai-responses": _responses_stream,
    "openai-chat": _chat_stream,
    "anthropic": _anthropic_stream,
    "gemini": _gemini_stream,
}
_PLAINS = {
    "openai-responses": _responses_plain,
    "openai-chat": _chat_plain,
    "anthropic": _anthropic_plain,
    "gemini": _gemini_plain,
}
