"""Progress where nothing can move: one line per finished step, with the time of day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from orchestra_cli.console.progress import State
from orchestra_cli.console.words import clock, last_part, one_line, with_sign
from orchestra_cli.engine import events
from orchestra_cli.engine.events import Event

MARKS = {
    "done": "✓",
    "failed": "✗",
    "skipped": "-",
    "waiting": "?",
    "not_run": "·",
    "unknown": "?",
    "runs": "▸",
    "waits": "·",
}


def line_of(event: Event, at: datetime) -> str:
    """The line an event is worth, or "" when it is worth none."""
    stamp = at.strftime("%H:%M:%S")
    match event:
        case events.RunStarted():
            whom = f" · {event.client}" if event.client else ""
            return one_line(f"{stamp} {event.recipe}{whom} · run {event.run}{' goes on' if event.resumed else ''}")
        case events.Attempted():
            return one_line(f"{stamp}   {event.step}: tried {event.model}: {event.what}")
        case events.Waiting():
            return one_line(f"{stamp}   {event.step}: {event.model} asks to wait {event.seconds:.0f} s")
        case events.StepFinished():
            return one_line(f"{stamp} {MARKS[event.status]} {_finished(event)}")
        case events.GateDecided():
            return one_line(f"{stamp}   {event.step}: {event.kind}{f' by {event.by}' if event.by else ''}")
        case _:
            return ""


def _finished(event: events.StepFinished) -> str:
    parts = [event.step, event.summary or event.status]
    if event.from_journal:
        parts.append("already done, taken from the journal")
    elif event.model:
        parts.append(last_part(event.model))
    if event.model != "computed" and not event.from_journal:
        parts += [clock(event.seconds), with_sign(event.cost_usd) if event.cost_usd is not None else "cost unknown"]
    return " · ".join(parts)


class PlainProgress:
    """Listens to a run and says its lines."""

    def __init__(self, say: Callable[[str], None], now: Callable[[], datetime]) -> None:
        self._say = say
        self._now = now

    def show(self, event: Event, state: State) -> None:
        """Say the line of this event, if it has one."""
        del state
        line = line_of(event, self._now())
        if line:
            self._say(line)
