"""Erasing a client: its runs and every text of them. Money and the audit stay, under a digest that names nobody."""

from __future__ import annotations

from orchestra_cli.errors import RunBusyError
from orchestra_cli.store.audit import client_digest
from orchestra_cli.store.database import Store
from orchestra_cli.store.runs import list_runs

_OF_RUNS = ("steps", "gates", "partials", "events", "epochs")


def forget_client(store: Store, client: str) -> dict[str, int]:
    """Erases a client from the store and gives how many rows of each table went (0 where none did).

    What was erased is overwritten, the file rewritten, its log emptied. Calls keep amounts, models and dates.
    Raises RunBusyError while a run of the client is going on; nothing is erased then. Copies of a broken store
    (`problems.copies`) and files outside the store are the user's to delete.
    """
    if not client:
        raise ValueError("a client has a name")
    going_on = list_runs(store, status="running", client=client)
    if going_on:
        raise RunBusyError(
            f"Run {going_on[0].id} of client {client} is going on; nothing was erased.",
            "Wait for it or stop it, then type the command again.",
        )
    name = f"forgotten-{client_digest(store, client)[:8]}"
    counts = {}
    with store.transaction() as db:
        for table in _OF_RUNS:
            of_runs = f"DELETE FROM {table} WHERE run IN (SELECT id FROM runs WHERE client = ?)"  # noqa: S608
            counts[table] = db.execute(of_runs, (client,)).rowcount
        # A path may hold the hash of an item, and a hash of a short text gives the text away.
        counts["calls"] = db.execute(
            "UPDATE calls SET client = ?, path = '', key = '', request_id = '' WHERE client = ?", (name, client)
        ).rowcount
        counts["runs"] = db.execute("DELETE FROM runs WHERE client = ?", (client,)).rowcount
        counts["texts"] = db.execute("DELETE FROM blobs WHERE client = ?", (client,)).rowcount
    store.compact()
    return counts
