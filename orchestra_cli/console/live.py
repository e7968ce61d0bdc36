"""The moving progress view on a terminal: who plays what, words arriving, seconds, money. Rich lives only here."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TextIO

from orchestra_cli.console.plain import MARKS
from orchestra_cli.console.progress import State, StepView
from orchestra_cli.console.words import CARRIED, clock, last_part, one_line, with_sign

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

    from orchestra_cli.engine.events import Event

STYLES = {"done": "green", "failed": "red", "runs": "bold", "waits": "dim", "skipped": "dim", "not_run": "dim"}

SHORTEST, LONGEST = 12, 40
"""Characters of a step's summary."""
BESIDE = 46
"""Characters of what stands beside summary and name: mark, model, time, money and the gaps."""


def view_lines(state: State, width: int = 100) -> list[tuple[str, str]]:
    """The view as (line, style) pairs; every line is clean and fits `width`."""
    seconds = state.now - state.began
    head = " · ".join(part for part in (state.recipe, state.client, f"run {state.run}") if part)
    lines = [(f"{head}   {clock(seconds)}", "bold")]
    wide = max((len(step.id) for step in state.steps), default=0)
    for step in state.steps:
        lines.append((_step_line(step, state.now, wide, width - wide), STYLES.get(step.status, "")))
        if step.status == "runs":
            lines += [(f"     {one_line(attempt)}", "dim") for attempt in step.tries[-3:]]
    lines.append((_money_line(state), ""))
    if state.run and not state.ended:
        lines.append((f"Ctrl-C saves; go on later with: orchestra resume {state.run}", "dim"))
    return [(one_line_keeping_indent(line, width), style) for line, style in lines]


def one_line_keeping_indent(line: str, width: int) -> str:
    """`one_line`, but leading spaces and aligned columns stay."""
    clean = "".join(character for character in line if character.isprintable())
    return clean if len(clean) <= width else clean[: width - 1] + "…"


def _step_line(step: StepView, now: float, wide: int, room: int) -> str:
    """Name, summary, model, time and money; in a narrow window the summary gives way, never time and money."""
    mark = MARKS.get(step.status, " ")
    size = max(SHORTEST, min(LONGEST, room - BESIDE))
    text = one_line(step.summary, size)
    if step.status == "runs":
        where = f'"{one_line(step.heading, 24)}" ' if step.heading else ""
        text = one_line(f"{where}{step.words} words" if step.words else _silence(step.model), size)
    seconds = now - step.started if step.status == "runs" else step.seconds
    timed = clock(seconds) if step.status not in ("waits", "not_run") else ""
    line = f" {mark} {one_line(step.id):<{wide}}  {text:<{size}}  {one_line(last_part(step.model), 22):<22}  {timed:>6}"
    return f"{line}  {_cost(step)}".rstrip()


def _silence(model: str) -> str:
    """What a step is doing while no words arrive."""
    if model == "computed":
        return ""
    return "carried by you" if last_part(model) in CARRIED else "thinking"


def _cost(step: StepView) -> str:
    if step.status in ("waits", "runs", "not_run") or step.model == "computed":
        return ""
    if step.from_journal:
        return "kept"
    return with_sign(step.cost_usd)


def _money_line(state: State) -> str:
    parts = [f"spent {with_sign(state.spent_usd)}"]
    running = state.at_most_usd - state.spent_usd
    if running > 0:
        parts.append(f"running up to {with_sign(running)}")
    if state.budget_usd is not None:
        parts.append(f"cap {with_sign(state.budget_usd)}")
    if state.missing:
        parts.append(f"MISSING {state.missing}")
    if state.warnings:
        parts.append(f"warnings {state.warnings}")
    return ", ".join(parts)


def renderable(state: State, width: int) -> Text:
    """The lines as Rich text; nothing in them is taken as markup."""
    from rich.text import Text

    text = Text(no_wrap=True, overflow="ellipsis")
    for index, (line, style) in enumerate(view_lines(state, width)):
        text.append(("\n" if index else "") + line, style)
    return text


class LiveProgress:
    """Draws the state eight times a second while a run goes, and steps aside while a person is asked."""

    def __init__(self, stream: TextIO, monotonic: Callable[[], float] = time.monotonic) -> None:
        from rich.console import Console

        self._console = Console(file=stream, markup=False, highlight=False, no_color=bool(os.environ.get("NO_COLOR")))
        self._monotonic = monotonic
        self._lock = threading.RLock()
        self._state = State()
        self._live: Live | None = None
        self._aside = 0

    def show(self, event: Event, state: State) -> None:
        """Take the new state; the first one starts the picture."""
        del event
        with self._lock:
            self._state = state
            if self._live is None and not state.ended and not self._aside:
                self._start()

    def stop(self) -> None:
        """Leave the last picture on the screen and stop moving."""
        with self._lock:
            if self._live is not None:
                self._live.stop()
                self._live = None

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Stand still while somebody is asked, whatever happens meanwhile."""
        with self._lock:
            self._aside += 1
            self.stop()
        try:
            yield
        finally:
            with self._lock:
                self._aside -= 1

    def _start(self) -> None:
        from rich.live import Live

        self._live = Live(
            get_renderable=self._picture,
            console=self._console,
            refresh_per_second=8,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def _picture(self) -> Text:
        from dataclasses import replace

        state = self._state
        moving = state if state.ended else replace(state, now=max(state.now, self._monotonic()))
        return renderable(moving, max(40, self._console.width))
