"""Values of options, read strictly: each mistake says what to type instead."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from orchestra_cli.errors import UsageError

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
CHOICES = {
    "--handoff": ("auto", "manual", "paste", "files"),
    "--tier": ("economy", "balanced", "best"),
    "--privacy": ("strict", "standard", "off"),
}


def budget(text: str | None) -> Decimal | None:
    """US dollars. Raises UsageError for anything but a plain number that is not negative."""
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]*\.?[0-9]+", text.strip()):
        raise UsageError(f"--budget {text}: write a number of US dollars, such as --budget 3.00.")
    return Decimal(text.strip())


def deadline(text: str | None) -> float | None:
    """Seconds from "90s", "10m", "1h30m". Raises UsageError for anything else and for no time at all."""
    if text is None:
        return None
    parts = re.findall(r"(\d+(?:\.\d+)?)([smh])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text.strip():
        raise UsageError(f"--deadline {text}: write a time with its unit, such as 90s, 10m or 1h30m.")
    seconds = sum(float(number) * UNITS[unit] for number, unit in parts)
    if seconds <= 0:
        raise UsageError(f"--deadline {text}: a run needs some time; write such as 10m.")
    return seconds


def pairs(option: str, words: Iterable[str], example: str) -> dict[str, str]:
    """NAME=VALUE words as a dict. Raises UsageError for a word without name or "=", and for a name given twice."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        name, value = name.strip(), _unquoted(value.strip())
        if not equals or not name or not value:
            raise UsageError(f"{option} {word}: write NAME=VALUE, such as {option} {example}.")
        if name in found and found[name] != value:
            raise UsageError(f'{option} names "{name}" twice, with {found[name]} and with {value}; give it once.')
        found[name] = value
    return found


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'" else value


def choice(option: str, value: str) -> str:
    """One of the words that the option takes; "" stays "". Raises UsageError naming them."""
    words = CHOICES[option]
    if value and value not in words:
        raise UsageError(f"{option} {value}: choose {', '.join(words[:-1])} or {words[-1]}.")
    return value
