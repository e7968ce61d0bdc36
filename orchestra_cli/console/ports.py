"""The one seam to the engine: what the console asks of it. Tests put fakes here; all else goes through these doors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestra_cli.engine.events import Listener
    from orchestra_cli.engine.person import Person
    from orchestra_cli.engine.plan import Plan
    from orchestra_cli.engine.prepare import Prepared
    from orchestra_cli.engine.request import ResumeRequest, RunRequest
    from orchestra_cli.engine.result import RunResult


def prepare(request: RunRequest, answers: Mapping[str, str]) -> Prepared:
    """Read and place everything; nothing is sent. Raises OrchestraError."""
    from orchestra_cli.engine.prepare import prepare as engine

    return engine(request, answers)


def make_plan(prepared: Prepared) -> Plan:
    """Who plays what, at what price."""
    from orchestra_cli.engine.plan import make_plan as engine

    return engine(prepared)


def plan_json(plan: Plan, prepared: Prepared) -> dict[str, Any]:
    """The object of `--estimate --json`."""
    from orchestra_cli.engine.plan import plan_json as engine

    return engine(plan, prepared)


def check_outputs(plan: Plan) -> None:
    """Every output can be written. Raises InputError."""
    from orchestra_cli.engine.session import check_outputs as engine

    engine(plan.world)


def start(prepared: Prepared, plan: Plan, person: Person, listen: Listener) -> RunResult:
    """Create the run and conduct it."""
    from orchestra_cli.engine.session import start as engine

    return engine(prepared, plan, person, listen)


def find_twin(prepared: Prepared) -> tuple[str, str]:
    """(id, status) of the latest run of the same recipe, client and inputs; ("", "") when there is none."""
    from orchestra_cli.engine.session import find_unfinished as engine

    row = engine(prepared)
    return (row.id, row.status) if row else ("", "")


def resume(request: ResumeRequest, person: Person, listen: Listener) -> RunResult:
    """Go on with a run."""
    from orchestra_cli.engine.session import resume as engine

    return engine(request, person, listen)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the console must know of a run before it goes on: how its steps hand over, the question it waits at."""

    handoff: str = "auto"
    question: str = ""
    local: bool = False
    """Whether nothing of it may leave this computer, its traces included."""


def kept(ref: str, *, approve: bool = False) -> Kept:
    """That of a past run; `ref` as for `resume`, or for `approve`."""
    import json

    from orchestra_cli.engine.history import run_to_resume
    from orchestra_cli.engine.prepare import user_name
    from orchestra_cli.settings import home
    from orchestra_cli.store.database import Store
    from orchestra_cli.store.runs import world

    with Store.open(home()) as store:
        row = run_to_resume(store, ref, user_name(), approve=approve)
        frozen = json.loads(world(store, row.id))
        return Kept(str(frozen.get("handoff", "auto")), row.waiting_for, bool(frozen.get("local")))


def load_result(ref: str) -> RunResult:
    """The outcome of a past run."""
    from orchestra_cli.engine.history import load_result as engine

    return engine(ref)
