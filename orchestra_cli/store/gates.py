"""What people decided at hand-offs. A decision holds for one text as it was shown; any change of either voids it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from orchestra_cli.store.blobs import get_text, put_text
from orchestra_cli.store.database import Row, Store
from orchestra_cli.store.lease import Lease, client_of, writing

Kind = Literal["accept", "edit", "redo", "skip", "model", "no"]


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision. `text_hash` is that of the text decided on, `shown_hash` of what stood on the screen; `text` is
    the edited value (JSON); `unattended` means that --yes decided; `at` is filled in when empty."""

    path: str
    key: str
    text_hash: str
    shown_hash: str
    kind: Kind
    by: str
    at: str = ""
    unattended: bool = False
    text: str = ""
    note: str = ""


_FROM = (
    "SELECT path, key, text_hash, shown_hash, kind, by_whom, at, unattended, text_sha, note, r.client "
    "FROM gates g JOIN runs r ON r.id = g.run"
)


def record_decision(store: Store, lease: Lease, run: str, decision: Decision) -> None:
    """Keeps a decision. Raises RunBusyError when the lease is stale."""
    if run != lease.run:
        raise ValueError(f"the lease is of run {lease.run}, the decision of run {run}")
    with writing(store, lease) as db:
        text_sha = put_text(db, client_of(db, run), decision.text) if decision.text else ""
        db.execute(
            "INSERT INTO gates (run, path, key, text_hash, shown_hash, kind, by_whom, at, unattended, text_sha, note) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(run, decision.path, decision.key, decision.text_hash, decision.shown_hash, decision.kind),
                *(decision.by, decision.at or store.now(), decision.unattended, text_sha, decision.note),
            ),
        )


def decision_for(store: Store, run: str, path: str, text_hash: str, shown_hash: str) -> Decision | None:
    """The latest decision on exactly this text as exactly this was shown, or None."""
    row = store.row(
        f"{_FROM} WHERE g.run = ? AND path = ? AND text_hash = ? AND shown_hash = ? ORDER BY g.seq DESC LIMIT 1",
        *(run, path, text_hash, shown_hash),
    )
    return None if row is None else _decision(store, row)


def decisions_of(store: Store, run: str) -> list[Decision]:
    """All decisions of a run in the order they were made."""
    return [_decision(store, row) for row in store.rows(f"{_FROM} WHERE g.run = ? ORDER BY g.seq", run)]


def _decision(store: Store, row: Row) -> Decision:
    *columns, client = row
    columns[7] = bool(columns[7])
    columns[8] = get_text(store, client, columns[8])
    return Decision(*columns)
