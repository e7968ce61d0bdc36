"""The one seam to the engine: what the console asks of it. Tests put fakes here; nothing else imports the engine's doors."""

from __future__ import annotations

from collections.abc import Mapping
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


def start(prepared: Prepared, plan: Plan, person: Person, listen: Listener) -> RunResult:
    """Create the run and conduct it."""
    from orchestra_cli.engine.session import start as engine

    return engine(prepared, plan, person, listen)


def find_unfinished(prepared: Prepared) -> str:
    """The id of an unfinished run of the same recipe, client and inputs, or ""."""
    from orchestra_cli.engine.session import find_unfinished as engine

    row = engine(prepared)
    return row.id if row else ""


def resume(request: ResumeRequest, person: Person, listen: Listener) -> RunResult:
    """Go on with a run."""
    from orchestra_cli.engine.session import resume as engine

    return engine(request, person, listen)


def load_result(ref: str) -> RunResult:
    """The outcome of a past run."""
    from orchestra_cli.engine.history import load_result as engine

    return engine(ref)
