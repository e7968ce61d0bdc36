"""Who stands at the hand-offs of this command: a person at the terminal, `--yes`, files in a folder, or nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from orchestra_cli.console.files import FilesCarrier
from orchestra_cli.console.handoff import TerminalPerson
from orchestra_cli.console.paste import PasteCarrier
from orchestra_cli.console.screen import Screen
from orchestra_cli.console.words import one_line
from orchestra_cli.engine.person import Carried, Decided, HandOffShown, Person
from orchestra_cli.engine.prepare import user_name
from orchestra_cli.errors import WaitingError

Shown = TypeVar("Shown")
Said = TypeVar("Said")
Aside = Callable[[], AbstractContextManager[None]]
"""Within it the moving picture stands still."""


class Nobody:
    """Nobody can be asked: saves and says how to go on."""

    def decide(self, shown: HandOffShown) -> Decided:
        """Raises WaitingError."""
        question = f' at "{one_line(shown.question)}"' if shown.question else f" after {shown.step}"
        raise WaitingError(f"Waiting for a person{question}.", f"orchestra approve {shown.run}")

    def carry(self, carried: Carried) -> str:
        """Raises WaitingError."""
        raise WaitingError(
            f"Waiting for a person to carry the prompt of {carried.step} to a chat.",
            f"orchestra resume {carried.run} --handoff files   works without a terminal, through a folder.",
        )


class Unattended:
    """`--yes`: accepts at `approve` gates, on the record as unattended; leaves everything else to `otherwise`."""

    def __init__(self, otherwise: Person) -> None:
        self._otherwise = otherwise

    def decide(self, shown: HandOffShown) -> Decided:
        """Accept a soft gate; a hard one and a manual hand-off are for a person."""
        if shown.hard or not shown.question:
            return self._otherwise.decide(shown)
        return Decided("accept", by=user_name(), unattended=True)

    def carry(self, carried: Carried) -> str:
        """As without `--yes`."""
        return self._otherwise.carry(carried)


class Approving:
    """`approve` where nobody can be asked: the person who typed it accepts the one gate that the run waits at."""

    def __init__(self, question: str, otherwise: Person) -> None:
        self._question, self._otherwise = question, otherwise

    def decide(self, shown: HandOffShown) -> Decided:
        """Accept that gate; a hard one must be seen, so it waits for a terminal, and so do all others."""
        if shown.hard or not shown.question or shown.question != self._question:
            return self._otherwise.decide(shown)
        return Decided("accept", by=user_name())

    def carry(self, carried: Carried) -> str:
        """As without it."""
        return self._otherwise.carry(carried)


class Players:
    """One decides, one carries; both one at a time, with the moving picture standing still.

    Who quits once is not asked again, also when branches of the run wait behind that question. `talks`: carrying asks
    the person too, and does not only write files.
    """

    def __init__(
        self,
        decide: Callable[[HandOffShown], Decided],
        carry: Callable[[Carried], str],
        aside: Aside,
        *,
        talks: bool = True,
    ) -> None:
        self._decide, self._carry, self._aside, self._talks = decide, carry, aside, talks
        self._turn = threading.Lock()
        self._left = False

    def decide(self, shown: HandOffShown) -> Decided:
        """Ask at a gate."""
        with self._turn, self._aside():
            if self._left:
                return Nobody().decide(shown)
            return self._noticing(self._decide, shown)

    def carry(self, carried: Carried) -> str:
        """Have a prompt carried."""
        with self._turn, self._aside():
            if not self._talks:
                return self._carry(carried)
            if self._left:
                raise WaitingError("Saved. The answers so far are kept.", f"orchestra resume {carried.run}")
            return self._noticing(self._carry, carried)

    def _noticing(self, ask: Callable[[Shown], Said], shown: Shown) -> Said:
        try:
            return ask(shown)
        except WaitingError:
            self._left = True
            raise


def person_for(handoff: str, screen: Screen, aside: Aside, *, yes: bool) -> Person:
    """The person of this command."""
    nobody = Nobody()
    carry = nobody.carry
    if handoff == "files":
        carry = FilesCarrier(screen.say, wait=screen.terminal is not None).carry
    elif screen.terminal is not None:
        carry = PasteCarrier(screen.terminal).carry
    decide = nobody.decide if screen.terminal is None else TerminalPerson(screen.terminal).decide
    asked = Players(decide, carry, aside, talks=handoff != "files")
    return Unattended(asked) if yes else asked
