"""Builders for the tests of the embedded models: calls over a made-up job, and a writer that says what it is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestra_cli.models.embedded.judge import Judge
from orchestra_cli.models.embedded.llama import Written
from orchestra_cli.models.embedded.minilm import embed
from orchestra_cli.types import Call, Field, Part, Usage

HERE = Path(__file__).parent
KINDS = ("deadline", "limit", "must include", "must not", "format", "price rule")


class SaidWriter:
    """Gives the prepared sentences one after the other, then the last one for ever; remembers what it was asked."""

    def __init__(self, *sentences: str, whole: bool = True) -> None:
        self.sentences, self.whole = list(sentences), whole
        self.asked: list[str] = []

    def write(self, system: str, prompt: str, *, max_tokens: int, schema: Any = None, examples: Any = ()) -> Written:
        self.asked.append(prompt)
        said = self.sentences.pop(0) if len(self.sentences) > 1 else self.sentences[0]
        text = json.dumps({"sentence": said}) if schema else said
        return Written(text, Usage(10, 5), self.whole)


@pytest.fixture
def said() -> type[SaidWriter]:
    return SaidWriter


@pytest.fixture(scope="session")
def judge() -> Judge:
    return Judge(embed)


@pytest.fixture(scope="session")
def hall() -> Callable[[str], str]:
    """The text of a page of the made-up job."""
    return lambda name: (HERE / "hall" / name).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def real() -> Callable[[str], str]:
    """The text of a real tender."""
    return lambda name: (HERE / "real" / name).read_text(encoding="utf-8")


@pytest.fixture
def make_call() -> Callable[..., Call]:
    """A Call with sane defaults: parts as keyword `parts`, a mapping of name to text."""

    def make(task: str = "Say it.", parts: dict[str, str] | None = None, **changed: Any) -> Call:
        given: dict[str, Any] = {
            "model": "embedded/smollm2-135m",
            "step": "proposal",
            "role": "write",
            "system": "You write. You work for Harrow & Daughters Ltd.",
            "max_output_tokens": 4000,
            **changed,
        }
        pieces = tuple(Part(name, text, text) for name, text in (parts or {}).items())
        return Call(task=task, parts=pieces, **given)

    return make


@pytest.fixture
def requirements_field() -> Field:
    """`returns` of a step that lists requirements."""
    members = (
        Field("quote", "quote", of="brief"),
        Field("kind", "choice", choices=KINDS),
        Field("note", "text", optional=True),
    )
    return Field("", "list", fields=(Field("", "group", fields=members),))


@pytest.fixture
def hall_call(hall: Callable[[str], str], make_call: Callable[..., Call]) -> Callable[..., Call]:
    """The writing step of the made-up job; `without` leaves parts out."""

    def make(task: str, items: list[tuple[str, str, str]], without: tuple[str, ...] = (), **changed: Any) -> Call:
        pages = {"brief": "brief.txt", "pricing": "pricing.md", "client": "client.md", "company": "company.md"}
        pages |= {"archive": "archive.txt", "facts": "facts.txt"}
        parts = {"requirements": "\n".join(f"{id_} | quote: {quote} | kind: {kind}" for id_, quote, kind in items)}
        parts |= {name: hall(page) for name, page in pages.items()}
        kept = {name: text for name, text in parts.items() if name not in without}
        answers = tuple((id_, quote) for id_, quote, _ in items)
        return make_call(task, kept, answers=answers, **changed)

    return make
