import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestra_cli.errors import NoModelError
from orchestra_cli.models.embedded import llama
from orchestra_cli.types import CallFailed, Usage


class FakeServer:
    """Answers like llama.cpp does: events to the callback until it returns True."""

    def __init__(self, events: list[Any]) -> None:
        self.events = events
        self.bodies: list[dict[str, Any]] = []

    def handle_chat_completions(self, body: dict[str, Any], feed: Any) -> None:
        self.bodies.append(body)
        for event in self.events:
            if feed(event):
                return


def _text(words: str, finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"delta": {"content": words}, "finish_reason": finish}]}


def _llama(monkeypatch: pytest.MonkeyPatch, events: list[Any]) -> tuple[llama.Llama, FakeServer]:
    server = FakeServer(events)
    monkeypatch.setattr(llama, "_start", lambda path: server)
    return llama.Llama(Path("m.gguf")), server


def test_a_stream_is_gathered_with_its_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words of all events, in order; the usage of the last."""
    last = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}
    model, server = _llama(monkeypatch, [_text("All "), [_text("is"), _text(" well.", "stop")], last])
    assert model.write("sys", "ask", max_tokens=9) == llama.Written("All is well.", Usage(7, 3), True)
    body = server.bodies[0]
    assert (body["temperature"], body["max_tokens"]) == (0, 9)
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert "response_format" not in body


def test_schema_and_examples_go_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """Examples stand as earlier turns, the schema as the response format."""
    model, server = _llama(monkeypatch, [_text("{}", "stop")])
    model.write("sys", "ask", max_tokens=9, schema={"type": "object"}, examples=(("a", "b"),))
    body = server.bodies[0]
    assert [message["content"] for message in body["messages"]] == ["sys", "a", "b", "ask"]
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}


def test_a_limit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Finish reason "length": the words are not whole."""
    model, _ = _llama(monkeypatch, [_text("half", "length")])
    assert not model.write("s", "p", max_tokens=1).whole


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"error": {"type": "exceed_context_size_error", "message": "too many"}}, "too_long"),
        ({"code": 400, "type": "invalid_request_error", "message": "no"}, "bad_request"),
    ],
)
def test_errors_come_as_dicts_without_choices(
    monkeypatch: pytest.MonkeyPatch, event: dict[str, Any], kind: str
) -> None:
    """Both shapes become a CallFailed with the words of llama.cpp."""
    model, _ = _llama(monkeypatch, [event])
    with pytest.raises(CallFailed) as caught:
        model.write("s", "p", max_tokens=1)
    assert caught.value.kind == kind
    assert caught.value.words in ("too many", "no")


def test_stopping_cuts_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `stop` set, the stream ends after the next event and the answer counts as cut."""
    model, _ = _llama(monkeypatch, [_text("one "), _text("two", "stop")])
    model.stop.set()
    with pytest.raises(CallFailed) as caught:
        model.write("s", "p", max_tokens=1)
    assert (caught.value.kind, caught.value.partial) == ("cut", "one ")


def test_the_file_is_loaded_once_and_again_after_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lazily at the first question; `close` lets it go."""
    loads: list[Path] = []

    def start(path: Path) -> FakeServer:
        loads.append(path)
        return FakeServer([_text("x", "stop")])

    monkeypatch.setattr(llama, "_start", start)
    model = llama.Llama(Path("m.gguf"))
    assert loads == []
    model.write("s", "p", max_tokens=1)
    model.write("s", "p", max_tokens=1)
    model.close()
    model.write("s", "p", max_tokens=1)
    assert len(loads) == 2


def test_one_server_for_a_process(tmp_path: Path) -> None:
    """The same file gives the same server; another file closes the first."""
    first = llama.shared(tmp_path / "a.gguf")
    first._server = object()
    assert llama.shared(tmp_path / "a.gguf") is first
    assert llama.shared(tmp_path / "b.gguf") is not first
    assert first._server is None


def test_a_missing_file_and_a_missing_package_say_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are NoModelErrors with the next command."""
    with pytest.raises(NoModelError, match="orchestra models pull"):
        llama._start(tmp_path / "none.gguf")
    monkeypatch.setattr(llama.importlib.util, "find_spec", lambda name: None)
    assert not llama.available()
    with pytest.raises(NoModelError, match=r"orchestra-recipes\[local\]"):
        llama._start(tmp_path / "none.gguf")


def test_llama_cpp_is_started_quietly_on_loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A random key, loopback only, one context for all slots, no spinning; a file that is no model is named."""
    asked = SimpleNamespace(model=SimpleNamespace(), cpuparams=SimpleNamespace(), cpuparams_batch=SimpleNamespace())
    made: list[Any] = []

    def server(params: Any) -> str:
        made.append(params)
        if len(made) > 1:
            raise RuntimeError("Failed to init server")
        return "server"

    fake = SimpleNamespace(CommonParams=lambda: asked, Server=server, __spec__=object())
    monkeypatch.setitem(sys.modules, "xllamacpp", fake)
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    path = tmp_path / "m.gguf"
    path.write_bytes(b"x")
    assert llama._start(path) == "server"
    assert asked.hostnames == ["127.0.0.1"]
    assert len(asked.api_keys[0]) == 32
    assert asked.kv_unified is True
    assert asked.verbosity == -1
    assert llama.os.environ["OMP_WAIT_POLICY"] == "passive"
    with pytest.raises(NoModelError, match="no GGUF file"):
        llama._start(path)


def test_cores_are_those_we_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """The affinity where the system has one, else the count; never fewer than one."""
    assert llama.cores() >= 1
    monkeypatch.delattr(llama.os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(llama.os, "cpu_count", lambda: None)
    assert llama.cores() == 1
