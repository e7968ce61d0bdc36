"""What only a person can say before a run, and how it is said where nobody can be asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestra_cli.engine import doubts
from orchestra_cli.errors import InputError

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True)
class Question:
    """Something only a person can say; `choices` may be empty.

    `id` is "client", "rates.NAME", "place:FILE" (which input is it) or "which:INPUT" (which file is it).
    """

    id: str
    text: str
    choices: tuple[str, ...] = ()
    why: str = ""


def cannot_ask(question: Question) -> InputError:
    """The error of a question that nobody can be asked, with the option that answers it."""
    if question.id == "client":
        names = ", ".join(question.choices)
        return InputError(f"{question.text} Cards: {names or 'none yet'}.", "Add --client NAME. Nothing was sent.")
    if question.id.startswith("rates."):
        name = question.id.removeprefix("rates.")
        return InputError(
            f"No {name} is stated. Without it the total would be cost, not a price, so no total is printed.",
            f"Write {name} = ... (per cent, 0 is allowed) under [pricing] in orchestra.toml. Nothing was sent.",
        )
    if question.id == doubts.SCANS:
        return InputError(f"{question.text} Nothing was sent.", doubts.ADVICE)
    kind, _, name = question.id.partition(":")
    options = [f"--{name} {choice}" if kind == "which" else f"--{choice} {name}" for choice in question.choices]
    return InputError(f"{question.text} Nothing was sent.", f"Say which: {' or '.join(options)}")
