"""What a recipe page says, as values. Parsing lives in load.py; nothing here knows files or models."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from orchestra_cli.recipes.when import Condition
from orchestra_cli.types import Field

StepKind = Literal["model", "do", "review", "plan"]


@dataclass(frozen=True, slots=True)
class InputSpec:
    """One input of the page. `type` is one of words.INPUT_TYPES; `privacy` a data class or None (decided by type)."""

    id: str
    type: str
    choices: tuple[str, ...] = ()
    optional: bool = False
    many: bool = False
    privacy: str | None = None
    hint: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Read:
    """One thing a step sees: an input, a step, `step.field`, client, company, facts, or archive with its `count`."""

    id: str
    field: str = ""
    count: int | None = None

    def __str__(self) -> str:
        if self.count is not None:
            return f"{self.id}({self.count})"
        return f"{self.id}.{self.field}" if self.field else self.id


@dataclass(frozen=True, slots=True)
class Step:
    """One step. Empty text, 0 and None mean "not set"; `rounds` is 1 unless set.

    `action` is `price_table`, `recipe NAME` or `tool server.name`; `settings` are the lines of `with`; `lines` gives
    the line (1-based, in the page) of each setting.
    """

    id: str
    kind: StepKind
    role: str = ""
    action: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    reads: tuple[Read, ...] = ()
    returns: Field | None = None
    answers: str = ""
    review: str = ""
    against: tuple[Read, ...] = ()
    rounds: int = 1
    panel: int = 0
    judge: str = ""
    tier: tuple[str, ...] = ()
    model: str = ""
    each: str = ""
    plan: tuple[str, ...] = ()
    plan_at_most: int = 0
    when: Condition | None = None
    approve: str = ""
    approve_hard: bool = False
    search: bool = False
    max_words: int | None = None
    body: str = ""
    line: int = 0
    lines: tuple[tuple[str, int], ...] = ()

    @property
    def is_prose(self) -> bool:
        """Whether a model answers with text rather than fields."""
        return self.kind == "model" and self.returns is None

    def line_of(self, setting: str) -> int:
        """The line of that setting in the page, the step's own where it is not set."""
        return dict(self.lines).get(setting, self.line)


@dataclass(frozen=True, slots=True)
class Deliver:
    """The document at the end: its formats, and its text with places."""

    formats: tuple[str, ...]
    text: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Recipe:
    """A checked page. `budget` is US dollars a run, `by_hand` hours; `text` is the page as it was read."""

    name: str
    title: str
    summary: str
    inputs: tuple[InputSpec, ...]
    budget: Decimal | None
    privacy: str
    language: str
    by_hand: Decimal | None
    preamble: str
    steps: tuple[Step, ...]
    deliver: Deliver | None
    text: str
    file: str
    warnings: tuple[str, ...] = ()

    def step(self, step_id: str) -> Step:
        """The step of that name; KeyError when there is none."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    def input(self, input_id: str) -> InputSpec:
        """The input of that name; KeyError when there is none."""
        for spec in self.inputs:
            if spec.id == input_id:
                return spec
        raise KeyError(input_id)

    def reviews_of(self, step_id: str) -> tuple[Step, ...]:
        """The steps that review that step, in page order."""
        return tuple(step for step in self.steps if step.review == step_id)
