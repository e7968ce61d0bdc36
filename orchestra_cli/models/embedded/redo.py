"""A section once more after a review: what the reviewer named is put right as far as the material allows."""

from __future__ import annotations

import re

from orchestra_cli.models.embedded.answering import Answers
from orchestra_cli.models.embedded.judge import Judge
from orchestra_cli.models.embedded.material import listed_items, material_of
from orchestra_cli.types import Call, Part

SECTION_PART = "the section as it is"
ASKED_PART = "what a reviewer asks for"
_ID = re.compile(r"\b[A-Z]{1,3}\d{1,4}\b")
_REPEATED = re.compile(r"repeated[^\n]*\(\"(.+?)\"\)", re.IGNORECASE)
_LONGEST = 30


def is_redo(call: Call) -> bool:
    """Whether the call wants one existing section written anew."""
    return any(part.name == SECTION_PART for part in call.parts)


def redo(call: Call, judge: Judge) -> str:
    """The section with lines for the items named as unanswered, and without the sentences named as repeated."""
    section = next(part.text for part in call.parts if part.name == SECTION_PART)
    asked = next((part.text for part in call.parts if part.name == ASKED_PART), "")
    for repeated in _REPEATED.findall(asked):
        section = _without(section, repeated)
    return f"{section.rstrip()}{_added(call, section, asked, judge)}\n"


def _without(section: str, repeated: str) -> str:
    lines = [line.replace(repeated, "").rstrip() if repeated in line else line for line in section.splitlines()]
    kept = [line for line in lines if line.strip() not in ("-", "*")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept))


def _added(call: Call, section: str, asked: str, judge: Judge) -> str:
    named = set(_ID.findall(asked)) - set(_ID.findall(section))
    items = [item for part in _sources(call) for item in listed_items(part.text) if item.id in named]
    if not items:
        return ""
    answers = Answers(judge, material_of(call).of("ours"), _LONGEST)
    lines = [line.markdown() for line in answers.lines(items)]
    return "\n\nTo be added:\n\n" + "\n".join(lines) if not section.rstrip().endswith("]") else "\n" + "\n".join(lines)


def _sources(call: Call) -> list[Part]:
    return [part for part in call.parts if part.name not in (SECTION_PART, ASKED_PART, "the whole text")]
