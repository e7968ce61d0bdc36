"""Who may write into a run: one living process at a time. Every write shows its lease; an old one is refused."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from orchestra_cli.errors import InputError, RunBusyError
from orchestra_cli.store.budget import add_to_month, add_to_run
from orchestra_cli.store.database import Row, Store
from orchestra_cli.store.processes import Owner

__all__ = ["Lease", "Owner", "heartbeat", "release", "take_lease", "writing"]


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of `owner` to write into `run`, until somebody takes a lease with a higher counter."""

    run: str
    owner: Owner
    counter: int


def take_lease(store: Store, run_id: str) -> Lease:
    """Takes a run whose owner is dead or gone, and marks paid calls that owner left open as possibly billed.

    On this computer a dead owner is known at once; another computer's lease lapses 60 s after its last heartbeat.
    Raises RunBusyError while a living owner holds it, InputError when there is no such run.
    """
    me = Owner.this()
    with store.transaction() as db:
        row = db.execute(
            "SELECT counter, host, boot_id, pid, pid_started, beat FROM runs WHERE id = ?", (run_id,)
        ).fetchone()
        if row is None:
            raise InputError(f'There is no run "{run_id}".', "orchestra runs list  shows the runs.")
        if holds(store, row[1:]):
            raise RunBusyError(
                f"Run {run_id} is being worked on by another process ({row[3]} on {row[1]}).",
                f"Wait for it or stop it, then: orchestra resume {run_id}",
            )
        db.execute(
            "UPDATE runs SET counter = counter + 1, host = ?, boot_id = ?, pid = ?, pid_started = ?, beat = ? "
            "WHERE id = ?",
            (me.host, me.boot_id, me.pid, me.pid_started, store.now(), run_id),
        )
        _close_free_calls(store, db, run_id)
        # Counted at worst case while open, and so it stays: no total changes here.
        db.execute(
            "UPDATE calls SET state = 'possibly_billed', closed = ? WHERE run = ? AND state = 'open'",
            (store.now(), run_id),
        )
        return Lease(run_id, me, row[0] + 1)


def _close_free_calls(store: Store, db: sqlite3.Connection, run_id: str) -> None:
    """Calls that no vendor can bill (a model on this computer, a person) cost nothing, whatever became of them."""
    for worst, month, digest, user in db.execute(
        "UPDATE calls SET state = 'failed', closed = ?, cost_usd = '0', error = 'interrupted' "
        "WHERE run = ? AND state = 'open' AND local RETURNING reserve_usd, month, client_digest, user_name",
        (store.now(), run_id),
    ).fetchall():
        add_to_run(db, run_id, Decimal(0), -Decimal(worst), unknown=-1)
        add_to_month(db, month, digest, user, -Decimal(worst))


def holds(store: Store, columns: Row) -> bool:
    """Whether (host, boot_id, pid, pid_started, beat) of a run name a living owner."""
    host, boot, pid, pid_started, beat = columns
    if pid is None:
        return False
    age = store.clock().astimezone(UTC) - datetime.fromisoformat(beat)
    return Owner(host, boot, pid, pid_started).alive(age.total_seconds())


def heartbeat(store: Store, lease: Lease) -> None:
    """Says that the owner lives; other computers wait for it. Raises RunBusyError when the lease is stale."""
    with writing(store, lease) as db:
        db.execute("UPDATE runs SET beat = ? WHERE id = ?", (store.now(), lease.run))


def release(store: Store, lease: Lease) -> None:
    """Lets the run go. Raises RunBusyError when the lease is stale."""
    with writing(store, lease) as db:
        db.execute("UPDATE runs SET pid = NULL WHERE id = ?", (lease.run,))


@contextlib.contextmanager
def writing(store: Store, lease: Lease) -> Iterator[sqlite3.Connection]:
    """One transaction that writes into the run of `lease`. Raises RunBusyError when the lease is stale."""
    with store.transaction() as db:
        row = db.execute("SELECT counter, pid FROM runs WHERE id = ?", (lease.run,)).fetchone()
        if row is None or row[0] != lease.counter or row[1] is None:
            raise RunBusyError(
                f"Run {lease.run} was taken over by another process; this one stops writing into it.",
                f"orchestra runs show {lease.run}",
            )
        yield db


def client_of(db: sqlite3.Connection, run: str) -> str:
    """The client under which the texts of a run are kept."""
    return str(db.execute("SELECT client FROM runs WHERE id = ?", (run,)).fetchone()[0])
