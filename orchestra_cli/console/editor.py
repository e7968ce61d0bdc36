"""Lets a person change a text: in $VISUAL or $EDITOR, else in any program of theirs, through a private file."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from orchestra_cli.console.relay import decoded
from orchestra_cli.console.terminal import Terminal


def editor_command() -> list[str]:
    """The person's editor as an argument list; [] when none is set and none is found."""
    for name in ("VISUAL", "EDITOR"):
        given = os.environ.get(name, "").strip()
        if given:
            return shlex.split(given, posix=sys.platform != "win32")
    usual = ("notepad",) if sys.platform == "win32" else ("nano", "vi")
    return next(([found] for name in usual if (found := shutil.which(name))), [])


def edit(text: str, terminal: Terminal, ending: str = ".md") -> str:
    """The text as the person left it. Raises EOFError when they end the input instead."""
    with tempfile.TemporaryDirectory(prefix="orchestra-edit-") as folder:
        path = Path(folder) / f"answer{ending}"
        path.write_text(text, encoding="utf-8", errors="replace", newline="")
        path.chmod(0o600)
        command = editor_command()
        if not command or not _opened(command, path, terminal):
            terminal.say(f"  Change this file in any editor and save it:\n  {path}")
            terminal.ask("  Then press Enter here.")
        return decoded(path.read_bytes()).replace("\r\n", "\n")


def _opened(command: list[str], path: Path, terminal: Terminal) -> bool:
    reads, writes = terminal.streams
    try:
        code = subprocess.run([*command, str(path)], stdin=reads, stdout=writes, stderr=writes, check=False).returncode
    except OSError as error:
        terminal.say(f'  The editor "{command[0]}" did not start: {error.strerror or error}.')
        return False
    if code:
        terminal.say(f'  The editor "{command[0]}" ended with status {code}; the text is taken as it was saved.')
    return True
