"""How four vendors speak: the bytes of their answers, streamed and plain.

Event sequences and field names follow real recorded exchanges. No I/O here; `vendor.py` does that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from support.asked import Asked, Reply


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
