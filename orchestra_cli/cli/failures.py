"""Every exception that reaches the top, as an outcome with words, advice and the exit code of the contract."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from orchestra_cli.cli.line import Line

if TYPE_CHECKING:
    from orchestra_cli.errors import OrchestraError

BROKEN_PIPE = 141
"""What a shell reports for a program whose reader went away (128 + SIGPIPE)."""


def end_with(error: BaseException, arguments: list[str]) -> int:
    """Say what happened, print the JSON object where `--json` is on the line, return the exit code."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    if isinstance(error, BrokenPipeError):
        return _reader_gone()
    from orchestra_cli.console.ending import end_run, refusal
    from orchestra_cli.console.screen import OutputError, Screen

    line = Line.of(arguments)
    full = isinstance(error, OutputError)
    if full:
        _to_nowhere()
    screen = Screen(json=line.json and not full, quiet=line.quiet)
    try:
        return end_run(screen, refusal(as_our_own(error, line), line.recipe, line.client), to_stdout=False)
    except BrokenPipeError:
        return _reader_gone()


def _reader_gone() -> int:
    _to_nowhere()
    return BROKEN_PIPE


def _to_nowhere() -> None:
    """What is still buffered for a standard output that takes no more goes where it can do no harm at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def as_our_own(error: BaseException, line: Line) -> OrchestraError:
    """The error as one of our tree: wrong words, an interruption, or a mistake of ours with its traceback in a file."""
    from orchestra_cli.errors import InterruptedRunError, OrchestraError, UsageError

    if isinstance(error, OrchestraError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return InterruptedRunError(
            "Interrupted. Nothing that was finished is lost.", "orchestra runs list  shows what is kept."
        )
    if _from_typer(error, "Abort"):
        return InterruptedRunError("Stopped; nothing was done.")
    if _from_typer(error, "TyperException"):
        words = error.format_message()  # type: ignore[attr-defined]
        if line.command == "keys" and "unexpected extra argument" in words:
            return UsageError(
                "No key goes on the command line, where the shell's history and other programs can read it; if that "
                "was one, make a new one.",
                "orchestra keys set PROVIDER  asks for it, hidden.",
            )
        help_line = f"orchestra {line.command} --help" if line.command else "orchestra --help"
        return UsageError(words, help_line)
    from orchestra_cli.store.key_text import without_keys

    said = without_keys(str(error), os.environ)
    return OrchestraError(
        f"Something went wrong inside Orchestra ({type(error).__name__}: {said}). What was finished is kept.",
        f"The details are in {_keep_traceback(error)}; please send us that file.",
    )


def _from_typer(error: BaseException, name: str) -> bool:
    module = sys.modules.get("typer.exceptions")
    return module is not None and isinstance(error, getattr(module, name))


def _keep_traceback(error: BaseException) -> str:
    """Where the traceback was written; the home folder, else the temporary one, else nowhere."""
    import tempfile
    import time
    import traceback
    from pathlib import Path

    from orchestra_cli.errors import OrchestraError
    from orchestra_cli.settings import home
    from orchestra_cli.store.key_text import without_keys

    text = without_keys("".join(traceback.format_exception(error)), os.environ)
    name = f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    places = [Path(tempfile.gettempdir())]
    with contextlib.suppress(OrchestraError):
        places.insert(0, home())
    for folder in places:
        with contextlib.suppress(OSError):
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            return str(folder / name)
    return "no file, since none could be written"
