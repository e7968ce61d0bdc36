"""Fixtures that every room's tests share: a vendor on loopback and a home of one's own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from support.vendor import FakeVendor

_ENDINGS = ("_API_KEY", "_BASE_URL", "_PROXY")
_NAMES = ("OLLAMA_HOST", "AWS_BEARER_TOKEN_BEDROCK", "AZURE_OPENAI_ENDPOINT", "HF_TOKEN", "NO_COLOR", "SSL_CERT_FILE")


def is_ours(name: str) -> bool:
    """Whether a variable of the environment can change what Orchestra does."""
    upper = name.upper()
    return upper.endswith(_ENDINGS) or upper.startswith(("ORCHESTRA_", "OTEL_")) or upper in _NAMES


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty ORCHESTRA_HOME (mode 0700); no keys, base URLs or proxies in the environment; the current folder is
    `tmp_path`."""
    for name in list(os.environ):
        if is_ours(name):
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("ORCHESTRA_HOME", str(folder))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    """A running vendor that answers the `proposal` recipe; set `vendor.answer` for anything else."""
    running = FakeVendor().start()
    yield running
    running.stop()
    assert running.errors == []
