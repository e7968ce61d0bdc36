from __future__ import annotations

import base64
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestra_cli.console import clipboard
from orchestra_cli.console.clipboard import Tool
from orchestra_cli.console.files import FilesCarrier
from orchestra_cli.console.paste import PasteCarrier
from orchestra_cli.console.relay import RelayFiles
from orchestra_cli.engine.person import Carried
from orchestra_cli.errors import StoreError, WaitingError

Build = Callable[..., Any]


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clipboard that is a file, with real programs that copy and paste."""
    board = tmp_path / "board"
    copy, paste = tmp_path / "bin" / "fake-copy", tmp_path / "bin" / "fake-paste"
    copy.parent.mkdir()
    copy.write_text(f"#!/bin/sh\ncat > {board}\n")
    paste.write_text(f"#!/bin/sh\ncat {board}\n")
    for program in (copy, paste):
        program.chmod(0o700)
    monkeypatch.setattr(clipboard, "TOOLS", (Tool((str(copy),), (str(paste),)),))
    monkeypatch.setenv("TERM", "xterm-256color")
    return board


def test_the_prompt_is_copied_and_lies_in_a_private_file(board: Path, stage: Build, carried: Carried) -> None:
    """By the terminal's own sequence, by the system's tool, and as a file to drag; Enter takes the answer."""
    on = stage("")
    typed = on.screen.terminal.ask

    def ask_after_chat(prompt: str, default: str = "") -> str:
        assert board.read_text() == carried.prompt
        board.write_text("The answer.\r\nIn full.")
        return str(typed(prompt, default))

    on.screen.terminal.ask = ask_after_chat
    assert PasteCarrier(on.screen.terminal).carry(carried) == "The answer.\nIn full."
    file = RelayFiles.of(carried).prompt
    assert file.read_text() == carried.prompt
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    encoded = base64.b64encode(carried.prompt.encode()).decode()
    assert f"\x1b]52;c;{encoded}\x07" in on.asked
    assert "[1/4] requirements - prompt copied (1 KB)" in on.asked


def test_the_prompt_itself_is_not_taken_for_an_answer(board: Path, stage: Build, carried: Carried) -> None:
    """Enter too early is explained; an empty clipboard too."""
    on = stage("", "", "q")
    with pytest.raises(WaitingError) as caught:
        PasteCarrier(on.screen.terminal).carry(carried)
    assert caught.value.advice == "orchestra resume 7k2f"
    assert on.asked.count("The clipboard still holds the prompt") == 2


def test_an_answer_typed_into_the_terminal_is_refused(board: Path, stage: Build, carried: Carried) -> None:
    """A terminal line ends at 4,095 characters, so nothing is taken from it; c copies again; Ctrl-D quits."""
    on = stage("Here is the answer ...", "c")
    with pytest.raises(WaitingError):
        PasteCarrier(on.screen.terminal).carry(carried)
    assert "Do not paste here" in on.asked
    assert on.asked.count("]52;c;") == 2


def test_an_answer_file_goes_before_the_clipboard(board: Path, stage: Build, carried: Carried) -> None:
    """Who saved a file meant it."""
    on = stage("")
    board.write_text("old clipboard")

    def saved(*_: str) -> str:
        RelayFiles.of(carried).answer.write_text("from the file", encoding="utf-16")
        return ""

    on.screen.terminal.ask = saved
    assert PasteCarrier(on.screen.terminal).carry(carried) == "from the file"


def test_without_a_clipboard_files_do(stage: Build, carried: Carried, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dumb terminal without tools: drag the prompt, save the answer; one that was there already counts at last."""
    monkeypatch.setattr(clipboard, "TOOLS", ())
    monkeypatch.setenv("TERM", "dumb")
    files = RelayFiles.of(carried)
    on = stage("", "")
    files.prompt.parent.mkdir()
    files.answer.write_text("from last time")
    assert PasteCarrier(on.screen.terminal).carry(carried) == "from last time"
    assert "no clipboard here" in on.asked
    assert "save the answer as" in on.asked


def test_no_answer_anywhere_is_said(stage: Build, carried: Carried, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is taken for an answer that is none."""
    monkeypatch.setattr(clipboard, "TOOLS", ())
    on = stage("", "q")
    with pytest.raises(WaitingError):
        PasteCarrier(on.screen.terminal).carry(carried)
    assert "No answer found" in on.asked


def test_a_refused_answer_brings_a_correction_prompt(board: Path, stage: Build, carried: Carried) -> None:
    """The reasons are shown, the refused file is moved aside, and the short correction is on the clipboard."""
    files = RelayFiles.of(carried)
    files.prompt.parent.mkdir(parents=True)
    again = replace(carried, prompt="Correct this.", problems=('"shall be" is not in the tender\x1b[2J',))
    for _ in range(2):
        files.answer.write_text("refused")
        on = stage("q")
        with pytest.raises(WaitingError):
            PasteCarrier(on.screen.terminal).carry(again)
    assert 'refused: "shall be" is not in the tender' in on.asked
    assert "correction copied" in on.asked
    assert board.read_text() == "Correct this."
    assert sorted(path.name for path in files.prompt.parent.iterdir()) == [
        "01-requirements.answer.refused-1.md", "01-requirements.answer.refused-2.md", "01-requirements.correction.md",
    ]  # fmt: skip


def test_a_long_prompt_is_not_sent_through_the_terminal(stage: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """Terminals cut long sequences: then only the tool copies, and a failing tool counts for nothing."""
    monkeypatch.setenv("TERM", "xterm")
    on = stage()
    assert clipboard.copy("x" * 80_000, on.screen.terminal, Tool(("false",), ("false",))) is False
    assert clipboard.copy("x" * 80_000, on.screen.terminal, Tool(("true",), ("true",))) is True
    assert clipboard.copy("short", on.screen.terminal, None) is True
    assert on.asked.count("]52;") == 1
    assert clipboard.paste(Tool(("no-such-tool",), ("no-such-tool",))) is None


def test_the_clipboard_tool_is_one_that_can_work_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """xclip without a display is no clipboard."""
    monkeypatch.setattr(clipboard.shutil, "which", lambda name: "/bin/x" if name in ("xclip", "wl-copy") else None)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert clipboard.find_tool() is None
    monkeypatch.setenv("DISPLAY", ":0")
    found = clipboard.find_tool()
    assert found is not None
    assert found.copy[0] == "xclip"


class Clock:
    """Time that passes only by sleeping; `at` does something when it is reached."""

    def __init__(self, start: float, at: dict[int, Callable[[], None]] | None = None) -> None:
        self.now, self.naps, self.at = start, 0, at or {}

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.naps += 1
        self.at.get(self.naps, lambda: None)()


def test_files_wait_for_nobody_without_a_terminal(carried: Carried) -> None:
    """The prompt is written, the run waits with exit 75, and resume finds the answer."""
    said: list[str] = []
    with pytest.raises(WaitingError) as caught:
        FilesCarrier(said.append, wait=False).carry(carried)
    files = RelayFiles.of(carried)
    assert caught.value.exit == 75
    assert str(files.answer) in caught.value.message
    assert files.prompt.read_text() == carried.prompt
    files.answer.write_text("Done.")
    os.utime(files.answer, (1, 1))
    assert FilesCarrier(said.append, wait=False).carry(carried) == "Done."
    assert len(said) == 2


def test_an_answer_counts_when_it_lies_still(carried: Carried) -> None:
    """A file that is still being written is not taken before it rests for two seconds."""
    files = RelayFiles.of(carried)
    files.prompt.parent.mkdir()

    def write(text: str, when: float) -> None:
        files.answer.write_text(text)
        os.utime(files.answer, (when, when))

    clock = Clock(1000.0, {2: lambda: write("half", 1001.0), 4: lambda: write("half and whole", 1002.0)})
    carrier = FilesCarrier(lambda _: None, wait=True, now=clock, sleep=clock.sleep)
    assert carrier.carry(carried) == "half and whole"
    assert clock.now >= 1004.0


def test_a_refused_answer_goes_aside_in_the_folder_too(carried: Carried) -> None:
    """The correction is written and the old answer does not count again."""
    said: list[str] = []
    files = RelayFiles.of(carried)
    files.prompt.parent.mkdir()
    files.answer.write_text("wrong")
    os.utime(files.answer, (1, 1))
    again = replace(carried, problems=("not JSON",))
    with pytest.raises(WaitingError):
        FilesCarrier(said.append, wait=False).carry(again)
    assert not files.answer.exists()
    assert any("refused: not JSON" in line for line in said)


def test_the_answer_of_another_run_is_not_taken(carried: Carried) -> None:
    """One folder for two runs: the second gets its own prompt, the first one's answer goes aside and is not lost."""
    files = RelayFiles.of(carried)
    files.write_prompt(replace(carried, prompt="The prompt of another client's run."))
    files.answer.write_text("Another client's answer.")
    with pytest.raises(WaitingError):
        FilesCarrier(lambda _: None, wait=False).carry(carried)
    assert files.prompt.read_text() == carried.prompt
    assert files.answer.with_suffix(".earlier-1.md").read_text() == "Another client's answer."
    files.answer.write_text("Ours.")
    os.utime(files.answer, (1, 1))
    assert FilesCarrier(lambda _: None, wait=False).carry(carried) == "Ours."


def test_a_blank_answer_is_no_answer(carried: Carried) -> None:
    """White space is waited over."""
    files = RelayFiles.of(carried)
    files.prompt.parent.mkdir()
    files.answer.write_text(" \n")
    os.utime(files.answer, (1, 1))
    clock = Clock(
        1000.0, {2: lambda: files.answer.write_bytes("caf\xe9".encode("cp1252")) and os.utime(files.answer, (1, 1))}
    )
    assert FilesCarrier(lambda _: None, wait=True, now=clock, sleep=clock.sleep).carry(carried) == "café"


def test_a_folder_that_cannot_be_used_is_named(carried: Carried, tmp_path: Path) -> None:
    """With the option that helps; unreadable answers too."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written") as caught:
        RelayFiles.of(replace(carried, folder=str(tmp_path / "file" / "x"))).write_prompt(carried)
    assert "--relay" in caught.value.advice
    files = RelayFiles.of(carried)
    files.answer.mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot be read"):
        files.read_answer()


def test_bytes_of_no_encoding_are_still_read(carried: Carried) -> None:
    """Nothing a person saved is thrown away for a wrong byte."""
    files = RelayFiles.of(carried)
    files.answer.parent.mkdir(parents=True)
    files.answer.write_bytes(b"a\x81b")
    assert files.read_answer() == "a\ufffdb"
