"""What happens in a run, as it happens. The console, the run's record and tests subscribe; nobody answers an event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from orchestra_cli.types import Finding, Usage


@dataclass(frozen=True, slots=True)
class RunStarted:
    """`steps` are the ids in the order of the page; `resumed` when a journal was already there."""

    run: str
    recipe: str
    client: str
    steps: tuple[str, ...]
    budget_usd: Decimal | None
    resumed: bool


@dataclass(frozen=True, slots=True)
class StepStarted:
    """`model` is `provider/model`, "computed" for an action, or "paste"."""

    step: str
    model: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Delta:
    """Text that arrived; `path` tells sections and rounds of one step apart."""

    step: str
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Attempted:
    """A try that gave no answer, and what was done about it ("asked to wait 38 s, switched to ...")."""

    step: str
    model: str
    what: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A wait that a vendor asked for, in seconds."""

    step: str
    model: str
    seconds: float


StepStatus = Literal["done", "failed", "skipped", "waiting", "not_run", "unknown"]


@dataclass(frozen=True, slots=True)
class StepFinished:
    """`summary` is a few words for a person ("38 found, 38 quotes true"); cost None is unknown, never free."""

    step: str
    status: StepStatus
    summary: str
    model: str
    seconds: float
    cost_usd: Decimal | None
    usage: Usage | None
    from_journal: bool
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class GateOpened:
    """A person is asked."""

    step: str
    question: str


@dataclass(frozen=True, slots=True)
class GateDecided:
    """What was decided, by whom ("unattended" with --yes)."""

    step: str
    kind: str
    by: str


@dataclass(frozen=True, slots=True)
class Spent:
    """Money so far: `known`, and `at_most` with what is reserved or may be billed, in US dollars."""

    known: Decimal
    at_most: Decimal


@dataclass(frozen=True, slots=True)
class Checked:
    """The findings of the checks in code."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file was written."""

    path: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    """`status` and `exit` are those of the command contract."""

    run: str
    status: str
    exit: int


Event: TypeAlias = (
    RunStarted
    | StepStarted
    | Delta
    | Attempted
    | Waiting
    | StepFinished
    | GateOpened
    | GateDecided
    | Spent
    | Checked
    | Delivered
    | RunEnded
)
Listener: TypeAlias = Callable[[Event], None]
