"""Builders with sane defaults: a screen of strings, a person who types, a plan and a result."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestra_cli.console.screen import Screen
from orchestra_cli.console.terminal import Terminal
from orchestra_cli.engine.person import Carried, HandOffShown
from orchestra_cli.engine.result import RunResult, StepResult

ESCAPES = "\x1b[31mred\x1b[0m \x1b]0;title\x07[red][/x] \x1b]52;c;aGk=\x07\u202eevil"


class Tty(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass
class Stage:
    """A screen whose streams can be read back, with a person who types `lines`."""

    screen: Screen
    typed: io.StringIO = field(default_factory=io.StringIO)
    shown: io.StringIO = field(default_factory=io.StringIO)

    @property
    def out(self) -> str:
        return self.screen.out_stream.getvalue()  # type: ignore[attr-defined]

    @property
    def err(self) -> str:
        return self.screen.err_stream.getvalue()  # type: ignore[attr-defined]

    @property
    def asked(self) -> str:
        return self.shown.getvalue()


def build_stage(
    *lines: str, person: bool = True, json: bool = False, quiet: bool = False, tty: bool = False, live: bool = False
) -> Stage:
    typed, shown = io.StringIO("".join(f"{line}\n" for line in lines)), io.StringIO()
    terminal = Terminal(typed, shown) if person else None
    screen = Screen(
        json=json,
        quiet=quiet,
        terminal=terminal,
        out_stream=Tty() if tty else io.StringIO(),
        err_stream=Tty() if live else io.StringIO(),
    )
    return Stage(screen, typed, shown)


@pytest.fixture
def stage() -> Callable[..., Stage]:
    return build_stage


def build_step(**given: Any) -> StepResult:
    base = StepResult(
        "proposal", "model", "done", "openai/gpt-5", "openai/gpt-5", "openai", "openai", 1, 6410, 5120, 3420,
        Decimal("0.057"), 31.0, summary="884 words",
    )  # fmt: skip
    return replace(base, **given)


def build_result(**given: Any) -> RunResult:
    base = RunResult(
        run="7k2f", recipe="proposal", client="acme", status="done", exit=0, document="# Bid\n", steps=(build_step(),),
        cost_usd=Decimal("0.057"), budget_usd=Decimal("3.00"), seconds=75.0, resume="orchestra resume 7k2f",
        resume_argv=("orchestra", "resume", "7k2f"),
    )  # fmt: skip
    return replace(base, **given)


@pytest.fixture
def result() -> Callable[..., RunResult]:
    return build_result


@pytest.fixture
def step() -> Callable[..., StepResult]:
    return build_step


def build_shown(**given: Any) -> HandOffShown:
    base = HandOffShown(
        run="7k2f", step="proposal", position=3, of=5, model="openai/gpt-5", question="Send this version?",
        text="# Programme\nTwelve weeks.", editable="# Programme\nTwelve weeks.", is_data=False, summary="884 words",
        findings=(), next_steps=(("check", "anthropic/claude-sonnet-4", Decimal("0.04")), ("table", "computed", None)),
        options=("accept", "edit", "redo", "model", "skip", "quit"), models=("anthropic/claude-sonnet-4-5",),
        spent_usd=Decimal("0.07"), budget_usd=Decimal("3.00"),
    )  # fmt: skip
    return replace(base, **given)


@pytest.fixture
def handoff() -> Callable[..., HandOffShown]:
    return build_shown


@pytest.fixture
def carried(tmp_path: Path) -> Carried:
    return Carried("7k2f", "requirements", 1, 4, "List the requirements of this tender.", str(tmp_path / "relay"))


def build_plan(**given: Any) -> SimpleNamespace:
    steps = given.pop("steps", None) or (
        build_planned("requirements", "openai/gpt-5-mini"),
        build_planned("pricing", "computed"),
        build_planned("proposal", "openai/gpt-5"),
    )
    base = {
        "recipe": "proposal", "steps": steps, "likely_usd": Decimal("0.11"), "at_most_usd": Decimal("0.19"),
        "cap_usd": Decimal("3.00"), "gates": ("Go or no go?",), "leaves": ("about 28,000 tokens leave this computer",),
        "ways": ("--handoff paste   2 prompts",), "warnings": (), "needs_weights": False, "paid": True,
    }  # fmt: skip
    plan = SimpleNamespace(**{**base, **given})
    plan.nobody = tuple(one.id for one in plan.steps if one.who == "nobody")
    return plan


def build_planned(step_id: str, who: str, why: str = "your first choice") -> SimpleNamespace:
    free = who in ("computed", "nobody", "paste")
    cost = Decimal(0) if free else Decimal("0.05")
    return SimpleNamespace(
        id=step_id, kind="do" if who == "computed" else "model", who=who, why=why, tokens_in=14_500, tokens_out=900,
        likely_usd=cost, at_most_usd=cost * 2, cast=(who,), prompt_bytes=8_300,
    )  # fmt: skip


@pytest.fixture
def planned() -> Callable[..., SimpleNamespace]:
    return build_planned


@pytest.fixture
def plan() -> Callable[..., SimpleNamespace]:
    return build_plan


def build_prepared(request: Any = None, **given: Any) -> Any:
    from orchestra_cli.engine.request import RunRequest

    @dataclass(frozen=True)
    class Prepared:
        request: Any
        workspace: Any = Path("/w")
        client: Any = field(default_factory=lambda: SimpleNamespace(title="Acme Estates Ltd", name="acme"))
        notes: tuple[str, ...] = ("takeoff found: clients/acme/takeoff.xlsx", "left out: notes.doc: unknown type")
        report: tuple[Any, ...] = (
            SimpleNamespace(
                name="takeoff", path="/w/clients/acme/takeoff.xlsx", rows_read=24, rows_refused=0,
                warnings=("7 lines have no price",), summary="24 rows read + 0 refused = 24",
            ),
        )  # fmt: skip
        sheet: Any = field(default_factory=lambda: SimpleNamespace(summary="GBP 48,210.00", warnings=("old prices",)))
        questions: tuple[Any, ...] = ()

    return Prepared(request or RunRequest("proposal"), **given)


@pytest.fixture
def prepared() -> Callable[..., Any]:
    return build_prepared
