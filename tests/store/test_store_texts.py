"""Texts, events, cut answers and outcomes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_builders import begin

from orchestra_cli.errors import StoreError
from orchestra_cli.store.blobs import decode, encode, get_text, put_text
from orchestra_cli.store.database import Store
from orchestra_cli.store.events import append_event, append_events, events_of
from orchestra_cli.store.journal import find_step, steps_of
from orchestra_cli.store.outcomes import Outcome, outcomes, save_outcome
from orchestra_cli.store.partial import Partial, keep_partial, partials_of


@given(st.text(st.characters()))
def test_any_text_comes_back(text: str) -> None:
    """Any text is kept as it is, also half a surrogate pair and NUL."""
    assert decode(encode(text)) == text


def test_texts_belong_to_a_client(store: Store) -> None:
    """The same text is kept once for each client, and is not found under another one's name."""
    with store.transaction() as db:
        first = put_text(db, "acme", "Dear client")
        assert put_text(db, "acme", "Dear client") == first
        assert put_text(db, "hartwell", "Dear client") == first
        other = put_text(db, "acme", "Secret")
    assert store.rows("SELECT count(*) FROM blobs") == [(3,)]
    assert get_text(store, "acme", other) == "Secret"
    assert get_text(store, "acme", "") == ""
    with pytest.raises(StoreError, match="missing"):
        get_text(store, "hartwell", other)


def test_events_are_replayed_in_order(store: Store) -> None:
    """The events of a run come back in the order they were told, and only its own."""
    one, two = begin(store), begin(store)
    append_event(store, one, '{"n": 1}')
    append_event(store, two, '{"n": 9}')
    append_events(store, one, ['{"n": 2}', '{"n": 3}'])
    assert events_of(store, one.run) == ['{"n": 1}', '{"n": 2}', '{"n": 3}']
    assert events_of(store, two.run) == ['{"n": 9}']


def test_half_an_answer_satisfies_nothing(store: Store) -> None:
    """What arrived of a cut answer is kept for a person, and is no step."""
    lease = begin(store)
    keep_partial(store, lease, "draft", 2, "Dear cli")
    assert partials_of(store, lease.run) == [Partial("draft", 2, "Dear cli", store.now())]
    assert partials_of(store, begin(store).run) == []
    assert steps_of(store, lease.run) == []
    assert find_step(store, lease.run, "draft", "k1") is None


def test_outcomes_by_role_and_model(store: Store) -> None:
    """Outcomes come back whole, and can be narrowed to a role or a model."""
    save_outcome(store, "7k2f", "draft", "write", "openai/gpt-5", "accepted")
    save_outcome(
        *(store, "7k2f", "check", "review", "anthropic/claude", "redone"),
        recipe="proposal",
        score=0.5,
        retries=2,
        cost_usd=Decimal("0.04"),
        seconds=2.5,
    )
    writing, review = outcomes(store)
    assert writing == Outcome("7k2f", "draft", "write", "openai/gpt-5", "accepted", at=store.now())
    assert review == Outcome(
        *("7k2f", "check", "review", "anthropic/claude", "redone", "proposal", 0.5, 2, Decimal("0.04"), 2.5),
        at=store.now(),
    )
    assert outcomes(store, role="review") == outcomes(store, model="anthropic/claude") == [review]
    assert outcomes(store, role="review", model="openai/gpt-5") == []
