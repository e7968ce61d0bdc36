"""How a run ended: its steps, money, findings and the exact command to go on, from journal, ledger and errors."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from orchestra_cli.engine.conducting import Conducting, Failed, NotRun
from orchestra_cli.engine.deliver import Finished, as_markdown
from orchestra_cli.engine.graph import Settled
from orchestra_cli.engine.result import (
    EXIT,
    STATUS_OF_EXIT,
    ErrorInfo,
    InputInfo,
    RunResult,
    StepResult,
    WaitingFor,
)
from orchestra_cli.engine.seat import CARRIED
from orchestra_cli.engine.tally import lost_tries, step_result, step_results
from orchestra_cli.errors import (
    BudgetError,
    InterruptedRunError,
    NoModelError,
    OrchestraError,
    StepFailed,
    WaitingError,
)
from orchestra_cli.store import ledger

if TYPE_CHECKING:
    from orchestra_cli.engine.world import World
    from orchestra_cli.recipes.model import Recipe
    from orchestra_cli.store.database import Store

RESUMABLE = frozenset({1, 3, 4, 75, 130})
PERSON_OPTIONS = ("accept", "edit", "redo", "skip", "no")
_WORST_FIRST = (InterruptedRunError, BudgetError, NoModelError, StepFailed, OrchestraError)
"""When several steps stopped, the one whose fix comes first; a person who waits comes last."""


@dataclass(frozen=True, slots=True)
class RunParts:
    """What every ending is told from. `started` is monotonic seconds; `finished` are the steps told as done."""

    run: str
    world: World
    recipe: Recipe
    store: Store
    started: float
    finished: set[str] = field(default_factory=set)


def ending_of(settled: dict[str, Settled]) -> OrchestraError | None:
    """The error that stopped the run, None when every step is there."""
    errors = [one.outcome.error for one in settled.values() if isinstance(one.outcome, Failed)]
    real = [error for error in errors if not isinstance(error, WaitingError)]
    for kind in _WORST_FIRST:
        for error in real:
            if isinstance(error, kind):
                return error
    if errors:
        return errors[0]
    stuck = [
        one.outcome for one in settled.values() if isinstance(one.outcome, NotRun) and not one.outcome.by_condition
    ]
    return StepFailed(stuck[0].why) if stuck else None


def exit_of(error: OrchestraError) -> int:
    """The exit code of a run that ends with `error`: a run that is there can go on, so it is never "refused" (2)."""
    return 1 if error.exit == EXIT["refused"] else error.exit


def ended(
    parts: RunParts,
    settled: dict[str, Settled],
    error: OrchestraError | None,
    *,
    finished: Finished | None = None,
    written: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
    run_steps: Conducting | None = None,
    exit_: int = 0,
) -> RunResult:
    """The result of a run that ended with `error`, or with `exit_` when there is none."""
    world = parts.world
    exit_ = exit_of(error) if error is not None else exit_
    spent = ledger.spent_of_run(parts.store, parts.run)
    unknown = spent.unknown > 0
    steps = step_results(run_steps, settled) if run_steps is not None and settled else _from_store(parts)
    resumable = exit_ in RESUMABLE
    return RunResult(
        run=parts.run,
        recipe=world.recipe,
        client=world.client.name if world.client else "",
        status=STATUS_OF_EXIT.get(exit_, "failed"),
        exit=exit_,
        error=ErrorInfo.of(error) if error is not None else None,
        deliverables=written,
        document=as_markdown(finished) if finished and not finished.withheld else "",
        steps=steps,
        cost_usd=None if unknown else spent.known,
        cost_unknown=unknown,
        cost_at_most_usd=spent.at_most,
        budget_usd=world.caps.get("run"),
        seconds=time.monotonic() - parts.started,
        findings=finished.findings if finished else (),
        missing=finished.missing if finished else (),
        inputs=tuple(
            InputInfo(line.name, line.path, line.rows_read, line.rows_refused, line.warnings) for line in world.report
        ),
        reviewed_by_other_vendor=reviewed_by_other(parts, steps),
        waiting_for=_waiting(parts, settled, error),
        resume=f"orchestra resume {parts.run}" if resumable else "",
        resume_argv=("orchestra", "resume", parts.run) if resumable else (),
        tries=lost_tries(parts.store, parts.run),
        warnings=tuple(dict.fromkeys((*_warnings(parts, steps), *notes))),
        month=_month(parts),
    )


def _from_store(parts: RunParts) -> tuple[StepResult, ...]:
    """The steps of a run that stopped in the middle: what was finished or is journalled whole is done. The rows of a
    list's items and of a review's rounds do not say whether all of them are there."""
    from orchestra_cli.store import journal

    done = parts.finished | {row.path for row in journal.steps_of(parts.store, parts.run)}
    return tuple(
        step_result(
            parts.store,
            parts.run,
            step,
            "done" if step.id in done else "not_run",
            0.0,
            "",
            from_journal=step.id in done,
        )
        for step in parts.recipe.steps
    )


def reviewed_by_other(parts: RunParts, steps: tuple[StepResult, ...]) -> bool | None:
    """Whether every review was done by another vendor than the author; None without a review, and when a person
    carried it: nobody knows to which model."""
    rows = {step.id: step for step in steps}
    pairs = [
        (rows[step.review].vendor, rows[step.id].vendor)
        for step in parts.recipe.steps
        if step.kind == "review" and rows[step.id].provider not in CARRIED
        if rows[step.id].vendor and rows[step.review].vendor
    ]
    return all(author != reviewer for author, reviewer in pairs) if pairs else None


def _waiting(parts: RunParts, settled: dict[str, Settled], error: OrchestraError | None) -> WaitingFor | None:
    if not isinstance(error, WaitingError):
        return None
    step = next(step for step in parts.recipe.steps if settled[step.id].outcome == Failed(error))
    if settled[step.id].answer_file:
        return WaitingFor("answer_file", step.id, error.message)
    return WaitingFor("person", step.id, step.approve or error.message, PERSON_OPTIONS)


def _warnings(parts: RunParts, steps: tuple[StepResult, ...]) -> tuple[str, ...]:
    found = []
    for step in steps:
        casts = parts.world.casts.get(step.id, ())
        if step.model and casts and step.provider and not casts[0].model.startswith(f"{step.provider}/"):
            found.append(f"{step.id} was not played by its first choice ({casts[0].model}) but by {step.model}")
    if reviewed_by_other(parts, steps) is False:
        found.append("reviewed by the author's vendor; a key of another vendor makes the review independent")
    return tuple(found)


def _month(parts: RunParts) -> tuple[str, ...]:
    world = parts.world
    lines = []
    if world.client:
        spent = ledger.spent_month(parts.store, client=world.client.name)
        lines.append(f"{world.client.name} this month {_of(spent.at_most, world.caps.get('client_month'))}")
    everything = ledger.spent_month(parts.store)
    lines.append(f"all this month {_of(everything.at_most, world.caps.get('month'))}")
    return tuple(lines)


def _of(spent: Decimal, cap: Decimal | None) -> str:
    return f"${spent:.2f}" + (f" of ${cap:.2f}" if cap is not None else "")
