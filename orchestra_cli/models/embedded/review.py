"""A review that only says what it is sure of: items of the list that no section answers, and sentences that two
sections share. Both can be put right by writing the section anew; MISSING marks cannot, code lists them anyway.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from orchestra_cli.models.embedded.judge import Judge
from orchestra_cli.models.embedded.material import Item, listed_items
from orchestra_cli.models.embedded.passages import Passage, passages
from orchestra_cli.types import Call, Field, Json, Part

MOST_FINDINGS = 5
_ANSWERED = 0.5
_HEADING = re.compile(r"^#{1,6}\s+(.+)$", re.MULTILINE)


def is_review(call: Call) -> bool:
    """Whether the fields asked for are findings about sections of a draft."""
    names = {member.id for member in _members(call.returns)}
    return {"section", "fix"} <= names and draft_of(call) is not None


def _members(field: Field | None) -> tuple[Field, ...]:
    if field is None:
        return ()
    return _members(field.fields[0]) if field.kind == "list" and field.fields else field.fields


def draft_of(call: Call) -> Part | None:
    """The part under review: the one its quotes must come from, else the first with headings."""
    named = next((member.of for member in _members(call.returns) if member.kind == "quote"), "")
    found = next((part for part in call.parts if part.name == named), None)
    return found or next((part for part in call.parts if _HEADING.search(part.text)), None)


def review(call: Call, judge: Judge) -> Json:
    """The findings, at most five, in the fields that were asked for."""
    draft = draft_of(call)
    members = _members(call.returns)
    section = next(member for member in members if member.id == "section")
    if draft is None or not section.choices:
        return {"items": []}
    said = passages(draft.name, draft.text)
    found = [*_repeated(said, section), *_unanswered(call, draft, said, section, judge)]
    rows: list[Json] = [
        {member.id: row.get(member.id, None if member.optional else "MISSING: not judged") for member in members}
        for row in found[:MOST_FINDINGS]
    ]
    return {"items": rows}


def _repeated(said: Sequence[Passage], section: Field) -> list[dict[str, str]]:
    """Whole sentences that stand in two sections."""
    first: dict[str, Passage] = {}
    found = []
    for passage in said:
        if len(passage.text.split()) < 8 or passage.text.startswith("MISSING"):
            continue
        before = first.setdefault(_bare(passage.text), passage)
        if before.heading != passage.heading:
            found.append(
                {
                    "section": _section_id(passage.heading, section.choices),
                    "rule": "repeated sentence",
                    "quote": passage.text,
                    "fix": f"Repeated from the section {before.heading}: leave this sentence out here.",
                }
            )
    return found


def _unanswered(call: Call, draft: Part, said: Sequence[Passage], section: Field, judge: Judge) -> list[dict[str, str]]:
    """Items whose id the draft does not cite and that no sentence of it resembles."""
    items: list[Item] = [item for part in call.parts if part.name != draft.name for item in listed_items(part.text)]
    sentences = [passage.text for passage in said if passage.kind != "row"]
    open_ = [item for item in items if f"[{item.id}]" not in draft.text]
    return [
        {
            "section": section.choices[-1],
            "rule": "every requirement has an answer",
            "fix": f"Answer {item.id}: {' '.join(item.text.split()[:40])}",
        }
        for item in open_
        if judge.best(item.text, sentences)[1] < _ANSWERED
    ]


def _bare(text: str) -> str:
    return re.sub(r"\s*\[[A-Z]{1,3}\d+\]", "", text).lower().strip(" .-*")


def _section_id(heading: str, choices: tuple[str, ...]) -> str:
    """The section id that a heading has; the last when none looks like it."""
    slug = re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")
    return next((choice for choice in choices if choice == slug or choice.startswith(f"{slug}-")), choices[-1])
