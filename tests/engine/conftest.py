"""A stage for every test: an empty workspace, a home of its own, one vendor with three keys, no real waiting."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from support.runs import Stage, workspace
from support.vendor import FakeVendor


@pytest.fixture
def stage(tmp_path: Path, home: Path, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Keys for OpenAI, Anthropic and Gemini, which all lead to the vendor on loopback."""
    folder = tmp_path / "firm"
    workspace(folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("ORCHESTRA_USER", "tester")
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    made = Stage(folder, home, vendor, monkeypatch)
    made.keys("openai", "anthropic", "gemini")
    return made


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, in seconds: written down instead of waited."""
    import asyncio

    taken: list[float] = []

    async def pause(seconds: float) -> None:
        taken.append(seconds)
        await asyncio.sleep(0)

    fake = SimpleNamespace(sleep=pause, CancelledError=asyncio.CancelledError)
    monkeypatch.setattr("orchestra_cli.engine.asking.asyncio", fake)
    return taken
