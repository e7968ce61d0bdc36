"""What each call may cost and did cost: the intent before the first byte, the end after the last, caps in between.

Totals stand beside the rows (in `runs` and `spend`) and change in the same transactions, so that a reserve takes the
same time after ten calls and after ten thousand. Unknown counts at worst case, never as 0.
"""

from __future__ import annotations

import sqlite3
from decimal import Decimal

from orchestra_cli.errors import RunBusyError, StoreError
from orchestra_cli.store.audit import client_digest
from orchestra_cli.store.budget import add_to_month, add_to_run, hold_caps, step_of
from orchestra_cli.store.calls import CallRow, CallState, Caps, Closed, Intent, Spent, usage_from, usage_json
from orchestra_cli.store.database import Row, Store
from orchestra_cli.store.lease import Lease, writing

__all__ = [
    "CallRow",
    "CallState",
    "Caps",
    "Closed",
    "Intent",
    "Spent",
    "calls_of",
    "close_call",
    "close_row",
    "reserve",
    "settle",
    "spent_month",
    "spent_of_run",
]
_ZERO = Decimal(0)


_CALLS = (
    "SELECT run || '-' || n, run, path, key, attempt, provider, model, client, user_name, recipe, month, reserve_usd, "
    "price_known, prices, local, state, opened, closed, usage, cost_usd, model_served, error, status, request_id, "
    "settled FROM calls"
)


def reserve(store: Store, lease: Lease, intent: Intent, caps: Caps) -> str:
    """Commits the intent of a call before its first byte is sent, and gives the id of the call, "<run>-<n>".

    One transaction: when spent + reserved + this would pass a cap, raises BudgetError and nothing is written.
    Raises RunBusyError when the same key is being asked right now, or the lease is stale.
    """
    if intent.run != lease.run:
        raise ValueError(f"the lease is of run {lease.run}, the intent of run {intent.run}")
    month = store.month()
    digest = client_digest(store, intent.client) if intent.client else ""
    with writing(store, lease) as db:
        _refuse_second(db, intent)
        hold_caps(db, intent, caps, month, digest)
        n = db.execute("SELECT coalesce(max(n), 0) + 1 FROM calls WHERE run = ?", (lease.run,)).fetchone()[0]
        db.execute(
            "INSERT INTO calls (run, n, path, key, attempt, provider, model, client, client_digest, user_name, recipe, "
            "month, reserve_usd, price_known, prices, local, state, opened) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)",
            (
                *(intent.run, n, intent.path, intent.key, intent.attempt, intent.provider, intent.model),
                *(intent.client, digest, intent.user, intent.recipe, month, str(intent.reserve_usd)),
                *(intent.price_known, intent.prices, intent.local, store.now()),
            ),
        )
        add_to_run(db, intent.run, _ZERO, intent.reserve_usd, calls=1, unknown=1)
        add_to_month(db, month, digest, intent.user, intent.reserve_usd)
    return f"{lease.run}-{n}"


def _refuse_second(db: sqlite3.Connection, intent: Intent) -> None:
    # Whatever a dead owner left open was closed when the lease was taken: what is open now is on its way.
    found = db.execute(
        "SELECT n FROM calls WHERE run = ? AND path = ? AND key = ? AND state = 'open'",
        (intent.run, intent.path, intent.key),
    ).fetchone()
    if found:
        raise RunBusyError(
            f'"{step_of(intent.path)}" of run {intent.run} is being asked already (call {intent.run}-{found[0]}).',
            f"orchestra runs show {intent.run}",
        )


def close_call(store: Store, lease: Lease, call_id: str, closed: Closed) -> None:
    """Writes how a call ended and gives back what it did not use of its reserve. Raises StoreError when not open."""
    with writing(store, lease) as db:
        close_row(store, db, lease, call_id, closed)


def close_row(store: Store, db: sqlite3.Connection, lease: Lease, call_id: str, closed: Closed) -> None:
    """`close_call` inside a transaction that is already running."""
    n = _number(call_id, lease.run)
    row = db.execute(
        "SELECT reserve_usd, month, client_digest, user_name, local FROM calls "
        "WHERE run = ? AND n = ? AND state = 'open'",
        (lease.run, n),
    ).fetchone()
    if row is None:
        raise StoreError(f"Call {call_id} is not open.", f"orchestra runs show {lease.run}")
    worst, month, digest, user, local = row
    cost = _cost(closed, bool(local))
    db.execute(
        "UPDATE calls SET state = ?, closed = ?, usage = ?, cost_usd = ?, model_served = ?, error = ?, status = ?, "
        "request_id = ? WHERE run = ? AND n = ?",
        (
            *(closed.state, store.now(), usage_json(closed.usage), None if cost is None else str(cost)),
            *(closed.model_served, closed.error, closed.status, closed.request_id, lease.run, n),
        ),
    )
    if cost is not None:
        change = cost - Decimal(worst)
        add_to_run(db, lease.run, cost, change, unknown=-1)
        add_to_month(db, month, digest, user, change)


def _cost(closed: Closed, local: bool) -> Decimal | None:
    if local and closed.cost_usd is None:
        return _ZERO
    return closed.cost_usd if closed.cost_known and closed.state != "possibly_billed" else None


def settle(store: Store, call_id: str, paid: bool, amount: Decimal | None = None) -> CallRow:
    """A person says what a call of unknown cost cost: `amount` or its worst case when paid, 0 when not.

    Raises StoreError when there is no such call, or when its cost is known or it is still open.
    """
    run, _, number = call_id.rpartition("-")
    row = next((call for call in calls_of(store, run) if call.id == call_id), None)
    if row is None:
        raise StoreError(f'There is no call "{call_id}".', "orchestra costs  lists the calls of unknown cost.")
    cost = _ZERO if not paid else row.reserve_usd if amount is None else amount
    with store.transaction() as db:
        found = db.execute(
            "UPDATE calls SET cost_usd = ?, settled = ? WHERE run = ? AND n = ? AND cost_usd IS NULL "
            "AND state != 'open' RETURNING client_digest",
            (str(cost), "paid" if paid else "unpaid", run, int(number)),
        ).fetchone()
        if found is None:
            raise StoreError(f"Call {call_id} needs no settling: its cost is known, or it is still open.")
        add_to_run(db, run, cost, cost - row.reserve_usd, unknown=-1)
        add_to_month(db, row.month, found[0], row.user, cost - row.reserve_usd)
    return next(call for call in calls_of(store, run) if call.id == call_id)


def spent_of_run(store: Store, run: str) -> Spent:
    """What a run cost so far; a run erased with its client counts as nothing here."""
    row = store.row("SELECT cost_known, cost_at_most, calls, calls_unknown FROM runs WHERE id = ?", run)
    return Spent(_ZERO, _ZERO, 0) if row is None else Spent(Decimal(row[0]), Decimal(row[1]), row[2], row[3])


def spent_month(store: Store, *, client: str = "", user: str = "") -> Spent:
    """What this calendar month (UTC) cost so far, of all, of one client, of one user, or of one for the other."""
    rows = store.rows(
        "SELECT cost_usd, reserve_usd FROM calls WHERE month = ?1 AND (?2 = '' OR client = ?2) "
        "AND (?3 = '' OR user_name = ?3)",
        *(store.month(), client, user),
    )
    known = [Decimal(cost) for cost, _ in rows if cost is not None]
    open_or_unknown = [Decimal(worst) for cost, worst in rows if cost is None]
    total = sum(known, _ZERO)
    return Spent(total, total + sum(open_or_unknown, _ZERO), len(rows), len(open_or_unknown))


def calls_of(store: Store, run: str) -> list[CallRow]:
    """The calls of a run in the order they were made."""
    rows = store.rows(f"{_CALLS} WHERE run = ? ORDER BY n", run)
    with store.intact():
        return [_row(row) for row in rows]


def _row(row: Row) -> CallRow:
    columns = list(row)
    columns[11] = Decimal(columns[11])
    columns[12], columns[14] = bool(columns[12]), bool(columns[14])
    columns[18] = usage_from(columns[18])
    columns[19] = None if columns[19] is None else Decimal(columns[19])
    return CallRow(*columns)


def _number(call_id: str, run: str) -> int:
    head, _, number = call_id.rpartition("-")
    if head != run or not number.isdecimal():
        raise StoreError(f'Call "{call_id}" is not one of run {run}.', f"orchestra runs show {run}")
    return int(number)
