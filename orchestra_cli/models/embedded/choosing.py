"""Chooses sentences of the material for a text: each is used once, and only as many as there is room for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from orchestra_cli.models.embedded.answering import PLAN, is_archive
from orchestra_cli.models.embedded.judge import Judge
from orchestra_cli.models.embedded.material import MaterialOfCall, Voice
from orchestra_cli.models.embedded.passages import Passage
from orchestra_cli.models.embedded.rules import MONEY, asks
from orchestra_cli.types import Call

_NUMBERS = frozenset(
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
)


@dataclass(slots=True)
class Sentences:
    """The sentences of one call. `spare` counts the words that own sentences may still take; `least` (0 to 1) is the
    share of its usual size below which no block is cut."""

    call: Call
    material: MaterialOfCall
    judge: Judge
    spare: int = 0
    least: float = 1.0
    used: set[str] = field(default_factory=set)
    _small: frozenset[str] = frozenset()

    def room(self, share: int, least: int) -> int:
        """The words a block may take: its share, but not less than it needs to make sense."""
        return max(share, int(least * self.least))

    def sayable(self, *voices: Voice) -> list[Passage]:
        """Whole sentences of these voices, neither scraps nor paragraphs."""
        return [
            passage
            for passage in self.material.of(*voices)
            if passage.kind in ("sentence", "item")
            and 5 <= len(passage.text.split()) <= 45
            and passage.text[-1] in ".!"
        ]

    def descriptions(self) -> list[Passage]:
        """What the client tells without asking anything."""
        return [p for p in self.sayable("theirs") if asks(p.text, heading=p.heading, is_item=p.kind == "item") < 1]

    def own(self) -> list[Passage]:
        """The bidder's sentences, without amounts: those of an earlier job must not pass for this one's."""
        return [passage for passage in self.sayable("ours") if not MONEY.search(passage.text)]

    def near(self, about: str, found: Sequence[Passage], most: int, room: int, least: float = 0.2) -> list[Passage]:
        """The likest unused passages in the order of the source, as far as there is room (words)."""
        fresh = [passage for passage in found if passage.text not in self.used]
        likeness = self.judge.like(about, [passage.text for passage in fresh])
        chosen: list[int] = []
        for i in sorted(range(len(fresh)), key=lambda i: -likeness[i]):
            words = len(fresh[i].text.split())
            if likeness[i] >= least and len(chosen) < most and words <= room:
                chosen.append(i)
                room -= words
        result = [fresh[i] for i in sorted(chosen)]
        self.take(result)
        return result

    def take(self, chosen: Sequence[Passage]) -> None:
        """Marks sentences as used and counts their words."""
        self.used |= {passage.text for passage in chosen}
        self.spare -= sum(len(passage.text.split()) for passage in chosen)

    def quoted(self, found: Sequence[Passage]) -> str:
        """Exact quotes; sentences that follow each other in the source share one pair of marks."""
        source = {part.name: " ".join(part.text.split()) for part in self.call.parts}
        runs: list[str] = []
        for passage in found:
            joined = f"{runs[-1]} {passage.text}" if runs else ""
            if joined and joined in source.get(passage.part, ""):
                runs[-1] = joined
            else:
                runs.append(passage.text)
        return " ".join(f"“{run}”" for run in runs)

    def first(self, found: Sequence[Passage], most: int, room: int) -> list[Passage]:
        """The first unused passages as far as there is room: people put first what matters."""
        result: list[Passage] = []
        for passage in found:
            words = len(passage.text.split())
            if passage.text not in self.used and len(result) < most and words <= room:
                result.append(passage)
                room -= words
        self.take(result)
        return result

    def plan(self) -> list[Passage]:
        """What we plan for this very job, in our order."""
        return [
            passage
            for passage in self.material.of("ours")
            if PLAN.search(passage.heading) and not is_archive(passage) and passage.text not in self.used
        ]

    def named(self, voice: Voice, name: str) -> str:
        """The right side of a `name: value` line of that name; "" when there is none."""
        lines = (passage for passage in self.material.of(voice) if passage.name.lower() == name)
        return next((passage.text.split(":", 1)[1].strip(" *") for passage in lines), "")

    def lowered(self, text: str) -> str:
        """With a small first letter, if the material writes that word small anywhere; names keep their capitals."""
        first = re.match(r"[A-Z][a-z]*\b", text)
        small = first is not None and first.group().lower() in self.small_words() | _NUMBERS
        return text[:1].lower() + text[1:] if small else text

    def small_words(self) -> frozenset[str]:
        """Every word that stands in the material with a small first letter."""
        if not self._small:
            self._small = frozenset(word for part in self.call.parts for word in re.findall(r"\b[a-z]+\b", part.text))
        return self._small
