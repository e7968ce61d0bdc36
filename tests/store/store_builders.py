"""Runs, calls and processes with sane defaults, for the tests of the store."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestra_cli.store.database import Store
from orchestra_cli.store.journal import StepRow
from orchestra_cli.store.lease import Lease, take_lease
from orchestra_cli.store.ledger import Caps, Closed, Intent, reserve
from orchestra_cli.store.processes import Owner
from orchestra_cli.store.runs import NewRun, create_run
from orchestra_cli.types import Usage

NO_CAPS = Caps()


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 10, 15, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def move(self, **by: float) -> None:
        self.time += timedelta(**by)


def new_run(**given: str) -> NewRun:
    defaults = {
        "recipe": "proposal",
        "client": "acme",
        "user": "tom",
        "workspace": "/work/firm",
        "world": '{"recipe": "text"}',
        "twin": "t1",
        "started": "",
    }
    return NewRun(**(defaults | given))


def begin(store: Store, **given: str) -> Lease:
    """A new run that this process works on."""
    return take_lease(store, create_run(store, new_run(**given)))


def intent(lease: Lease, reserve_usd: str = "0.10", **given: Any) -> Intent:
    defaults: dict[str, Any] = {
        "run": lease.run,
        "path": "draft",
        "key": "k1",
        "attempt": 1,
        "provider": "openai",
        "model": "openai/gpt-5",
        "client": "acme",
        "user": "tom",
        "recipe": "proposal",
        "reserve_usd": Decimal(reserve_usd),
        "price_known": True,
        "prices": '{"input": "1.25"}',
        "local": False,
    }
    return Intent(**(defaults | given))


def call(store: Store, lease: Lease, reserve_usd: str = "0.10", caps: Caps = NO_CAPS, **given: Any) -> str:
    """An open call."""
    return reserve(store, lease, intent(lease, reserve_usd, **given), caps)


def done(cost: str | None = "0.04", **given: Any) -> Closed:
    """How a call ended well; of unknown cost when `cost` is None."""
    known = cost is not None
    defaults: dict[str, Any] = {
        "state": "done",
        "usage": Usage(100, 20),
        "cost_usd": Decimal(cost) if cost is not None else None,
        "cost_known": known,
        "model_served": "gpt-5-2026",
        "error": "",
        "status": 200,
        "request_id": "req-1",
    }
    return Closed(**(defaults | given))


def step(lease: Lease, **given: Any) -> StepRow:
    defaults: dict[str, Any] = {
        "run": lease.run,
        "path": "draft",
        "epoch": 0,
        "key": "k1",
        "kind": "model",
        "value": '{"text": "Dear client"}',
        "model_asked": "openai/gpt-5",
        "model": "openai/gpt-5-2026",
        "provider": "openai",
        "vendor": "openai",
        "usage": Usage(100, 20),
        "cost_usd": Decimal("0.04"),
        "seconds": 1.5,
        "attempts": 1,
    }
    return StepRow(**(defaults | given))


def owned_by(store: Store, run: str, owner: Owner, beat: str) -> None:
    """Gives a run an owner that is not this process."""
    with store.transaction() as db:
        db.execute(
            "UPDATE runs SET counter = counter + 1, host = ?, boot_id = ?, pid = ?, pid_started = ?, beat = ? "
            "WHERE id = ?",
            (owner.host, owner.boot_id, owner.pid, owner.pid_started, beat, run),
        )


def dead() -> Owner:
    """An owner on this computer that is no longer there."""
    me = Owner.this()
    return Owner(me.host, me.boot_id, me.pid, "long ago")


def child(script: str, *words: str | Path, **given: Any) -> subprocess.Popen[str]:
    """A Python process that runs `script` (its words in sys.argv[1:]), with pipes, and without coverage: it may be
    killed or have no room to write."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    return subprocess.Popen([sys.executable, "-c", script, *map(str, words)], env=env, **(pipes | given))
