"""A decision holds for one text as it was shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from store_builders import begin

from orchestra_cli.store.database import Store
from orchestra_cli.store.gates import Decision, decision_for, decisions_of, record_decision

ACCEPTED = Decision("draft", "k1", "text-1", "shown-1", "accept", "tom", "2026-10-15T12:00:00.000+00:00")


def test_a_decision_is_read_back_as_it_was(store: Store) -> None:
    """Every column of a decision comes back, with the edited text."""
    lease = begin(store)
    edited = replace(ACCEPTED, kind="edit", unattended=True, text='{"text": "Zoë"}', note="shorter")
    record_decision(store, lease, lease.run, edited)
    assert decisions_of(store, lease.run) == [edited]
    assert decision_for(store, lease.run, "draft", "text-1", "shown-1") == edited


def test_any_change_voids_it(store: Store) -> None:
    """Another text, another thing shown, another path or run has not been decided on."""
    lease = begin(store)
    record_decision(store, lease, lease.run, ACCEPTED)
    assert decision_for(store, lease.run, "draft", "text-2", "shown-1") is None
    assert decision_for(store, lease.run, "draft", "text-1", "shown-2") is None
    assert decision_for(store, lease.run, "check", "text-1", "shown-1") is None
    assert decision_for(store, begin(store).run, "draft", "text-1", "shown-1") is None


def test_the_latest_decision_holds(store: Store) -> None:
    """Of two decisions on the same text the later one holds, and both are kept."""
    lease = begin(store)
    for kind in ("no", "accept"):
        record_decision(store, lease, lease.run, replace(ACCEPTED, kind=kind, at=""))
    found = decision_for(store, lease.run, "draft", "text-1", "shown-1")
    assert found == replace(ACCEPTED, kind="accept", at=store.now())
    assert [row.kind for row in decisions_of(store, lease.run)] == ["no", "accept"]


def test_a_decision_on_another_run_is_a_mistake(store: Store) -> None:
    """A lease decides in its own run only."""
    with pytest.raises(ValueError, match="the decision of run other"):
        record_decision(store, begin(store), "other", ACCEPTED)
