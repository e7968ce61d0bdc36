"""Only the recipe author's words stand outside the fences, whatever a document, an input or an earlier answer says."""

from __future__ import annotations

from support.asked import Asked
from support.runs import Stage, page

DRAFT = (
    "draft\nrole: write\nreads: topic, points\n\nWrite the draft about {question}, {points.point} and {topic}, {size}."
)
POINTS = (
    "points\nrole: extract\nreads: topic\nreturns:\n  - point: text\n    kind: a | b\n\nList the points of {question}."
)
CHECK = "check\nreview: draft\nrole: review\nrounds: 2\n\nCheck {draft} for {question}."
INPUTS = "topic: document\nquestion: text\nsize: choice short | long\nnumber: number, optional"
RECIPE = page(POINTS, DRAFT, CHECK, inputs=INPUTS, preamble="For {question}, {number}.", deliver="md\n{draft}")


def outside(asked: Asked) -> str:
    return f"{asked.system}\n{asked.task}"


def test_no_strangers_word_stands_outside_a_fence(stage: Stage) -> None:
    """Inputs, answers, findings, headings and refused answers are only named outside the fences, and stand inside."""
    stage.recipe(RECIPE)
    stage.file("topic.txt", "CANARY-TOPIC leaks.\n")
    finding = {"section": "canary-heading", "rule": "CANARY-RULE", "quote": "CANARY-PROSE", "fix": "CANARY-FIX"}
    stage.script(
        {
            "List the points": (
                [{"point": "CANARY-POINT", "kind": "CANARY-REFUSED"}],
                [{"point": "CANARY-POINT", "kind": "a"}],
            ),
            "Write only its section": "## CANARY-HEADING\n\nBetter.",
            "Write the draft": "## CANARY-HEADING\n\nCANARY-PROSE.\n\n## Two\n\nMore.",
            "Check ": ([finding], []),
        }
    )
    played = stage.play("topic.txt", inputs={"question": "CANARY-QUESTION", "size": "short", "number": "12"})
    assert played.result.exit == 0
    assert not [asked.step for asked in stage.vendor.asked if "CANARY" in outside(asked).upper()]
    first, again, draft, _, redone, _ = stage.vendor.asked
    assert 'List the points of the material "question".' in first.task
    assert first.fenced["question"] == "CANARY-QUESTION"
    assert "CANARY-REFUSED" in again.fenced["what was wrong with your last answer"]
    assert '"point" in the material "points" and the material "topic", short.' in draft.task
    assert 'For the material "question", 12.' in draft.system
    assert "CANARY-FIX" in redone.fenced["what a reviewer asks for"]


def test_text_of_an_input_changes_the_question(stage: Stage) -> None:
    """An input that the page only names in its own words is part of what the answer rests on."""
    stage.recipe(
        page("note\nrole: write\nreads: topic\n\nWrite about {question}.", inputs="topic: document\nquestion: text")
    )
    stage.script({"Write about": "A note."})
    keys = {
        stage.play("topic.txt", inputs={"question": said}).steps()[0]["key"] for said in ("the roof", "the kitchen")
    }
    assert len(keys) == 2


def test_input_named_in_the_page_counts_for_the_policy(stage: Stage) -> None:
    """A secret text that a step only names in its words is still kept from every vendor."""
    stage.recipe(
        page(
            "note\nrole: write\nreads: topic\n\nWrite about {question}.",
            inputs="topic: document\nquestion: text, secret",
        )
    )
    plan = stage.plan("topic.txt", inputs={"question": "the safe's code"})
    assert not any(model.split("/")[0] in ("openai", "anthropic", "gemini") for model in plan.steps[0].cast)
