"""Composes a text section by section, and keeps it within its words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from orchestra_cli.models.embedded.answering import Answers, Line
from orchestra_cli.models.embedded.builders import Builder
from orchestra_cli.models.embedded.choosing import Sentences
from orchestra_cli.models.embedded.connect import Connector
from orchestra_cli.models.embedded.judge import Judge
from orchestra_cli.models.embedded.material import Item, MaterialOfCall
from orchestra_cli.models.embedded.outline import SIGNS, Purpose, Section, home_of, purpose_of_item, sections_of
from orchestra_cli.types import Call

_DEFAULT_WORDS = 900
_SCALES = ((1.0, 0.46), (0.8, 0.4), (0.6, 0.34), (0.4, 0.3), (0.2, 0.26), (0.0, 0.22), (-1.0, 0.22))
"""How much of the room own sentences get, and the share of all words that repeated items may take; the first that keeps
the text within its words is taken. Below 0 the answers stand alone."""
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
    """Writes one text."""

    call: Call
    material: MaterialOfCall
    judge: Judge
    connector: Connector
    outline: tuple[Section, ...] = field(default=())

    def sections(self) -> list[str]:
        """The sections as Markdown, each with its heading; less of everything until the words allowed are kept."""
        self.outline = sections_of(self.call.task, self.call.step)
        most = self.call.max_words or _DEFAULT_WORDS
        for scale, share in _SCALES:
            written = self._compose(most, scale, int(most * share))
            if sum(map(_words, written)) <= most:
                break
        return written

    def _compose(self, most: int, scale: float, repeated: int) -> list[str]:
        say = Sentences(self.call, self.material, self.judge, least=max(0.0, 0.4 + 0.6 * scale))
        builder = Builder(say, self.connector, self.outline)
        lines = self._answer_lines(say, repeated, roomy=scale > 0.5)
        taken = sum(len(line.words.split()) for found in lines.values() for line in found) + 12 * len(self.outline)
        say.spare = max(0, int((most * 0.95 - taken) * scale))
        written = []
        for place, section in enumerate(self.outline):
            own = lines.get(section.heading, [])
            blocks = [*builder.blocks(section, own, say.spare // (len(self.outline) - place)), *_lists(section, own)]
            text = "\n\n".join(block for block in blocks if block)
            written.append(f"## {section.heading}\n\n{text or f'MISSING: what to say under {section.heading}.'}\n\n")
        return written

    def _answer_lines(self, say: Sentences, repeated: int, *, roomy: bool) -> dict[str, list[Line]]:
        items, ours = self.material.items, self.material.of("ours")
        self.judge.learn([*(passage.text for passage in ours), *(item.text for item in items)])
        shown = [item for item in items if roomy or purpose_of_item(item) != "terms"]
        answers = Answers(self.judge, ours, _longest(shown, repeated), practice=roomy)
        lines: dict[str, list[Line]] = {}
        for line in answers.lines(items):
            lines.setdefault(home_of(line.item, self.outline).heading, []).append(line)
        if not roomy:
            self._gather_rules(lines)
        say.used |= answers.used
        return lines

    def _gather_rules(self, lines: dict[str, list[Line]]) -> None:
        """Where words are short, the rules about the tender itself become one line that names where they stand."""
        for heading, found in lines.items():
            rules = [line for line in found if purpose_of_item(line.item) == "terms" and not line.missing]
            rules = [line for line in rules if not SIGNS.search(line.item.text)]
            if len(rules) < 2:
                continue
            where = dict.fromkeys(filter(None, (self._heading_of(line.item) for line in rules)))
            named = f" under {' and '.join(f'“{one}”' for one in where)}" if where else ""
            words = f"We have read your rules{named}, and this offer is made on that basis."
            gathered = Line(rules[0].item, words, [id_ for line in rules for id_ in line.ids], plain=True)
            lines[heading] = [*(line for line in found if line not in rules), gathered]

    def _heading_of(self, item: Item) -> str:
        """The heading that the item stands under in the material."""
        theirs = self.material.of("theirs")
        return next((passage.heading for passage in theirs if passage.text.startswith(item.text[:60])), "")


def _lists(section: Section, lines: Sequence[Line]) -> list[str]:
    """One list for each kind of item in the section, then what is still open."""
    blocks = []
    blocks += [line.markdown() for line in lines if line.plain]
    said = [line for line in lines if not (line.missing or line.told or line.plain)]
    for purpose in dict.fromkeys(_list_of(line, section) for line in said):
        rows = [line.markdown() for line in said if _list_of(line, section) == purpose]
        blocks.append(f"{_LISTS[purpose]}\n\n" + "\n".join(rows))
    open_ = [line.markdown() for line in lines if line.missing and not line.told]
    return [*blocks, "Still to be said by us:\n\n" + "\n".join(open_)] if open_ else blocks


def _words(section: str) -> int:
    """Words as a reader counts them: without the marks of Markdown and the ids of items; a figure counts as two."""
    bare = re.sub(r"\[[A-EG-Z]+\d+\]|^#+|^- |\*\*", "", section, flags=re.MULTILINE)
    return len(bare.split()) + len(re.findall(r"\[F\d+\]", bare))


def _longest(items: Sequence[Item], most: int) -> int:
    """How many words of an item may be repeated, so that all of them together keep within `most`."""
    lengths = [len(item.text.split()) for item in items]
    fitting = (longest for longest in range(40, 8, -1) if sum(min(n, longest) for n in lengths) <= most)
    return next(fitting, 8)


def _list_of(line: Line, section: Section) -> Purpose:
    purpose = purpose_of_item(line.item)
    if purpose == "terms" and section.purpose == "need":
        return section.purpose
    return purpose
