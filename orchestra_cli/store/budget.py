"""Caps and the running totals they are held against. Runs inside the transactions of the ledger, nowhere else."""

from __future__ import annotations

import re
import sqlite3
from decimal import ROUND_CEILING, Decimal

from orchestra_cli.errors import BudgetError
from orchestra_cli.store.calls import Caps, Intent, Spent


def hold_caps(db: sqlite3.Connection, intent: Intent, caps: Caps, month: str, digest: str) -> None:
    """Raises BudgetError when this call at its worst would pass a cap of its run, client, user or month."""
    known, at_most = db.execute("SELECT cost_known, cost_at_most FROM runs WHERE id = ?", (intent.run,)).fetchone()
    so_far = Spent(Decimal(known), Decimal(at_most), 0)
    enough = so_far.at_most + intent.reserve_usd
    if caps.run is not None and enough > caps.run:
        raised = enough.quantize(Decimal("0.01"), ROUND_CEILING)
        raise _refusal("Budget", intent, so_far, caps.run, f"{intent.run} --budget {raised}")
    scopes = (
        ("client", digest, f" of client {intent.client} this month", "client_month", caps.client_month),
        ("user", intent.user, f" of user {intent.user} this month", "user_month", caps.user_month),
        ("month", "", " of this month", "month", caps.month),
    )
    for scope, name, words, setting, cap in scopes:
        if cap is None or (scope == "client" and not digest):
            continue
        spent = Spent(total := _of_month(db, month, scope, name), total, 0)
        if total + intent.reserve_usd > cap:
            way_on = f"{intent.run}  once budget_usd.{setting} in orchestra.toml is raised, or next month"
            raise _refusal(f"Budget{words}", intent, spent, cap, way_on)


def _refusal(head: str, intent: Intent, so_far: Spent, cap: Decimal, way_on: str) -> BudgetError:
    spent = f"spent {_dollars(so_far.known)}"
    if so_far.known != so_far.at_most:
        spent += f" (up to {_dollars(so_far.at_most)} with what is open or possibly billed)"
    needs = f'"{step_of(intent.path)}" needs up to {_dollars(intent.reserve_usd)}'
    return BudgetError(f"{head}: {spent}, {needs}, cap {_dollars(cap)}.", f"orchestra resume {way_on}")


def step_of(path: str) -> str:
    """The step id at the beginning of a path."""
    return re.split(r"[@#/\[]", path, maxsplit=1)[0]


def _dollars(amount: Decimal) -> str:
    """Cents, or as many digits as a smaller amount needs to be told from its cap; never rounded down."""
    exact = amount.normalize()
    places = min(max(-int(exact.as_tuple().exponent), 2), 2 if amount >= 1 else 4)
    return f"${amount.quantize(Decimal(1).scaleb(-places), ROUND_CEILING):f}"


def add_to_run(
    db: sqlite3.Connection, run: str, known: Decimal, at_most: Decimal, *, calls: int = 0, unknown: int = 0
) -> None:
    """Adds to the totals of a run; one that was erased with its client has none."""
    row = db.execute("SELECT cost_known, cost_at_most FROM runs WHERE id = ?", (run,)).fetchone()
    if row is not None:
        db.execute(
            "UPDATE runs SET cost_known = ?, cost_at_most = ?, calls = calls + ?, "
            "calls_unknown = calls_unknown + ? WHERE id = ?",
            (str(Decimal(row[0]) + known), str(Decimal(row[1]) + at_most), calls, unknown, run),
        )


def add_to_month(db: sqlite3.Connection, month: str, digest: str, user: str, amount: Decimal) -> None:
    """Adds to what a month cost at most: in all, of the user, and of the client (by its digest)."""
    scopes = [("month", ""), ("user", user)] + ([("client", digest)] if digest else [])
    for scope, name in scopes:
        total = _of_month(db, month, scope, name) + amount
        db.execute("INSERT OR REPLACE INTO spend VALUES (?, ?, ?, ?)", (month, scope, name, str(total)))


def _of_month(db: sqlite3.Connection, month: str, scope: str, name: str) -> Decimal:
    row = db.execute(
        "SELECT at_most FROM spend WHERE month = ? AND scope = ? AND name = ?", (month, scope, name)
    ).fetchone()
    return Decimal(0) if row is None else Decimal(row[0])
