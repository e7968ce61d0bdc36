"""One living process at a time writes into a run."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from store_builders import NO_CAPS, Clock, begin, call, child, dead, done, intent, new_run, owned_by, step

from orchestra_cli.errors import InputError, RunBusyError
from orchestra_cli.store.database import Store
from orchestra_cli.store.events import append_event
from orchestra_cli.store.gates import Decision, record_decision
from orchestra_cli.store.journal import add_epoch, record_step, steps_of
from orchestra_cli.store.lease import Owner, heartbeat, release, take_lease
from orchestra_cli.store.ledger import calls_of, close_call, reserve, spent_month, spent_of_run
from orchestra_cli.store.partial import keep_partial
from orchestra_cli.store.runs import create_run, end_run, list_runs, restart_run


def test_a_living_owner_keeps_its_run(store: Store) -> None:
    """A second taker is told who works on the run and how to go on."""
    lease = begin(store)
    with pytest.raises(RunBusyError, match=f"Run {lease.run} is being worked on by another process") as caught:
        take_lease(store, lease.run)
    assert f"orchestra resume {lease.run}" in caught.value.advice


def test_two_processes_on_one_run(store: Store) -> None:
    """While another process holds the run it is refused here; killed, it is succeeded at once."""
    run = create_run(store, new_run())
    script = (
        "import sys; from pathlib import Path\n"
        "from orchestra_cli.store.database import Store\n"
        "from orchestra_cli.store.lease import take_lease\n"
        "print(take_lease(Store.open(Path(sys.argv[1])), sys.argv[2]).counter, flush=True); sys.stdin.read()\n"
    )
    worker = child(script, store.path.parent, run)
    assert worker.stdout
    assert worker.stdout.readline() == "1\n"
    with pytest.raises(RunBusyError, match=str(worker.pid)):
        take_lease(store, run)
    assert list_runs(store)[0].status == "running"
    worker.kill()
    worker.communicate()
    assert list_runs(store)[0].status == "interrupted"
    assert take_lease(store, run).counter == 2


def test_a_released_run_is_free(store: Store) -> None:
    """A run that was let go is taken at once, with a higher counter."""
    lease = begin(store)
    release(store, lease)
    assert take_lease(store, lease.run).counter == lease.counter + 1


def test_a_run_that_is_not_there(store: Store) -> None:
    """Taking a run that does not exist is an input error."""
    with pytest.raises(InputError, match="no run"):
        take_lease(store, "none")


def test_another_computer_has_60_seconds(store: Store, clock: Clock) -> None:
    """Another computer's run is taken only 60 seconds after its last heartbeat."""
    run = create_run(store, new_run())
    owned_by(store, run, Owner("far-away", "its-boot", 1, "1"), store.now())
    clock.move(seconds=59)
    with pytest.raises(RunBusyError, match="far-away"):
        take_lease(store, run)
    clock.move(seconds=2)
    assert take_lease(store, run).counter == 2


def test_a_heartbeat_is_kept(store: Store, clock: Clock) -> None:
    """A heartbeat is the store's time, for other computers to see."""
    lease = begin(store)
    clock.move(seconds=30)
    heartbeat(store, lease)
    assert store.row("SELECT beat FROM runs") == ("2026-10-15T12:00:30.000+00:00",)


def test_a_clock_that_jumped_does_not_lock_a_run(store: Store, clock: Clock) -> None:
    """A heartbeat far in the future, after the clock was set back, is as good as none."""
    run = create_run(store, new_run())
    owned_by(store, run, Owner("far-away", "its-boot", 1, "1"), store.now())
    clock.move(days=-400)
    assert take_lease(store, run).counter == 2


WRITES = {
    "heartbeat": heartbeat,
    "release": release,
    "restart": restart_run,
    "end": lambda store, lease: end_run(store, lease, "done", 0, "{}"),
    "step": lambda store, lease: record_step(store, lease, step(lease, path="other"), None),
    "epoch": lambda store, lease: add_epoch(store, lease, "draft", "", ""),
    "reserve": lambda store, lease: reserve(store, lease, intent(lease, path="other"), NO_CAPS),
    "close": lambda store, lease: close_call(store, lease, f"{lease.run}-1", done()),
    "decision": lambda store, lease: record_decision(
        store, lease, lease.run, Decision("draft", "k", "t", "s", "accept", "tom")
    ),
    "partial": lambda store, lease: keep_partial(store, lease, "draft", 1, "Dear"),
    "event": lambda store, lease: append_event(store, lease, "{}"),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_stale_owner_is_refused(store: Store, write: str) -> None:
    """After another process took the run over, nothing its old owner writes is kept."""
    old = begin(store)
    call(store, old)
    owned_by(store, old.run, dead(), store.now())
    new = take_lease(store, old.run)
    before = list(store._connection.iterdump())
    with pytest.raises(RunBusyError, match="taken over"):
        WRITES[write](store, old)
    assert list(store._connection.iterdump()) == before
    assert new.counter == old.counter + 2


def test_a_released_lease_writes_no_more(store: Store) -> None:
    """Who let a run go cannot write into it, though nobody else took it."""
    lease = begin(store)
    release(store, lease)
    with pytest.raises(RunBusyError):
        heartbeat(store, lease)


def test_a_lease_of_no_run(store: Store) -> None:
    """A lease of a run that is gone writes nothing."""
    with pytest.raises(RunBusyError):
        heartbeat(store, replace(begin(store), run="gone"))


def test_open_calls_of_a_dead_owner_may_be_billed(store: Store) -> None:
    """Taking over marks what the dead owner had under way as possibly billed, and lets it be asked once more."""
    old = begin(store)
    call(store, old, path="brief")
    close_call(store, old, f"{old.run}-1", done())
    call(store, old, path="draft")
    owned_by(store, old.run, dead(), store.now())
    new = take_lease(store, old.run)
    assert [row.state for row in calls_of(store, old.run)] == ["done", "possibly_billed"]
    assert call(store, new, path="draft", attempt=2) == f"{old.run}-3"


@pytest.mark.parametrize("after", [1, 2, 5, 9, 17])
def test_kill_9_loses_nothing_committed(tmp_path: Path, after: int) -> None:
    """A process killed in the middle of its steps has kept each step it told of, and left at most one call open."""
    script = (
        "import sys; from pathlib import Path\n"
        "sys.path.insert(0, sys.argv[2])\n"
        "from store_builders import begin, call, done, step\n"
        "from orchestra_cli.store.database import Store\n"
        "from orchestra_cli.store.journal import record_step\n"
        "store = Store.open(Path(sys.argv[1])); lease = begin(store)\n"
        "for n in range(100000):\n"
        "    id = call(store, lease, path=f'draft[{n}]')\n"
        "    record_step(store, lease, step(lease, path=f'draft[{n}]'), (id, done()))\n"
        "    print(n, flush=True)\n"
    )
    worker = child(script, tmp_path, Path(__file__).parent)
    assert worker.stdout
    told = [int(worker.stdout.readline()) for _ in range(after)]
    worker.kill()
    # Not communicate(): it would skip what readline() has read ahead. A last line may be cut in the middle.
    told += [int(line) for line in worker.stdout.read().split("\n")[:-1]]
    worker.communicate()
    with Store.open(tmp_path) as store:
        run = list_runs(store)[0]
        assert run.status == "interrupted"
        take_lease(store, run.id)
        kept = [row.path for row in steps_of(store, run.id)]
        calls = calls_of(store, run.id)
        assert kept[: len(told)] == [f"draft[{n}]" for n in told]
        assert len(kept) <= len(told) + 1
        assert [call.state for call in calls] == ["done"] * len(kept) + ["possibly_billed"] * (len(calls) - len(kept))
        assert len(calls) <= len(kept) + 1


def test_a_call_that_nobody_can_bill_costs_nothing_when_its_owner_dies(store: Store) -> None:
    """A model on this computer, or a person, was being asked: the run's cost stays known, and its reserve is free."""
    old = begin(store)
    call(store, old, "0.10", local=True)
    call(store, old, "0.20", path="other", local=False)
    owned_by(store, old.run, dead(), store.now())
    take_lease(store, old.run)
    assert [(row.state, row.cost_usd) for row in calls_of(store, old.run)] == [
        ("failed", Decimal(0)),
        ("possibly_billed", None),
    ]
    spent = spent_of_run(store, old.run)
    assert (spent.at_most, spent.unknown) == (Decimal("0.20"), 1)
    assert spent_month(store).at_most == Decimal("0.20")
