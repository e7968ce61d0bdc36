"""What each step came to: models, tokens, money, seconds, added up from journal and ledger."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from orchestra_cli.engine import events
from orchestra_cli.engine.journal_keys import step_of_path
from orchestra_cli.engine.result import LostTry, StepResult
from orchestra_cli.store import journal, ledger
from orchestra_cli.types import Usage

if TYPE_CHECKING:
    from orchestra_cli.engine.conducting import Conducting
    from orchestra_cli.engine.graph import Settled
    from orchestra_cli.recipes.model import Step
    from orchestra_cli.store.database import Store


def step_result(
    store: Store, run: str, step: Step, status: str, seconds: float, note: str, *, from_journal: bool
) -> StepResult:
    """One step's row. Its cost is that of all its calls, tries that gave nothing included; None when one is unknown."""
    rows = [row for row in journal.steps_of(store, run) if step_of_path(row.path) == step.id]
    calls = [call for call in ledger.calls_of(store, run) if step_of_path(call.path) == step.id]
    last = rows[-1] if rows else None
    usage = total_usage(call.usage for call in calls if call.state == "done")
    return StepResult(
        id=step.id,
        kind=step.kind,
        status=status,
        model_asked=rows[0].model_asked if rows else (calls[0].model if calls else ""),
        model=last.model if last else "",
        provider=last.provider if last else "",
        vendor=last.vendor if last else "",
        attempts=len(calls),
        tokens_in=usage.input,
        tokens_cached=usage.cached,
        tokens_out=usage.output,
        cost_usd=total_cost(call.cost_usd for call in calls),
        seconds=sum(row.seconds for row in rows) if from_journal else seconds,
        from_journal=from_journal,
        summary=note,
    )


def total_usage(usages: Iterable[Usage | None]) -> Usage:
    """The sum; unknown stays unknown."""
    total = Usage(0, 0)
    for usage in usages:
        total = total + (usage or Usage())
    return total


def total_cost(costs: Iterable[Decimal | None]) -> Decimal | None:
    """The sum in US dollars, None as soon as one is unknown."""
    total = Decimal(0)
    for cost in costs:
        if cost is None:
            return None
        total += cost
    return total


WAITING = "waiting"
"""The error under which a carried prompt is closed until its answer comes."""


def lost_tries(store: Store, run: str) -> tuple[LostTry, ...]:
    """Every call that gave no answer, with what it may cost. A prompt that waits for its person is not lost."""
    return tuple(
        LostTry(
            call=call.id,
            step=step_of_path(call.path),
            model=call.model,
            what=call.error or "open",
            seconds=_seconds_of(call),
            cost_usd=call.cost_usd,
            at_most_usd=call.at_most,
        )
        for call in ledger.calls_of(store, run)
        if call.state != "done" and call.error != WAITING
    )


def _seconds_of(call: ledger.CallRow) -> float:
    if not call.closed:
        return 0.0
    return (datetime.fromisoformat(call.closed) - datetime.fromisoformat(call.opened)).total_seconds()


def step_results(run: Conducting, settled: dict[str, Settled]) -> tuple[StepResult, ...]:
    """One row a step, in the order of the page."""
    return tuple(_result(run, step, settled[step.id]) for step in run.recipe.steps)


def _result(run: Conducting, step: Step, one: Settled) -> StepResult:
    from orchestra_cli.engine.conducting import Done, Failed
    from orchestra_cli.engine.graph import status_of

    outcome = one.outcome
    from_journal = isinstance(outcome, Done) and outcome.from_journal
    note = outcome.note if isinstance(outcome, Done) else ""
    if isinstance(outcome, Failed):
        note = outcome.error.message
    elif not isinstance(outcome, Done):
        note = outcome.why
    return step_result(run.store, run.run, step, status_of(one), one.seconds, note, from_journal=from_journal)


def step_events(run: Conducting, step: Step, one: Settled) -> None:
    """Tell the listeners what became of a step, and the money so far."""
    row = _result(run, step, one)
    usage = Usage(row.tokens_in, row.tokens_out, row.tokens_cached or 0)
    run.listen(
        events.StepFinished(
            step=step.id,
            status=row.status,  # type: ignore[arg-type]  # status_of gives nothing else
            summary=row.summary,
            model=row.model or row.model_asked,
            seconds=row.seconds,
            cost_usd=row.cost_usd,
            usage=usage,
            from_journal=row.from_journal,
            attempts=row.attempts,
        )
    )
