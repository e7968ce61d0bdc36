from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestra_cli.console import keys, probe, weights
from orchestra_cli.console.probe import Probe, read_reply
from orchestra_cli.errors import InputError
from orchestra_cli.models.providers import Provider
from orchestra_cli.models.wire import Reply

Build = Callable[..., Any]
KEY = "sk-proj-CANARY-abcdefghijklmnop-a1B2"


@pytest.fixture(autouse=True)
def at_a_keyboard(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Keyboard(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(keys.sys, "stdin", Keyboard())


@pytest.mark.parametrize(("state", "code"), [("works", 0), ("rejected", 3), ("unreachable", 0)])
def test_a_typed_key_is_stored_and_tried_out(
    stage: Build, monkeypatch: pytest.MonkeyPatch, state: str, code: int
) -> None:
    """Hidden while typed, never shown again; a rejected one is kept but said, exit 3."""
    monkeypatch.setattr(probe, "probe", lambda provider, *_: Probe(provider.name, state, f"it {state}"))
    on = stage(KEY)
    assert keys.set_key(on.screen, "openai", plaintext=True, untested=False) == code
    assert "Key for openai (hidden):" in on.asked
    assert f"{'Not tested' if state == 'unreachable' else 'Tested'}: it {state}." in on.err
    assert "CANARY" not in on.out + on.err + on.asked
    assert ("orchestra models list" in on.err) == (state == "works")


def test_no_key_typed_stores_nothing(stage: Build) -> None:
    """Enter alone and Ctrl-D."""
    for typed in (("",), ()):
        with pytest.raises(InputError, match="nothing was stored"):
            keys.set_key(stage(*typed).screen, "openai", plaintext=True, untested=True)


def test_a_key_of_this_shell_goes_first_and_that_is_said(stage: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """When storing one and when deleting one."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-another-one-9999")
    on = stage(KEY)
    keys.set_key(on.screen, "openai", plaintext=True, untested=True)
    assert "OPENAI_API_KEY is set in this shell and goes first" in on.err
    gone, told = stage(), stage(json=True)
    keys.delete_key(gone.screen, "openai")
    assert "OPENAI_API_KEY is still set" in gone.err
    keys.set_key(stage(KEY).screen, "openai", plaintext=True, untested=True)
    keys.delete_key(told.screen, "openai")
    assert json.loads(told.out)["provider"] == "openai"


@pytest.mark.parametrize(
    ("status", "body", "state", "words"),
    [
        (200, b'{"data": [{"id": "gpt-5"}, {"id": "gpt-5-mini"}]}', "works", "works (2 models)"),
        (200, b'{"models": [{"name": "models/gemini-2.5-pro"}]}', "works", "works (1 models)"),
        (200, b'[{"id": "a"}]', "works", "works (1 models)"),
        (200, b"no json", "works", "works"),
        (200, b'{"data": "none"}', "works", "works"),
        (401, b"", "rejected", "the vendor rejected the key ending ...a1B2 (401)"),
        (400, b'{"error": "API key not valid"}', "rejected", "the vendor rejected the key ending ...a1B2 (400)"),
        (404, b"", "untested", "this provider lists no models, so the key could not be tried for free"),
        (503, b"", "unreachable", "answered with status 503"),
    ],
)
def test_what_a_reply_means(status: int, body: bytes, state: str, words: str) -> None:
    """Vendors' shapes of model lists and refusals."""
    found = read_reply("openai", Reply(status, {}, body), "a1B2")
    assert (found.state, found.words) == (state, words)


def test_no_network_is_said_and_not_raised() -> None:
    """A closed port is "unreachable"; without last four characters none are invented."""
    closed = Provider("office", "openai-chat", "http://127.0.0.1:9/v1")
    assert probe.probe(closed, "").state == "unreachable"
    assert read_reply("x", Reply(401, {}), "").words == "the vendor rejected the key (401)"


def test_the_embedded_model_is_ready_when_its_weights_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the command that fetches them is named."""
    here = Provider("embedded", "embedded", "", on_computer=True, needs_key=False)
    assert "orchestra models pull" in probe.probe(here, "").words
    monkeypatch.setattr("orchestra_cli.models.embedded.weights.have", lambda name, _: Path(name))
    assert probe.probe(here, "").state == "works"


def test_weights_are_fetched_with_plain_quarters(stage: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a terminal each quarter is said once; with one a bar moves; what is there is not fetched."""

    def fetch(name: str, folder: Path, progress: Callable[[int, int], None]) -> Path:
        for done in (0, 10, 26, 30, 60, 80, 100):
            progress(done, 100)
        return folder / f"{name}.gguf"

    monkeypatch.setattr("orchestra_cli.models.embedded.weights.fetch", fetch)
    plain, live = stage(), stage(live=True)
    assert weights.pull("smollm2-135m", plain.screen).endswith("smollm2-135m.gguf")
    assert [line.split()[-2] for line in plain.err.splitlines()[1:]] == ["25", "50", "75", "100"]
    assert "92 MB (Apache-2.0)" in plain.err
    weights.pull("smollm2-135m", live.screen)
    assert "smollm2-135m" in live.err
    monkeypatch.setattr("orchestra_cli.models.embedded.weights.have", lambda name, _: tmp_path / name)
    there = stage()
    assert weights.pull("smollm2-135m", there.screen) == str(tmp_path / "smollm2-135m")
    assert there.err == ""


def test_pulling_says_where_the_weights_lie(stage: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """For people and for scripts."""
    from orchestra_cli.console.models import pull_weights

    monkeypatch.setattr(weights, "pull", lambda *_: "/w/model.gguf")
    plain, told = stage(), stage(json=True)
    assert pull_weights(plain.screen, "") == 0
    assert plain.err == "Ready: /w/model.gguf\n"
    pull_weights(told.screen, "qwen2.5-coder-1.5b")
    assert json.loads(told.out) == {"model": "embedded/qwen2.5-coder-1.5b", "path": "/w/model.gguf"}
