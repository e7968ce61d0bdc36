"""The paste hand-off: a person carries each prompt to a chat of their own and brings the answer back.

The answer comes from the clipboard or from a file, never through the terminal, whose lines end at 4,095 characters.
"""

from __future__ import annotations

from orchestra_cli.console import clipboard
from orchestra_cli.console.relay import RelayFiles
from orchestra_cli.console.terminal import Terminal
from orchestra_cli.console.words import one_line
from orchestra_cli.engine.person import Carried
from orchestra_cli.errors import WaitingError


class PasteCarrier:
    """Copies prompts and takes answers, with the person at `terminal`."""

    def __init__(self, terminal: Terminal, tool: clipboard.Tool | None = None, *, find: bool = True) -> None:
        self._terminal = terminal
        self._tool = clipboard.find_tool() if find and tool is None else tool

    def carry(self, carried: Carried) -> str:
        """The answer as it came back. Raises WaitingError when the person quits; everything is kept."""
        files = RelayFiles.of(carried)
        files.write_prompt(carried)
        before = files.read_answer()
        copied = clipboard.copy(carried.prompt, self._terminal, self._tool)
        self._announce(carried, files, copied=copied)
        while True:
            answer = self._take(carried, files, before)
            if answer:
                return answer

    def _announce(self, carried: Carried, files: RelayFiles, *, copied: bool) -> None:
        say = self._terminal.say
        size = max(1, len(carried.prompt.encode()) // 1024)
        where = f"[{carried.number}/{carried.of}] {carried.step}"
        for problem in carried.problems:
            say(f"      refused: {one_line(problem, 200)}")
        what = f"{'correction' if carried.problems else 'prompt'} {'copied' if self._tool else 'sent to the clipboard'}"
        if copied:
            say(f"{where} - {what} ({size} KB). Paste it into ChatGPT, Claude or Gemini; copy the answer;")
            say("      press Enter here.")
        else:
            say(f"{where} - no clipboard here: drag the file into ChatGPT, Claude or Gemini ({size} KB).")
        say(f"      also in {files.prompt}  (drag it into the chat if it is long)")
        if self._tool is None:
            say(f"      save the answer as {files.answer}, then press Enter here.")

    def _take(self, carried: Carried, files: RelayFiles, before: str) -> str:
        try:
            typed = self._terminal.ask("      [Enter] takes the answer · [c]opy the prompt again · [q]uit and keep:")
        except EOFError:
            typed = "q"
        if typed.lower() in ("q", "quit"):
            raise WaitingError("Saved. The answers so far are kept.", f"orchestra resume {carried.run}")
        if typed.lower() == "c":
            clipboard.copy(carried.prompt, self._terminal, self._tool)
            return ""
        if typed:
            self._terminal.forget_typed()
            self._terminal.say(
                "      Do not paste here: a terminal cuts long lines. Copy the answer, then press only Enter."
            )
            return ""
        return self._found(carried, files, before)

    def _found(self, carried: Carried, files: RelayFiles, before: str) -> str:
        """The file when it is new, else the clipboard when it holds something else than our prompt."""
        from_file = files.read_answer()
        if from_file and from_file != before:
            self._terminal.say(f"      read from {files.answer.name}: {len(from_file.split())} words")
            return from_file
        from_clipboard = (clipboard.paste(self._tool) or "").strip()
        if from_clipboard and from_clipboard != carried.prompt.replace("\r\n", "\n").strip():
            self._terminal.say(f"      read from the clipboard: {len(from_clipboard.split())} words")
            return from_clipboard
        if from_file:
            self._terminal.say(f"      read from {files.answer.name}: {len(from_file.split())} words")
            return from_file
        still = "The clipboard still holds the prompt" if from_clipboard else "No answer found"
        self._terminal.say(f"      {still}: copy the chat's answer, or save it as {files.answer}, then press Enter.")
        return ""
