"""The blocks of each kind of section, out of the user's own sentences; ids of facts and items go in as they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orchestra_cli.models.embedded.answering import (
    METHOD,
    REFERENCES,
    Line,
    capital,
    ended,
    is_archive,
    shortened,
    spoken,
)
from orchestra_cli.models.embedded.choosing import Sentences
from orchestra_cli.models.embedded.connect import Connector
from orchestra_cli.models.embedded.judge import stems
from orchestra_cli.models.embedded.material import FactLine, Trade
from orchestra_cli.models.embedded.outline import FORBIDDEN_ASSUMPTIONS, SIGNS, Purpose, Section
from orchestra_cli.models.embedded.passages import Passage

_WANT = re.compile(
    r"\b(?:wish(?:es)? to|wants? |would like|looking for|seek(?:s|ing)? |soliciting)"
    r"|^the (?:works?|job|project|scope|contract) (?:is|are|consists?|comprises?|includes?|involves?)\b",
    re.IGNORECASE,
)
_BACKGROUND = re.compile(
    r"background|introduc|purpose|overview|about|summary|project|description"
    r"|^the (?:hall|works?|job|site|building|premises|school|house|church|office)\b",
    re.IGNORECASE,
)
_PEOPLE = re.compile(r"people|team|staff|who we are|personnel", re.IGNORECASE)
_NOT_ABOUT_US = re.compile(r"\b(?:plan|programme|timetable|stages|weeks?|terms|conditions|payment)\b", re.IGNORECASE)
_OUTCOME = re.compile(r"result|how it went|what we did|how we worked|outcome|handover", re.IGNORECASE)
_TERMS = re.compile(r"\b(?:terms|conditions|payment|warranty|guarantee)\b", re.IGNORECASE)

_NO_AMOUNTS = re.compile(
    r"\b(?:amounts?|prices?|rates?|costs?|money|figures)\b[^.]{0,60}"
    r"\b(?:must|shall|may) not\b[^.]{0,40}\b(?:appear|stand|be\b)",
    re.IGNORECASE,
)
"""A tender that keeps amounts out of the written part."""


@dataclass(slots=True)
class Builder:
    """Builds the blocks of one section at a time; `outline` tells which other sections there are."""

    say: Sentences
    connector: Connector
    outline: tuple[Section, ...]

    def blocks(self, section: Section, lines: Sequence[Line], room: int) -> list[str]:
        """What stands in the section before its lists; `room`: words. Lines that it says itself are marked told."""
        builders: dict[Purpose, Callable[[Sequence[Line], int], list[str]]] = {
            "offer": self._offer,
            "exclusions": self._exclusions,
            "terms": self._terms,
            "need": self._need,
            "scope": self._scope,
            "programme": self._programme,
            "us": self._us,
            "price": self._price,
        }
        builder = builders.get(section.purpose)
        return builder(lines, room) if builder else self._other(section, room)

    def _has(self, *purposes: Purpose) -> bool:
        return any(section.purpose in purposes for section in self.outline)

    def _offer(self, lines: Sequence[Line], room: int) -> list[str]:  # noqa: ARG002  one shape for all builders
        to = self.say.named("client", "contact")
        person = ", ".join(
            piece.strip() for piece in to.split(",") if "@" not in piece and not re.search(r"\d{4}", piece)
        )
        sentences = ["We offer to carry out the work that your tender describes."]
        sentences += [] if self._has("price") else self._price_words()
        plan = self.say.plan()
        if len(plan) >= 3:
            sentences.append(f"Our programme: {self.say.lowered(spoken(plan[0]))}")
            self.say.take(plan[:1])
        return [f"For the attention of {person}." if person else "", " ".join(sentences)]

    def _exclusions(self, lines: Sequence[Line], room: int) -> list[str]:
        forbidding = [line for line in lines if FORBIDDEN_ASSUMPTIONS.search(line.item.text)]
        if forbidding:
            return [f"Our offer is made without qualification.{_told_marks(forbidding)}"]
        own = self.say.first(self.say.material.of("exclusions"), 8, self.say.room(room, 40))
        rows = "\n".join(f"- {spoken(passage)}" for passage in own)
        return [f"Our price does not include:\n\n{rows}"] if own else ["MISSING: what our price does not include."]

    def _terms(self, lines: Sequence[Line], room: int) -> list[str]:
        own = [
            passage for passage in self.say.material.of("ours") if _TERMS.search(f"{passage.heading} {passage.name}")
        ]
        said = " ".join(spoken(passage) for passage in self.say.first(own, 5, self.say.room(room, 40)))
        until = [] if self._has("offer", "scope", "price") else self._valid_until()
        signatory = self.say.named("ours", "signatory")
        marks = _told_marks([line for line in lines if SIGNS.search(line.item.text)]) if signatory else ""
        signed = f"Signed for us by {signatory.rstrip('.')}.{marks}" if signatory else ""
        return [" ".join([*until, said]).strip(), signed]

    def _need(self, lines: Sequence[Line], room: int) -> list[str]:
        told = self.say.descriptions()
        setting = [passage for passage in told if _BACKGROUND.search(passage.heading)] or told[:8]
        wants = [passage for passage in setting if _WANT.search(passage.text)][:1]
        chosen = self.say.first([*wants, *setting], 4, min(self.say.room(room, 90), 130))
        if not chosen:
            return [] if lines or told else ["MISSING: what the client wants, and why."]
        found = [passage for passage in told if passage in chosen]
        short = self._wish(wants, setting)
        if not short:
            return [f"You describe the job in these words: {self.say.quoted(found)}"]
        rest = [passage for passage in found if passage not in wants or not _says_most(short, passage.text)]
        more = f"You tell us: {self.say.quoted(rest)}" if rest else ""
        return [f"As we understand it, {self.say.lowered(short)} {more}".strip()]

    def _wish(self, wants: Sequence[Passage], setting: Sequence[Passage]) -> str:
        """What the client wants in one short sentence, if the small model finds a true one; asked with what stands
        around it, the same at every length of the text."""
        around = [passage for passage in setting[:3] if passage not in wants][:2]
        return self.connector.sentence([passage.text for passage in (*around, *wants)]) if wants else ""

    def _scope(self, lines: Sequence[Line], room: int) -> list[str]:
        price = [] if self._has("price", "offer") else [" ".join(self._price_words())]
        if self.say.material.trades:
            return [*price, self._trades(self.say.material.trades, self.say.room(room, 60))]
        if lines:
            return price
        found = self.say.near("The scope of the works and services", self.say.descriptions(), 3, room)
        return [*price, f"You describe the work in these words: {self.say.quoted(found)}"] if found else price

    def _programme(self, lines: Sequence[Line], room: int) -> list[str]:
        plan = self.say.first(self.say.plan(), 12, max(room, 130 if self.say.least else 0))
        if not plan:
            return (
                []
                if self.say.plan() or any(line.missing for line in lines)
                else ["MISSING: our start, duration and order of work."]
            )
        marks = _told_marks([line for line in lines if line.missing])
        rows = "\n".join(f"- {spoken(passage)}" for passage in plan)
        return [f"This is our plan for the job{marks}:\n\n{rows}"]

    def _us(self, lines: Sequence[Line], room: int) -> list[str]:
        jobs = self._earlier_jobs(self.say.room(room // 2, 60))
        own = [p for p in self.say.own() if not is_archive(p) and not _NOT_ABOUT_US.search(p.heading)]
        about = self.say.first([p for p in own if p.kind == "sentence"], 4, self.say.room(room // 2, 40))
        crew = [p for p in own if p.kind == "item" and _PEOPLE.search(p.heading) and p.text not in self.say.used]
        people = self.say.first(crew, 4, self.say.room(room // 2, 40)) if len(crew) > 1 else []
        blocks = [" ".join(spoken(passage) for passage in about)] if about else []
        if people:
            blocks.append("Our people:\n\n" + "\n".join(f"- {spoken(passage)}" for passage in people))
        if jobs:
            marks = _told_marks([line for line in lines if line.missing and REFERENCES.search(line.item.text)])
            blocks.append(f"From our earlier work{marks}:\n\n" + "\n".join(jobs))
        return blocks or ([] if lines else ["MISSING: why the client should choose us."])

    def _earlier_jobs(self, room: int) -> list[str]:
        """A bullet for each of the likest earlier jobs: its title and a sentence or two on how it went."""
        goal = " ".join(passage.text for passage in self.say.descriptions()[:4]) or self.say.call.task
        past = [p for p in self.say.own() if is_archive(p) and not METHOD.search(p.part)]
        titles = list(dict.fromkeys(passage.part for passage in past))
        near = self.say.judge.like(goal, [title.split("/", 1)[-1] for title in titles])
        rows = []
        for place in sorted(range(len(titles)), key=lambda i: -near[i])[:2]:
            told = [p for p in past if p.part == titles[place]]
            outcome = [p for p in told if _OUTCOME.search(p.heading)]
            picked = self.say.first([*outcome, *(p for p in told if p not in outcome)], 3, room // 2)
            chosen = [p for p in told if p in picked]
            if chosen:
                rows.append(f"- **{titles[place].split('/', 1)[-1]}**: {' '.join(spoken(p) for p in chosen)}")
        return rows

    def _price(self, lines: Sequence[Line], room: int) -> list[str]:  # noqa: ARG002  one shape for all builders
        words = " ".join(self._price_words())
        return [words] if words else ([] if lines else ["MISSING: the price."])

    def _other(self, section: Section, room: int) -> list[str]:
        about = f"{section.heading}. {self.say.call.task.splitlines()[0] if self.say.call.task else ''}"
        own = self.say.near(about, self.say.own(), 3, room // 2)
        theirs = self.say.near(about, self.say.sayable("theirs", "notes"), 3, room // 2)
        blocks = [f"The papers say: {self.say.quoted(theirs)}"] if theirs else []
        if own:
            blocks.append(" ".join(spoken(passage) for passage in own))
        return [block for block in blocks if block]

    def _trades(self, trades: Sequence[Trade], room: int) -> str:
        each = max(10, room // len(trades))
        rows = []
        for trade in trades:
            works = shortened("; ".join(trade.works), each)
            rows.append(f"- **{trade.name}**: {ended(works)}" if trade.name else f"- {ended(capital(works))}")
        self.say.spare -= sum(len(row.split()) for row in rows)
        return "The price covers this work, trade by trade:\n\n" + "\n".join(rows)

    def _price_words(self) -> list[str]:
        facts = self.say.material.facts
        if any(_NO_AMOUNTS.search(text) for _, text in self.say.call.answers):
            return ["Our price stands in the price schedule.", *self._valid_until()]
        net, tax, gross = (_labelled(facts, label) for label in (r"\bnet\b", r"^tax$|^vat$", r"\bgross\b"))
        if net and tax and gross:
            words = f"Our price is [{net}] before tax; tax of [{tax}] makes it [{gross}] in all."
            return [words, *self._valid_until()]
        return [f"Our price is [{gross or net}].", *self._valid_until()] if gross or net else []

    def _valid_until(self) -> list[str]:
        until = _labelled(self.say.material.facts, r"valid until")
        return [f"Our offer stands until [{until}]."] if until else []


def _says_most(short: str, whole: str) -> bool:
    """Whether the short sentence holds most of what the whole one says, so that it need not be quoted as well."""
    return len(stems(short) & stems(whole)) >= 0.6 * len(stems(whole))


def _told_marks(lines: Sequence[Line]) -> str:
    """Marks for lines that a sentence of the section says already; the lines themselves are not written then."""
    for line in lines:
        line.told = True
    return "".join(f" [{id_}]" for line in lines for id_ in line.ids)


def _labelled(facts: Sequence[FactLine], label: str) -> str:
    """The id of the first fact whose label (without its figure) fits; "" when none does."""
    for fact in facts:
        if re.search(label, fact.words.rsplit(", ", 1)[0], re.IGNORECASE):
            return fact.id
    return ""
