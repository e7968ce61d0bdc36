"""What is known of a run while it goes, folded from its events. Pure: no terminal, no clock of its own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from orchestra_cli.engine import events
from orchestra_cli.engine.events import Event

NO_TEXT: dict[str, Any] = {"words": 0, "heading": "", "pending_word": "", "pending_line": ""}


@dataclass(frozen=True, slots=True)
class StepView:
    """One line of the progress view. `status` is "waits" until the step starts, then "runs", then that of the event."""

    id: str
    status: str = "waits"
    model: str = ""
    words: int = 0
    heading: str = ""
    started: float = 0.0
    seconds: float = 0.0
    summary: str = ""
    cost_usd: Decimal | None = Decimal(0)
    from_journal: bool = False
    tries: tuple[str, ...] = ()
    pending_word: str = ""
    pending_line: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """The whole view. Times are seconds on the caller's clock."""

    run: str = ""
    recipe: str = ""
    client: str = ""
    steps: tuple[StepView, ...] = ()
    began: float = 0.0
    now: float = 0.0
    budget_usd: Decimal | None = None
    spent_usd: Decimal = Decimal(0)
    at_most_usd: Decimal = Decimal(0)
    resumed: bool = False
    question: str = ""
    missing: int = 0
    warnings: int = 0
    delivered: tuple[str, ...] = ()
    ended: str = field(default="")

    def step(self, step_id: str) -> StepView:
        """The view of one step; a new one when the event names a step that the page does not have."""
        return next((step for step in self.steps if step.id == step_id), StepView(step_id))


def fold(state: State, event: Event, now: float = 0.0) -> State:  # noqa: PLR0911  one case, one line
    """The state after `event`, which arrived at `now`."""
    state = replace(state, now=max(now, state.now))
    match event:
        case events.RunStarted():
            return replace(
                state,
                run=event.run,
                recipe=event.recipe,
                client=event.client,
                budget_usd=event.budget_usd,
                resumed=event.resumed,
                began=now,
                steps=tuple(StepView(step_id) for step_id in event.steps),
            )
        case events.Spent():
            return replace(state, spent_usd=event.known, at_most_usd=event.at_most)
        case events.GateOpened():
            return replace(state, question=event.question)
        case events.GateDecided():
            return replace(state, question="")
        case events.Checked():
            missing = sum(finding.rule == "missing" for finding in event.findings)
            return replace(state, missing=missing, warnings=len(event.findings) - missing)
        case events.Delivered():
            return replace(state, delivered=(*state.delivered, event.path))
        case events.RunEnded():
            return replace(state, ended=event.status, question="")
        case _:
            return _with_step(state, _fold_step(state.step(event.step), event, now))


def _fold_step(
    step: StepView,
    event: events.StepStarted | events.Delta | events.Attempted | events.Waiting | events.StepFinished,
    now: float,
) -> StepView:
    match event:
        case events.StepStarted():
            return replace(step, status="runs", model=event.model, started=now, **NO_TEXT)
        case events.Delta():
            return _with_text(step, event.text)
        case events.Attempted():
            return replace(step, tries=(*step.tries, f"tried {event.model}: {event.what}"), **NO_TEXT)
        case events.Waiting():
            return replace(step, tries=(*step.tries, f"{event.model} asks to wait {event.seconds:.0f} s"))
        case events.StepFinished():
            return replace(
                step,
                status=event.status,
                model=event.model or step.model,
                summary=event.summary,
                seconds=event.seconds,
                cost_usd=event.cost_usd,
                from_journal=event.from_journal,
                pending_word="",
                pending_line="",
            )


def _with_text(step: StepView, text: str) -> StepView:
    """Count a word once it is over, and take a heading once its line is: both may arrive in pieces."""
    arrived = step.pending_word + text
    words = arrived.split()
    pending = words.pop() if words and not arrived[-1].isspace() else ""
    *lines, line = (step.pending_line + text).split("\n")
    headings = [whole.lstrip("# ").strip() for whole in lines if whole.startswith("#")]
    return replace(
        step,
        words=step.words + len(words),
        heading=headings[-1] if headings else step.heading,
        pending_word=pending[-200:],
        pending_line=line[:200],
    )


def _with_step(state: State, step: StepView) -> State:
    if any(known.id == step.id for known in state.steps):
        return replace(state, steps=tuple(step if known.id == step.id else known for known in state.steps))
    return replace(state, steps=(*state.steps, step))
