"""Drives a recipe command: what was read and what it costs first, questions, the run, the summary, the exit code."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from orchestra_cli.console import ports
from orchestra_cli.console.before import cast_lines, estimate_lines, price_line, report_lines, ways_lines
from orchestra_cli.console.ending import end_run
from orchestra_cli.console.plain import PlainProgress
from orchestra_cli.console.players import Approving, person_for
from orchestra_cli.console.progress import State, fold
from orchestra_cli.console.questions import ask_all
from orchestra_cli.console.screen import Screen
from orchestra_cli.console.words import plural
from orchestra_cli.errors import InputError, InterruptedRunError, MissingInputError

if TYPE_CHECKING:
    from orchestra_cli.console.live import LiveProgress
    from orchestra_cli.engine.events import Event
    from orchestra_cli.engine.plan import Plan
    from orchestra_cli.engine.prepare import Prepared
    from orchestra_cli.engine.request import ResumeRequest, RunRequest


FINISHED = ("done", "flawed", "refused")


def conduct(
    request: RunRequest, screen: Screen, *, estimate: bool = False, also: Callable[[Event], None] | None = None
) -> int:
    """A recipe command from its request to its exit code; `also` hears every event of the run, but for `--local`.

    Raises OrchestraError for what ends it before a run.
    """
    request = replace(request, interactive=screen.terminal is not None, on_terminal=screen.on_terminal)
    if "-" in (*request.words, *request.inputs.values()):
        request = replace(request, stdin=read_stdin(screen))
    prepared = _prepare(_known_client(request, screen), screen)
    plan = ports.make_plan(prepared)
    if estimate:
        return _estimate(plan, prepared, screen)
    screen.say(*report_lines(prepared, screen.width))
    twin = _twin(prepared, screen)
    if twin:
        return resume(_as_resume(twin, request), screen, also=also)
    prepared, plan = _offer_paste(prepared, plan, screen)
    ports.check_outputs(plan)
    _fetch_weights(prepared, plan, screen)
    if not plan.nobody:
        screen.say(*cast_lines(plan), *(f"  ! {warning}" for warning in plan.warnings))
        _ask_to_go(prepared.request, plan, screen)
    show = Showing(screen, also=None if request.local else also)
    person = person_for(prepared.request.handoff, screen, show.aside, yes=request.yes)
    try:
        result = ports.start(prepared, plan, person, show)
    finally:
        show.stop()
    return end_run(screen, result, to_stdout=_to_stdout(request))


def resume(request: ResumeRequest, screen: Screen, *, also: Callable[[Event], None] | None = None) -> int:
    """`resume` and `approve`: go on with a run; a finished one is printed again."""
    request = replace(request, interactive=screen.terminal is not None, on_terminal=screen.on_terminal)
    kept = ports.kept(request.run, approve=request.approve)
    show = Showing(screen, also=None if kept.local else also)
    person = person_for(request.handoff or kept.handoff, screen, show.aside, yes=request.yes)
    if request.approve and screen.terminal is None:
        person = Approving(kept.question, person)
    try:
        result = ports.resume(request, person, show)
    finally:
        show.stop()
    return end_run(screen, result, to_stdout=not result.deliverables)


class Showing:
    """Listens to a run: moves a picture on a terminal, says plain lines elsewhere, nothing when quiet."""

    def __init__(
        self,
        screen: Screen,
        monotonic: Callable[[], float] = time.monotonic,
        also: Callable[[Event], None] | None = None,
    ) -> None:
        self._state = State()
        self._also = also
        self._monotonic = monotonic
        self._live: LiveProgress | None = _live(screen) if screen.live else None
        self._plain = PlainProgress(screen.say, lambda: datetime.now().astimezone())

    def __call__(self, event: Event) -> None:
        """Take one event."""
        self._state = fold(self._state, event, self._monotonic())
        if self._also is not None:
            self._also(event)
        if self._live is not None:
            self._live.show(event, self._state)
        else:
            self._plain.show(event, self._state)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Stand still: somebody is asked."""
        with self._live.aside() if self._live is not None else contextlib.nullcontext():
            yield

    def stop(self) -> None:
        """Stop moving."""
        if self._live is not None:
            self._live.stop()


def _live(screen: Screen) -> LiveProgress:
    from orchestra_cli.console.live import LiveProgress

    return LiveProgress(screen.err_stream)


def _prepare(request: RunRequest, screen: Screen) -> Prepared:
    """Prepare, asking what must be asked; the report is shown before the first question."""
    answers: dict[str, str] = {}
    try:
        prepared = ports.prepare(request, answers)
    except MissingInputError:
        if request.stdin is not None or not _piped_in():
            raise
        request = replace(request, words=(*request.words, "-"), stdin=read_stdin(screen))
        prepared = ports.prepare(request, answers)
    while prepared.questions and screen.terminal is not None:
        open_questions = tuple(question for question in prepared.questions if question.id not in answers)
        if not open_questions:
            names = ", ".join(question.text for question in prepared.questions)
            raise InputError(f"No usable answer to: {names}", "Give it on the command line; see --help.")
        screen.say(*report_lines(prepared, screen.width))
        answers |= ask_all(open_questions, screen.terminal, prepared.workspace)
        prepared = ports.prepare(request, answers)
    return prepared


def _known_client(request: RunRequest, screen: Screen) -> RunRequest:
    """Where somebody can be asked, an unknown client may get a card right away."""
    if screen.terminal is not None and request.client:
        from orchestra_cli.console.questions import offer_card

        return replace(request, client=offer_card(request.client, screen.terminal))
    return request


def _estimate(plan: Plan, prepared: Prepared, screen: Screen) -> int:
    if screen.json:
        screen.out_json(ports.plan_json(plan, prepared))
    else:
        screen.out("\n".join([*report_lines(prepared), *estimate_lines(plan, prepared)]))
    return 0


def _twin(prepared: Prepared, screen: Screen) -> str:
    """With --continue the run of the same job, if there is one; else an unfinished one is only pointed out."""
    if prepared.request.reuse:
        return ""
    twin, status = ports.find_twin(prepared)
    if prepared.request.go_on:
        return twin
    if twin and status not in FINISHED:
        screen.say(f"An unfinished run of the same job is there; this starts anew. To go on: orchestra resume {twin}")
    return ""


def _as_resume(run: str, request: RunRequest) -> ResumeRequest:
    from orchestra_cli.engine.request import ResumeRequest

    return ResumeRequest(
        run=run,
        budget=request.budget,
        models=request.models,
        handoff=None if request.handoff == "auto" else request.handoff,
        yes=request.yes,
        json=request.json,
        quiet=request.quiet,
    )


def _offer_paste(prepared: Prepared, plan: Plan, screen: Screen) -> tuple[Prepared, Plan]:
    """When no model can play and somebody is there: offer to carry prompts to a chat by hand."""
    nobody, request = len(plan.nobody), prepared.request
    if not nobody or screen.terminal is None or request.handoff in ("paste", "files"):
        return prepared, plan
    screen.terminal.say(f"No key or model found for {nobody} of {len(plan.steps)} steps.")
    keys = {"y": "yes, I carry them", "?": "show other ways", "n": "no, stop here"}
    carry = f"I prepare {plural(nobody, 'prompt')}, you carry them."
    ask = f"You have a ChatGPT, Claude or Gemini window? {carry} [y] / other ways [?] / [n]o"
    while True:
        try:
            answer = screen.terminal.choose(ask, keys)
        except EOFError:
            answer = "n"
        if answer == "n":
            return prepared, plan
        if answer == "y":
            carried = replace(prepared, request=replace(request, handoff="paste"))
            return carried, ports.make_plan(carried)
        screen.terminal.say("\n".join(ways_lines(plan)))


def _fetch_weights(prepared: Prepared, plan: Plan, screen: Screen) -> None:
    if plan.needs_weights:
        from orchestra_cli.console.weights import fetch_for_run

        models = [step.who for step in plan.steps if step.who.startswith("embedded/")]
        fetch_for_run(models[0] if models else "", screen, local=prepared.request.local)


def _ask_to_go(request: RunRequest, plan: Plan, screen: Screen) -> None:
    """The price range before the first call; `Go?` before anything that is paid, where somebody can be asked."""
    if screen.terminal is None or request.yes or not plan.paid:
        screen.say(price_line(plan))
        return
    try:
        go = screen.terminal.confirm(price_line(plan) + " Go?")
    except EOFError:
        go = False
    if not go:
        raise InterruptedRunError(
            "Stopped before the first call; nothing was sent.", "The same command starts it again."
        )


def _to_stdout(request: RunRequest) -> bool:
    if "-" in request.outputs:
        return True
    return not request.outputs and not request.on_terminal and not request.json


def read_stdin(screen: Screen) -> bytes:
    """All of standard input as bytes; a person at the keyboard is told how to end it."""
    if sys.stdin.isatty():
        screen.say("Reading from the keyboard; end with Ctrl-D (Windows: Ctrl-Z, Enter) on an empty line.")
    return sys.stdin.buffer.read()


def _piped_in() -> bool:
    """Whether standard input is a pipe or a file that somebody meant us to read."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError, AttributeError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)
