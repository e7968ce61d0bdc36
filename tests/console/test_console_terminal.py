from __future__ import annotations

import io
import os

import pytest

from orchestra_cli.console import terminal as room
from orchestra_cli.console.terminal import Terminal, open_terminal


def person(*lines: str) -> tuple[Terminal, io.StringIO]:
    shown = io.StringIO()
    return Terminal(io.StringIO("".join(f"{line}\n" for line in lines)), shown), shown


def test_an_empty_answer_takes_the_default() -> None:
    """Enter alone means what the prompt promises."""
    asking, _ = person("", "12")
    assert asking.ask("Overhead %?", "10") == "10"
    assert asking.ask("Profit %?") == "12"


def test_the_end_of_the_input_is_no_answer() -> None:
    """Ctrl-D is told apart from an empty line."""
    asking, shown = person()
    with pytest.raises(EOFError):
        asking.ask("Go?")
    assert shown.getvalue().endswith("\n")


def test_a_wrong_yes_or_no_is_explained_and_asked_again() -> None:
    """The right keys are said, nothing is assumed."""
    asking, shown = person("perhaps", "N")
    assert asking.confirm("Go?") is False
    assert "y for yes" in shown.getvalue()
    assert shown.getvalue().count("Go? [Y/n]") == 2


def test_enter_alone_confirms_only_where_yes_is_the_default() -> None:
    """[Y/n] and [y/N] mean what they show."""
    asking, shown = person("", "")
    assert asking.confirm("Go?") is True
    assert asking.confirm("Sure?", default=False) is False
    assert "[y/N]" in shown.getvalue()


def test_a_wrong_key_is_answered_with_the_right_ones() -> None:
    """A choice is repeated until it is one of the keys; a key's meaning in full counts too."""
    asking, shown = person("x", "", "accept")
    assert asking.choose("> ", {"a": "accept", "q": "quit and keep"}) == "a"
    assert '"x" is no choice here' in shown.getvalue()
    assert "q = quit and keep" in shown.getvalue()


def test_a_choice_may_have_a_default() -> None:
    """Enter alone takes it."""
    asking, _ = person("")
    assert asking.choose("> ", {"y": "yes", "n": "no"}, default="y") == "y"


def test_what_is_shown_and_typed_is_cleaned() -> None:
    """Escapes of files do not reach the screen, pasted ones do not reach us."""
    asking, shown = person("\x1b[31m12\x1b[0m")
    assert asking.ask("of \x1b]0;x\x07file?") == "12"
    assert "\x1b" not in shown.getvalue()


def test_a_hidden_answer_needs_no_real_terminal_to_be_read() -> None:
    """Where echo cannot be switched off the question still works."""
    asking, _ = person("sk-secret")
    assert asking.hidden("Key (hidden):") == "sk-secret"
    asking.forget_typed()


def test_closing_closes_both_streams_once() -> None:
    """The terminal is given back, also when both ends are one stream."""
    one = io.StringIO()
    Terminal(one, one).close()
    assert one.closed


def test_without_a_controlling_terminal_there_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of its own session, as under cron, has no /dev/tty."""

    def nothing(*_: object) -> int:
        raise OSError(6, "No such device or address")

    monkeypatch.setattr(room.os, "open", nothing)
    assert open_terminal() is None


def test_a_background_job_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the terminal from the background would stop the job."""
    own, other = os.openpty()
    monkeypatch.setattr(room.os, "open", lambda *_: other)
    monkeypatch.setattr(room.os, "tcgetpgrp", lambda _: os.getpgrp() + 1)
    assert open_terminal() is None
    os.close(own)


def test_a_terminal_that_cannot_be_opened_is_none() -> None:
    """Either end may refuse."""
    assert room._open("/no/such/tty", "/no/such/tty") is None
    assert room._open(os.devnull, "/no/such/folder/tty") is None


def test_a_window_that_was_closed_is_the_end_of_the_input() -> None:
    """Reading from a terminal that is gone fails with an I/O error; for us that is Ctrl-D."""

    class Gone(io.StringIO):
        def readline(self, *_: object) -> str:  # type: ignore[override]
            raise OSError(5, "Input/output error")

    with pytest.raises(EOFError):
        Terminal(Gone(), io.StringIO()).ask("Go?")
