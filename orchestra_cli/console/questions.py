"""Questions that come up before a run: which client, which file is what, the mark-ups. Asked once; rates are saved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestra_cli.console.terminal import Terminal
from orchestra_cli.console.words import one_line
from orchestra_cli.errors import InputError, InterruptedRunError

if TYPE_CHECKING:
    from orchestra_cli.engine.questions import Question

RATES = "rates."


def ask_all(questions: tuple[Question, ...], terminal: Terminal, workspace: Path | None) -> dict[str, str]:
    """The answers by question id. Rates are saved in the workspace's orchestra.toml, so that they are asked once.

    Raises InterruptedRunError when the person ends the input instead of answering; nothing was sent then.
    """
    answers: dict[str, str] = {}
    try:
        for question in questions:
            answers[question.id] = ask_one(question, terminal)
    except EOFError:
        raise InterruptedRunError("Stopped at a question before the first call; nothing was sent.") from None
    rates = {key.removeprefix(RATES): value for key, value in answers.items() if key.startswith(RATES)}
    if rates and workspace is not None:
        terminal.say(f"  saved in {save_pricing(workspace, rates)}, section [pricing]; change them there")
    return answers


def ask_one(question: Question, terminal: Terminal) -> str:
    """One answer. A question with choices takes one of them, by name or number; a rate must be a number."""
    if question.why:
        terminal.say(one_line(question.why))
    if question.choices:
        return _choice(question, terminal)
    while True:
        answer = terminal.ask(one_line(question.text))
        problem = _rate_problem(answer) if question.id.startswith(RATES) else "" if answer else "An answer is needed."
        if not problem:
            return answer.rstrip("% ").strip() if question.id.startswith(RATES) else answer
        terminal.say(f"  {problem}")


def _choice(question: Question, terminal: Terminal) -> str:
    terminal.say(one_line(question.text))
    for number, choice in enumerate(question.choices, 1):
        terminal.say(f"  {number}  {one_line(choice)}")
    while True:
        answer = terminal.ask(f"Number, 1 to {len(question.choices)}:")
        if answer in question.choices:
            return answer
        if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(question.choices):
            return question.choices[int(answer) - 1]
        terminal.say(f"  Type a number from 1 to {len(question.choices)}, or Ctrl-D to stop.")


def _rate_problem(answer: str) -> str:
    from orchestra_cli.facts.money import parse_number

    try:
        value = parse_number(answer.rstrip("% "))
    except ValueError:
        return f'"{answer}" is no number; write per cent such as 12 or 7.5, and 0 for none.'
    return "" if 0 <= value < 1000 else "A mark-up is a number of per cent, 0 or more."


def save_pricing(workspace: Path, rates: dict[str, str]) -> Path:
    """Write the rates into [pricing] of the workspace's orchestra.toml, keeping the rest of the page as it is.

    Raises InputError when the file cannot be written.
    """
    import tomlkit

    from orchestra_cli.facts.money import parse_number
    from orchestra_cli.settings import FILE_NAME

    path = workspace / FILE_NAME
    try:
        page = tomlkit.parse(path.read_text(encoding="utf-8-sig")) if path.exists() else tomlkit.document()
        if "pricing" not in page:
            page["pricing"] = tomlkit.table()
        for name, value in rates.items():
            number = parse_number(value)
            page["pricing"][name] = int(number) if number == number.to_integral() else float(number)
        _write(path, tomlkit.dumps(page))
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror or error}.", "Put the rates into it by hand, under [pricing]."
        ) from error
    return path


def _write(path: Path, text: str) -> None:
    import os
    import tempfile

    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".orchestra-", text=False)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        Path(name).chmod(mode)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def offer_card(name: str, terminal: Terminal) -> str:
    """The client's folder name. An unknown client is shown with near names, and a card is offered.

    Raises the InputError of an unknown client when no card is wanted.
    """
    from orchestra_cli.settings import find_workspace
    from orchestra_cli.store.clients import add_client, load_client

    workspace = find_workspace()
    if workspace is None:
        return name
    try:
        return load_client(workspace, name).name
    except InputError as error:
        terminal.say(one_line(error.message))
        try:
            wanted = terminal.confirm(f'Make a card for a new client "{one_line(name)}"?', default=False)
        except EOFError:
            wanted = False
        if not wanted:
            raise
    card = add_client(workspace, name)
    terminal.say(f"  made {card.folder / 'client.md'}; put in who they are and what may go where")
    return card.name
