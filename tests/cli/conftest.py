"""One way to run a command line in this process, and one in a process of its own without a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestra_cli.cli.main import run


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def orchestra(home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run a command line here; nobody can be asked, standard input is empty."""
    monkeypatch.setattr("orchestra_cli.console.screen.open_terminal", lambda: None)

    def call(*words: str) -> Ran:
        capfd.readouterr()
        with Path(os.devnull).open() as nothing:
            monkeypatch.setattr(sys, "stdin", nothing)
            code = run(list(words))
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return call


@pytest.fixture
def process(home: Path) -> Callable[..., Ran]:
    """Run it as a program, in a session of its own: no controlling terminal."""

    def call(*words: str, stdin: bytes = b"", **environment: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "orchestra_cli", *words],
            input=stdin,
            capture_output=True,
            env={**os.environ, **environment},
            start_new_session=True,
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return call
