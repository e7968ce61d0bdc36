"""What the engine told while a run went on, so that a past run can be replayed to the console or a report."""

from __future__ import annotations

from collections.abc import Iterable

from orchestra_cli.store.blobs import decode, encode
from orchestra_cli.store.database import Store
from orchestra_cli.store.lease import Lease, writing


def append_event(store: Store, lease: Lease, event: str) -> None:
    """Keeps one event (JSON). Raises RunBusyError when the lease is stale."""
    append_events(store, lease, (event,))


def append_events(store: Store, lease: Lease, events: Iterable[str]) -> None:
    """Keeps several events (JSON) in order, in one transaction."""
    with writing(store, lease) as db:
        n = db.execute("SELECT coalesce(max(n), 0) FROM events WHERE run = ?", (lease.run,)).fetchone()[0]
        now = store.now()
        rows = [(lease.run, place, now, encode(event)) for place, event in enumerate(events, n + 1)]
        db.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", rows)


def events_of(store: Store, run: str) -> list[str]:
    """The events of a run (JSON) in order."""
    return [decode(row[0]) for row in store.rows("SELECT body FROM events WHERE run = ? ORDER BY n", run)]
