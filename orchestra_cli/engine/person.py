"""The person at the hand-off, as the engine sees them. The console plays it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, Protocol

from orchestra_cli.types import Finding, Json

Kind = Literal["accept", "edit", "redo", "model", "skip", "quit", "no"]


@dataclass(frozen=True, slots=True)
class HandOffShown:
    """All that a person sees at a hand-off; what they decide is bound to exactly this.

    `text` is the answer as Markdown for reading; `editable` is what an edit starts from (the prose, or the fields as
    JSON text when `is_data`). `question` is the gate's, or empty for a hand-off of `--handoff manual`. `options` are
    the kinds allowed here. `next_steps` are (step, who plays it, likely cost in USD or None).
    """

    run: str
    step: str
    position: int
    of: int
    model: str
    question: str
    text: str
    editable: str
    is_data: bool
    summary: str
    findings: tuple[Finding, ...]
    next_steps: tuple[tuple[str, str, Decimal | None], ...]
    options: tuple[Kind, ...]
    models: tuple[str, ...]
    """Other models that could play the step, for the choice "model"."""
    spent_usd: Decimal
    budget_usd: Decimal | None
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """What the person chose. `text` is the edited text for "edit"; `note` goes to the model for "redo"; `model` is
    `provider/model` for "model"."""

    kind: Kind
    text: str = ""
    note: str = ""
    model: str = ""
    by: str = ""
    unattended: bool = False


@dataclass(frozen=True, slots=True)
class Carried:
    """A prompt that a person carries to a chat of their own. `problems` is set when the last answer was refused;
    `prompt` is then a short correction prompt."""

    run: str
    step: str
    number: int
    of: int
    prompt: str
    folder: str
    """Where the prompt also lies as a file (absolute path); the answer may be put beside it."""
    problems: tuple[str, ...] = ()
    schema: dict[str, Json] | None = field(default=None)


class Person(Protocol):
    """Who decides at a gate and carries prompts.

    Both raise WaitingError when nobody can be asked now or the person stops ("quit and keep")."""

    def decide(self, shown: HandOffShown) -> Decided:
        """Ask what to do with an answer. Blocks; called outside the event loop's thread."""
        ...

    def carry(self, carried: Carried) -> str:
        """Have a prompt carried to a chat and return the answer as it came back. Blocks likewise."""
        ...
