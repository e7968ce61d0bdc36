"""Runs in this process: a workspace, a vendor and a person who answer by script, and all that was said on the way.

Everything below is real: prepare, plan, start and resume, the store, the files. Only the vendor and the person are
ours.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from support.asked import Asked, Reply
from support.vendor import FakeVendor

from orchestra_cli.engine.events import Event
from orchestra_cli.engine.person import Carried, Decided, HandOffShown
from orchestra_cli.engine.plan import Plan, make_plan
from orchestra_cli.engine.prepare import Prepared, prepare
from orchestra_cli.engine.request import ResumeRequest, RunRequest
from orchestra_cli.engine.result import RunResult, StepResult
from orchestra_cli.engine.session import resume, start
from orchestra_cli.errors import WaitingError
from orchestra_cli.store.database import Store

E = TypeVar("E")
Said = Reply | str | list[Any] | dict[str, Any] | Callable[[Asked], Reply]
ROLES = """
[roles]
extract = ["openai/gpt-5.4-mini", "anthropic/claude-haiku-5-5", "gemini/gemini-3.5-flash-lite"]
research = ["openai/gpt-5.4-mini", "anthropic/claude-haiku-5-5", "gemini/gemini-3.5-flash-lite"]
analyse = ["openai/gpt-6.1-terra", "anthropic/claude-sonnet-5-5", "gemini/gemini-3.8-flash"]
write = ["openai/gpt-6.1-terra", "anthropic/claude-sonnet-5-5", "gemini/gemini-3.8-flash"]
review = ["anthropic/claude-sonnet-5-5", "gemini/gemini-3.8-flash", "openai/gpt-6.1-terra"]
"""


def page(*steps: str, inputs: str = "topic: document -- About", deliver: str = "", preamble: str = "Plain words.",
         settings: str = "") -> str:  # fmt: skip
    """A recipe called `job`: its steps as they stand in a page, the heading put in ("note\\nrole: write\\n\\nDo.")."""
    head = f"---\nrecipe: job\ntitle: A job\nsummary: For tests.\n{settings}inputs:\n"
    listed = "".join(f"  {line}\n" for line in inputs.splitlines())
    body = "\n\n".join(f"# Step: {step.strip()}" for step in steps)
    return f"{head}{listed}---\n{preamble}\n\n{body}\n" + (f"\n# Deliver: {deliver}\n" if deliver else "")


def reply_of(said: Said, asked: Asked) -> Reply:
    """What a script says, as a reply: data becomes JSON, a list the items of the answer's list."""
    if callable(said):
        return said(asked)
    if isinstance(said, list):
        return Reply(json.dumps({"items": said}))
    return Reply(json.dumps(said)) if isinstance(said, dict) else Reply(said) if isinstance(said, str) else said


class Script:
    """Answers by a phrase in the task: each phrase has replies in turn, of which the last one stays."""

    def __init__(self, lines: Mapping[str, Said | tuple[Said, ...]]) -> None:
        self._lines = {phrase: said if isinstance(said, tuple) else (said,) for phrase, said in lines.items()}
        self.asked: dict[str, list[Asked]] = defaultdict(list)
        self._lock = threading.Lock()

    def __call__(self, asked: Asked) -> Reply:
        phrase = next((phrase for phrase in self._lines if phrase in asked.task), None)
        if phrase is None:
            raise AssertionError(f"nothing in the script for: {asked.task[:200]}")
        with self._lock:
            self.asked[phrase].append(asked)
            said = self._lines[phrase]
            chosen = said[min(len(self.asked[phrase]), len(said)) - 1]
        return reply_of(chosen, asked)


@dataclass
class Scripted:
    """A person who decides what `decisions` say, in turn, for each step; nothing left to say is "come back later"."""

    decisions: dict[str, list[Decided]] = field(default_factory=dict)
    answers: list[str | Exception] = field(default_factory=list)
    shown: list[HandOffShown] = field(default_factory=list)
    carried: list[Carried] = field(default_factory=list)

    def decide(self, shown: HandOffShown) -> Decided:
        self.shown.append(shown)
        waiting = self.decisions.get(shown.step) or self.decisions.get("*") or []
        if not waiting:
            raise WaitingError(f'Waiting for a person: "{shown.question}".', f"orchestra approve {shown.run}")
        return waiting.pop(0)

    def carry(self, carried: Carried) -> str:
        self.carried.append(carried)
        if not self.answers:
            raise WaitingError("Waiting for the answer file.", f"orchestra resume {carried.run}")
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def person(**decisions: Decided | str | Sequence[Decided | str]) -> Scripted:
    """A person by step: `person(note="accept", points=[Decided("redo", note="shorter"), "accept"])`."""
    made: dict[str, list[Decided]] = {}
    for step, said in decisions.items():
        listed = [said] if isinstance(said, Decided | str) else said
        made[step] = [one if isinstance(one, Decided) else Decided(one, by="Ada") for one in listed]  # type: ignore[arg-type]
    return Scripted(made)


@dataclass
class Played:
    """How a run ended and all that was said on the way."""

    result: RunResult
    events: list[Event]
    stage: Stage

    def step(self, name: str) -> StepResult:
        return next(step for step in self.result.steps if step.id == name)

    def said(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def statuses(self) -> dict[str, str]:
        return {step.id: step.status for step in self.result.steps}

    @property
    def rules(self) -> list[str]:
        return [finding.rule for finding in self.result.findings]

    def calls(self) -> list[dict[str, Any]]:
        return self.stage.rows("calls", self.result.run)

    def steps(self) -> list[dict[str, Any]]:
        return self.stage.rows("steps", self.result.run)


@dataclass
class Stage:
    """A workspace in `folder`, a home of its own, and the vendor; `play` runs the recipe in it."""

    folder: Path
    home: Path
    vendor: FakeVendor
    patch: pytest.MonkeyPatch

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def keys(self, *providers: str) -> None:
        """Only these vendors have a key; all of them are the vendor on loopback."""
        for provider in ("OPENAI", "ANTHROPIC", "GEMINI", "MISTRAL"):
            self.patch.delenv(f"{provider}_API_KEY", raising=False)
        for name, value in (self.vendor.environment(*providers) if providers else {}).items():
            self.patch.setenv(name, value)

    def no_small_model(self) -> None:
        """As where the extra `local` is not installed."""
        self.patch.setattr("orchestra_cli.models.providers.find_spec", lambda name: None)
        self.patch.setattr("orchestra_cli.models.embedded.llama.available", lambda: False)

    def script(self, lines: Mapping[str, Said | tuple[Said, ...]]) -> Script:
        made = Script(lines)
        self.vendor.answer = made
        return made

    def recipe(self, text: str, name: str = "job") -> None:
        self.file(f"recipes/{name}.md", text)

    def request(self, *words: str, recipe: str = "job", **given: Any) -> RunRequest:
        return RunRequest(recipe=recipe, words=words, **given)

    def prepare(self, *words: str, answers: Mapping[str, str] | None = None, **given: Any) -> Prepared:
        return prepare(self.request(*words, **given), answers)

    def plan(self, *words: str, answers: Mapping[str, str] | None = None, **given: Any) -> Plan:
        return make_plan(self.prepare(*words, answers=answers, **given))

    def play(self, *words: str, by: Scripted | None = None, answers: Mapping[str, str] | None = None,
             listen: Callable[[Event], None] | None = None, **given: Any) -> Played:  # fmt: skip
        prepared = self.prepare(*words, answers=answers, **given)
        events: list[Event] = []
        heard = self._heard(events, listen)
        return Played(start(prepared, make_plan(prepared), by or Scripted(), heard), events, self)

    def resume(self, run: str = "last", by: Scripted | None = None,
               listen: Callable[[Event], None] | None = None, **given: Any) -> Played:  # fmt: skip
        events: list[Event] = []
        result = resume(ResumeRequest(run=run, **given), by or Scripted(), self._heard(events, listen))
        return Played(result, events, self)

    @staticmethod
    def _heard(events: list[Event], listen: Callable[[Event], None] | None) -> Callable[[Event], None]:
        def heard(event: Event) -> None:
            events.append(event)
            if listen is not None:
                listen(event)

        return heard

    @contextmanager
    def store(self) -> Iterator[Store]:
        opened = Store.open(self.home)
        try:
            yield opened
        finally:
            opened.close()

    def rows(self, table: str, run: str) -> list[dict[str, Any]]:
        """The rows of a run in the order they were written."""
        db = sqlite3.connect(self.home / "orchestra.db")
        db.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in db.execute(f"SELECT * FROM {table} WHERE run = ? ORDER BY rowid", (run,))]
        finally:
            db.close()


def workspace(folder: Path, recipe: str = "", settings: str = "", **files: str) -> None:
    """A workspace with one recipe (`job`), a topic and three vendors in fixed order for every role."""
    (folder / "recipes").mkdir(parents=True, exist_ok=True)
    (folder / "orchestra.toml").write_text(f"{settings}{ROLES}", encoding="utf-8")
    (folder / "topic.txt").write_text(files.pop("topic", TOPIC), encoding="utf-8")
    if recipe:
        (folder / "recipes" / "job.md").write_text(recipe, encoding="utf-8")


TOPIC = "The roof leaks over the kitchen. The tenant must be told before the work begins.\n"
