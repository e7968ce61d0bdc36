"""Answers with fields: quotes picked from their source, choices by rule and likeness, values only where they stand.

Nothing is written here. A field whose value stands nowhere is None when it is optional, else MISSING.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestra_cli.models.embedded import values
from orchestra_cli.models.embedded.judge import Judge
from orchestra_cli.models.embedded.material import MaterialOfCall
from orchestra_cli.models.embedded.passages import Passage, passages
from orchestra_cli.models.embedded.rules import PROTOTYPES, asks
from orchestra_cli.types import Call, Field, Json

NOT_FOUND = "MISSING: not found by the small model"
MOST_ITEMS = 60
_SURE = 2.0
_LIKE = 0.25
_REQUIREMENT = re.compile(
    r"\b(?:requirements?|obligations?|conditions?|demands?|what .{0,30}(?:asks?|requires?))\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class FieldPlayer:
    """Plays the `returns` of one call."""

    call: Call
    material: MaterialOfCall
    judge: Judge

    def play(self) -> Json:
        """The answer's data; what is no group comes as {"items": ...}, as its schema says."""
        root = self.call.returns
        if root is None:
            return None
        value = self._value(root, None)
        return value if root.kind == "group" else {"items": value}

    def _value(self, field: Field, near: Passage | None) -> Json:
        if field.kind == "list":
            return self._list(field)
        if field.kind == "group":
            return {member.id: self._value(member, near) for member in field.fields}
        found = self._scalar(field, near)
        if found is None:
            return None if field.optional else NOT_FOUND
        return found

    def _scalar(self, field: Field, near: Passage | None) -> Json:
        if field.kind == "choice":
            return self._choice(field, near)
        if field.kind == "quote":
            chosen = near if near is not None else self._best(field, self._candidates_of(field.of))
            return quotable(chosen) if chosen else None
        if field.kind == "text":
            return self._text(field, near)
        if field.kind == "fact":
            return self._fact(field)
        if field.kind == "source":
            return None
        return self._figure(field, near)

    # -- lists -------------------------------------------------------------------------------------------------------

    def _list(self, field: Field) -> list[Json]:
        item = field.fields[0]
        quote = _quote_in(item)
        found = self._candidates_of(quote.of if quote else "")
        asked = self._wants_requirements(item)
        chosen = self._asked(found) if asked else self._likest(found, field.at_most or 8)
        return [self._value(item, passage) for passage in chosen[: field.at_most or MOST_ITEMS]]

    def _wants_requirements(self, item: Field) -> bool:
        kinds = {choice for member in (item, *item.fields) for choice in member.choices}
        return bool(kinds & PROTOTYPES.keys()) or bool(_REQUIREMENT.search(self.call.task))

    def _asked(self, found: Sequence[Passage]) -> list[Passage]:
        """What surely asks something; of too many, the surest, in the order of the source."""
        scored = [(_asking(passage), passage) for passage in _distinct(found)]
        sure = [(score, place, passage) for place, (score, passage) in enumerate(scored) if score >= _SURE]
        surest = sorted(sure, key=lambda entry: (-entry[0], entry[1]))[:MOST_ITEMS]
        return [passage for _, _, passage in sorted(surest, key=lambda entry: entry[1])]

    def _likest(self, found: Sequence[Passage], count: int) -> list[Passage]:
        distinct = [passage for passage in _distinct(found) if passage.kind != "row" and len(passage.text.split()) >= 4]
        likeness = self.judge.like(self.call.task, [passage.text for passage in distinct])
        order = sorted(range(len(distinct)), key=lambda i: -likeness[i])[:count]
        return [distinct[i] for i in sorted(order) if likeness[i] >= _LIKE]

    def _candidates_of(self, name: str) -> tuple[Passage, ...]:
        """The passages of the part of that name (or of its files, `name/...`); of everything when no part is meant."""
        parts = [part for part in self.call.parts if part.name == name or re.match(rf"{re.escape(name)}\W", part.name)]
        if name and parts:
            return tuple(passage for part in parts for passage in passages(part.name, part.text))
        return self.material.of("theirs", "client", "ours") or tuple(passage for _, passage in self.material.passages)

    # -- single values -----------------------------------------------------------------------------------------------

    def _question(self, field: Field) -> str:
        return f"{field.id.replace('_', ' ')}. {self.call.task.splitlines()[0] if self.call.task else ''}".strip()

    def _best(self, field: Field, found: Sequence[Passage]) -> Passage | None:
        usable = [passage for passage in found if passage.kind != "row"]
        place, likeness = self.judge.best(self._question(field), [passage.text for passage in usable])
        return usable[place] if likeness >= _LIKE else None

    def _choice(self, field: Field, near: Passage | None) -> str:
        text = near.text if near else "\n".join(part.text for part in self.call.parts) or self.call.task
        return self.judge.choose(text, field.choices, field.id.replace("_", " "))

    def _text(self, field: Field, near: Passage | None) -> str | None:
        if near is not None and _quote_in_siblings(self.call.returns, field):
            return values.place_of(near) if field.optional else _cut(near.text, field.max_words or 30)
        chosen = near or self._best(field, self._candidates_of(""))
        return _cut(chosen.text, field.max_words or 40) if chosen else None

    def _fact(self, field: Field) -> str | None:
        facts = self.material.facts
        place, likeness = self.judge.best(self._question(field), [fact.words for fact in facts])
        return facts[place].id if likeness >= _LIKE else None

    def _figure(self, field: Field, near: Passage | None) -> Json:
        """A number, date, amount or yes/no that stands next to the words of the field's name."""
        if near is not None:
            return values.read(field.kind, near.text)
        for passage in self._candidates_of(""):
            if values.names(passage, field.id):
                found = values.read(field.kind, values.right_side(passage))
                if found is not None:
                    return found
        return None


def quotable(passage: Passage) -> str:
    """The passage as a quote: without the stars of emphasis around the whole of it."""
    text = passage.text
    return text.strip("*") if text.startswith("*") and text.endswith("*") else text


def _asking(passage: Passage) -> float:
    if passage.kind == "row":
        return 0.0
    return asks(
        passage.text, lead=passage.lead, heading=passage.heading, number=passage.number, is_item=passage.kind == "item"
    )


def _distinct(found: Sequence[Passage]) -> list[Passage]:
    first: Mapping[str, Passage] = {passage.text.lower(): passage for passage in reversed(found)}
    return [passage for passage in found if first[passage.text.lower()] is passage]


def _quote_in(field: Field) -> Field | None:
    if field.kind == "quote":
        return field
    return next((member for member in field.fields if member.kind == "quote"), None)


def _quote_in_siblings(root: Field | None, field: Field) -> bool:
    if root is None:
        return False
    if any(member is field for member in root.fields):
        return any(member.kind == "quote" for member in root.fields)
    return any(_quote_in_siblings(member, field) for member in root.fields)


def _cut(text: str, most: int) -> str:
    words = text.split()
    return text if len(words) <= most else " ".join(words[:most]).rstrip(",;:")
