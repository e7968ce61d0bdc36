"""A run from its creation to its end: start it, resume it, and say how it ended.

Whatever happens after the run was created is an ending with a status, never a traceback: finished work is kept, and
the result names the exact command to go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestra_cli.engine import deliver, events, freeze
from orchestra_cli.engine.asking import Asker
from orchestra_cli.engine.conducting import Conducting, Done
from orchestra_cli.engine.desk import usable_providers
from orchestra_cli.engine.graph import Settled, answers_of, play_all
from orchestra_cli.engine.history import result_in
from orchestra_cli.engine.outcome import RunParts, ended, ending_of
from orchestra_cli.engine.person import Person
from orchestra_cli.engine.plan import FORBIDDEN, Plan, recast
from orchestra_cli.engine.prepare import Prepared, user_name
from orchestra_cli.engine.request import ResumeRequest, RunRequest
from orchestra_cli.engine.result import EXIT, STATUS_OF_EXIT, ErrorInfo, RunResult, to_json
from orchestra_cli.engine.seats import CARRIED, Ports, Seats
from orchestra_cli.engine.world import FrozenCandidate, World, from_json
from orchestra_cli.engine.world import to_json as world_json
from orchestra_cli.errors import (
    InputError,
    InterruptedRunError,
    KeyMissingError,
    OrchestraError,
    PolicyError,
    RunBusyError,
    StoreError,
)
from orchestra_cli.recipes.load import parse
from orchestra_cli.settings import home, load
from orchestra_cli.types import Finding

if TYPE_CHECKING:
    from orchestra_cli.store.database import Store
    from orchestra_cli.store.lease import Lease
    from orchestra_cli.store.runs import RunRow

HEARTBEAT_S = 10.0


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
        world = replace(plan.world, reuse=reuse)
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
        return _conduct(store, run_id, world, person, listen, yes=yes, manual=manual, stopped=_nobody_plays(plan))
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
        target = Path(deliver.filled_name(world, path, "run"))
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
        return _conduct(store, row.id, world, person, listen, yes=request.yes or world.yes, manual=manual)
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


def _conduct(
    store: Store,
    run_id: str,
    world: World,
    person: Person,
    listen: events.Listener,
    *,
    yes: bool,
    manual: bool,
    stopped: OrchestraError | None = None,
) -> RunResult:
    from orchestra_cli.store import journal
    from orchestra_cli.store.lease import release, take_lease
    from orchestra_cli.store.runs import restart_run

    recipe = parse(world.recipe_text, world.recipe_file)
    started = time.monotonic()
    try:
        lease = take_lease(store, run_id)
        restart_run(store, lease)
    except RunBusyError:
        raise
    except StoreError as error:
        bare = RunResult(run_id, recipe.name, world.client.name if world.client else "", "failed", 1)
        return _not_recorded(bare, run_id, error)
    said: list[str] = []

    def tell(event: events.Event) -> None:
        if not isinstance(event, events.Delta):
            said.append(json.dumps([type(event).__name__, asdict(event)], default=str))
        if isinstance(event, events.StepFinished) and event.status == "done":
            parts.finished.add(event.step)
        listen(event)

    parts = RunParts(run_id, world, recipe, store, started)
    try:
        resumed = bool(journal.steps_of(store, run_id))
        client = world.client.title if world.client else ""
        steps = tuple(step.id for step in recipe.steps)
        tell(events.RunStarted(run_id, recipe.name, client, steps, world.caps.get("run"), resumed))
        if stopped is not None:
            result = ended(parts, {}, stopped)
        else:
            result = _played(parts, lease, person, tell, yes=yes, manual=manual)
        tell(events.RunEnded(run_id, result.status, result.exit))
        return _recorded(store, lease, result, said)
    finally:
        with contextlib.suppress(OrchestraError):
            release(store, lease)


def _recorded(store: Store, lease: Lease, result: RunResult, said: list[str]) -> RunResult:
    """The result, written down; where that fails (a full disk) the run has not ended: it can be resumed."""
    from orchestra_cli.store.events import append_events
    from orchestra_cli.store.runs import end_run

    waiting = result.waiting_for.question if result.waiting_for else ""
    try:
        append_events(store, lease, said)
        end_run(store, lease, result.status, result.exit, json.dumps(to_json(result)), waiting)
    except StoreError as error:
        return _not_recorded(result, lease.run, error)
    return result


def _not_recorded(result: RunResult, run: str, error: StoreError) -> RunResult:
    again = f"orchestra resume {run}"
    return replace(
        result, status="failed", exit=error.exit, error=ErrorInfo.of(error), resume=again, resume_argv=(*again.split(),)
    )


def _played(
    parts: RunParts, lease: Lease, person: Person, listen: events.Listener, *, yes: bool, manual: bool
) -> RunResult:
    try:
        with _interruptible() as interrupted:
            settled, run = asyncio.run(_play(parts, lease, person, listen, interrupted, yes=yes, manual=manual))
        return _delivered(parts, run, settled, listen)
    except OrchestraError as error:
        return ended(parts, {}, error)
    except KeyboardInterrupt:
        return ended(parts, {}, InterruptedRunError("Interrupted while the document was put together."))
    except OSError as error:
        return ended(parts, {}, StoreError(f"{error.filename or 'A file'}: {error.strerror or error}."))


@contextlib.contextmanager
def _interruptible() -> Iterator[list[str]]:
    """SIGTERM and SIGHUP end a run as Ctrl-C does: everything finished is kept."""
    why: list[str] = []
    previous = {}
    for name in ("SIGTERM", "SIGHUP", "SIGINT"):
        number = getattr(signal, name, None)
        if number is not None:
            with contextlib.suppress(ValueError):
                previous[number] = signal.getsignal(number)
    try:
        yield why
    finally:
        for number, handler in previous.items():
            with contextlib.suppress(ValueError):
                signal.signal(number, handler)


async def _play(
    parts: RunParts,
    lease: Lease,
    person: Person,
    listen: events.Listener,
    why: list[str],
    *,
    yes: bool,
    manual: bool,
) -> tuple[dict[str, Settled], Conducting]:
    from orchestra_cli.models.http import Http

    async with Http(local_only=parts.world.local) as http:
        run = _conducting(parts, lease, Ports(http, person), listen, yes=yes, manual=manual)
        playing = asyncio.ensure_future(play_all(run))
        beating = asyncio.ensure_future(_beat(parts.store, lease))
        _on_signals(playing, why)
        try:
            return await asyncio.wait_for(playing, parts.world.deadline_s), run
        except TimeoutError:
            raise InterruptedRunError(f"The deadline of {parts.world.deadline_s:g} s has passed.") from None
        except asyncio.CancelledError:
            raise InterruptedRunError(f"Interrupted ({why[0] if why else 'Ctrl-C'}).") from None
        finally:
            beating.cancel()


def _on_signals(playing: asyncio.Future[dict[str, Settled]], why: list[str]) -> None:
    loop = asyncio.get_running_loop()
    for name, words in (("SIGINT", "Ctrl-C"), ("SIGTERM", "SIGTERM"), ("SIGHUP", "the terminal was closed")):
        number = getattr(signal, name, None)
        if number is None or signal.getsignal(number) is signal.SIG_IGN:
            continue  # a run under nohup, or in the background of a script, is not to be stopped by these

        def stop(said: str = words) -> None:
            why.append(said)
            playing.cancel()

        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, stop)


async def _beat(store: Store, lease: Lease) -> None:
    from orchestra_cli.store.lease import heartbeat

    while True:
        await asyncio.sleep(HEARTBEAT_S)
        heartbeat(store, lease)


def _conducting(
    parts: RunParts, lease: Lease, ports: Ports, listen: events.Listener, *, yes: bool, manual: bool
) -> Conducting:
    from orchestra_cli.engine.carriers import carrier
    from orchestra_cli.privacy.masking import Masker
    from orchestra_cli.store.ledger import Caps

    world = parts.world
    steps = [step.id for step in parts.recipe.steps if step.kind != "do"]
    settings = load(Path(world.workspace) if world.workspace else None)
    providers = {**usable_providers(settings, local=world.local), **{name: carrier(name) for name in CARRIED}}
    seats = Seats(
        run=parts.run,
        world=world,
        providers=providers,
        policy=freeze.thaw_policy(world.policy),
        masker=Masker.from_json(world.masks),
        ports=ports,
        place_in_run=lambda step: (steps.index(step) + 1 if step in steps else 1, len(steps)),
    )
    user = user_name()
    asker = Asker(
        run=parts.run,
        recipe=world.recipe,
        client=world.client.name if world.client else "",
        user=user,
        store=parts.store,
        lease=lease,
        caps=Caps(**{scope: world.caps.get(scope) for scope in ("run", "client_month", "user_month", "month")}),
        seats=seats,
        listen=listen,
        country=world.country,
        recast=lambda step, prompt: recast(world, parts.recipe.step(step), prompt, settings),
    )
    return Conducting(
        run=parts.run,
        world=world,
        recipe=parts.recipe,
        store=parts.store,
        lease=lease,
        asker=asker,
        person=ports.person,
        listen=listen,
        manual=manual,
        yes=yes,
        user=user,
    )


def _delivered(parts: RunParts, run: Conducting, settled: dict[str, Settled], listen: events.Listener) -> RunResult:
    """Put the document together when every step has settled well, else say how it ended."""
    stopping = ending_of(settled)
    if stopping is not None:
        return ended(parts, settled, stopping, notes=tuple(run.asker.notes), run_steps=run)
    answers = answers_of(run, settled)
    finished = deliver.finish(
        parts.world,
        parts.recipe,
        answers,
        _findings(settled),
        small_model=_small_model_wrote(parts),
        unattended=tuple(
            step.approve
            for step in parts.recipe.steps
            if isinstance(outcome := settled[step.id].outcome, Done) and outcome.unattended
        ),
    )
    listen(events.Checked(finished.findings))
    flawed = finished.flawed
    if finished.withheld:
        note = Finding("withheld", "block", "", "The file is withheld: it holds what another reader must not see.")
        finished = replace(finished, findings=(*finished.findings, note))
        written: tuple[str, ...] = ()
        warnings: tuple[str, ...] = ()
    else:
        written, warnings = deliver.write_files(parts.world, parts.recipe, parts.run, finished, flawed)
    for path in written:
        listen(events.Delivered(path))
    return ended(
        parts,
        settled,
        None,
        finished=finished,
        written=written,
        notes=(*run.asker.notes, *warnings),
        run_steps=run,
        exit_=EXIT["flawed"] if flawed else EXIT["done"],
    )


def _findings(settled: dict[str, Settled]) -> tuple[Finding, ...]:
    return tuple(
        finding for one in settled.values() if isinstance(one.outcome, Done) for finding in one.outcome.findings
    )


def _small_model_wrote(parts: RunParts) -> bool:
    from orchestra_cli.store import journal

    return any(row.provider == "embedded" for row in journal.steps_of(parts.store, parts.run))
