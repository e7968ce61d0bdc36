from collections.abc import Callable
from typing import Any

from orchestra_cli.models.embedded.judge import Judge
from orchestra_cli.models.embedded.redo import is_redo, redo
from orchestra_cli.models.embedded.review import is_review, review
from orchestra_cli.types import Call, Field

MakeCall = Callable[..., Call]
DRAFT = """## Scope

We strip the old tiles and carry them away every Friday afternoon. [R1]

## Programme

- We strip the old tiles and carry them away every Friday afternoon. [R2]
- MISSING: our answer to “the order of all works in weeks on a single page” [R4]
"""
LIST = "R1 | quote: Strip the tiles. | kind: must include\nR2 | quote: Remove waste weekly. | kind: limit\n"
LIST += "R3 | quote: Name the architect of the chapel organ. | kind: must include\nR4 | quote: Give the order of works."
FIELDS = (
    Field("section", "choice", choices=("scope-1", "programme-2")),
    Field("rule", "text", max_words=12),
    Field("quote", "quote", of="proposal", optional=True),
    Field("fix", "text", max_words=60),
)
RETURNS = Field("findings", "list", at_most=12, fields=(Field("finding", "group", fields=FIELDS),))


def _review(make_call: MakeCall, judge: Judge, draft: str, returns: Field = RETURNS) -> list[dict[str, Any]]:
    call = make_call("Check it.", {"proposal": draft, "requirements": LIST}, returns=returns, role="review")
    assert is_review(call)
    data = review(call, judge)
    assert isinstance(data, dict)
    return data["items"]  # type: ignore[return-value]


def test_repeated_sentences_and_unanswered_items_are_found(make_call: MakeCall, judge: Judge) -> None:
    """The second of two equal sentences, and the item that no section cites or resembles; MISSING is code's to list."""
    repeated, unanswered = _review(make_call, judge, DRAFT)
    assert repeated["section"] == "programme-2"
    assert repeated["quote"] in DRAFT
    assert unanswered["section"] == "programme-2"
    assert unanswered["fix"].startswith("Answer R3: Name the architect")
    assert unanswered["quote"] is None


def test_a_sound_draft_has_no_findings(make_call: MakeCall, judge: Judge) -> None:
    """Nothing sure, nothing said."""
    sound = "## Scope\n\nAll is done. [R1] [R2] [R3]\n\n## Programme\n\nFine. [R4]\n"
    assert _review(make_call, judge, sound) == []


def test_at_most_five_findings(make_call: MakeCall, judge: Judge) -> None:
    """Even of a hopeless draft; fields that the small model cannot judge say so."""
    lines = "\n".join(f"- Sentence number {n} is long enough to be seen twice in here." for n in range(9))
    extra = Field("finding", "group", fields=(*FIELDS, Field("severity", "text")))
    found = _review(
        make_call, judge, f"## Scope\n\n{lines}\n\n## Programme\n\n{lines}\n", Field("", "list", fields=(extra,))
    )
    assert len(found) == 5
    assert found[0]["severity"] == "MISSING: not judged"


def test_what_is_no_review_is_known(make_call: MakeCall, judge: Judge) -> None:
    """Other fields, no draft, no sections to name."""
    assert not is_review(make_call("x", {"a": "b"}, returns=Field("kind", "choice", choices=("a",))))
    assert not is_review(make_call("x", {"a": "no heading"}, returns=RETURNS))
    assert not is_review(make_call("x", {"a": "b"}))
    without = Field("", "list", fields=(Field("", "group", fields=(Field("section", "text"), Field("fix", "text"))),))
    call = make_call("x", {"a": DRAFT}, returns=without)
    assert is_review(call)
    assert review(call, judge) == {"items": []}


def _redo(make_call: MakeCall, judge: Judge, section: str, asked: str) -> str:
    parts = {
        "requirements": LIST,
        "company": "Order of works: roof first, then walls.",
        "the section as it is": section,
        "what a reviewer asks for": asked,
    }
    call = make_call("Write it anew.", parts)
    assert is_redo(call)
    return redo(call, judge)


def test_a_named_item_gets_its_line(make_call: MakeCall, judge: Judge) -> None:
    """The item that was not answered is added, from our own papers or as MISSING; the rest stays."""
    section = "## Programme\n\nAll good. [R1]"
    text = _redo(make_call, judge, section, "- every requirement has an answer: Answer R3: Name the architect")
    assert text.startswith(section)
    assert "MISSING: our answer to “Name the architect of the chapel organ” [R3]" in text
    assert "To be added:" in _redo(make_call, judge, "## Programme\n\nAll good.", "- Answer R3: it")


def test_a_repeated_sentence_is_taken_out(make_call: MakeCall, judge: Judge) -> None:
    """Only that one, in this section; the item that it answered gets a line of its own."""
    section = "## Programme\n\n- We do it again and again. [R2]\n- We come on Monday. [R1]"
    asked = '- repeated sentence: Repeated from the section Scope: leave it out. ("We do it again and again. [R2]")'
    text = _redo(make_call, judge, section, asked)
    assert text == "## Programme\n\n- We come on Monday. [R1]\n- Remove waste weekly. [R2]\n"


def test_what_cannot_be_put_right_stays_as_it_is(make_call: MakeCall, judge: Judge) -> None:
    """A reviewer's wish beyond the material changes nothing; nothing asked, nothing changed."""
    section = "## Why us\n\nWe are good."
    assert _redo(make_call, judge, section, "- tone: make it warmer") == section + "\n"
    call = make_call("Write it anew.", {"the section as it is": section})
    assert redo(call, judge) == section + "\n"
