"""A damaged file is a StoreError, or still tells the truth; it is never a crash or another answer."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from store_builders import begin, call, done, step

from orchestra_cli.errors import OrchestraError
from orchestra_cli.store.audit import AuditEntry, entries, record
from orchestra_cli.store.blobs import get_text, put_text
from orchestra_cli.store.database import Store
from orchestra_cli.store.events import append_event, events_of
from orchestra_cli.store.journal import record_step, steps_of
from orchestra_cli.store.lease import release, take_lease
from orchestra_cli.store.ledger import calls_of
from orchestra_cli.store.problems import BrokenStoreError
from orchestra_cli.store.runs import find_run, list_runs, waiting_runs, world


@functools.cache
def sound() -> tuple[bytes, tuple[str, ...]]:
    """The bytes of a store in use, and the ids of its runs."""
    with tempfile.TemporaryDirectory() as folder:
        runs = []
        with Store.open(Path(folder)) as store:
            for _ in range(6):
                lease = begin(store)
                runs.append(lease.run)
                for n in range(3):
                    call_id = call(store, lease, path=f"draft[{n}]")
                    record(store, AuditEntry(lease.run, call_id, "", "", "", "", "", ()))
                    value = f'"{"x" * 1500 * n}"'
                    record_step(store, lease, step(lease, path=f"draft[{n}]", value=value), (call_id, done()))
                append_event(store, lease, "{}")
                release(store, lease)
        return (Path(folder) / "orchestra.db").read_bytes(), tuple(runs)


READS: tuple[Callable[[Store, str], object], ...] = (
    lambda store, run: list_runs(store),
    lambda store, run: waiting_runs(store, "tom"),
    lambda store, run: find_run(store, run, "tom"),
    lambda store, run: world(store, run),
    lambda store, run: calls_of(store, run),
    lambda store, run: entries(store),
    lambda store, run: events_of(store, run),
    lambda store, run: call(store, take_lease(store, run), path="next"),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=5000)), max_size=4),
    st.floats(0.001, 1),
)
@example([], 0.5)
@example([(0.0, b"\xe9" * 5000)], 1.0)
def test_damage_never_crashes(scratches: list[tuple[float, bytes]], kept: float) -> None:
    """Whatever is overwritten or cut off, reading and writing work or raise one of our errors, and the texts of
    steps are those that were kept."""
    raw, runs = sound()
    damaged = bytearray(raw)
    for place, noise in scratches:
        begins = int(place * len(raw))
        damaged[begins : begins + len(noise)] = noise
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "orchestra.db").write_bytes(damaged[: int(len(damaged) * kept)])
        try:
            store = Store.open(Path(folder))
        except OrchestraError:
            return
        with store:
            for read in READS:
                with contextlib.suppress(OrchestraError):
                    read(store, runs[2])
            try:
                values = {row.value for row in steps_of(store, runs[2])}
            except OrchestraError:
                return
            assert values <= {f'"{"x" * 1500 * n}"' for n in range(3)}


@pytest.mark.parametrize(
    ("damage", "read"),
    [
        ("UPDATE runs SET cost_known = 'much'", lambda store, run: list_runs(store)),
        ("UPDATE runs SET cost_known = 'much'", lambda store, run: find_run(store, run, "tom")),
        ("UPDATE runs SET cost_known = 'much'", lambda store, run: waiting_runs(store, "tom")),
        ("UPDATE calls SET usage = '{\"tokens\": 1}'", lambda store, run: calls_of(store, run)),
        ("UPDATE steps SET usage = '{'", lambda store, run: steps_of(store, run)),
        ("UPDATE audit SET body = 'x'", lambda store, run: entries(store)),
    ],
)
def test_a_row_without_sense(store: Store, damage: str, read: Callable[[Store, str], object]) -> None:
    """A value that cannot have been written means a broken store, of which a copy is kept."""
    lease = begin(store)
    call_id = call(store, lease)
    record(store, AuditEntry(lease.run, call_id, "", "", "", "", "", ()))
    record_step(store, lease, step(lease), (call_id, done()))
    release(store, lease)
    with store.transaction() as db:
        db.execute(damage)
    with pytest.raises(BrokenStoreError, match="makes no sense"):
        read(store, lease.run)
    assert store.path.with_name("orchestra.db.broken-2026-10-15").exists()


def test_a_changed_text_is_not_an_answer(store: Store) -> None:
    """A text that is no longer what was kept is refused, not returned."""
    with store.transaction() as db:
        sha = put_text(db, "acme", "EUR 100")
        db.execute("UPDATE blobs SET body = ?", (b"EUR 900",))
    with pytest.raises(BrokenStoreError, match="not what was kept"):
        get_text(store, "acme", sha)


def test_words_that_are_no_utf8(store: Store) -> None:
    """A damaged file may make SQLite speak in no UTF-8: that is a broken store, too, and no terminal obeys it."""
    with pytest.raises(BrokenStoreError, match="is broken") as caught:
        store.rows("SELECT CAST(X'1b5b32e9ff' AS TEXT) FROM meta LIMIT 1")
    assert "\x1b" not in caught.value.message
