"""Word lists as patterns, so that they can be read and grown as lists."""

from __future__ import annotations

import re


def words(*lists: str, rest: str = "") -> re.Pattern[str]:
    """A pattern for any of the alternatives (`a|b|c`, each list one string) as whole words, in any case.

    `rest` is a further pattern that need not stand on word boundaries.
    """
    return re.compile(rf"\b(?:{'|'.join(lists)})\b" + (f"|{rest}" if rest else ""), re.IGNORECASE)


def start(*lists: str, before: str = "", after: str = r"\b") -> re.Pattern[str]:
    """A pattern for a text that begins with `before` and any of the alternatives."""
    return re.compile(rf"^{before}(?:{'|'.join(lists)}){after}", re.IGNORECASE)
