"""Where words go: results to standard output, everything else to standard error, questions to the terminal."""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import dataclass, field
from typing import Any, TextIO, cast

from orchestra_cli.console.terminal import Terminal, line_width, open_terminal
from orchestra_cli.console.words import plain
from orchestra_cli.errors import StoreError

QUIET_LINES = 3


class OutputError(StoreError):
    """Standard output takes no more (a full disk behind `> file`)."""


class Forgiving:
    """Standard error that may go away (a closed terminal or pipe): words are lost then, never the run."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write what can be written."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush what can be flushed."""
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@dataclass(slots=True)
class Screen:
    """The streams of one command. `terminal` is None when nobody can be asked."""

    json: bool = False
    quiet: bool = False
    terminal: Terminal | None = None
    out_stream: TextIO = field(default_factory=lambda: sys.stdout)
    err_stream: TextIO = field(default_factory=lambda: cast(TextIO, Forgiving(sys.stderr)))

    @property
    def width(self) -> int:
        """How many characters fit on a line of standard error; 0 when it is no terminal."""
        return line_width(self.err_stream)

    def out(self, text: str) -> None:
        """The result, cleaned, with one line end."""
        self._result(plain(text).rstrip("\n") + "\n")

    def out_json(self, value: Any) -> None:
        """One JSON value on one line, in ASCII so that no code page can break it."""
        self._result(json.dumps(value) + "\n")

    def _result(self, text: str) -> None:
        """Write to standard output. Raises BrokenPipeError for a reader who left, OutputError for all else."""
        try:
            self.out_stream.write(text)
            self.out_stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            why = error.strerror or error
            raise OutputError(
                f"Standard output could not be written: {why}. What is finished is kept; make room and print it again:",
                "orchestra resume last",
            ) from error

    def say(self, *lines: str) -> None:
        """Lines for a person; dropped when quiet."""
        if not self.quiet:
            self._err(lines)

    def insist(self, *lines: str) -> None:
        """Lines for a person that quiet does not drop, only shortens to the last ones that may stand."""
        self._err(lines[:QUIET_LINES] if self.quiet else lines)

    def _err(self, lines: tuple[str, ...]) -> None:
        for line in lines:
            self.err_stream.write(plain(line) + "\n")
        self.err_stream.flush()

    @property
    def on_terminal(self) -> bool:
        """Standard output is a terminal."""
        return self.out_stream.isatty()

    @property
    def live(self) -> bool:
        """Standard error can show a moving picture."""
        return not self.quiet and self.err_stream.isatty()


def open_screen(*, json: bool = False, quiet: bool = False, no_input: bool = False) -> Screen:
    """The screen of this process."""
    return Screen(json=json, quiet=quiet, terminal=None if no_input else open_terminal())
