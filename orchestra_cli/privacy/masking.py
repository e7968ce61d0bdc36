"""Reversible masks: personal data becomes [EMAIL-1], [NAME-2], ... and comes back in the answer.

Numbers are given at plan time and never change, so that a resumed run masks as before; a value first seen later
gets the next free number of its kind. The map belongs to the run and never leaves it. This takes known personal data
out of a text; it does not make the text anonymous.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from orchestra_cli.privacy.names import Names, names_in
from orchestra_cli.privacy.patterns import Span, shaped
from orchestra_cli.types import Json

KINDS = ("NAME", "EMAIL", "PHONE", "NI", "BANK", "IBAN", "CARD", "VAT", "ADDRESS", "POSTCODE", "MARK")
_KIND = "|".join(sorted(KINDS, key=len, reverse=True))
_NUMBERED = rf"({_KIND})[-_ \u2010-\u2013]([1-9][0-9]{{0,5}})"
_PLACEHOLDER = re.compile(
    rf"\\\[(?ai:{_NUMBERED})\\\]|\[(?ai:{_NUMBERED})\]|(?<!\w)({_KIND})[-_\u2010-\u2013]([1-9][0-9]{{0,5}})(?!\w)"
)
"""As we write it, as models rewrite it: other case, other hyphens, escaped or lost brackets."""


class Masker:
    """The masks of one run. `mask` and `unmask` are each other's inverse for every text."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self._known = tuple(dict.fromkeys(names))
        self._names = Names(self._known)
        self._number: dict[tuple[str, str], int] = {}
        self._original: dict[tuple[str, int], str] = {}
        self._last: dict[str, int] = {}

    @classmethod
    def plan(cls, known_names: Sequence[str], texts: Sequence[str]) -> Masker:
        """Number everything these texts hold, in order. Names are the known ones (client card, CRM columns) and those
        the texts give away (mail headers, sign-off lines)."""
        masker = cls([*known_names, *(name for text in texts for name in names_in(text))])
        for text in texts:
            for span in masker._spans(text):
                masker._give_number(span.kind, text[span.start : span.end])
        return masker

    def mask(self, text: str) -> tuple[str, dict[str, int]]:
        """The text with placeholders, and how many of each kind ("email": 2). Words are never split."""
        counts: dict[str, int] = {}
        parts: list[str] = []
        at = 0
        for span in self._spans(text):
            number = self._give_number(span.kind, text[span.start : span.end])
            parts += [text[at : span.start], f"[{span.kind}-{number}]"]
            if span.kind != "MARK":
                counts[span.kind.lower()] = counts.get(span.kind.lower(), 0) + 1
            at = span.end
        return "".join([*parts, text[at:]]), counts

    def unmask(self, text: str) -> str:
        """The text with every placeholder of this run replaced by what it stands for; others stay as they are."""
        return _PLACEHOLDER.sub(self._back, text)

    def unmask_data(self, data: Json) -> Json:
        """The same for every text inside JSON data; keys are the recipe's words and stay."""
        if isinstance(data, str):
            return self.unmask(data)
        if isinstance(data, list):
            return [self.unmask_data(item) for item in data]
        if isinstance(data, dict):
            return {key: self.unmask_data(value) for key, value in data.items()}
        return data

    def to_json(self) -> str:
        """Names and numbers, to be frozen with the run; `from_json` gives the same masker."""
        items = [[kind, number, original] for (kind, number), original in self._original.items()]
        return json.dumps({"names": self._known, "items": items}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Masker:
        """The masker that `to_json` froze."""
        data = json.loads(text)
        masker = cls(data["names"])
        for kind, number, original in data["items"]:
            masker._keep(kind, number, original)
        return masker

    def _back(self, match: re.Match[str]) -> str:
        kind, number = (group for group in match.groups() if group is not None)
        return self._original.get((kind.upper(), int(number)), match[0])

    def _give_number(self, kind: str, original: str) -> int:
        number = self._number.get((kind, original))
        if number is None:
            number = self._last.get(kind, 0) + 1
            self._keep(kind, number, original)
        return number

    def _keep(self, kind: str, number: int, original: str) -> None:
        self._number[kind, original] = number
        self._original[kind, number] = original
        self._last[kind] = max(number, self._last.get(kind, 0))

    def _spans(self, text: str) -> Iterator[Span]:
        marks = (Span(*match.span(), "MARK") for match in _PLACEHOLDER.finditer(text))
        return _joined([*marks, *self._names.spans(text), *shaped(text)])


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans in order; overlapping ones become one, of the kind of the longest, so that no rest stays readable."""
    current: Span | None = None
    longest = 0
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if current is None or span.start >= current.end:
            if current is not None:
                yield current
            current, longest = span, span.end - span.start
            continue
        kind = span.kind if span.end - span.start > longest else current.kind
        longest = max(longest, span.end - span.start)
        current = Span(current.start, max(current.end, span.end), kind)
    if current is not None:
        yield current
