"""Likeness of texts by MiniLM, with the rows of a call computed once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from orchestra_cli.models.embedded.rules import PROTOTYPES, kind_of, possible

if TYPE_CHECKING:
    from numpy.typing import NDArray

Embed = Callable[[Sequence[str]], "NDArray[Any]"]
_COMMON_TEXT = """
about above after again all also and any are been before being below between both but can could each for from had has
have having here how into its itself just more most must not now off once only other our out over own please same shall
should such than that the their them then there these they this those through under until very was were what when where
which while who will with within would you your
work works contractor tender tenderer client job project provide include including state submit make sure
"""
_COMMON = frozenset(_COMMON_TEXT.split())
"""Words too common to show that two texts speak of the same; the last line: too common in tenders."""


_ENDINGS = (
    "ations",
    "ation",
    "ings",
    "ing",
    "ments",
    "ment",
    "ies",
    "ied",
    "ers",
    "ed",
    "es",
    "er",
    "ly",
    "s",
    "y",
    "e",
)


@lru_cache(maxsize=4096)
def stems(text: str) -> frozenset[str]:
    """The content words of a text, cut to the part that endings do not change."""
    words = re.findall(r"[a-z]{3,}", text.lower())
    return frozenset(_stem(word) for word in words if word not in _COMMON)


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


class Judge:
    """Likeness between texts, from -1 to 1 (cosine); each text is embedded once."""

    def __init__(self, embed: Embed) -> None:
        self._embed = embed
        self._rows: dict[str, NDArray[Any]] = {}

    def learn(self, texts: Sequence[str]) -> None:
        """Embeds what is new, all at once."""
        new = [text for text in dict.fromkeys(texts) if text not in self._rows]
        if new:
            self._rows.update(zip(new, self._embed(new), strict=True))

    def like(self, one: str, others: Sequence[str]) -> list[float]:
        """Likeness of `one` to each of the others."""
        self.learn([one, *others])
        return [float(self._rows[one] @ self._rows[other]) for other in others]

    def best(self, one: str, others: Sequence[str]) -> tuple[int, float]:
        """Index and likeness of the nearest, the first of equals; (-1, -1.0) when there are none."""
        if not others:
            return -1, -1.0
        scores = self.like(one, others)
        top = max(range(len(scores)), key=lambda i: scores[i])
        return top, scores[top]

    def choose(self, text: str, choices: tuple[str, ...], context: str = "") -> str:
        """The choice that fits: by rule where words decide, else the nearest example or name."""
        ruled = kind_of(text, choices)
        if ruled:
            return ruled
        left = possible(choices)
        left = tuple(choice for choice in left if choice != "other") or left
        examples = [(choice, words) for choice in left for words in PROTOTYPES.get(choice, (_named(choice, context),))]
        index, _ = self.best(text, [words for _, words in examples])
        return examples[index][0]


def _named(choice: str, context: str) -> str:
    return f"{context}: {choice}" if context else choice
