"""What a vendor was asked, whatever the dialect, and what it is to answer. No I/O here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
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
