"""What every check is given, and the shape of what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from orchestra_cli.facts import seams
from orchestra_cli.types import Fact, Finding, Money

Requirement = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CheckInput:
    """A text and everything it may rest on.

    `text` is what models wrote, rendered; `document` the whole, with code's own tables; `sources` (name, text) are the
    inputs, client card and company page; `requirements` have "id", "quote", "kind"; `quotes` (quote, its source).
    """

    text: str
    document: str = ""
    sources: tuple[tuple[str, str], ...] = ()
    facts: tuple[Fact, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    quotes: tuple[tuple[str, str], ...] = ()
    other_clients: tuple[str, ...] = ()
    max_words: int | None = None
    language: str = "en-GB"
    gross: Money | None = None
    today: date | None = None

    def source_texts(self) -> tuple[str, ...]:
        """The texts of the sources."""
        return tuple(text for _, text in self.sources)

    def whole(self) -> str:
        """The document, or the text where that is all there is."""
        return self.document or self.text


def block(rule: str, text: str, start: int, what: str, why: str, nearest: str = "") -> Finding:
    """A blocking finding about what stands at this place of the text."""
    return Finding(rule, "block", seams.section_of(text, max(start, 0)), f"{what}: {why}", nearest)
