"""Connecting sentences by the small language model, and the sieve that lets through only what the material says.

A model of this size invents. So it is asked for one short sentence about a few given ones, inside a schema, and what it
writes counts only if all its content words stand in what it was given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from orchestra_cli.models.embedded.judge import Judge, stems
from orchestra_cli.models.embedded.llama import Writer
from orchestra_cli.types import Usage

MOST_WORDS = 25
_LIKE = 0.7
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"sentence": {"type": "string", "pattern": "^[A-Z][a-zA-Z,' -]{20,140}[a-z]\\.$"}},
    "required": ["sentence"],
    "additionalProperties": False,
}
_SYSTEM = "You shorten text to one sentence. You only use words of the text."
_EXAMPLES = (
    (
        "The shop front is old and draughty. The owner wishes to fit a new shop front with a wider door so that prams "
        "can get in, and to have it painted green.",
        '{"sentence": "The owner wishes to fit a new shop front with a wider door."}',
    ),
    (
        "The borders were damaged by last winter's floods. The council is looking for a firm to clear and replant the "
        "park borders before the summer fair, with plants that need little water.",
        '{"sentence": "The council is looking for a firm to clear and replant the park borders."}',
    ),
    (
        "The library has been closed since May. We want to reopen it with new lighting and new shelves, at low cost.",
        '{"sentence": "The library is to reopen with new lighting and new shelves."}',
    ),
)
_NEUTRAL = stems(
    "want wants need needs ask asks look looking replace make makes part parts whole short described describes "
    "description following follow follows called keep keeps using used use new also both many time times "
    "way set sets take takes"
)
_MARKS = re.compile(r"[\d\[\]{}<>*_#|“”\"]|https?:|@")
_OUR_VOICE = re.compile(r"\b(?:we|our|us|i)\b", re.IGNORECASE)
_NEGATION = re.compile(r"\b(?:not|no|never|nor|without|cannot)\b|n't\b", re.IGNORECASE)


@dataclass(slots=True)
class Connector:
    """Asks for connecting sentences and counts what they took."""

    writer: Writer | None
    judge: Judge
    usage: Usage = field(default_factory=lambda: Usage(0, 0))
    _known: dict[tuple[str, ...], str] = field(default_factory=dict)

    def sentence(self, texts: Sequence[str]) -> str:
        """The given sentences in one short one that says what the last of them says; "" when nothing that was written
        may stand. Asked once for the same texts. Raises CallFailed."""
        key = tuple(texts)
        if self.writer is not None and texts and key not in self._known:
            self._known[key] = self._first_true(self.writer, texts)
        return self._known.get(key, "")

    def _first_true(self, writer: Writer, texts: Sequence[str]) -> str:
        for given in dict.fromkeys([" ".join(texts), texts[-1]]):
            sentence = self._ask(writer, given)
            if not objection(sentence, texts, self.judge):
                return sentence
        return ""

    def _ask(self, writer: Writer, text: str) -> str:
        written = writer.write(_SYSTEM, text, max_tokens=60, schema=_SCHEMA, examples=_EXAMPLES)
        self.usage = self.usage + written.usage
        try:
            data = json.loads(written.text)
        except ValueError:  # it ran into its limit inside the string
            return ""
        return " ".join(str(data.get("sentence", "")).split()) if isinstance(data, dict) else ""


def objection(sentence: str, texts: Sequence[str], judge: Judge) -> str:
    """Why a written sentence may not stand; "" when it may."""
    given = " ".join(texts)
    names = re.findall(r"(?<!^)\b[A-Z][\w’'-]*", sentence)
    turned = len(_NEGATION.findall(sentence)) != len(_NEGATION.findall(given))
    whole = re.fullmatch(r"[A-Z][^\n]*[.]", sentence) and 5 <= len(sentence.split()) <= MOST_WORDS
    reasons = (
        (not whole, "no short whole sentence"),
        (_MARKS.search(sentence), "figures or marks"),
        (len(re.findall(r"[.!?](?:\s|$)", sentence)) > 1, "more than one sentence"),
        (any(name not in given for name in names), "a name that was not given"),
        (_OUR_VOICE.search(sentence), "speaks as the bidder"),
        (turned and _NEGATION.search(sentence + given), "another sense"),
        (stems(sentence) - stems(given) - _NEUTRAL, "a word that was not given"),
        (any(sentence.rstrip(".") in text and len(sentence) > 0.8 * len(text) for text in texts), "only repeats"),
    )
    found = next((why for wrong, why in reasons if wrong), "")
    return found or ("" if judge.like(sentence, [texts[-1]])[0] >= _LIKE else "about something else")
