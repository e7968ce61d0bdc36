"""The one filter every text passes that a stranger wrote: what a reader cannot see is taken out and counted.

A light leaf: `documents` uses it on what is read, `privacy` on what is sent and printed. It judges characters, never
words; what may be said is decided elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

_ANSI = re.compile(
    r"\x1b\][^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # OSC: titles, links, clipboard
    r"|\x1b[PX^_][^\x1b\x9c\n]*(?:\x1b\\|\x9c)?"  # DCS, SOS, PM, APC
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor
    r"|\x1b[ -/]*[0-~]?"
)
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("control", re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufff9-\ufffc\ufffe\uffff]")),
    ("bidi", re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")),
    (
        "zero-width",
        re.compile(
            "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0]"
        ),
    ),
    ("tag", re.compile("[\U000e0000-\U000e0fff]")),
)
_EMOJI_STYLE_RUN = re.compile("[\ufe0e\ufe0f]{2,}")
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SUSPECT = re.compile("[^\t\n -~\xa0-\xac\xae-\u02ff]")
"""Any character outside printable Latin; text without one needs neither counting nor NFC."""


def clean_text(text: str) -> tuple[str, dict[str, int]]:
    """The text in NFC, with `\\n` line ends and without invisible characters, and how many of each kind were removed.

    Kinds: "ansi" (whole terminal sequences), "control", "bidi", "zero-width", "tag". Kinds that did not occur are
    left out. Cleaning a clean text changes nothing.
    """
    if not _SUSPECT.search(text):
        return text, {}
    removed: dict[str, int] = {}
    text = _BREAKS.sub("\n", text)
    text = _drop(_ANSI, text, "ansi", removed)
    for kind, pattern in _KINDS:
        text = _drop(pattern, text, kind, removed)
    text = _drop(_EMOJI_STYLE_RUN, text, "zero-width", removed)
    return unicodedata.normalize("NFC", text), removed


def _drop(pattern: re.Pattern[str], text: str, kind: str, removed: dict[str, int]) -> str:
    text, count = pattern.subn("", text)
    if count:
        removed[kind] = removed.get(kind, 0) + count
    return text


def removal_notes(removed: Mapping[str, int]) -> tuple[str, ...]:
    """One sentence for a reader about what `clean_text` removed; none when nothing was."""
    if not removed:
        return ()
    parts = ", ".join(f"{count} {kind}" for kind, count in sorted(removed.items()))
    return (f"invisible characters removed: {parts}",)
