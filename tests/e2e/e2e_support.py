"""A desk to work at: a workspace, a home of its own and the vendor on loopback; commands are real processes."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.answers import ids, proposal
from support.vendor import FakeVendor
from support.wire import Asked, Reply

Answerer = Callable[[Asked], Reply]
ROOT = Path(__file__).resolve().parents[2]
NOTE = """---
recipe: note
title: Short note
summary: Lists points and writes a note about them.
inputs:
  topic: document -- What it is about
---
Plain English.

# Step: points
role: extract
reads: topic
returns:
  - point: text, max 40 words

List the points that matter.

# Step: note
role: write
reads: topic, points
max words: 80

Write a short note about them.

# Deliver: md, docx
# Note
{note}
"""
GATED = NOTE.replace("recipe: note", "recipe: gated").replace(
    "  - point: text, max 40 words\n", "  - point: text, max 40 words\napprove: Are these the points?\n"
)
GATED = GATED.replace("max words: 80\n", "max words: 80\napprove: Send it?\n")
ONE = """---
recipe: one
title: One call
summary: Writes a note, in one call.
inputs:
  topic: document -- What it is about
---
Plain English.

# Step: note
role: write
reads: topic
max words: 80

Write a short note about it.
"""
TOPIC = "The roof leaks over the kitchen. The tenant must be told before the work begins.\n"


@dataclass(frozen=True)
class Ended:
    """How a process ended. `exit` is negative for a signal."""

    exit: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on standard output."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def last(self) -> str:
        """The last line of standard error."""
        return self.err.strip().splitlines()[-1] if self.err.strip() else ""


@dataclass
class Desk:
    """Where commands are typed. `env` comes on top of a clean environment without keys."""

    folder: Path
    home: Path
    vendor: FakeVendor
    env: dict[str, str] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        clean = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        clean |= {name: value for name, value in os.environ.items() if name.startswith(("COVERAGE", "COV_"))}
        ours = {
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT),
            "ORCHESTRA_HOME": str(self.home),
            "ORCHESTRA_USER": "tester",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "OLLAMA_HOST": "127.0.0.1:9",
        }
        return {**clean, **ours, **self.env, **more}

    def start(self, *words: str, env: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
        """A process without a controlling terminal; its streams are pipes unless `options` says otherwise."""
        given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.Popen(
            [sys.executable, "-m", "orchestra_cli", *words],
            cwd=self.folder,
            env=self.environment(**(env or {})),
            text=True,
            encoding="utf-8",
            start_new_session=True,
            **given,
        )

    def run(self, *words: str, env: Mapping[str, str] | None = None, timeout: float = 60, **options: Any) -> Ended:
        process = self.start(*words, env=env, **options)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"{words} still runs after {timeout} s\n{out}\n{err}") from None
        return Ended(process.returncode, out or "", err or "")

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What stands in the store; nothing where there is no store yet."""
        file = self.home / "orchestra.db"
        if not file.exists():
            return []
        db = sqlite3.connect(file)
        try:
            return list(db.execute(query))
        except sqlite3.OperationalError:
            return []
        finally:
            db.close()

    def runs(self) -> list[str]:
        return [str(row[0]) for row in self.rows("SELECT id FROM runs ORDER BY seq")]

    def journalled(self) -> set[str]:
        """The steps that models played and that are journalled."""
        return {str(row[0]) for row in self.rows("SELECT path FROM steps WHERE kind != 'do'")}

    def calls(self) -> list[dict[str, Any]]:
        names = ("run", "path", "state", "error", "cost_usd", "reserve_usd", "usage", "provider", "model")
        return [dict(zip(names, row, strict=True)) for row in self.rows(f"SELECT {', '.join(names)} FROM calls")]


def note_desk(folder: Path, home: Path, vendor: FakeVendor, *providers: str) -> Desk:
    """The smallest workspace in which something can be run: two small recipes and one page to read."""
    desk = Desk(folder, home, vendor, vendor.environment(*(providers or ("openai",))))
    desk.write("orchestra.toml", 'language = "en-GB"\n')
    desk.write("recipes/note.md", NOTE)
    desk.write("recipes/gated.md", GATED)
    desk.write("recipes/one.md", ONE)
    desk.write("topic.txt", TOPIC)
    return desk


# ---- what the vendor says ----


def clean(asked: Asked) -> Reply:
    """Answers that pass every check: those of `proposal`, with prose that meets each requirement without a figure."""
    if asked.wants_schema is not None:
        return note(asked) if asked.step == "unknown" else proposal(asked)
    if "short note" in asked.task:
        return note(asked)
    if asked.step != "proposal":
        return proposal(asked)
    asks = ids(asked.text, "R")
    met = "\n".join(f"- We meet what the tender sets out at this point in full [{one}]." for one in asks)
    return Reply(
        "## Understanding\n\nYou need this work done once and without surprises.\n\n"
        f"## Scope of work\n\nOur offer covers the following.\n\n{met}\n\n"
        "## Programme\n\nWe agree the sequence with you before we begin.\n\n"
        "## Why us\n\nOne team plans the work and carries it out.\n"
    )


def note(asked: Asked) -> Reply:
    """The answers of the small recipe."""
    if asked.wants_schema is not None:
        point = {"point": "The roof leaks over the kitchen."}
        name = next(iter(asked.wants_schema["properties"]))
        return Reply(json.dumps({name: [point]}))
    return Reply("The roof leaks over the kitchen, and the tenant must hear of it before the work begins.")


def slowly(answer: Answerer, seconds: float) -> Answerer:
    """The same answers after a while."""

    def slow(asked: Asked) -> Reply:
        reply = answer(asked)
        return Reply(reply.text, delay_s=seconds, fault=reply.fault)

    return slow


def key_of(asked: Asked) -> str:
    """What was asked, whoever was asked: two equal keys are the same question."""
    return hashlib.sha256(json.dumps([asked.system, asked.text, asked.wants_schema]).encode()).hexdigest()[:16]


def questions(vendor: FakeVendor) -> Counter[str]:
    """How often each question came in."""
    return Counter(key_of(asked) for asked in vendor.asked)


# ---- processes ----


def kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL, and nothing of it is left."""
    process.send_signal(signal.SIGKILL)
    process.communicate()


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str] | None = None, seconds: float = 30) -> None:
    """Wait until something outside this process is so; a process that must live until then may not end."""
    until = time.monotonic() + seconds
    while not condition():
        assert process is None or process.poll() is None, f"ended too early\n{process.communicate()}"
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.005)


def together(processes: list[subprocess.Popen[str]], timeout: float = 120) -> list[Ended]:
    """Let processes that run at once end."""
    ended = []
    for process in processes:
        out, err = process.communicate(timeout=timeout)
        ended.append(Ended(process.returncode, out, err))
    return ended
