"""Paths, keys, lists of models: which vendor a request is meant for, before anything is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from support.asked import Asked, Reply

MODELS = {
    "openai-chat": ("gpt-5", "gpt-5-mini", "gpt-5-nano"),
    "anthropic": ("claude-sonnet-4-5", "claude-haiku-4-5"),
    "gemini": ("gemini-2.5-pro", "gemini-2.5-flash"),
}
ENVIRONMENT = {
    "openai": ("OPENAI", "/v1"),
    "anthropic": ("ANTHROPIC", "/v1"),
    "gemini": ("GEMINI", "/v1beta"),
    "mistral": ("MISTRAL", "/v1"),
    "deepseek": ("DEEPSEEK", "/v1"),
    "groq": ("GROQ", "/v1"),
    "xai": ("XAI", "/v1"),
    "perplexity": ("PERPLEXITY", "/v1"),
    "openrouter": ("OPENROUTER", "/v1"),
}


@dataclass
class Seen:
    """One request as it arrived: times are monotonic seconds, `in_flight` counts this one too; `finished` is None while
    it is being answered."""

    method: str
    path: str
    headers: dict[str, str]
    raw: bytes
    arrived: float
    in_flight: int
    asked: Asked | None = None
    reply: Reply | None = None
    finished: float | None = None


def dialect_of(path: str) -> str:
    """Which dialect a path belongs to, whatever stands before it; "" for none."""
    route = path.partition("?")[0].rstrip("/")
    endings = {"/responses": "openai-responses", "/chat/completions": "openai-chat", "/messages": "anthropic"}
    for ending, dialect in endings.items():
        if route.endswith(ending):
            return dialect
    return "gemini" if route.endswith((":generateContent", ":streamGenerateContent")) else ""


def model_list(models: Mapping[str, Sequence[str]], seen: Seen) -> dict[str, Any]:
    """The list of models in the shape of the vendor that is asked."""
    if "/v1beta/" in seen.path:
        methods = ["generateContent"]
        names = models["gemini"]
        return {"models": [{"name": f"models/{n}", "supportedGenerationMethods": methods} for n in names]}
    if "anthropic-version" in seen.headers:
        listed = [{"type": "model", "id": n, "display_name": n} for n in models["anthropic"]]
        return {"data": listed, "has_more": False, "first_id": listed[0]["id"], "last_id": listed[-1]["id"]}
    return {"object": "list", "data": [{"id": n, "object": "model"} for n in models["openai-chat"]]}


def key_in(seen: Seen) -> str:
    """The key a request carries, wherever its vendor wants it."""
    bearer = seen.headers.get("authorization", "").removeprefix("Bearer ")
    return bearer or seen.headers.get("x-api-key", "") or seen.headers.get("x-goog-api-key", "")
