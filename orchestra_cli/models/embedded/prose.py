"""Composes a text section by section out of the user's own sentences; ids of facts and items go in as they are.

Each builder gives the blocks of one kind of section. A sentence of the material is used once in the whole text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from orchestra_cli.models.embedded.answering import (
    METHOD,
    PLAN,
    REFERENCES,
    Answers,
    Line,
    capital,
    ended,
    is_archive,
    shortened,
    spoken,
)
from orchestra_cli.models.embedded.connect import Connector
from orchestra_cli.models.embedded.judge import Judge
from orchestra_cli.models.embedded.material import FactLine, Item, MaterialOfCall, Trade, Voice
from orchestra_cli.models.embedded.outline import (
    FORBIDDEN_ASSUMPTIONS,
    SIGNS,
    Purpose,
    Section,
    home_of,
    purpose_of_item,
    sections_of,
)
from orchestra_cli.models.embedded.passages import Passage
from orchestra_cli.models.embedded.rules import MONEY, asks
from orchestra_cli.types import Call

_DEFAULT_WORDS = 900
_SCALES = (1.0, 0.7, 0.4, 0.0, -1.0)
"""How much of the room for own sentences is used; the first that keeps the text within its words is taken. Below 0
the answers stand alone."""
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
_LISTS: dict[Purpose, str] = {
    "offer": "Your tender asks of this offer:",
    "exclusions": "Your tender says about this:",
    "need": "These rules of your tender apply to our offer:",
    "terms": "These rules of your tender apply to our offer:",
    "scope": "Your tender asks for the following, and our offer is made on that basis:",
    "programme": "Your tender sets these dates and times:",
    "price": "Your tender sets these rules for the price:",
    "us": "What you asked to know about us:",
    "safety": "What you asked to know:",
    "other": "What you asked for:",
}


@dataclass(slots=True)
class Composer:
    """Writes one text. `sections()` yields finished sections, so that progress shows."""

    call: Call
    material: MaterialOfCall
    judge: Judge
    connector: Connector
    used: set[str] = field(default_factory=set)
    spare: int = 0
    least: float = 1.0
    outline: tuple[Section, ...] = ()

    def sections(self) -> list[str]:
        """The sections as Markdown, each with its heading; less of everything until it keeps within the words allowed."""
        self.outline = sections_of(self.call.task, self.call.step)
        most = self.call.max_words or _DEFAULT_WORDS
        for scale in _SCALES:
            written = self._compose(most, scale)
            if sum(map(_words, written)) <= most:
                break
        return written

    def _compose(self, most: int, scale: float) -> list[str]:
        self.used = set()
        self.least = max(0.0, 0.4 + 0.6 * scale)
        lines = self._answer_lines(most, scale)
        taken = sum(len(line.words.split()) for found in lines.values() for line in found) + 12 * len(self.outline)
        self.spare = max(0, int((most * 0.95 - taken) * scale))
        written = []
        for place, section in enumerate(self.outline):
            room = self.spare // (len(self.outline) - place)
            blocks = self._blocks(section, lines.get(section.heading, []), room)
            text = "\n\n".join(block for block in blocks if block)
            written.append(f"## {section.heading}\n\n{text or f'MISSING: what to say under {section.heading}.'}\n\n")
        return written

    def _answer_lines(self, most: int, scale: float) -> dict[str, list[Line]]:
        items = self.material.items
        longest = _longest(items, most)
        answers = Answers(self.judge, self.material.of("ours"), longest, practice=scale > 0.5)
        self.judge.learn([*(p.text for p in self.material.of("ours")), *(item.text for item in items)])
        lines: dict[str, list[Line]] = {}
        for line in answers.lines(items):
            lines.setdefault(home_of(line.item, self.outline).heading, []).append(line)
        self.used |= answers.used
        return lines

    # -- sections ----------------------------------------------------------------------------------------------------

    def _blocks(self, section: Section, lines: Sequence[Line], room: int) -> list[str]:
        builders = {
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
        blocks = builder(lines, room) if builder else self._other(section, room)
        return [*blocks, *self._lists(section, lines)]

    def _lists(self, section: Section, lines: Sequence[Line]) -> list[str]:
        """One list for each kind of item in the section, then what is still open."""
        blocks = []
        said = [line for line in lines if not line.missing and not line.told]
        for purpose in dict.fromkeys(_list_of(line, section) for line in said):
            rows = [line.markdown() for line in said if _list_of(line, section) == purpose]
            blocks.append(f"{_LISTS[purpose]}\n\n" + "\n".join(rows))
        open_ = [line.markdown() for line in lines if line.missing and not line.told]
        return [*blocks, "Still to be said by us:\n\n" + "\n".join(open_)] if open_ else blocks

    def _room(self, room: int, least: int) -> int:
        """The words a block may take: its share, but not less than it needs to make sense."""
        return max(room, int(least * self.least))

    def _has(self, *purposes: Purpose) -> bool:
        return any(section.purpose in purposes for section in self.outline)

    def _offer(self, lines: Sequence[Line], room: int) -> list[str]:  # noqa: ARG002  one shape for all builders
        to = self._named("client", "contact")
        person = ", ".join(
            piece.strip() for piece in to.split(",") if "@" not in piece and not re.search(r"\d{4}", piece)
        )
        sentences = ["We offer to carry out the work that your tender describes."]
        sentences += [] if self._has("price") else self._price_words()
        plan = self._plan()
        if len(plan) >= 3:
            sentences.append(f"Our programme: {_lowered(spoken(plan[0]))}")
            self._take(plan[:1])
        return [f"For the attention of {person}." if person else "", " ".join(sentences)]

    def _exclusions(self, lines: Sequence[Line], room: int) -> list[str]:
        forbidding = [line for line in lines if FORBIDDEN_ASSUMPTIONS.search(line.item.text)]
        if forbidding:
            return [f"Our offer is made without qualification.{_told_marks(forbidding)}"]
        own = self._first(self.material.of("exclusions"), 8, self._room(room, 40))
        rows = "\n".join(f"- {spoken(passage)}" for passage in own)
        return [f"Our price does not include:\n\n{rows}"] if own else ["MISSING: what our price does not include."]

    def _terms(self, lines: Sequence[Line], room: int) -> list[str]:
        own = [passage for passage in self.material.of("ours") if _TERMS.search(f"{passage.heading} {passage.name}")]
        said = " ".join(spoken(passage) for passage in self._first(own, 5, self._room(room, 40)))
        until = [] if self._has("offer", "scope", "price") else self._valid_until()
        signatory = self._named("ours", "signatory")
        marks = _told_marks([line for line in lines if SIGNS.search(line.item.text)]) if signatory else ""
        signed = f"Signed for us by {signatory.rstrip('.')}.{marks}" if signatory else ""
        return [" ".join([*until, said]).strip(), signed]

    def _named(self, voice: Voice, name: str) -> str:
        """The right side of a `name: value` line of that name; "" when there is none."""
        lines = (passage for passage in self.material.of(voice) if passage.name.lower() == name)
        return next((passage.text.split(":", 1)[1].strip(" *") for passage in lines), "")

    def _plan(self) -> list[Passage]:
        """What we plan for this very job, in our order."""
        return [
            passage
            for passage in self.material.of("ours")
            if PLAN.search(passage.heading) and not is_archive(passage) and passage.text not in self.used
        ]

    def _need(self, lines: Sequence[Line], room: int) -> list[str]:
        told = self._descriptions()
        setting = [passage for passage in told if _BACKGROUND.search(passage.heading)] or told[:8]
        wants = [passage for passage in setting if _WANT.search(passage.text)][:1]
        room = min(self._room(room, 90), 130)
        chosen = self._first([*wants, *setting], 4, room)
        if not chosen:
            return [] if lines or told else ["MISSING: what the client wants, and why."]
        found = [passage for passage in told if passage in chosen]
        return self._told(
            found, wants[:1] if wants and wants[0] in chosen else [], "You describe the job in these words:"
        )

    def _told(self, found: Sequence[Passage], wants: Sequence[Passage], lead: str) -> list[str]:
        """What the client tells: the wish in one sentence if the small model finds a true one, then the client's words."""
        before = [passage for passage in found if passage not in wants][:2]
        short = self.connector.sentence([passage.text for passage in (*before, *wants)]) if wants else ""
        if not short:
            return [f"{lead} {self._quoted(found)}"]
        rest = [passage for passage in found if passage not in wants]
        more = f"You tell us: {self._quoted(rest)}" if rest else ""
        return [f"As we understand it, {_lowered(short)} {more}".strip()]

    def _scope(self, lines: Sequence[Line], room: int) -> list[str]:
        price = [] if self._has("price", "offer") else [" ".join(self._price_words())]
        if self.material.trades:
            return [*price, self._trades(self.material.trades, self._room(room, 60))]
        if lines:
            return price
        found = self._near("The scope of the works and services", self._descriptions(), 3, room)
        return [*price, f"You describe the work in these words: {self._quoted(found)}"] if found else price

    def _programme(self, lines: Sequence[Line], room: int) -> list[str]:
        plan = self._first(self._plan(), 12, max(room, 130 if self.least else 0))
        if not plan:
            return (
                []
                if self._plan() or any(line.missing for line in lines)
                else ["MISSING: our start, duration and order of work."]
            )
        marks = _told_marks([line for line in lines if line.missing])
        rows = "\n".join(f"- {spoken(passage)}" for passage in plan)
        return [f"This is our plan for the job{marks}:\n\n{rows}"]

    def _us(self, lines: Sequence[Line], room: int) -> list[str]:
        jobs = self._earlier_jobs(self._room(room // 2, 60))
        own = [p for p in self._own() if not is_archive(p) and not _NOT_ABOUT_US.search(p.heading)]
        about = self._first([p for p in own if p.kind == "sentence"], 4, self._room(room // 2, 40))
        people = self._first(
            [p for p in own if p.kind == "item" and _PEOPLE.search(p.heading)], 4, self._room(room // 2, 40)
        )
        blocks = [" ".join(spoken(passage) for passage in about)] if about else []
        if people:
            blocks.append("Our people:\n\n" + "\n".join(f"- {spoken(passage)}" for passage in people))
        if jobs:
            marks = _told_marks([line for line in lines if line.missing and REFERENCES.search(line.item.text)])
            blocks.append(f"From our earlier work{marks}:\n\n" + "\n".join(jobs))
        return blocks or ([] if lines else ["MISSING: why the client should choose us."])

    def _earlier_jobs(self, room: int) -> list[str]:
        """A bullet for each of the likest earlier jobs: its title and a sentence or two on how it went."""
        goal = " ".join(passage.text for passage in self._descriptions()[:4]) or self.call.task
        past = [p for p in self._own() if is_archive(p) and not METHOD.search(p.part)]
        titles = list(dict.fromkeys(passage.part for passage in past))
        near = self.judge.like(goal, [title.split("/", 1)[-1] for title in titles])
        rows = []
        for place in sorted(range(len(titles)), key=lambda i: -near[i])[:2]:
            told = [p for p in past if p.part == titles[place]]
            outcome = [p for p in told if _OUTCOME.search(p.heading)]
            picked = self._first([*outcome, *(p for p in told if p not in outcome)], 3, room // 2)
            chosen = [p for p in told if p in picked]
            if chosen:
                rows.append(f"- **{titles[place].split('/', 1)[-1]}**: {' '.join(spoken(p) for p in chosen)}")
        return rows

    def _first(self, found: Sequence[Passage], most: int, room: int) -> list[Passage]:
        """The first unused passages as far as there is room: people put first what matters."""
        result: list[Passage] = []
        for passage in found:
            words = len(passage.text.split())
            if passage.text not in self.used and len(result) < most and words <= room:
                result.append(passage)
                room -= words
        self._take(result)
        return result

    def _price(self, lines: Sequence[Line], room: int) -> list[str]:  # noqa: ARG002  one shape for all builders
        words = " ".join(self._price_words())
        return [words] if words else ([] if lines else ["MISSING: the price."])

    def _other(self, section: Section, room: int) -> list[str]:
        about = f"{section.heading}. {self.call.task.splitlines()[0] if self.call.task else ''}"
        own = self._near(about, self._own(), 3, room // 2)
        theirs = self._near(about, self._sayable("theirs", "notes"), 3, room // 2)
        blocks = [f"The papers say: {self._quoted(theirs)}"] if theirs else []
        if own:
            blocks.append(" ".join(spoken(passage) for passage in own))
        return [block for block in blocks if block]

    # -- sentences ---------------------------------------------------------------------------------------------------

    def _sayable(self, *voices: Voice) -> list[Passage]:
        return [
            passage
            for passage in self.material.of(*voices)
            if passage.kind in ("sentence", "item")
            and 5 <= len(passage.text.split()) <= 45
            and passage.text[-1] in ".!"
        ]

    def _descriptions(self) -> list[Passage]:
        """What the client tells without asking anything."""
        return [p for p in self._sayable("theirs") if asks(p.text, heading=p.heading, is_item=p.kind == "item") < 1]

    def _own(self) -> list[Passage]:
        """The bidder's sentences, without amounts: those of an earlier job must not pass for this one's."""
        return [passage for passage in self._sayable("ours") if not MONEY.search(passage.text)]

    def _near(self, about: str, found: Sequence[Passage], most: int, room: int, least: float = 0.2) -> list[Passage]:
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
        self._take(result)
        return result

    def _take(self, chosen: Sequence[Passage]) -> None:
        self.used |= {passage.text for passage in chosen}
        self.spare -= sum(len(passage.text.split()) for passage in chosen)

    def _quoted(self, found: Sequence[Passage]) -> str:
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

    def _trades(self, trades: Sequence[Trade], room: int) -> str:
        each = max(8, room // len(trades))
        rows = []
        for trade in trades:
            works = shortened("; ".join(_lowered(work) for work in trade.works), each)
            rows.append(f"- **{trade.name}**: {ended(works)}" if trade.name else f"- {ended(capital(works))}")
        self.spare -= sum(len(row.split()) for row in rows)
        return "The price covers this work, trade by trade:\n\n" + "\n".join(rows)

    def _price_words(self) -> list[str]:
        facts = self.material.facts
        net, tax, gross = (_labelled(facts, label) for label in (r"\bnet\b", r"^tax$|^vat$", r"\bgross\b"))
        if net and tax and gross:
            words = f"Our price is [{net}] before tax; tax of [{tax}] makes it [{gross}] in all."
            return [words, *self._valid_until()]
        return [f"Our price is [{gross or net}].", *self._valid_until()] if gross or net else []

    def _valid_until(self) -> list[str]:
        until = _labelled(self.material.facts, r"valid until")
        return [f"Our offer stands until [{until}]."] if until else []


def _words(section: str) -> int:
    """Words as a reader counts them: without the marks of Markdown and the ids of items; a figure counts as two."""
    bare = re.sub(r"\[[A-EG-Z]+\d+\]|^#+|^- |\*\*", "", section, flags=re.MULTILINE)
    return len(bare.split()) + len(re.findall(r"\[F\d+\]", bare))


def _longest(items: Sequence[Item], most: int) -> int:
    """How many words of an item may be repeated, so that all of them take about half of the text."""
    lengths = [len(item.text.split()) for item in items]
    fitting = (longest for longest in range(40, 8, -1) if sum(min(n, longest) for n in lengths) <= most * 0.46)
    return next(fitting, 8)


def _told_marks(lines: Sequence[Line]) -> str:
    """Marks for lines that a sentence of the section says already; the lines themselves are not written then."""
    for line in lines:
        line.told = True
    return "".join(f" [{id_}]" for line in lines for id_ in line.ids)


def _list_of(line: Line, section: Section) -> Purpose:
    purpose = purpose_of_item(line.item)
    if purpose == "terms" and section.purpose == "need":
        return section.purpose
    return purpose


def _labelled(facts: Sequence[FactLine], label: str) -> str:
    """The id of the first fact whose label (without its figure) fits; "" when none does."""
    for fact in facts:
        if re.search(label, fact.words.rsplit(", ", 1)[0], re.IGNORECASE):
            return fact.id
    return ""


def _lowered(text: str) -> str:
    """With a small first letter, unless the first word is an abbreviation or a name by its look."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text
