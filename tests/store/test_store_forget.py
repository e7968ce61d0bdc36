"""Erasing a client leaves nothing of it in the file but amounts and digests."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from store_builders import begin, call, done, step

from orchestra_cli.errors import BudgetError
from orchestra_cli.store.audit import AuditEntry, client_digest, entries, record, verify
from orchestra_cli.store.database import Store
from orchestra_cli.store.events import append_event, events_of
from orchestra_cli.store.forget import forget_client
from orchestra_cli.store.gates import Decision, record_decision
from orchestra_cli.store.journal import add_epoch, find_step, record_step
from orchestra_cli.store.lease import release, take_lease
from orchestra_cli.store.ledger import Caps, calls_of, settle, spent_month, spent_of_run
from orchestra_cli.store.partial import keep_partial
from orchestra_cli.store.runs import end_run, find_run, list_runs, world

CANARY = "canary-9d41"


def worked_on(store: Store, client: str, text: str) -> str:
    """A finished run that kept `text` in every place that keeps any."""
    lease = begin(store, client=client, world=f'"{text}"', workspace=f"/work/{text}", twin=text)
    call_id = call(store, lease, client=client, path=f"draft[001:{text}]")
    record(store, AuditEntry(lease.run, call_id, "", "", "", "", "", (), client_digest=client_digest(store, client)))
    record_step(store, lease, step(lease, value=f'"{text * 3000}"'), (call_id, done(request_id=text)))
    record_decision(store, lease, lease.run, Decision("draft", "k1", "t", "s", "edit", "tom", text=text, note=text))
    add_epoch(store, lease, "draft", text, "")
    keep_partial(store, lease, "draft", 1, text + "...")
    append_event(store, lease, f'"{text}"')
    end_run(store, lease, "done", 0, f'"{text} done"', text)
    release(store, lease)
    return lease.run


def raw(store: Store) -> bytes:
    return b"".join(path.read_bytes() for path in store.path.parent.iterdir())


def test_nothing_is_left_in_the_file(store: Store) -> None:
    """After erasing a client, its name and texts stand nowhere in the file or its log; it says what it erased."""
    run = worked_on(store, CANARY, f"text of {CANARY}")
    assert CANARY.encode() in raw(store)
    assert forget_client(store, CANARY) == {
        "runs": 1,
        "steps": 1,
        "gates": 1,
        "partials": 1,
        "events": 1,
        "epochs": 1,
        "calls": 1,
        "texts": 5,
    }
    assert CANARY.encode() not in raw(store)
    assert list_runs(store) == []
    assert spent_of_run(store, run).calls == 0


def test_money_and_audit_stay(store: Store) -> None:
    """What was spent still counts in the month and against the client's cap, and the audit still verifies."""
    run = worked_on(store, "hartwell", "text")
    before = spent_month(store)
    forget_client(store, "hartwell")
    assert spent_month(store) == before
    row = calls_of(store, run)[0]
    assert row.client.startswith("forgotten-")
    assert (row.path, row.request_id, row.model) == ("", "", "openai/gpt-5")
    assert verify(store) == []
    assert [found.run for found in entries(store, "hartwell")] == [run]
    lease = begin(store, client="hartwell")
    with pytest.raises(BudgetError, match="client hartwell this month: spent"):
        call(store, lease, "0.10", Caps(client_month=before.at_most), client="hartwell")


def test_a_call_of_an_erased_run_can_be_settled(store: Store) -> None:
    """A call of unknown cost is settled in the month's totals, though its run was erased."""
    lease = begin(store)
    call_id = call(store, lease, "0.50")
    release(store, lease)
    release(store, take_lease(store, lease.run))
    forget_client(store, "acme")
    settle(store, call_id, True, Decimal("0.20"))
    assert spent_month(store).known == Decimal("0.20")
    with pytest.raises(BudgetError):
        call(store, begin(store, client="b"), "0.11", Caps(month=Decimal("0.30")), client="b")


def test_others_keep_everything(store: Store) -> None:
    """Another client keeps every row and text, also a text that both had."""
    worked_on(store, "hartwell", "same text")
    run = worked_on(store, "acme", "same text")
    forget_client(store, "hartwell")
    assert world(store, run) == '"same text"'
    assert find_step(store, run, "draft", "k1")
    assert find_run(store, run, "tom").result == '"same text done"'
    assert events_of(store, run) == ['"same text"']
    assert [row.id for row in list_runs(store)] == [run]


def test_a_client_that_is_not_there(store: Store, tmp_path: Path) -> None:
    """Erasing a client without runs erases nothing; a client without a name is a mistake."""
    assert set(forget_client(store, "nobody").values()) == {0}
    with pytest.raises(ValueError, match="has a name"):
        forget_client(store, "")
