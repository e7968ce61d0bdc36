"""The finished steps of a run, found by (run, path, key). A row is written only when its answer is complete and valid.

A key says everything an answer rests on, so an equal key is an equal question, in this run or another.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from orchestra_cli.store.blobs import get_text, put_text
from orchestra_cli.store.calls import Closed, usage_from, usage_json
from orchestra_cli.store.database import Row, Store
from orchestra_cli.store.lease import Lease, client_of, writing
from orchestra_cli.store.ledger import close_row
from orchestra_cli.types import Usage

_NO_USAGE = Usage()


@dataclass(frozen=True, slots=True)
class StepRow:
    """One finished answer. `value` is JSON; `by` names the person of an edit, a new version on the same key;
    `created` is filled in when empty."""

    run: str
    path: str
    epoch: int
    key: str
    kind: str
    value: str
    model_asked: str = ""
    model: str = ""
    provider: str = ""
    vendor: str = ""
    usage: Usage = _NO_USAGE
    cost_usd: Decimal | None = None
    seconds: float = 0.0
    attempts: int = 0
    by: str = ""
    created: str = ""


@dataclass(frozen=True, slots=True)
class Epoch:
    """How often the answer at a path was asked for anew, with the person's note and the model they fixed, or ""."""

    path: str
    epoch: int = 0
    note: str = ""
    pin: str = ""


_FROM = (
    "SELECT s.run, path, epoch, key, kind, value_sha, model_asked, model, provider, vendor, usage, cost_usd, seconds, "
    "attempts, by_whom, created, r.client FROM steps s JOIN runs r ON r.id = s.run"
)


def find_step(store: Store, run: str, path: str, key: str) -> StepRow | None:
    """The answer to this very question, in its latest version, or None."""
    row = store.row(f"{_FROM} WHERE s.run = ? AND path = ? AND key = ? ORDER BY version DESC LIMIT 1", run, path, key)
    return None if row is None else _row(store, row)


def find_reusable(store: Store, from_run: str, path: str, key: str) -> StepRow | None:
    """The answer of another run to the same question: equal path and key, or None."""
    return find_step(store, from_run, path, key)


def record_step(store: Store, lease: Lease, row: StepRow, close: tuple[str, Closed] | None) -> None:
    """Journals a whole answer and closes its ledger row (call id, how it ended) in one transaction.

    What stands in the journal stays: a second answer to the same question is not kept (its call is closed), and an
    edit (`by` is set) becomes the next version. Raises RunBusyError when the lease is stale.
    """
    if row.run != lease.run:
        raise ValueError(f"the lease is of run {lease.run}, the step of run {row.run}")
    with writing(store, lease) as db:
        last = db.execute(
            "SELECT max(version) FROM steps WHERE run = ? AND path = ? AND key = ?", (row.run, row.path, row.key)
        ).fetchone()[0]
        if last is None or row.by:
            sha = put_text(db, client_of(db, row.run), row.value)
            db.execute(
                "INSERT INTO steps (run, path, key, version, epoch, kind, value_sha, model_asked, model, provider, "
                "vendor, usage, cost_usd, seconds, attempts, by_whom, created) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(row.run, row.path, row.key, (last or 0) + 1, row.epoch, row.kind, sha, row.model_asked),
                    *(row.model, row.provider, row.vendor, usage_json(row.usage)),
                    *(None if row.cost_usd is None else str(row.cost_usd), row.seconds, row.attempts, row.by),
                    row.created or store.now(),
                ),
            )
        if close is not None:
            close_row(store, db, lease, *close)


def steps_of(store: Store, run: str) -> list[StepRow]:
    """All rows of a run in the order they were written, each version of each answer."""
    return [_row(store, row) for row in store.rows(f"{_FROM} WHERE s.run = ? ORDER BY s.seq", run)]


def edits_of(store: Store, run: str, path: str) -> list[StepRow]:
    """The edits people made at a path, oldest first, whatever key they rest on: one on another key is stale."""
    rows = store.rows(f"{_FROM} WHERE s.run = ? AND path = ? AND by_whom != '' ORDER BY s.seq", run, path)
    return [_row(store, row) for row in rows]


def epoch_of(store: Store, run: str, path: str) -> Epoch:
    """The epoch in force at a path; number 0 when it was never redone."""
    row = store.row(
        "SELECT path, epoch, note, pin FROM epochs WHERE run = ? AND path = ? ORDER BY epoch DESC LIMIT 1", run, path
    )
    return Epoch(path) if row is None else Epoch(*row)


def add_epoch(store: Store, lease: Lease, path: str, note: str, pin: str) -> Epoch:
    """Asks for a path anew: the next epoch, with the person's note and a model they fixed, or ""."""
    with writing(store, lease) as db:
        number = db.execute(
            "SELECT coalesce(max(epoch), 0) + 1 FROM epochs WHERE run = ? AND path = ?", (lease.run, path)
        ).fetchone()[0]
        db.execute("INSERT INTO epochs VALUES (?, ?, ?, ?, ?)", (lease.run, path, number, note, pin))
    return Epoch(path, number, note, pin)


def _row(store: Store, row: Row) -> StepRow:
    *columns, client = row
    columns[5] = get_text(store, client, columns[5])
    with store.intact():
        columns[10] = usage_from(columns[10]) or _NO_USAGE
        columns[11] = None if columns[11] is None else Decimal(columns[11])
    return StepRow(*columns)
