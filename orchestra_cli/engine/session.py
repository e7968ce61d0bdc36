"""A run from its creation to its end: start it, resume it, and say how it ended.

Whatever happens after the run was created is an ending with a status, never a traceback: finished work is kept, and
the result names the exact command to go on.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestra_cli.engine import events, freeze, output_files
from orchestra_cli.engine.assets import keep_letterhead
from orchestra_cli.engine.casts import FORBIDDEN
from orchestra_cli.engine.history import result_in
from orchestra_cli.engine.person import Person
from orchestra_cli.engine.plan import Plan
from orchestra_cli.engine.playing import conduct_run
from orchestra_cli.engine.prepare import Prepared, user_name
from orchestra_cli.engine.request import ResumeRequest, RunRequest
from orchestra_cli.engine.result import STATUS_OF_EXIT, ErrorInfo, RunResult
from orchestra_cli.engine.seat import CARRIED
from orchestra_cli.engine.world import FrozenCandidate, World, from_json
from orchestra_cli.engine.world import to_json as world_json
from orchestra_cli.errors import (
    InputError,
    KeyMissingError,
    OrchestraError,
    PolicyError,
)
from orchestra_cli.recipes.load import parse
from orchestra_cli.settings import home

if TYPE_CHECKING:
    from orchestra_cli.store.runs import RunRow


def refused(request: RunRequest, error: OrchestraError) -> RunResult:
    """The ending of a command for which no run was made."""
    status = STATUS_OF_EXIT.get(error.exit, "failed")
    return RunResult("", request.recipe, request.client, status, error.exit, error=ErrorInfo.of(error))


def find_unfinished(prepared: Prepared) -> RunRow | None:
    """The latest run of the same recipe, client and inputs, whatever its state."""
    from orchestra_cli.store.database import Store
    from orchestra_cli.store.runs import find_twin

    store = Store.open(home())
    try:
        return find_twin(store, freeze.twin_of(prepared), prepared.user)
    finally:
        store.close()


def start(prepared: Prepared, plan: Plan, person: Person, listen: events.Listener) -> RunResult:
    """Create the run, with everything it will read frozen in it, and play it.

    Raises OrchestraError only while no run exists yet: outputs that cannot be written, no store. Where nobody can play
    a step the run is there, waiting for a key, and nothing is sent.
    """
    check_outputs(plan.world)
    from orchestra_cli.store.database import Store
    from orchestra_cli.store.runs import NewRun, create_run, find_run

    store = Store.open(home())
    try:
        reuse = plan.world.reuse and find_run(store, plan.world.reuse, plan.world.user).id
        world = replace(plan.world, reuse=reuse, letterhead=keep_letterhead(plan.world.letterhead, home()))
        new = NewRun(
            recipe=world.recipe,
            client=world.client.name if world.client else "",
            user=world.user,
            workspace=world.workspace,
            world=world_json(world),
            twin=freeze.twin_of(prepared),
            started=world.started,
        )
        run_id = create_run(store, new)
        yes = prepared.request.yes
        manual = world.handoff == "manual"
        return conduct_run(store, run_id, world, person, listen, yes=yes, manual=manual, stopped=_nobody_plays(plan))
    finally:
        store.close()


def _nobody_plays(plan: Plan) -> OrchestraError | None:
    if not plan.nobody:
        return None
    forbidden = [step.why for step in plan.steps if step.who == "nobody" and step.why.startswith(FORBIDDEN)]
    if forbidden:
        return PolicyError(
            f"{', '.join(plan.nobody)}: {forbidden[0].removeprefix(FORBIDDEN)}. Nothing was sent.",
            "--local, or add an allowed provider under [policy] in orchestra.toml or on the client card.",
        )
    return KeyMissingError(
        f"No usable key or model for: {', '.join(plan.nobody)}.",
        "Ways on:\n" + "\n".join(plan.ways) if plan.ways else "orchestra keys set PROVIDER",
    )


def check_outputs(world: World) -> None:
    """Every output must be writable before anything is paid. Raises InputError."""
    from orchestra_cli.documents.files import check_output
    from orchestra_cli.documents.write import can_write

    for path in world.outputs:
        if path == "-":
            continue
        target = Path(output_files.filled_name(world, path, "run"))
        why_not = can_write(target)
        if why_not:
            raise InputError(why_not)
        check_output(target, force=world.force)
    if world.to_folder and not os.access(world.to_folder, os.W_OK):
        raise InputError(f"The folder {world.to_folder} cannot be written to.", "Use -o PATH. Nothing was sent.")


def resume(request: ResumeRequest, person: Person, listen: events.Listener) -> RunResult:
    """Go on with a run. A finished one is printed again and asks no model. Raises OrchestraError when there is none."""
    from orchestra_cli.engine.history import run_to_resume
    from orchestra_cli.store.database import Store
    from orchestra_cli.store.runs import world as world_of

    store = Store.open(home())
    try:
        row = run_to_resume(store, request.run, user_name(), approve=request.approve)
        if row.status in ("done", "flawed") and row.result:
            return result_in(row)
        world = with_options(from_json(world_of(store, row.id)), request)
        manual = (request.handoff or world.handoff) == "manual"
        return conduct_run(store, row.id, world, person, listen, yes=request.yes or world.yes, manual=manual)
    finally:
        store.close()


def with_options(world: World, request: ResumeRequest) -> World:
    """The frozen world with what a resumed run may take from its own options."""
    if request.budget is not None:
        world = replace(world, caps={**world.caps, "run": request.budget})
    if request.handoff is not None:
        world = replace(world, handoff=request.handoff)
    if request.handoff not in (None, *CARRIED):
        anew = {step: tuple(one for one in cast if not _is_carried(one)) for step, cast in world.casts.items()}
        world = replace(world, casts=anew)
    elif request.handoff is not None:
        carried = FrozenCandidate(f"{request.handoff}/chat", "you", "you carry the prompt")
        steps = parse(world.recipe_text, world.recipe_file).steps
        world = replace(world, casts={step.id: () if step.kind == "do" else (carried,) for step in steps})
    if request.models:
        world = replace(world, casts=_recast(world, request))
    return world


def _is_carried(candidate: FrozenCandidate) -> bool:
    return candidate.model.partition("/")[0] in CARRIED


def _recast(world: World, request: ResumeRequest) -> dict[str, tuple[FrozenCandidate, ...]]:
    roles = {step.id: step.role for step in parse(world.recipe_text, world.recipe_file).steps}
    casts = dict(world.casts)
    for step in casts:
        model = request.models.get(step) or request.models.get(roles.get(step, ""))
        if model:
            casts[step] = (freeze.named_candidate(model, "asked for by --model"),)
    return casts


# -- playing -----------------------------------------------------------------------------------------------------------
