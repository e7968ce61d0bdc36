"""What every step of one run shares. Read-only: what changes during a run lives in the store."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestra_cli.engine.values import Value
from orchestra_cli.errors import OrchestraError
from orchestra_cli.types import Finding

if TYPE_CHECKING:
    from orchestra_cli.engine.asking import Asker
    from orchestra_cli.engine.events import Listener
    from orchestra_cli.engine.person import Person
    from orchestra_cli.engine.world import World
    from orchestra_cli.recipes.model import Recipe
    from orchestra_cli.store.database import Store
    from orchestra_cli.store.lease import Lease


OPEN_FINDING = "review: "
"""How the rule of a finding begins that a review left open."""


@dataclass(frozen=True, slots=True)
class Conducting:
    """One run as it is being played."""

    run: str
    world: World
    recipe: Recipe
    store: Store
    lease: Lease
    asker: Asker
    person: Person
    listen: Listener
    manual: bool
    yes: bool
    user: str
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    """A person is asked one thing at a time."""


@dataclass(frozen=True, slots=True)
class Done:
    """A step that yields a value. `note` is a few words for a person; `unattended`: nobody stood at its gate."""

    value: Value
    note: str = ""
    from_journal: bool = False
    skipped: bool = False
    unattended: bool = False
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """A step that could not be finished."""

    error: OrchestraError


@dataclass(frozen=True, slots=True)
class NotRun:
    """A step that was not begun: a need failed or waits (`waits`), or its condition does not hold."""

    why: str
    waits: bool = False
    by_condition: bool = False


Outcome = Done | Failed | NotRun
