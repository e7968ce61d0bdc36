"""Playing a run under its lease: signals, deadline, heartbeat, and what is written down at the end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orchestra_cli.engine import events, freeze
from orchestra_cli.engine.accounts import Accounts
from orchestra_cli.engine.asking import Asker
from orchestra_cli.engine.casts import recast
from orchestra_cli.engine.closing import close_run
from orchestra_cli.engine.conducting import Conducting
from orchestra_cli.engine.desk import usable_providers
from orchestra_cli.engine.graph import Settled, play_all
from orchestra_cli.engine.outcome import RunParts, ended
from orchestra_cli.engine.person import Person
from orchestra_cli.engine.prepare import user_name
from orchestra_cli.engine.result import ErrorInfo, RunResult, to_json
from orchestra_cli.engine.seat import CARRIED, Ports
from orchestra_cli.engine.seats import Seats
from orchestra_cli.engine.world import World
from orchestra_cli.errors import (
    InterruptedRunError,
    OrchestraError,
    RunBusyError,
    StoreError,
)
from orchestra_cli.recipes.load import parse
from orchestra_cli.settings import load

if TYPE_CHECKING:
    from orchestra_cli.engine.prompt import Prompt
    from orchestra_cli.engine.world import FrozenCandidate
    from orchestra_cli.settings import Settings
    from orchestra_cli.store.database import Store
    from orchestra_cli.store.lease import Lease


HEARTBEAT_S = 10.0


def conduct_run(
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
    """Take the lease, play the run, and write down how it ended. `stopped`: it ends with that before it begins."""
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
        return close_run(parts, run, settled, listen)
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
    accounts = Accounts(
        run=parts.run,
        recipe=world.recipe,
        client=world.client.name if world.client else "",
        user=user,
        store=parts.store,
        lease=lease,
        caps=Caps(**{scope: world.caps.get(scope) for scope in ("run", "client_month", "user_month", "month")}),
        listen=listen,
    )
    anew = partial(_cast_anew, parts, settings)
    return Conducting(
        run=parts.run,
        world=world,
        recipe=parts.recipe,
        store=parts.store,
        lease=lease,
        asker=Asker(accounts, seats, listen, world.country, anew),
        person=ports.person,
        listen=listen,
        manual=manual,
        yes=yes,
        user=user,
    )


def _cast_anew(parts: RunParts, settings: Settings, step: str, prompt: Prompt) -> tuple[FrozenCandidate, ...]:
    return recast(parts.world, parts.recipe.step(step), prompt, settings)
