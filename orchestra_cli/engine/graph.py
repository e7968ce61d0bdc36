"""The graph of a run: every step starts the moment its needs are met.

Children return what became of them and never raise into the group, so a failing branch does not cancel its paid
siblings: they finish and are journalled, then the run stops.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestra_cli.engine import events
from orchestra_cli.engine.conducting import Conducting, Done, Failed, NotRun, Outcome
from orchestra_cli.engine.gates import Again, hand_off
from orchestra_cli.engine.reading import step_needs
from orchestra_cli.engine.review import review
from orchestra_cli.engine.seat import AnswerAwaitedError
from orchestra_cli.engine.steps import play
from orchestra_cli.engine.tally import step_events
from orchestra_cli.engine.values import Value
from orchestra_cli.errors import OrchestraError, WaitingError

if TYPE_CHECKING:
    from orchestra_cli.recipes.model import Step
    from orchestra_cli.types import Json


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one step. `version`: the reviewed text that readers of the draft get from now on."""

    outcome: Outcome
    seconds: float = 0.0
    version: Value | None = None
    answer_file: bool = False
    """Whether it waits for an answer that somebody carries, not for a decision."""


async def play_all(run: Conducting) -> dict[str, Settled]:
    """Play every step of the recipe; the result holds all of them, in the order of the page.

    A mistake of ours in one step is raised when the others, which may be paid, have come to their end.
    """
    loop = asyncio.get_running_loop()
    settled: dict[str, asyncio.Future[Settled]] = {step.id: loop.create_future() for step in run.recipe.steps}
    mistakes: list[Exception] = []

    async def one(step: Step) -> None:
        needs = step_needs(run.recipe, step)
        before = {name: await settled[name] for name in needs}
        try:
            result = await settle(run, step, before)
        except Exception as mistake:  # noqa: BLE001  whatever it is, it must not cancel its siblings
            mistakes.append(mistake)
            result = Settled(Failed(OrchestraError(f'"{step.id}" failed inside Orchestra.')))
        settled[step.id].set_result(result)
        await asyncio.sleep(0)  # whoever waited for this step sends its request first; telling about it can wait
        run.asker.accounts.say_spent()
        step_events(run, step, result)

    async with asyncio.TaskGroup() as group:
        for step in run.recipe.steps:
            group.create_task(one(step))
    if mistakes:
        raise mistakes[0]
    return {name: future.result() for name, future in settled.items()}


async def settle(run: Conducting, step: Step, before: Mapping[str, Settled]) -> Settled:
    """Play one step whose needs are settled, its gate included."""
    blocked = _blocked(before)
    if blocked is not None:
        return Settled(blocked)
    answers = answers_of(run, before)
    unmet = _condition(step, {**run.world.texts, **{name: value.data for name, value in answers.items()}})
    if unmet is not None:
        return Settled(unmet)
    clock = Stopwatch()
    try:
        result = await _until_accepted(run, step, answers, clock)
    except WaitingError as error:
        return Settled(Failed(error), clock.seconds, answer_file=isinstance(error, AnswerAwaitedError))
    except OrchestraError as error:
        return Settled(Failed(error), clock.seconds)
    return replace(result, seconds=clock.seconds)


class Stopwatch:
    """Seconds of work; it stands still while a person reads."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Count the time of this block."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.seconds += time.monotonic() - begun


def _blocked(before: Mapping[str, Settled]) -> NotRun | None:
    for name, need in before.items():
        if isinstance(need.outcome, Failed):
            waits = isinstance(need.outcome.error, WaitingError)
            return NotRun(f"needs {name}, which {'waits for a person' if waits else 'failed'}", waits=waits)
        if isinstance(need.outcome, NotRun) and not need.outcome.by_condition:
            return NotRun(f"needs {name}, which was not run", waits=need.outcome.waits)
    return None


def answers_of(run: Conducting, settled: Mapping[str, Settled]) -> dict[str, Value]:
    """The value of every settled step; a reviewed draft is there in its last accepted version."""
    values: dict[str, Value] = {}
    for name, one in settled.items():
        if isinstance(one.outcome, Done):
            values[name] = one.outcome.value
        elif isinstance(one.outcome, NotRun):
            values[name] = Value.absent(one.outcome.why)
    for step in run.recipe.steps:
        version = settled[step.id].version if step.id in settled else None
        if version is not None and step.review in values:
            values[step.review] = version
    return values


def _condition(step: Step, values: Mapping[str, Json]) -> NotRun | None:
    if step.when is None:
        return None
    from orchestra_cli.recipes.when import evaluate

    holds = evaluate(step.when, values)
    if holds:
        return None
    why = "a value of its condition is MISSING" if holds is None else "its condition does not hold"
    return NotRun(why, by_condition=True)


async def _until_accepted(run: Conducting, step: Step, answers: Mapping[str, Value], clock: Stopwatch) -> Settled:
    """Play, show, and play again until a person (or nobody, where there is no gate) accepts.

    At a review's hand-off the person reads and edits the reviewed text, not the list of findings.
    """
    while True:
        if step.kind == "review":
            with clock.running():
                reviewed = await review(run, step, answers)
            accepted = await hand_off(run, step, reviewed.done, reviewed.version)
            if not isinstance(accepted, Again):
                return Settled(accepted.done, version=None if accepted.done.skipped else accepted.subject)
        else:
            with clock.running():
                done = await play(run, step, answers)
            accepted = await hand_off(run, step, done, done.value)
            if not isinstance(accepted, Again):
                return Settled(replace(accepted.done, value=accepted.subject))


def status_of(one: Settled) -> events.StepStatus:
    """The word of the command contract for what became of a step."""
    outcome = one.outcome
    if isinstance(outcome, Done):
        if outcome.skipped:
            return "skipped"
        return "unknown" if outcome.note == "not reviewed" else "done"
    if isinstance(outcome, Failed):
        return "waiting" if isinstance(outcome.error, WaitingError) else "failed"
    return "not_run"
