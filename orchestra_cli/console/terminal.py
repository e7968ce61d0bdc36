"""The controlling terminal: where questions go, even when standard input and output are pipes."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from typing import TextIO

from orchestra_cli.console.words import plain


class Terminal:
    """Asks a person, one line at a time. Asking raises EOFError at Ctrl-D and when the window is gone."""

    def __init__(self, reads: TextIO, writes: TextIO) -> None:
        self._reads = reads
        self._writes = writes

    def say(self, text: str = "") -> None:
        """Write a line or several, cleaned."""
        self._write(plain(text) + "\n")

    def raw(self, sequence: str) -> None:
        """Write a terminal sequence of our own making (such as OSC 52), uncleaned."""
        self._write(sequence)

    def ask(self, prompt: str, default: str = "") -> str:
        """One line, without surrounding spaces; `default` when it is empty."""
        try:
            self._write(plain(prompt) + " ")
            line = self._reads.readline()
        except OSError as gone:
            raise EOFError from gone
        if not line:
            self._write("\n")
            raise EOFError
        return plain(line).strip() or default

    def confirm(self, question: str, *, default: bool = True) -> bool:
        """Yes or no; anything else is explained and asked again."""
        marks = "[Y/n]" if default else "[y/N]"
        while True:
            answer = self.ask(f"{question} {marks}").lower()
            if not answer:
                return default
            if answer in ("y", "yes", "n", "no"):
                return answer.startswith("y")
            self.say(
                '  Type y for yes or n for no, then Enter; Enter alone means "' + ("yes" if default else "no") + '".'
            )

    def choose(self, prompt: str, keys: Mapping[str, str], default: str = "") -> str:
        """One of `keys` (key -> what it means); a wrong key is answered with what the right ones mean."""
        while True:
            answer = self.ask(prompt).lower()
            if not answer and default:
                return default
            for key, meaning in keys.items():
                if answer in (key, meaning.lower()) and answer:
                    return key
            self.say(f'  "{answer}" is no choice here. ' if answer else "  Type a letter, then Enter. ")
            self.say("  " + " · ".join(f"{key} = {meaning}" for key, meaning in keys.items()))

    def hidden(self, prompt: str) -> str:
        """One line that is not shown while it is typed."""
        if sys.platform == "win32":  # pragma: no cover  (no termios there: the console itself must be asked)
            import getpass

            return plain(getpass.getpass(f"{plain(prompt)} ")).strip()
        with _silent(self._reads):
            answer = self.ask(prompt)
        self._write("\n")
        return answer

    def forget_typed(self) -> None:
        """Drop what was typed ahead, such as the rest of a text pasted by mistake."""
        try:
            import termios

            termios.tcflush(self._reads.fileno(), termios.TCIFLUSH)
        except (ImportError, OSError, ValueError):
            return

    @property
    def width(self) -> int:
        """How many characters fit on a line; 0 when nobody knows."""
        return line_width(self._writes)

    @property
    def streams(self) -> tuple[TextIO, TextIO]:
        """What a program started for the person (an editor) reads and writes."""
        return self._reads, self._writes

    def close(self) -> None:
        """Give the terminal back."""
        for stream in {id(self._reads): self._reads, id(self._writes): self._writes}.values():
            with contextlib.suppress(OSError):
                stream.close()

    def _write(self, text: str) -> None:
        self._writes.write(text)
        self._writes.flush()


@contextlib.contextmanager
def _silent(stream: TextIO) -> Iterator[None]:
    try:
        import termios

        descriptor = stream.fileno()
        before = termios.tcgetattr(descriptor)
    except (ImportError, OSError, ValueError):
        yield
        return
    quiet = list(before)
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def line_width(stream: TextIO) -> int:
    """How many characters fit on a line of a terminal; 0 for a pipe, a file and a window of unknown size."""
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError, AttributeError):
        return 0


def open_terminal() -> Terminal | None:
    """The controlling terminal, or None when there is none, or when this process is in its background."""
    if sys.platform == "win32":
        return _open("CONIN$", "CONOUT$")
    try:
        descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return None
    try:
        in_front = os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        in_front = False
    finally:
        os.close(descriptor)
    return _open("/dev/tty", "/dev/tty") if in_front else None


def _open(reads: str, writes: str) -> Terminal | None:
    try:
        source = open(reads, encoding="utf-8", errors="replace")  # noqa: SIM115  kept open while we ask
    except OSError:
        return None
    try:
        target = open(writes, "w", encoding="utf-8", errors="replace")  # noqa: SIM115
    except OSError:
        source.close()
        return None
    return Terminal(source, target)
