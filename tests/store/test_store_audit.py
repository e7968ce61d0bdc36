"""The audit: a chain of rows without content, in which a change shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from store_builders import child

from orchestra_cli.store.audit import AuditEntry, client_digest, entries, record, verify
from orchestra_cli.store.database import Store


def entry(store: Store, n: int = 1, client: str = "acme") -> AuditEntry:
    return AuditEntry(
        *("7k2f", f"7k2f-{n}", "2026-10-15T12:00:00.000+00:00", "openai", "openai", "openai/gpt-5", "us"),
        *(("internal", "personal"), {"email": n}, "standard", client_digest(store, client), "tom"),
    )


def filled(store: Store) -> Store:
    for n in range(1, 5):
        record(store, entry(store, n, "acme" if n < 4 else "hartwell"))
    return store


def test_entries_come_back_as_they_were(store: Store) -> None:
    """Every column of an entry comes back, in order, and one client's alone."""
    filled(store)
    assert entries(store) == [entry(store, n) for n in (1, 2, 3)] + [entry(store, 4, "hartwell")]
    assert entries(store, "hartwell") == [entry(store, 4, "hartwell")]
    assert entries(store, "nobody") == []
    assert verify(store) == []


def test_a_bare_entry_is_of_now(store: Store) -> None:
    """An entry without a time is of now; one without a client belongs to none."""
    record(store, AuditEntry("7k2f", "7k2f-1", "", "ollama", "meta", "llama", "computer", ("public",)))
    assert [(row.at, row.client_digest) for row in entries(store)] == [(store.now(), "")]


def test_no_name_gets_into_the_chain(store: Store, tmp_path: Path) -> None:
    """A client's plain name is kept as its digest, which differs from store to store."""
    record(store, AuditEntry("7k2f", "", "", "", "", "", "", (), client_digest="hartwell"))
    assert "hartwell" not in str(store.rows("SELECT * FROM audit"))
    assert [row.run for row in entries(store, "hartwell")] == ["7k2f"]
    with Store.open(tmp_path / "other") as other:
        assert client_digest(other, "hartwell") != client_digest(store, "hartwell")
    assert client_digest(store, "") == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE audit SET body = replace(body, 'us', 'uk') WHERE seq = 2", "row 2 was changed"),
        ("UPDATE audit SET digest = 'ff' WHERE seq = 2", "row 2 was changed"),
        ("UPDATE audit SET client = 'ff' WHERE seq = 2", "row 2 is filed under another client"),
        ("DELETE FROM audit WHERE seq = 2", "row 2 is missing"),
        ("DELETE FROM audit WHERE seq = 4", "ends after row 3, but 4 rows were written"),
        ("DELETE FROM audit", "ends after row 0, but 4 rows were written"),
        ("INSERT INTO audit SELECT 5, body, digest, client FROM audit WHERE seq = 4", "row 5 was changed"),
        ("UPDATE meta SET value = '3' WHERE name = 'audit_rows'", "but 3 rows were written"),
    ],
)
def test_a_change_shows(store: Store, change: str, said: str) -> None:
    """Changing, removing, adding or refiling a row is found and named."""
    with filled(store).transaction() as db:
        db.execute(change)
    assert said in " ".join(verify(store))


def test_processes_write_one_chain(tmp_path: Path) -> None:
    """Rows that several processes write at once form one chain."""
    script = (
        "import sys; from pathlib import Path\n"
        "from orchestra_cli.store.database import Store\n"
        "from orchestra_cli.store.audit import AuditEntry, record\n"
        "store = Store.open(Path(sys.argv[1]))\n"
        "for n in range(25): record(store, AuditEntry('7k2f', str(n), '', '', '', '', '', ()))\n"
    )
    workers = [child(script, tmp_path) for _ in range(4)]
    assert [worker.communicate(timeout=60)[1] for worker in workers] == [""] * 4
    with Store.open(tmp_path) as store:
        assert len(entries(store)) == 100
        assert verify(store) == []
