"""What is asked, what came of it, and what was learnt on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from orchestra_cli.engine.prompt import Prompt
from orchestra_cli.engine.seat import Seat
from orchestra_cli.engine.values import Value
from orchestra_cli.store import ledger
from orchestra_cli.types import Answer, CallFailed, DataClass

if TYPE_CHECKING:
    from orchestra_cli.engine.world import FrozenCandidate


@dataclass(frozen=True, slots=True)
class Problems:
    """Why an answer is not accepted. "fields": once more with the reasons, then the next model. "figures": one redo
    with the list, after that the answer is taken as it is and its figures are marked."""

    kind: Literal["fields", "figures"]
    reasons: tuple[str, ...]
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One answer that is wanted. `check` turns a whole answer into a value, or says what is wrong with it."""

    step: str
    path: str
    key: str
    role: str
    kind: str
    cast: tuple[FrozenCandidate, ...]
    prompt: Prompt
    data_class: DataClass
    check: Callable[[Answer], Value | Problems]
    label: str = ""
    """What a person who carries the prompt sees and finds as the name of its file; empty is the step."""
    pinned: bool = False
    """Whether a person, the recipe or an option fixed the model: then nobody else is asked."""


@dataclass(frozen=True, slots=True)
class Served:
    """A checked answer with the ledger row that its journal entry closes."""

    value: Value
    answer: Answer
    asked: str
    seat: Seat
    call: str
    closed: ledger.Closed
    seconds: float
    attempts: int


@dataclass(slots=True)
class Tries:
    """What happened so far with one question."""

    attempts: int = 0
    same: int = 0
    waited: float = 0.0
    task: str = ""
    so_far: str = ""
    wrong: str = ""
    figures_redone: bool = False
    later: list[tuple[float, FrozenCandidate]] = field(default_factory=list)
    """Who asked to wait, and until when (monotonic seconds): asked again when nobody else is left."""
    larger: int = 0
    last: CallFailed | None = None
    reasons: list[str] = field(default_factory=list)
    ends: dict[str, CallFailed] = field(default_factory=dict)
    """The last failure of each model that was asked."""

    def next_model(self) -> None:
        """Somebody else is asked: what belongs to one model is forgotten."""
        self.same, self.task, self.so_far, self.wrong, self.larger = 0, "", "", "", 0
