"""What one format reader hands back, before `read` makes it a `Material`, and the words all readers share."""

from __future__ import annotations

from dataclasses import dataclass

from orchestra_cli.errors import InputError
from orchestra_cli.types import Page, Table


@dataclass(frozen=True, slots=True)
class Content:
    """Text as found (not yet cleaned), pages where a format has them, tables, warnings, and files inside the file."""

    text: str
    pages: tuple[Page, ...] = ()
    tables: tuple[Table, ...] = ()
    warnings: tuple[str, ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()


def unusable(name: str, what: str, advice: str = "") -> InputError:
    """The error for a file that cannot be used: `name: what. Nothing was sent.` and what to do about it."""
    return InputError(f"{name}: {what}. Nothing was sent.", advice)


def spans(numbers: list[int]) -> str:
    """Sorted whole numbers as a reader likes them: `1, 4-6, 9`."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts)
