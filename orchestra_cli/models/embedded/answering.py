"""A line for every item that wants an answer: the bidder's own words where they answer it, the tender's rule where it
only has to be kept, MISSING where a person must say something.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from orchestra_cli.models.embedded.judge import Judge, stems
from orchestra_cli.models.embedded.material import Item
from orchestra_cli.models.embedded.outline import SIGNS, purpose_of_item
from orchestra_cli.models.embedded.passages import Passage
from orchestra_cli.models.embedded.wording import start, words

_SURE = ((0.62, 0), (0.42, 1), (0.34, 2))
"""Likeness and shared content words that together are enough."""
PLAN = words("plan|programme|timetable|stages|weeks?")
METHOD = words("method statement|policy|procedure|template")
REFERENCES = words(
    "references?|examples? of|similar (?:work|project|experience|job)s?|past (?:work|project)s?|track record",
    "case stud(?:y|ies)",
)
_METHOD_ASKED = words("statement of how|method|how (?:you|we|the contractor) (?:will|would|propose)")
_LIKE_TITLE = 0.3
_PEOPLE = words("names|people|personnel|staff|qualifications|managers?|team")
_FIRST_WORDS = start("first|second|third|also|finally|please note that", after=r",?\s+")
_ASKED_OF_US = start(
    "contractor|tenderer|bidder|offeror|supplier|vendor|builder|provider",
    before="(?:the |any )?(?:successful )?(?:main )?",
    after=r"s? (?:must|shall|should|will|is to|are to|is required to|has to)\s+(?:also\s+)?",
)
_NEEDS_ANSWER = words(
    "include|provide|submit|enclose|attach|state|give|list|describe|identify|statement|references?|proof|evidence",
    r"names?|certificat\w+|polic(?:y|ies)|details|summar(?:y|ies)|programme|insurance|member\w*|breakdown|cover page",
)


@dataclass(slots=True)
class Line:
    """One bullet: what it says, the first item it answers and all ids, and whether a person must still say it."""

    item: Item
    words: str
    ids: list[str]
    missing: bool = False
    told: bool = False
    """Whether another sentence of the section says it already."""
    plain: bool = False
    """Whether it is a sentence of its own and no bullet of a list."""

    def markdown(self) -> str:
        """The bullet with its ids."""
        marks = " ".join(f"[{id_}]" for id_ in self.ids)
        return f"{'' if self.plain else '- '}{self.words} {marks}".rstrip()


@dataclass(slots=True)
class Answers:
    """Makes the lines; each of the bidder's own sentences is used once.

    `longest`: words of an item that are repeated; `practice`: whether rules get our own practice beside them.
    """

    judge: Judge
    ours: Sequence[Passage]
    longest: int
    practice: bool = True
    used: set[str] = field(default_factory=set)

    def lines(self, items: Sequence[Item]) -> list[Line]:
        """A line for every item, in order; items that the same words answer share one.

        What must be said chooses first among our words.
        """
        must = {item.id: must_be_answered(item) for item in items}
        made: dict[str, Line] = {}
        by_words: dict[str, Line] = {}
        for item in sorted(items, key=lambda one: not must[one.id]):
            own = self.own_words(item) if must[item.id] else self.own_practice(item)
            words = " ".join(spoken(passage) for passage in own)
            if words and words in by_words:
                by_words[words].ids.append(item.id)
                continue
            made[item.id] = self._line(item, words, must_be_said=must[item.id])
            if own:
                by_words[words] = made[item.id]
                self.used |= {passage.text for passage in own}
        return [made[item.id] for item in items if item.id in made]

    def _line(self, item: Item, words: str, *, must_be_said: bool) -> Line:
        if not must_be_said:
            return Line(item, f"{as_rule(item.text, self.longest)} {words}".rstrip(), [item.id])
        if words:
            return Line(item, words, [item.id])
        return Line(item, f"MISSING: our answer to “{shortened(item.text, self.longest)}”", [item.id], missing=True)

    def own_words(self, item: Item) -> list[Passage]:
        """The bidder's own sentence that answers the item, surely enough; two where people are asked for.

        References are for the earlier work to give, dates for the plan."""
        if SIGNS.search(item.text):
            return [passage for passage in self.ours if passage.name.lower() == "signatory"][:1]
        if REFERENCES.search(item.text) or purpose_of_item(item) == "programme":
            return []
        if _METHOD_ASKED.search(item.text) and (method := self._method(item.text)):
            return method
        found = self._sure(item.text, self._standing())
        several = bool(_PEOPLE.search(item.text))
        return [p for p in found[:2] if p is found[0] or (several and p.heading == found[0].heading)]

    def _method(self, text: str) -> list[Passage]:
        """The beginning of our method statement for that, if we have one."""
        told = [p for p in self.ours if METHOD.search(p.part) and p.text not in self.used]
        titles = list(dict.fromkeys(passage.part for passage in told))
        place, likeness = self.judge.best(text, [title.split("/", 1)[-1] for title in titles])
        return [p for p in told if p.part == titles[place]][:3] if likeness >= _LIKE_TITLE else []

    def own_practice(self, item: Item) -> list[Passage]:
        """How the bidder does what the rule asks, when that is said in so many words and nothing else has said it."""
        if not self.practice:
            return []
        fresh = [p for p in self._standing() if p.text not in self.used and p.kind != "line"]
        return self._sure(item.text, fresh, stricter=0.1)[:1]

    def _standing(self) -> list[Passage]:
        """What holds for every job: not the plan of this one, not how an earlier one went."""
        return [p for p in self.ours if not PLAN.search(p.heading) and (not is_archive(p) or METHOD.search(p.part))]

    def _sure(self, text: str, found: Sequence[Passage], stricter: float = 0.0) -> list[Passage]:
        """The passages that surely speak of the same, the likest first."""
        usable = [passage for passage in found if passage.kind != "row"]
        likeness = self.judge.like(text, [passage.text for passage in usable])
        wanted = stems(text)
        sure = []
        for score, passage in zip(likeness, usable, strict=True):
            shared = len(wanted & stems(passage.text))
            if any(score >= least + stricter and shared >= words for least, words in _SURE):
                sure.append((score, passage))
        return [passage for _, passage in sorted(sure, key=lambda pair: -pair[0])]


def is_archive(passage: Passage) -> bool:
    """Whether the passage comes from earlier work."""
    return "archive" in passage.part.lower()


def must_be_answered(item: Item) -> bool:
    """Whether the item asks for something to be said or shown, not only for a rule to be kept or a work to be done."""
    purpose = purpose_of_item(item)
    if purpose == "us" or SIGNS.search(item.text):
        return True
    asked = purpose in ("programme", "scope", "safety") and item.kind in ("must include", "")
    return asked and bool(_NEEDS_ANSWER.search(item.text))


def as_rule(text: str, longest: int) -> str:
    """The item as a bullet: what is asked of the bidder without "The contractor shall", the rest word for word."""
    text = _FIRST_WORDS.sub("", text.replace("**", ""))
    found = _ASKED_OF_US.match(text)
    rest = text[found.end() :] if found else text
    return ended(capital(shortened(rest, longest)))


def shortened(text: str, longest: int) -> str:
    """The beginning of a text, cut where a clause ends if it is too long; the words stay exact."""
    words = text.rstrip(" .;").split()
    if len(words) <= longest:
        return " ".join(words)
    kept = words[:longest]
    for place in range(len(kept) - 1, longest // 2, -1):
        if kept[place].endswith((",", ";", ":")):
            return " ".join(kept[: place + 1]).rstrip(",;:") + " …"
    return " ".join(kept).rstrip(",;:") + " …"


def spoken(passage: Passage) -> str:
    """The bidder's own words as a sentence of the draft."""
    return ended(capital(passage.text.strip("*_ ")))


def capital(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]


def ended(text: str) -> str:
    """With an end mark."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text.rstrip(' ;,')}."
