"""The small language model: llama.cpp inside this process, one server, started at the first question.

llama.cpp also listens on a free loopback port; it gets a random key that nobody else knows.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from orchestra_cli.errors import NoModelError
from orchestra_cli.types import CallFailed, Usage

CONTEXT_TOKENS = 2048
INSTALL = "pip install 'orchestra-recipes[local]'"


@dataclass(frozen=True, slots=True)
class Written:
    """What the small model wrote, and what it took. `whole` is False when it ran into its limit."""

    text: str
    usage: Usage
    whole: bool = True


Examples: TypeAlias = tuple[tuple[str, str], ...]


class Writer(Protocol):
    """Something that continues a chat; the real one is `Llama`, tests bring their own."""

    def write(
        self,
        system: str,
        prompt: str,
        *,
        max_tokens: int,
        schema: dict[str, Any] | None = None,
        examples: Examples = (),
    ) -> Written:
        """Blocking. With `schema` the text is JSON of that shape; `examples`: (prompt, answer). Raises CallFailed."""
        ...


def available() -> bool:
    """Whether the extra `local` is installed; loads nothing."""
    from orchestra_cli.models.embedded.minilm import find_model

    wanted = ("xllamacpp", "onnxruntime", "numpy")
    return find_model() is not None and all(importlib.util.find_spec(name) is not None for name in wanted)


def need_extra() -> NoModelError:
    """The error for a computer without the extra `local`."""
    return NoModelError("The embedded model is not installed.", f"{INSTALL}   or: orchestra keys set PROVIDER")


def cores() -> int:
    """The processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


class Llama:
    """One GGUF file, loaded at the first question. Safe to share between threads: questions wait for each other."""

    def __init__(self, model_file: Path, seed: int = 0) -> None:
        self.model_file, self.seed = model_file, seed
        self.stop = threading.Event()
        self._server: Any = None
        self._lock = threading.Lock()

    def write(
        self,
        system: str,
        prompt: str,
        *,
        max_tokens: int,
        schema: dict[str, Any] | None = None,
        examples: Examples = (),
    ) -> Written:
        """Greedy (temperature 0), so the same question gets the same words. Raises CallFailed, NoModelError."""
        body: dict[str, Any] = {
            "messages": _messages(system, prompt, examples),
            "temperature": 0,
            "seed": self.seed,
            "max_tokens": max_tokens,
            "cache_prompt": False,  # a reused prefix is computed in other batches and may round to other words
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if schema is not None:
            shape = {"name": "answer", "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": shape}
        with self._lock:
            return self._collect(body)

    def close(self) -> None:
        """Frees the memory; the next question loads the file again."""
        with self._lock:
            self._server = None

    def _collect(self, body: dict[str, Any]) -> Written:
        reader = _Reader(self.stop)
        self._loaded().handle_chat_completions(body, reader.feed)
        return reader.finish()

    def _loaded(self) -> Any:
        if self._server is None:
            self._server = _start(self.model_file)
        return self._server


def _messages(system: str, prompt: str, examples: Examples) -> list[dict[str, str]]:
    messages = [{"role": "system", "content": system}]
    for asked, answered in examples:
        messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
    return [*messages, {"role": "user", "content": prompt}]


class _Reader:
    """Gathers one streamed answer."""

    def __init__(self, stop: threading.Event) -> None:
        self.stop = stop
        self.text: list[str] = []
        self.finish_reason = ""
        self.usage = Usage()
        self.error: dict[str, Any] | None = None

    def feed(self, event: dict[str, Any] | list[dict[str, Any]]) -> bool:
        """One event of the stream (or several in a list); True tells llama.cpp to stop."""
        for one in event if isinstance(event, list) else [event]:
            self._take(one)
        return self.stop.is_set()

    def _take(self, event: dict[str, Any]) -> None:
        if "choices" not in event:
            self.error = event.get("error", event)
            return
        for choice in event["choices"]:
            self.text.append(choice.get("delta", {}).get("content") or "")
            self.finish_reason = choice.get("finish_reason") or self.finish_reason
        if usage := event.get("usage"):
            self.usage = Usage(usage.get("prompt_tokens"), usage.get("completion_tokens"))

    def finish(self) -> Written:
        text = "".join(self.text)
        if self.error is not None:
            kind = str(self.error.get("type", ""))
            words = str(self.error.get("message", "no reason given"))
            too_long = "context_size" in kind
            raise CallFailed(
                "too_long" if too_long else "bad_request",
                "more text than the small model takes" if too_long else "the small model failed",
                provider="embedded",
                words=words,
            )
        if not self.finish_reason:
            raise CallFailed("cut", "the small model was stopped", provider="embedded", partial=text, usage=self.usage)
        return Written(text.strip(), self.usage, self.finish_reason == "stop")


def _start(model_file: Path) -> Any:
    if importlib.util.find_spec("xllamacpp") is None:
        raise need_extra()
    if not model_file.is_file():
        raise NoModelError(f"The model file {model_file} is not there.", "orchestra models pull")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before the import: idle threads must not spin
    import xllamacpp

    asked = xllamacpp.CommonParams()
    asked.model.path = str(model_file)
    asked.n_ctx = CONTEXT_TOKENS
    asked.n_parallel = 1
    asked.kv_unified = True  # else the context is divided by the slots
    asked.cpuparams.n_threads = asked.cpuparams_batch.n_threads = cores()
    asked.verbosity = -1
    asked.hostnames = ["127.0.0.1"]
    asked.port = 0
    asked.api_keys = [secrets.token_hex(16)]
    try:
        return xllamacpp.Server(asked)
    except RuntimeError as error:
        raise NoModelError(
            f"The model file {model_file} could not be loaded; it is no GGUF file that llama.cpp reads.",
            "orchestra models pull   fetches the small model; --model-file PATH takes another file.",
        ) from error


_shared: dict[Path, Llama] = {}
_shared_lock = threading.Lock()


def shared(model_file: Path, seed: int = 0) -> Llama:
    """The one server of this process for that file; asking for another file lets the first one go."""
    with _shared_lock:
        found = _shared.get(model_file)
        if found is None or found.seed != seed:
            for other in _shared.values():
                other.close()
            _shared.clear()
            found = _shared[model_file] = Llama(model_file, seed)
        return found
