"""Runs that are over or wait: their stored result, and which one "last" or nothing means."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from orchestra_cli.engine.result import ErrorInfo, InputInfo, RunResult, StepResult, WaitingFor
from orchestra_cli.errors import UsageError
from orchestra_cli.types import Finding

if TYPE_CHECKING:
    from orchestra_cli.store.database import Store
    from orchestra_cli.store.runs import RunRow


def load_result(ref: str) -> RunResult:
    """The result of a past run; `ref` is an id, a unique beginning, or "last"."""
    from orchestra_cli.engine.prepare import user_name
    from orchestra_cli.settings import home
    from orchestra_cli.store.database import Store
    from orchestra_cli.store.runs import find_run

    store = Store.open(home())
    try:
        return result_in(find_run(store, ref, user_name()))
    finally:
        store.close()


def run_to_resume(store: Store, ref: str, user: str, *, approve: bool = False) -> RunRow:
    """The run that is meant. Nothing said: the only one that can go on, or (`approve`) that waits for a person.

    Raises UsageError when several do, and when nothing waits to be approved.
    """
    from orchestra_cli.store.runs import find_run, waiting_runs

    if ref:
        return find_run(store, ref, user)
    waiting = [row for row in waiting_runs(store, user) if row.status == "waiting" or not approve]
    if len(waiting) == 1:
        return waiting[0]
    if not waiting and approve:
        raise UsageError("No run waits for a decision.", "orchestra runs list  shows the runs.")
    if not waiting:
        return find_run(store, "last", user)
    lines = "\n".join(
        f"  {row.id}  {row.recipe} {row.client}  {row.status}" + (f": {row.waiting_for}" if row.waiting_for else "")
        for row in waiting[:20]
    )
    what, verb = ("wait for a person", "approve") if approve else ("can go on", "resume")
    raise UsageError(f"{len(waiting)} runs {what}; say which.\n{lines}", f"orchestra {verb} {waiting[0].id}")


def result_in(row: RunRow) -> RunResult:
    """The result that stands in a run's row; one that never ended has its row only."""
    if not row.result:
        status: Any = row.status if row.status != "running" else "interrupted"
        resume = f"orchestra resume {row.id}"
        return RunResult(
            row.id, row.recipe, row.client, status, row.exit if row.exit is not None else 130, resume=resume
        )
    kept = from_json(json.loads(row.result))
    if row.status in (kept.status, "running"):
        return kept
    # The process that went on with it died: what it had told before is not how it ended.
    return replace(kept, status=row.status, exit=130, error=None, waiting_for=None)  # type: ignore[arg-type]


def from_json(data: dict[str, Any]) -> RunResult:
    """The result that `result.to_json` wrote."""
    unknown = bool(data["cost_unknown"])
    return RunResult(
        run=data["run"],
        recipe=data["recipe"],
        client=data["client"],
        status=data["status"],
        exit=data["exit"],
        error=ErrorInfo(**data["error"]) if data["error"] else None,
        deliverables=tuple(data["deliverables"]),
        document=data["document"],
        steps=tuple(_step(step) for step in data["steps"]),
        cost_usd=_money(data["cost_usd"]),
        cost_unknown=unknown,
        cost_at_most_usd=_money(data.get("cost_at_most_usd")) or Decimal(0),
        budget_usd=_money(data["budget_usd"]),
        seconds=data["seconds"],
        findings=tuple(Finding(**finding) for finding in data["findings"]),
        missing=tuple(data["missing"]),
        inputs=tuple(InputInfo(**{**item, "warnings": tuple(item["warnings"])}) for item in data["inputs"]),
        reviewed_by_other_vendor=data["reviewed_by_other_vendor"],
        waiting_for=_waiting(data["waiting_for"]),
        resume=data["resume"],
        resume_argv=tuple(data["resume_argv"]),
    )


def _step(data: dict[str, Any]) -> StepResult:
    known = {field.name for field in fields(StepResult)}
    return StepResult(**{**{k: v for k, v in data.items() if k in known}, "cost_usd": _money(data["cost_usd"])})


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _waiting(data: dict[str, Any] | None) -> WaitingFor | None:
    return WaitingFor(**{**data, "options": tuple(data["options"])}) if data else None
