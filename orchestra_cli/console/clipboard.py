"""The clipboard: copied to by the terminal itself (OSC 52) and by the system's tool, read by the tool only."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from dataclasses import dataclass

from orchestra_cli.console.terminal import Terminal

OSC_52_LIMIT = 74_000
"""Bytes of base64 that common terminals take in one OSC 52 sequence."""
TIMEOUT_S = 5


@dataclass(frozen=True, slots=True)
class Tool:
    """One system's clipboard commands; `needs` is an environment variable without which they cannot work."""

    copy: tuple[str, ...]
    paste: tuple[str, ...]
    needs: str = ""
    encoding: str = "utf-8"


TOOLS = (
    Tool(("pbcopy",), ("pbpaste",)),
    Tool(("wl-copy",), ("wl-paste", "--no-newline"), needs="WAYLAND_DISPLAY"),
    Tool(("xclip", "-selection", "clipboard"), ("xclip", "-selection", "clipboard", "-o"), needs="DISPLAY"),
    Tool(("xsel", "-b", "-i"), ("xsel", "-b", "-o"), needs="DISPLAY"),
    Tool(
        ("clip.exe",),
        (
            "powershell.exe",
            "-NoProfile",
            "-Command",
            "[Console]::OutputEncoding=[Text.Encoding]::UTF8; Get-Clipboard -Raw",
        ),
        encoding="utf-16-le",
    ),
)


def find_tool() -> Tool | None:
    """The clipboard commands that work here."""
    for tool in TOOLS:
        if shutil.which(tool.copy[0]) and (not tool.needs or os.environ.get(tool.needs)):
            return tool
    return None


def copy(text: str, terminal: Terminal, tool: Tool | None) -> bool:
    """Put the text on the clipboard by every means there is; True when at least one may have worked."""
    encoded = base64.b64encode(text.encode()).decode()
    by_terminal = len(encoded) <= OSC_52_LIMIT and os.environ.get("TERM", "dumb") != "dumb"
    if by_terminal:
        terminal.raw(f"\x1b]52;c;{encoded}\x07")
    return (tool is not None and _run(tool.copy, text.encode(tool.encoding)) is not None) or by_terminal


def paste(tool: Tool | None) -> str | None:
    """What is on the clipboard; None when it cannot be read."""
    if tool is None:
        return None
    found = _run(tool.paste, None)
    return None if found is None else found.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")


def _run(command: tuple[str, ...], given: bytes | None) -> bytes | None:
    try:
        # xclip stays behind to serve the clipboard: it must not hold a pipe of ours open
        out = subprocess.DEVNULL if given is not None else subprocess.PIPE
        done = subprocess.run(
            command, input=given, stdout=out, stderr=subprocess.DEVNULL, timeout=TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout or b""
