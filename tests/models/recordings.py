"""Recorded exchanges with vendors, and how to read them through a dialect as the network would."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from orchestra_cli.models.dialects import anthropic, gemini, openai_chat, openai_responses
from orchestra_cli.models.sse import SseParser
from orchestra_cli.models.wire import SseEvent
from orchestra_cli.types import Answer, CallFailed

FOLDER = Path(__file__).resolve().parent / "traffic"
DIALECTS: dict[str, ModuleType] = {
    "responses": openai_responses,
    "chat": openai_chat,
    "messages": anthropic,
    "generatecontent": gemini,
}


@dataclass(frozen=True)
class Recording:
    """One exchange: which dialect reads it, and what came back."""

    id: str
    provider: str
    dialect: ModuleType
    case: str
    request: dict[str, Any] | None
    status: int
    headers: dict[str, str]
    body: bytes
    sse: bytes


def load(name: str) -> Recording:
    data = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    response = data["response"]
    body = response.get("body")
    return Recording(
        data["id"],
        data["provider"],
        DIALECTS[data["api"].lower()],
        data["case"],
        data["request"],
        response["status"],
        response["headers"],
        b"" if body is None else json.dumps(body).encode(),
        (response.get("sse") or "").encode(),
    )


def all_recordings() -> Iterator[Recording]:
    return (load(path.stem) for path in sorted(FOLDER.glob("*.json")))


def streams() -> list[str]:
    return [each.id for each in all_recordings() if each.sse]


def plains() -> list[str]:
    return [each.id for each in all_recordings() if not each.sse and each.status == 200]


def events(raw: bytes, size: int = 0) -> list[SseEvent]:
    """The events of a stream that arrives in chunks of `size` bytes (all at once by default)."""
    parser = SseParser()
    chunks: Iterable[bytes] = [raw] if not size else (raw[i : i + size] for i in range(0, len(raw), size))
    found = [event for chunk in chunks for event in parser.feed(chunk)]
    last = parser.end()
    return found + ([last] if last else [])


def read(recording: Recording, found: Iterable[SseEvent] | None = None) -> Answer | CallFailed:
    """The Answer, or the CallFailed, that these events are (all of the recording by default)."""
    reader = recording.dialect.Reader(recording.provider)
    try:
        for event in events(recording.sse) if found is None else found:
            reader.feed(event)
        answer: Answer = reader.finish()
    except CallFailed as failure:
        return failure
    return answer


def read_plain(recording: Recording) -> Answer | CallFailed:
    try:
        answer: Answer = recording.dialect.read_plain(recording.body, recording.provider)
    except CallFailed as failure:
        return failure
    return answer
