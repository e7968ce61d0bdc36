"""The hand-off dialogue: a person sees what a step made; accepts, edits, redoes, switches the model, skips or quits."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import groupby

from orchestra_cli.console.editor import edit
from orchestra_cli.console.terminal import Terminal
from orchestra_cli.console.words import columns, one_line, plain, with_sign, wrapped
from orchestra_cli.engine.person import Decided, HandOffShown, Kind
from orchestra_cli.engine.prepare import user_name
from orchestra_cli.errors import WaitingError

SHOWN_HEAD, SHOWN_TAIL, SHOWN_WIDTH = 24, 12, 160
KEYS: dict[Kind, tuple[str, str]] = {
    "accept": ("a", "accept"),
    "no": ("n", "no, stop here"),
    "edit": ("e", "edit"),
    "redo": ("r", "redo with a note"),
    "model": ("m", "other model"),
    "skip": ("s", "skip (marked as not done)"),
    "quit": ("q", "quit and keep"),
}


def shown_lines(shown: HandOffShown, width: int = 0) -> list[str]:
    """What the person sees before the question: the answer, what code checked, who is next at what price."""
    who = one_line(shown.model)
    head = (
        f"── {shown.position} of {shown.of} · {shown.step} ── run {shown.run} · spent {with_sign(shown.spent_usd)} ──"
    )
    lines = [head, f"{who}: {one_line(shown.summary)}", *text_lines(shown.text, width)]
    lines += [f"  ! {one_line(finding.where)}: {one_line(finding.text)}" for finding in shown.findings]
    lines += [_next_line(*step) for step in shown.next_steps]
    if shown.budget_usd is not None:
        lines.append(f"budget left {with_sign(max(shown.budget_usd - shown.spent_usd, Decimal(0)))}")
    if shown.hard:
        lines.append("This one must be decided by a person; --yes does not answer it.")
    return lines


def text_lines(text: str, width: int = 0) -> list[str]:
    """The answer, indented, tables aligned. A long one shows its beginning and its end (totals stand at the end), with
    a line that says how to see all of it."""
    lines = [f"  {line}" for line in readable(text, width - 2 if width else 0)]
    cut = [line if len(line) <= SHOWN_WIDTH else line[: SHOWN_WIDTH - 1] + "…" for line in lines]
    hidden = len(cut) - SHOWN_HEAD - SHOWN_TAIL
    if hidden <= 1:
        return cut
    return [*cut[:SHOWN_HEAD], f"  ... {hidden} more lines: [v]iew shows all", *cut[-SHOWN_TAIL:]]


def readable(text: str, width: int = 0) -> list[str]:
    """Markdown as lines for a terminal: cleaned, pipe tables as aligned columns, the rest as it stands; with a width
    all of it broken between words, so that the columns stay columns."""
    lines: list[str] = []
    for is_table, found in groupby(plain(text).rstrip().splitlines(), lambda line: line.lstrip().startswith("|")):
        group = list(found)
        if is_table:
            lines += _aligned(group, width)
        else:
            lines += [part for line in group for part in wrapped(line, width)] if width else group
    return lines


def _aligned(lines: list[str], width: int) -> list[str]:
    rows = [[cell.strip().replace("**", "") for cell in line.strip().strip("|").split("|")] for line in lines]
    ruler = next((row for row in rows if all(cell and not cell.strip(":-") for cell in row)), [])
    right = frozenset(index for index, cell in enumerate(ruler) if cell.endswith(":") and not cell.startswith(":"))
    return columns([row for row in rows if row is not ruler], right, width=width)


def _next_line(step: str, who: str, likely: Decimal | None) -> str:
    if who == "computed":
        return f"Next: {step}, computed"
    return f"Next: {step} by {one_line(who)} · likely {with_sign(likely)}"


def choices(shown: HandOffShown) -> dict[str, str]:
    """The keys allowed here and what each means, `v` always among them."""
    keys = {"v": "view all"} | {key: meaning for kind, (key, meaning) in KEYS.items() if kind in shown.options}
    return keys | {"q": KEYS["quit"][1]}


def _menu(keys: dict[str, str], width: int) -> str:
    """The keys on as few lines as fit; no choice is torn in two."""
    lines = [""]
    for key, meaning in keys.items():
        item = f"  [{key}] {meaning}"
        if width and lines[-1] and len(lines[-1] + item) > width:
            lines.append("")
        lines[-1] += item
    return "\n".join(lines)


class TerminalPerson:
    """Asks the person at the terminal; one question at a time, also when branches of a run ask at once."""

    def __init__(self, terminal: Terminal, edit_text: Callable[[str, Terminal, str], str] = edit) -> None:
        self._terminal = terminal
        self._edit_text = edit_text

    def decide(self, shown: HandOffShown) -> Decided:
        """What the person chose. Raises WaitingError for quit and for the end of the input."""
        self._terminal.say("\n".join(shown_lines(shown, self._terminal.width)))
        keys = choices(shown)
        menu = _menu(keys, self._terminal.width)
        prompt = f"{one_line(shown.question) + chr(10) if shown.question else ''}{menu}\n>"
        while True:
            try:
                decided = self._chosen(self._terminal.choose(prompt, keys), shown)
            except EOFError:
                raise _quit(shown) from None
            if decided is not None:
                return replace(decided, by=user_name())

    def _chosen(self, key: str, shown: HandOffShown) -> Decided | None:
        """The decision for a key, or None when the person should be asked again."""
        match key:
            case "v":
                self._terminal.say("\n".join(readable(shown.text, self._terminal.width)))
                return None
            case "e":
                return self._edited(shown)
            case "r":
                return self._noted(shown)
            case "m":
                return self._other_model(shown)
            case "q":
                raise _quit(shown)
            case _:
                kind = next(kind for kind, (letter, _) in KEYS.items() if letter == key)
                return Decided(kind)

    def _edited(self, shown: HandOffShown) -> Decided | None:
        text = self._edit_text(shown.editable, self._terminal, ".json" if shown.is_data else ".md")
        if text.strip() == shown.editable.strip():
            self._terminal.say("  Nothing was changed.")
            return None
        if shown.is_data and (problem := _json_problem(text)):
            self._terminal.say(f"  {problem} The change was not taken.")
            return None
        return Decided("edit", text=text)

    def _noted(self, shown: HandOffShown) -> Decided | None:
        note = self._terminal.ask(f"  What should {one_line(shown.model)} do differently?")
        if note:
            return Decided("redo", note=note)
        self._terminal.say("  Without a note the answer would be the same; nothing is redone.")
        return None

    def _other_model(self, shown: HandOffShown) -> Decided | None:
        if not shown.models:
            self._terminal.say("  No other model can play this step now. orchestra models list  shows who could.")
            return None
        self._terminal.say("\n".join(columns([(f"  {n}", model) for n, model in enumerate(shown.models, 1)])))
        answer = self._terminal.ask(f"  Number, 1 to {len(shown.models)}, or a model such as openai/gpt-5:")
        if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(shown.models):
            return Decided("model", model=shown.models[int(answer) - 1])
        if "/" in answer:
            return Decided("model", model=answer)
        self._terminal.say(f'  "{answer}" is neither a number of the list nor provider/model.')
        return None


def _json_problem(text: str) -> str:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"Line {error.lineno}: {error.msg}; these fields must stay JSON."
    return ""


def _quit(shown: HandOffShown) -> WaitingError:
    question = f' at "{one_line(shown.question)}"' if shown.question else f" after {shown.step}"
    return WaitingError(f"Saved; waiting for a person{question}.", f"orchestra approve {shown.run}")
