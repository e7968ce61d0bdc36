"""Text of answers that were cut: kept for a person to look at, never taken as an answer."""

from __future__ import annotations

from dataclasses import dataclass

from orchestra_cli.store.blobs import get_text, put_text
from orchestra_cli.store.database import Store
from orchestra_cli.store.lease import Lease, client_of, writing


@dataclass(frozen=True, slots=True)
class Partial:
    """What had arrived of one attempt when it was cut."""

    path: str
    attempt: int
    text: str
    at: str


def keep_partial(store: Store, lease: Lease, path: str, attempt: int, text: str) -> None:
    """Keeps what had arrived of a cut answer. Raises RunBusyError when the lease is stale."""
    with writing(store, lease) as db:
        sha = put_text(db, client_of(db, lease.run), text)
        db.execute(
            "INSERT INTO partials (run, path, attempt, text_sha, at) VALUES (?, ?, ?, ?, ?)",
            (lease.run, path, attempt, sha, store.now()),
        )


def partials_of(store: Store, run: str) -> list[Partial]:
    """The cut answers of a run in the order they were cut."""
    rows = store.rows(
        "SELECT path, attempt, r.client, text_sha, at FROM partials p JOIN runs r ON r.id = p.run "
        "WHERE p.run = ? ORDER BY p.seq",
        run,
    )
    return [Partial(row[0], row[1], get_text(store, row[2], row[3]), row[4]) for row in rows]
