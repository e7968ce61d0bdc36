"""Finished steps: found by path and key, written once, closed together with their call."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from decimal import Decimal

import pytest
from store_builders import begin, call, done, intent, step

from orchestra_cli.errors import StoreError
from orchestra_cli.store import journal
from orchestra_cli.store.database import Store
from orchestra_cli.store.events import append_event
from orchestra_cli.store.journal import (
    Epoch,
    StepRow,
    add_epoch,
    edits_of,
    epoch_of,
    find_reusable,
    find_step,
    record_step,
    steps_of,
)
from orchestra_cli.store.ledger import Caps, calls_of, reserve, spent_of_run
from orchestra_cli.types import Usage


def test_a_step_is_read_back_as_it_was(store: Store) -> None:
    """Every column of a step comes back, also unknown cost and usage."""
    lease = begin(store)
    whole = step(lease, created="2026-10-15T12:00:00.000+00:00", usage=Usage(None, 5, 1, 2, 3, 4))
    bare = StepRow(lease.run, "prices", 0, "k2", "do", "[]")
    record_step(store, lease, whole, None)
    record_step(store, lease, bare, None)
    assert find_step(store, lease.run, "draft", "k1") == whole
    assert find_step(store, lease.run, "prices", "k2") == replace(bare, created=store.now())


def test_only_the_very_question_is_found(store: Store) -> None:
    """Another run, path or key finds nothing."""
    lease = begin(store)
    record_step(store, lease, step(lease), None)
    assert find_step(store, "none", "draft", "k1") is None
    assert find_step(store, lease.run, "draft#2", "k1") is None
    assert find_step(store, lease.run, "draft", "k2") is None


def test_answer_and_ledger_are_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal row and the end of its call are kept together, or neither is."""
    lease = begin(store)
    call_id = call(store, lease)
    with pytest.raises(StoreError, match="not open"):
        record_step(store, lease, step(lease), (f"{lease.run}-9", done()))
    assert steps_of(store, lease.run) == []

    def fail(*words: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(journal, "close_row", fail)
        with pytest.raises(StoreError):
            record_step(store, lease, step(lease), (call_id, done()))
    assert steps_of(store, lease.run) == []
    assert calls_of(store, lease.run)[0].state == "open"
    record_step(store, lease, step(lease), (call_id, done("0.04")))
    assert calls_of(store, lease.run)[0].state == "done"
    assert spent_of_run(store, lease.run).known == Decimal("0.04")


def test_what_stands_in_the_journal_stays(store: Store) -> None:
    """A second answer to the same question does not replace the first, but its call is closed."""
    lease = begin(store)
    record_step(store, lease, step(lease, value='"first"'), None)
    record_step(store, lease, step(lease, value='"second"'), (call(store, lease), done("0.04")))
    assert [row.value for row in steps_of(store, lease.run)] == ['"first"']
    assert spent_of_run(store, lease.run).known == Decimal("0.04")


def test_an_edit_is_a_new_version(store: Store) -> None:
    """A person's edit is the next version on the same key; what it was made from is kept."""
    lease = begin(store)
    for value, by in (('"theirs"', ""), ('"mine"', "tom"), ('"mine again"', "tom")):
        record_step(store, lease, step(lease, value=value, by=by), None)
    found = find_step(store, lease.run, "draft", "k1")
    assert found
    assert (found.value, found.by) == ('"mine again"', "tom")
    assert [row.value for row in steps_of(store, lease.run)] == ['"theirs"', '"mine"', '"mine again"']


def test_a_stale_edit_is_not_dropped(store: Store) -> None:
    """When what an edit rests on changes, the new key has its own answer, and the edit is still there to be shown."""
    lease = begin(store)
    record_step(store, lease, step(lease, value='"old"'), None)
    record_step(store, lease, step(lease, value='"edited"', by="tom"), None)
    record_step(store, lease, step(lease, value='"new"', key="k2"), None)
    found = find_step(store, lease.run, "draft", "k2")
    assert found
    assert found.value == '"new"'
    assert [(row.key, row.value) for row in edits_of(store, lease.run, "draft")] == [("k1", '"edited"')]
    assert edits_of(store, lease.run, "other") == []


def test_reuse_compares_the_key(store: Store) -> None:
    """An answer of another run is reused when path and key are equal, and only then."""
    old, new = begin(store), begin(store, client="hartwell")
    record_step(store, old, step(old), None)
    found = find_reusable(store, old.run, "draft", "k1")
    assert found
    assert found.run == old.run
    record_step(store, new, replace(found, run=new.run, attempts=0), None)
    copied = find_step(store, new.run, "draft", "k1")
    assert copied
    assert copied.value == found.value
    assert find_reusable(store, old.run, "draft", "k2") is None


def test_a_row_of_another_run_is_a_mistake(store: Store) -> None:
    """A lease writes into its own run only."""
    lease = begin(store)
    with pytest.raises(ValueError, match="the step of run other"):
        record_step(store, lease, step(lease, run="other"), None)


def test_epochs_count_per_path(store: Store) -> None:
    """Redoing a path adds one to its epoch, with note and pin, and to no other path's."""
    lease = begin(store)
    assert epoch_of(store, lease.run, "draft") == Epoch("draft", 0, "", "")
    add_epoch(store, lease, "draft", "shorter", "")
    assert add_epoch(store, lease, "draft", "warmer", "openai/gpt-5") == Epoch("draft", 2, "warmer", "openai/gpt-5")
    assert epoch_of(store, lease.run, "draft") == Epoch("draft", 2, "warmer", "openai/gpt-5")
    assert epoch_of(store, lease.run, "check") == Epoch("check")
    assert epoch_of(store, begin(store).run, "draft") == Epoch("draft")


def test_a_text_that_is_gone_is_told(store: Store) -> None:
    """A row whose text is missing is an error with a name, never an empty answer."""
    lease = begin(store)
    record_step(store, lease, step(lease), None)
    with store.transaction() as db:
        db.execute("DELETE FROM blobs")
    with pytest.raises(StoreError, match="text of the run is missing"):
        find_step(store, lease.run, "draft", "k1")


def test_a_step_costs_little(store: Store) -> None:
    """Looking up, reserving, journalling and telling of a step take a few milliseconds of CPU at the very most."""
    lease, caps = begin(store), Caps(*[Decimal(1000)] * 4)
    begun = time.process_time()
    for n in range(200):
        path = f"draft[{n}]"
        find_step(store, lease.run, path, "k1")
        call_id = reserve(store, lease, intent(lease, path=path), caps)
        record_step(store, lease, step(lease, path=path, value=f'"{n}{"x" * 2000}"'), (call_id, done()))
        append_event(store, lease, "{}")
    assert (time.process_time() - begun) / 200 < 0.006  # 0.7 ms measured on a quiet machine; the goal is 1.5 ms
    assert spent_of_run(store, lease.run).calls == 200
