"""Making, finding, listing and ending runs."""

from __future__ import annotations

import re
import secrets
import time
from decimal import Decimal

import pytest
from store_builders import Clock, begin, call, dead, done, new_run, owned_by

from orchestra_cli.errors import InputError, RunBusyError, StoreError
from orchestra_cli.store.audit import AuditEntry, record
from orchestra_cli.store.database import Store
from orchestra_cli.store.forget import forget_client
from orchestra_cli.store.lease import release, take_lease
from orchestra_cli.store.ledger import close_call
from orchestra_cli.store.runs import (
    create_run,
    end_run,
    find_run,
    find_twin,
    list_runs,
    restart_run,
    waiting_runs,
    world,
)


def ended(store: Store, status: str, exit_code: int = 0, **given: str) -> str:
    lease = begin(store, **given)
    end_run(store, lease, status, exit_code, "{}")
    release(store, lease)
    return lease.run


def scripted(monkeypatch: pytest.MonkeyPatch, letters: str) -> None:
    """The next letters of ids, one after the other."""
    rest = iter(letters)
    monkeypatch.setattr(secrets, "choice", lambda _: next(rest))


class TestCreate:
    def test_a_short_id(self, store: Store) -> None:
        """An id has four lower-case letters and digits, and at least one letter."""
        for _ in range(50):
            assert re.fullmatch("(?=.*[a-z])[0-9a-hjkmnp-tv-z]{4,}", create_run(store, new_run()))

    def test_a_clash_grows(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        """An id that is taken gets another letter, and another."""
        scripted(monkeypatch, "7k2f7k2fa7k2fab")
        assert [create_run(store, new_run()) for _ in range(3)] == ["7k2f", "7k2fa", "7k2fab"]

    def test_a_number_grows(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        """An id of digits only gets a letter, so that it is never taken for a number."""
        scripted(monkeypatch, "20263x")
        assert create_run(store, new_run()) == "20263x"

    def test_the_id_of_an_erased_run_is_not_given_again(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        """An id that stands in the ledger of an erased run is taken."""
        scripted(monkeypatch, "7k2f7k2fa")
        lease = begin(store)
        call(store, lease)
        record(store, AuditEntry(lease.run, "", "", "", "", "", "", ()))
        end_run(store, lease, "done", 0, "")
        release(store, lease)
        forget_client(store, "acme")
        assert create_run(store, new_run()) == "7k2fa"

    def test_the_world_is_kept(self, store: Store) -> None:
        """What a run was started with is read back as it was, and a run that is not there has none."""
        text = '{"name": "Zoë \\ud83d", "half": "\ud83d"}'
        assert world(store, create_run(store, new_run(world=text))) == text
        with pytest.raises(StoreError, match="no run"):
            world(store, "none")

    def test_a_new_row(self, store: Store) -> None:
        """A new run has cost nothing, has not ended, and has no exit."""
        run = create_run(store, new_run(started="2026-10-01T08:00:00+00:00"))
        row = find_run(store, run, "tom")
        assert (row.recipe, row.client, row.user, row.workspace) == ("proposal", "acme", "tom", "/work/firm")
        assert (row.exit, row.ended, row.waiting_for, row.result) == (None, "", "", "")
        assert (row.cost_usd, row.started) == (Decimal(0), "2026-10-01T08:00:00+00:00")


class TestStatus:
    def test_running_means_that_somebody_runs_it(self, store: Store) -> None:
        """A run is running while its owner lives, and interrupted when the owner died or let it go."""
        lease = begin(store)
        assert find_run(store, lease.run, "tom").status == "running"
        release(store, lease)
        assert find_run(store, lease.run, "tom").status == "interrupted"
        owned_by(store, lease.run, dead(), store.now())
        assert find_run(store, lease.run, "tom").status == "interrupted"

    def test_the_end(self, store: Store, clock: Clock) -> None:
        """A run that ended shows status, exit, time and result, also after its owner let it go."""
        lease = begin(store)
        clock.move(minutes=3)
        end_run(store, lease, "waiting", 75, '{"document": "# Bid"}', '{"kind": "person"}')
        release(store, lease)
        row = find_run(store, lease.run, "tom")
        assert (row.status, row.exit, row.ended) == ("waiting", 75, "2026-10-15T12:03:00.000+00:00")
        assert (row.result, row.waiting_for) == ('{"document": "# Bid"}', '{"kind": "person"}')

    def test_an_end_without_a_result(self, store: Store) -> None:
        """A run may end without a result."""
        assert find_run(store, ended(store, "failed", 1), "tom").status == "failed"
        lease = begin(store)
        end_run(store, lease, "interrupted", 130, "")
        assert find_run(store, lease.run, "tom").result == ""

    def test_going_on(self, store: Store) -> None:
        """A run that goes on is running again, with no exit, end or wait."""
        run = ended(store, "waiting", 75)
        restart_run(store, take_lease(store, run))
        row = find_run(store, run, "tom")
        assert (row.status, row.exit, row.ended, row.waiting_for) == ("running", None, "", "")

    def test_only_known_statuses(self, store: Store) -> None:
        """A status that nobody knows is a mistake of the program."""
        with pytest.raises(ValueError, match="no status"):
            end_run(store, begin(store), "finished", 0, "")

    def test_the_cost_is_known_or_not(self, store: Store) -> None:
        """The cost of a run is the sum of its calls, and unknown while one of them is."""
        lease = begin(store)
        first, second = call(store, lease, path="a"), call(store, lease, path="b")
        close_call(store, lease, first, done("0.04"))
        assert find_run(store, lease.run, "tom").cost_usd is None
        close_call(store, lease, second, done("0.0125"))
        assert find_run(store, lease.run, "tom").cost_usd == Decimal("0.0525")


class TestFind:
    def test_by_id_or_beginning(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        """A run is found by its id, by a unique beginning, in any case; a whole id wins over longer ones."""
        scripted(monkeypatch, "7k2f7k2fa8mmm")
        for _ in range(3):
            create_run(store, new_run())
        assert find_run(store, "7K2F", "ann").id == "7k2f"
        assert find_run(store, "7k2fa", "ann").id == "7k2fa"
        assert find_run(store, " 8m", "ann").id == "8mmm"

    def test_several(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        """A beginning of several ids is refused with the candidates."""
        scripted(monkeypatch, "7k2f7k3f")
        for _ in range(2):
            create_run(store, new_run())
        with pytest.raises(InputError, match='Several runs begin with "7k": 7k2f, 7k3f'):
            find_run(store, "7k", "tom")

    @pytest.mark.parametrize("ref", ["7k2g", "", "%", "zzzz"])
    def test_none(self, store: Store, ref: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is no run is an input error, with ids that look alike."""
        scripted(monkeypatch, "7k2f7k3f")
        for _ in range(2):
            create_run(store, new_run())
        with pytest.raises(InputError, match=f'There is no run "{ref}"') as caught:
            find_run(store, ref, "tom")
        assert ("Did you mean 7k2f" in caught.value.message) == (ref == "7k2g")
        assert "orchestra runs list" in caught.value.advice

    def test_last_is_this_users(self, store: Store, clock: Clock) -> None:
        """ "last" is this user's latest run in any workspace, even when the clock was set back since."""
        create_run(store, new_run(workspace="/a"))
        clock.move(days=-3)
        mine = create_run(store, new_run(workspace="/b"))
        create_run(store, new_run(user="ann"))
        assert find_run(store, "last", "tom").id == mine
        with pytest.raises(InputError, match="no run yet"):
            find_run(store, "last", "eve")

    def test_a_twin(self, store: Store) -> None:
        """The latest run of the same recipe, client and inputs by the same user is its twin."""
        create_run(store, new_run(twin="t"))
        latest = create_run(store, new_run(twin="t"))
        create_run(store, new_run(twin="t", user="ann"))
        create_run(store, new_run(twin="u"))
        found = find_twin(store, "t", "tom")
        assert found
        assert found.id == latest
        assert find_twin(store, "x", "tom") is None


class TestList:
    def test_filters(self, store: Store) -> None:
        """Lists are latest first and can be narrowed by status as shown, recipe, client and number."""
        a = ended(store, "done")
        b = ended(store, "waiting", 75, recipe="triage")
        c = begin(store, client="hartwell").run
        d = create_run(store, new_run(recipe="triage"))
        assert [row.id for row in list_runs(store)] == [d, c, b, a]
        assert [row.id for row in list_runs(store, limit=2)] == [d, c]
        assert [row.id for row in list_runs(store, status="running")] == [c]
        assert [row.id for row in list_runs(store, status="interrupted", limit=1)] == [d]
        assert [row.id for row in list_runs(store, status="done", limit=5)] == [a]
        assert [row.id for row in list_runs(store, recipe="triage")] == [d, b]
        assert [row.id for row in list_runs(store, client="hartwell")] == [c]
        assert list_runs(store, client="acme", status="running") == []

    def test_waiting(self, store: Store) -> None:
        """What can be resumed are this user's runs that wait, stopped or failed, and no others."""
        kept = [ended(store, status) for status in ("waiting", "interrupted", "failed", "no_model", "budget")]
        for status in ("done", "flawed", "refused"):
            ended(store, status)
        ended(store, "waiting", user="ann")
        begin(store)
        died = create_run(store, new_run())
        assert [row.id for row in waiting_runs(store, "tom")] == [died, *reversed(kept)]

    def test_ten_thousand_runs(self, store: Store) -> None:
        """Ten thousand runs, a tenth of them dead in the middle, are listed fast (0.07 s measured)."""
        owner = dead()
        with store.transaction() as db:
            db.executemany(
                "INSERT INTO runs (id, recipe, client, user_name, workspace, world_sha, twin, status, started, host, "
                "boot_id, pid, pid_started, beat) VALUES (?, 'p', 'c', 'tom', '', '', '', ?, ?, ?, ?, ?, '1', ?)",
                [
                    (f"r{n}", "done" if n % 10 else "running", "", owner.host, owner.boot_id, n + 2, store.now())
                    for n in range(10_000)
                ],
            )
        begun = time.process_time()
        assert len(list_runs(store)) == 10_000
        assert len(waiting_runs(store, "tom")) == 1_000
        assert find_run(store, "last", "tom").id == "r9999"
        assert time.process_time() - begun < 0.6


def test_a_run_under_way_is_not_erased(store: Store) -> None:
    """A client whose run is going on is not erased."""
    lease = begin(store)
    with pytest.raises(RunBusyError, match=f"Run {lease.run} of client acme is going on; nothing was erased"):
        forget_client(store, "acme")
    assert world(store, lease.run)
