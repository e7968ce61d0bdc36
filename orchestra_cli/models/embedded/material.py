"""What a Call hands over, sorted: whose words each part holds, the items to answer, the facts, the priced trades."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from orchestra_cli.models.embedded.passages import Passage, passages, squeeze
from orchestra_cli.types import Call, Part

Voice = Literal["ours", "theirs", "client", "figures", "items", "draft", "notes", "exclusions"]
_VOICES: tuple[tuple[Voice, str], ...] = (
    ("notes", r"style|background|research|analysis|notes|risks|findings"),
    ("ours", r"company|archive|about|past|experience|profile|library|policies"),
    ("client", r"client|customer|card|crm"),
    ("figures", r"facts|pric|quantit|takeoff|take-off|rates|table|total|labour|estimate"),
    ("draft", r"the section as it is|the whole text|your (?:last answer|answer so far)|a reviewer asks for"),
)
REASONS_PART = "what was wrong with your last answer"
_ITEM = re.compile(r"^([A-Z]{1,3}\d{1,4})\s*\|\s*(.+)$", re.MULTILINE)
_REFUSED_FIGURE = re.compile(r'^- "([^"]+)" stands in no input', re.MULTILINE)
_FACT = re.compile(r"^(F\d+)\s+(.+)$", re.MULTILINE)
_SOURCE_MARK = re.compile(r"^\[S\d+(?:#\d+)?\]\s*(?:\(([^)]*)\))?\s*", re.MULTILINE)
_OUR_PLAN = re.compile(r"\b(?:our|we|plan|programme|approach|site visit)\b", re.IGNORECASE)
_PRIVATE = re.compile(
    r"exclu|rates?\b|bank|style|internal|private|confidential|margin|lessons?|learn[te]|went wrong|mistakes"
    r"|they care|who they",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that wants an answer: its id, its words, its kind if the part says so."""

    id: str
    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class FactLine:
    """One line of the fact sheet: its id, its label with the figure as it is shown."""

    id: str
    words: str


@dataclass(frozen=True, slots=True)
class Trade:
    """A group of priced work and the descriptions of its lines."""

    name: str
    works: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MaterialOfCall:
    """A Call's parts as passages by voice, with items, facts and trades read out of them."""

    passages: tuple[tuple[Voice, Passage], ...]
    items: tuple[Item, ...]
    facts: tuple[FactLine, ...]
    trades: tuple[Trade, ...]

    def of(self, *voices: Voice) -> tuple[Passage, ...]:
        """The passages of these voices, in order."""
        return tuple(passage for voice, passage in self.passages if voice in voices)


def voice_of(part: Part) -> Voice:
    """Whose words a part holds, by its name; a list of items with ids is known by its lines."""
    name = part.name.lower()
    for voice, pattern in _VOICES:
        if re.search(pattern, name):
            return voice
    return "items" if len(_ITEM.findall(part.text)) > part.text.count("\n") // 2 else "theirs"


def material_of(call: Call) -> MaterialOfCall:
    """Sorts the parts of a call. Passages with a figure that a check has refused are left out."""
    reasons = next((part.text for part in call.parts if part.name == REASONS_PART), "")
    refused = _REFUSED_FIGURE.findall(reasons)
    found: list[tuple[Voice, Passage]] = []
    for part in call.parts:
        voice = voice_of(part)
        if not part.text.startswith("MISSING:"):
            found += [(_spoken_by(voice, passage), passage) for passage in pieces_of(part)]
    texts = [part.text for part in call.parts]
    return MaterialOfCall(
        tuple((voice, passage) for voice, passage in found if not any(figure in passage.text for figure in refused)),
        _items(call),
        tuple(FactLine(id_, squeeze(words)) for text in texts for id_, words in _FACT.findall(text)),
        tuple(trade for part in call.parts if voice_of(part) == "figures" for trade in trades_in(part.text)),
    )


def pieces_of(part: Part) -> list[Passage]:
    """The passages of a part; those of an archive carry the title of their file: `archive/Mill Lane school`."""
    marks = list(_SOURCE_MARK.finditer(part.text))
    if not marks:
        return list(passages(part.name, part.text))
    ends = [*(mark.start() for mark in marks[1:]), len(part.text)]
    chunks = [(mark[1] or "", part.text[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]
    titles: dict[str, str] = {}
    for file, text in chunks:
        titles.setdefault(file, _title(file, text))
    return [one for file, text in chunks for one in passages(f"{part.name}/{titles[file]}", _unfolded(text))]


def _unfolded(text: str) -> str:
    """An archive passage comes as one line, `Heading: text 1. First 2. Second`; the lines of its page again."""
    if "\n" in text.strip():
        return text
    listed = re.sub(r" (?=(?:\d{1,2}\.|-) [A-Z])", "\n", text.strip())
    return re.sub(r"^([A-Z][^.\n]{2,90}?): (?=[A-Z])|^([A-Z][^.\n]{2,90}?):(?=\n)", r"# \1\2\n\n", listed)


def _title(file: str, text: str) -> str:
    """The first heading of a file without what only sorts it ("Bid 2024-018:"), else its name in words."""
    heading = re.match(r"\s*# +(.+)", text)
    if heading:
        return re.sub(r"^[\w ]*\d[\w-]*:\s*", "", heading[1]).strip()
    stem = file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    words = re.sub(r"[-_]+", " ", re.sub(r"^\d{4}(?:-\d{2}){0,2}[-_](?:bid[-_])?", "", stem)).strip()
    return words[:1].upper() + words[1:]


def _spoken_by(voice: Voice, passage: Passage) -> Voice:
    """Our own plan on the client's card is ours to show; what is private is nobody's to quote."""
    if voice == "client" and _OUR_PLAN.search(passage.heading):
        return "ours"
    if voice == "ours" and re.search(r"exclu", passage.heading, re.IGNORECASE):
        return "exclusions"
    if voice == "ours" and _PRIVATE.search(f"{passage.part} {passage.heading}"):
        return "notes"
    return voice


def _items(call: Call) -> tuple[Item, ...]:
    kinds = {id_: fields for part in call.parts for id_, fields in _item_fields(part.text)}
    return tuple(Item(id_, squeeze(text), kinds.get(id_, {}).get("kind", "")) for id_, text in call.answers)


def listed_items(text: str) -> tuple[Item, ...]:
    """The items of a part whose lines are `R1 | quote: ... | kind: ...`."""
    return tuple(
        Item(id_, fields.get("quote") or fields.get("text") or next(iter(fields.values()), ""), fields.get("kind", ""))
        for id_, fields in _item_fields(text)
    )


def _item_fields(text: str) -> Iterable[tuple[str, dict[str, str]]]:
    for id_, rest in _ITEM.findall(text):
        pairs = [field.split(": ", 1) for field in re.split(r" \| (?=[\w ]+: )", rest)]
        yield id_, {pair[0].strip(): pair[1].strip() for pair in pairs if len(pair) == 2}


def trades_in(text: str) -> list[Trade]:
    """The groups of a price table: rows up to a "Subtotal NAME" row; without subtotals one group without a name."""
    rows = [
        [cell.strip(" *") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))] for line in _table_lines(text)
    ]
    if not rows:
        return []
    head = [cell.lower() for cell in rows[0]]
    column = next((i for i, cell in enumerate(head) if re.search(r"descri|work|service", cell)), -1)
    if column < 0:
        return []
    trades: list[Trade] = []
    works: list[str] = []
    for row in rows[1:]:
        words = row[column] if column < len(row) else ""
        if words.startswith("Subtotal "):
            trades.append(Trade(words.removeprefix("Subtotal "), tuple(dict.fromkeys(works))))
            works = []
        elif row[0] and words and not set(words) <= set(":- "):
            works.append(words)
    return [*trades, *([Trade("", tuple(dict.fromkeys(works)))] if works and not trades else [])]


def _table_lines(text: str) -> list[str]:
    """The lines of the first pipe table."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.lstrip().startswith("|"):
            lines.append(line)
        elif lines:
            break
    return lines
