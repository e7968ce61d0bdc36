"""Review: findings by section, only those redone, bounded rounds, and what is open at the end."""

from __future__ import annotations

import pytest
from support.runs import Stage, page, person
from support.vendor import Asked, Reply

from orchestra_cli.engine.person import Decided

DRAFT = "draft\nrole: write\nreads: topic\nmax words: 200\n\nWrite the draft."
CHECK = "check\nrole: review\nreview: draft\nrounds: 2\n\nIs it right?"
TEXT = "## Scope\n\nWe mend the roof.\n\n## Scope of others\n\nThe tenant moves out.\n\n## Terms\n\nAs agreed.\n"
FOUND = {"section": "scope-of-others", "rule": "kind", "quote": "The tenant moves out.", "fix": "The tenant stays."}


def job(check: str = CHECK, deliver: str = "md\n{draft}") -> str:
    return page(DRAFT, check, deliver=deliver)


def test_no_findings_leave_the_text_as_it_is(stage: Stage) -> None:
    """A clean review asks nothing more, and the reviewer is of another vendor than the author."""
    stage.recipe(job())
    script = stage.script({"Is it right?": [], "Write the draft": TEXT})
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    assert played.result.reviewed_by_other_vendor is True
    assert (played.step("check").summary, len(script.asked["Is it right?"])) == ("0 findings", 1)
    assert played.step("check").vendor != played.step("draft").vendor


def test_only_the_sections_named_are_redone_the_others_stay_byte_for_byte(stage: Stage) -> None:
    """One finding, one section written anew; every other byte of the draft is the author's first version."""
    stage.recipe(job())
    script = stage.script(
        {
            "Write only its section": "## Scope of others\n\nThe tenant stays in.",
            "Is it right?": ([FOUND], []),
            "Write the draft": TEXT,
        }
    )
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    assert played.step("check").summary == "1 finding, 1 section redone"
    assert TEXT.strip().replace("The tenant moves out.", "The tenant stays in.") in played.result.document
    [redo] = script.asked["Write only its section"]
    assert redo.fenced["the section as it is"].startswith("## Scope of others")
    assert "The tenant stays." in redo.text
    assert redo.model == script.asked["Write the draft"][0].model
    paths = [row["path"] for row in played.steps()]
    assert paths == ["draft", "check#1", "draft#2/scope-of-others", "check#2"]


def test_whole_text_instead_of_one_section_gives_only_that_section(stage: Stage) -> None:
    """A writer who sends everything anew changes only the section that was asked for, found by its heading."""
    stage.recipe(job())
    whole = TEXT.replace("We mend the roof.", "We sell the roof.").replace("The tenant moves out.", "The tenant stays.")
    stage.script({"Write only its section": whole, "Is it right?": ([FOUND], []), "Write the draft": TEXT})
    played = stage.play("topic.txt")
    assert "We mend the roof." in played.result.document
    assert "We sell the roof." not in played.result.document
    assert played.result.document.count("The tenant stays.") == 1


def test_text_without_sections_keeps_its_heading_when_redone(stage: Stage) -> None:
    """A text of one piece is redone as a whole, whatever heading it begins with."""
    stage.recipe(job())
    finding = {**FOUND, "section": "(opening)", "quote": "We mend the roof."}
    stage.script(
        {
            "Write only its section": "## Offer\n\nWe mend the whole roof.",
            "Is it right?": ([finding], []),
            "Write the draft": "## Offer\n\nWe mend the roof.",
        }
    )
    assert "## Offer\n\nWe mend the whole roof." in stage.play("topic.txt").result.document


def test_rounds_are_bounded_and_what_is_open_blocks(stage: Stage) -> None:
    """After the last round nothing is redone; open findings stand as blocking ones and make a draft (exit 5)."""
    stage.recipe(job())
    script = stage.script(
        {
            "Write only its section": "## Scope of others\n\nThe tenant moves out.",
            "Is it right?": [FOUND],
            "Write the draft": TEXT,
        }
    )
    played = stage.play("topic.txt")
    assert played.result.exit == 5
    assert len(script.asked["Is it right?"]) == 2
    assert len(script.asked["Write only its section"]) == 1
    [finding] = [one for one in played.result.findings if one.rule == "review: kind"]
    assert finding.severity == "block"
    assert finding.where == "scope-of-others"
    assert finding.text == 'The tenant stays. ("The tenant moves out.")'


def test_one_round_redoes_nothing(stage: Stage) -> None:
    """With one round the findings are only reported."""
    stage.recipe(job(CHECK.replace("rounds: 2", "rounds: 1")))
    script = stage.script({"Is it right?": [FOUND], "Write the draft": TEXT})
    assert stage.play("topic.txt").result.exit == 5
    assert "Write only its section" not in script.asked


def test_finding_about_a_section_that_is_not_there_is_sent_back(stage: Stage) -> None:
    """A reviewer may only name sections and words that stand in the draft."""
    stage.recipe(job())
    wrong = {**FOUND, "section": "price"}
    script = stage.script({"Is it right?": ([wrong], []), "Write the draft": TEXT})
    assert stage.play("topic.txt").result.exit == 0
    assert len(script.asked["Is it right?"]) == 2


@pytest.mark.parametrize("said", ["I like it.", Reply(fault="refusal")])
def test_reviewer_without_a_usable_answer_means_not_reviewed(stage: Stage, said: Reply | str) -> None:
    """An invalid or refusing reviewer is "not reviewed": neither passed nor failed, and it blocks."""
    stage.recipe(job())
    stage.script({"Is it right?": said, "Write the draft": TEXT})
    played = stage.play("topic.txt")
    assert played.result.exit == 5
    assert played.statuses["check"] == "unknown"
    assert "not reviewed" in played.rules
    assert TEXT.strip() in played.result.document


def test_reviewer_that_cannot_be_reached_fails_the_step(stage: Stage) -> None:
    """No network is no verdict either: the run stops, resumable, with the draft in the journal."""
    stage.recipe(job())
    stage.script({"Is it right?": Reply(fault="500"), "Write the draft": TEXT})
    played = stage.play("topic.txt")
    assert (played.result.exit, played.statuses) == (1, {"draft": "done", "check": "failed"})
    stage.script({"Is it right?": []})
    assert stage.resume().result.exit == 0


def test_failing_redo_lets_the_other_sections_finish(stage: Stage) -> None:
    """Two sections are redone at once; one that fails does not throw away the other, which was paid."""
    stage.recipe(job())
    other = {**FOUND, "section": "terms", "quote": "As agreed.", "fix": "Say which."}

    def redo(asked: Asked) -> Reply:
        if asked.fenced["the section as it is"].startswith("## Terms"):
            return Reply("## Terms\n\nThirty days.".replace("Thirty days", "As the tender says"), delay_s=0.3)
        return Reply(fault="401")

    stage.keys("openai", "anthropic")
    stage.file(
        "orchestra.toml", '[roles]\nwrite = ["openai/gpt-6.1-terra"]\nreview = ["anthropic/claude-sonnet-5-5"]\n'
    )
    stage.script({"Write only its section": redo, "Is it right?": ([FOUND, other], []), "Write the draft": TEXT})
    played = stage.play("topic.txt", models={"draft": "openai/gpt-6.1-terra"})
    assert played.result.exit == 3
    assert "draft#2/terms" in [row["path"] for row in played.steps()]
    assert {row["state"] for row in played.calls()} == {"done", "failed"}


def test_reviewer_of_the_same_vendor_is_said(stage: Stage) -> None:
    """With one key only, plan and result say that the reviewer is not independent."""
    stage.keys("openai")
    stage.recipe(job())
    stage.script({"Is it right?": [], "Write the draft": TEXT})
    assert any("reviewed by the author's vendor (openai)" in line for line in stage.plan("topic.txt").warnings)
    played = stage.play("topic.txt")
    assert played.result.reviewed_by_other_vendor is False
    assert any("author's vendor" in warning for warning in played.result.warnings)


def test_person_reads_the_reviewed_text_and_may_edit_it(stage: Stage) -> None:
    """At a review's gate the text is shown, not the list of findings; the edited text is delivered."""
    stage.recipe(job(CHECK.replace("rounds: 2", "rounds: 2\napprove: Send it?")))
    stage.script({"Is it right?": [], "Write the draft": TEXT})
    by = person(check=Decided("edit", text="## Scope\n\nWe mend it all.", by="Ada"))
    played = stage.play("topic.txt", by=by)
    assert by.shown[0].text == TEXT.strip()
    assert played.result.exit == 0
    assert "We mend it all." in played.result.document
    assert "We mend the roof." not in played.result.document


def test_redo_at_a_review_reaches_the_reviewer(stage: Stage) -> None:
    """What a person asks for at a review's gate becomes a finding of the next review, and so a change."""
    stage.recipe(job(CHECK.replace("rounds: 2", "rounds: 2\napprove: Send it?")))
    script = stage.script(
        {
            "Write only its section": "## Scope of others\n\nThe tenant stays in.",
            "A person read this version": ([FOUND], []),
            "Is it right?": [],
            "Write the draft": TEXT,
        }
    )
    by = person(check=[Decided("redo", note="Let the tenant stay."), "accept"])
    played = stage.play("topic.txt", by=by)
    assert played.result.exit == 0
    assert "Let the tenant stay." in script.asked["A person read this version"][0].task
    assert "The tenant stays in." in played.result.document


def test_skipped_review_delivers_the_draft_unreviewed(stage: Stage) -> None:
    """Skipping a review keeps the author's text, and the document says that it was skipped."""
    stage.recipe(job(CHECK.replace("rounds: 2", "rounds: 2\napprove: Send it?")))
    stage.script({"Is it right?": [], "Write the draft": TEXT})
    played = stage.play("topic.txt", by=person(check="skip"))
    assert (played.result.exit, played.statuses["check"]) == (5, "skipped")
    assert "We mend the roof." in played.result.document


def test_review_from_the_journal_says_so(stage: Stage) -> None:
    """A reviewed draft that waits at its gate is not reviewed again on resume."""
    stage.recipe(job(CHECK.replace("rounds: 2", "rounds: 2\napprove: Send it?")))
    stage.script(
        {
            "Write only its section": "## Scope of others\n\nThe tenant stays in.",
            "Is it right?": ([FOUND], []),
            "Write the draft": TEXT,
        }
    )
    stage.play("topic.txt")
    asked = len(stage.vendor.asked)
    done = stage.resume(by=person(check="accept"))
    assert (done.result.exit, len(stage.vendor.asked)) == (0, asked)
    assert done.step("check").from_journal
    assert "The tenant stays in." in done.result.document


@pytest.mark.parametrize(("yes", "exit_", "severity"), [(False, 0, "warn"), (True, 5, "block")])
def test_open_findings_block_unless_a_person_let_the_text_pass(
    stage: Stage, yes: bool, exit_: int, severity: str
) -> None:
    """What is open goes to a person, who sees it and may accept; where nobody stood, it blocks."""
    stage.recipe(job(CHECK.replace("rounds: 2", "rounds: 1\napprove: Send it?")))
    stage.script({"Is it right?": [FOUND], "Write the draft": TEXT})
    by = person(check="accept")
    played = stage.play("topic.txt", by=by, yes=yes)
    assert played.result.exit == exit_
    [finding] = [one for one in played.result.findings if one.rule == "review: kind"]
    assert finding.severity == severity
    assert yes or by.shown[0].findings[0].rule == "review: kind"
