"""The journal: what counts as the same question, what is kept, and what a run never asks twice."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from support.runs import Played, Stage, page, person
from support.vendor import Asked, Reply

from orchestra_cli.engine.events import Attempted, GateOpened
from orchestra_cli.engine.person import Decided
from orchestra_cli.store import gates, journal, partial

POINTS = "points\nrole: extract\nreads: topic\nreturns:\n  - point: text, max 40 words\n\nList the points."
NOTE = "note\nrole: write\nreads: topic, points\nmax words: 80\n\nWrite a short note."
TWO = page(POINTS, NOTE, deliver="md\n# Note\n{note}")
GATED = page(POINTS, NOTE.replace("max words: 80", "max words: 80\napprove: Send it?"), deliver="md\n# Note\n{note}")
GOOD = {"List the points": [{"point": "The roof leaks."}], "Write a short note": "The roof leaks over the kitchen."}


def keys_of(played: Played) -> dict[str, str]:
    return {row["path"]: row["key"] for row in played.steps()}


def test_finished_run_is_printed_again_without_asking(stage: Stage) -> None:
    """Resuming a finished run gives its result and exit code again and asks no model."""
    stage.recipe(TWO)
    stage.script(GOOD)
    first = stage.play("topic.txt")
    asked = len(stage.vendor.asked)
    again = stage.resume(first.result.run)
    assert (first.result.exit, again.result.exit) == (0, 0)
    assert again.result.document == first.result.document != ""
    assert len(stage.vendor.asked) == asked == 2


def test_key_ignores_who_plays_and_what_it_costs(stage: Stage) -> None:
    """Cast, prices, budget, privacy mode, hand-off mode, nonce and clock are no part of a key."""
    stage.recipe(TWO)
    stage.script(GOOD)
    first = keys_of(stage.play("topic.txt"))
    stage.keys("anthropic")
    stage.file(
        "orchestra.toml",
        '[prices."anthropic/claude-sonnet-5-5"]\ninput = "99"\noutput = "99"\n'
        '[policy.internal]\nallow = ["anthropic"]\n',
    )
    other = stage.play(
        "topic.txt", privacy="strict", budget=Decimal(9), handoff="manual", by=person(**{"*": ["accept", "accept"]})
    )
    assert keys_of(other) == first


@pytest.mark.parametrize(
    ("what", "changed"),
    [
        ("instructions", {"recipe": TWO.replace("List the points.", "List the points now.")}),
        ("preamble", {"recipe": TWO.replace("Plain words.", "Plainer words.")}),
        ("returns", {"recipe": TWO.replace("max 40 words", "max 41 words")}),
        ("tier", {"recipe": TWO.replace("role: extract", "role: extract\ntier: best")}),
        ("reads", {"topic": "The roof is whole.\n"}),
        ("pin", {"models": {"points": "anthropic/claude-haiku-5-5"}}),
    ],
)
def test_key_changes_with_what_the_answer_rests_on(stage: Stage, what: str, changed: dict[str, object]) -> None:
    """Another task, preamble, shape, tier, text read or fixed model is another question."""
    stage.recipe(TWO)
    stage.script(GOOD)
    first = keys_of(stage.play("topic.txt"))
    stage.recipe(str(changed.get("recipe", TWO)))
    if "topic" in changed:
        stage.file("topic.txt", str(changed["topic"]))
    second = keys_of(stage.play("topic.txt", models=changed.get("models", {})))
    assert second["points"] != first["points"], what


def test_step_downstream_changes_with_the_answer_it_reads(stage: Stage) -> None:
    """A key holds the answers that were read, so another answer upstream is another question downstream."""
    stage.recipe(TWO)
    stage.script(GOOD)
    first = keys_of(stage.play("topic.txt"))
    stage.script({**GOOD, "List the points": [{"point": "The kitchen is wet."}]})
    second = keys_of(stage.play("topic.txt"))
    assert second["points"] == first["points"]
    assert second["note"] != first["note"]


def test_reuse_takes_equal_answers_of_another_run(stage: Stage) -> None:
    """`--reuse RUN` copies answers whose key is equal and asks only for the rest; what is copied costs nothing."""
    stage.recipe(TWO)
    stage.script(GOOD)
    first = stage.play("topic.txt")
    stage.recipe(TWO.replace("Write a short note.", "Write a short note, politely."))
    second = stage.play("topic.txt", reuse=first.result.run)
    assert len(stage.vendor.asked) == 3
    assert second.step("points").from_journal
    assert second.step("points").cost_usd == 0
    assert not second.step("note").from_journal


def test_reuse_understands_the_word_last(stage: Stage) -> None:
    """`--reuse last` means this user's latest run, and an unknown run is an error before anything is sent."""
    from orchestra_cli.errors import InputError

    stage.recipe(TWO)
    stage.script(GOOD)
    stage.play("topic.txt")
    assert stage.play("topic.txt", reuse="last").result.exit == 0
    assert len(stage.vendor.asked) == 2
    with pytest.raises(InputError, match="no run"):
        stage.play("topic.txt", reuse="nothere")


def test_only_whole_answers_are_journalled(stage: Stage) -> None:
    """A cut answer leaves no row; its text is kept apart and satisfies nothing when the run is resumed."""
    stage.keys("openai")
    stage.patch.setattr("orchestra_cli.models.casting.CAST_AT_MOST", 1)
    stage.recipe(TWO)
    stage.script({**GOOD, "Write a short note": Reply("The roof leaks over the kitchen of the tenant.", fault="cut")})
    failed = stage.play("topic.txt", models={"note": "openai/gpt-6.1-terra"})
    assert (failed.result.exit, failed.result.error.code) == (1, "cut")  # type: ignore[union-attr]
    assert [row["path"] for row in failed.steps()] == ["points"]
    with stage.store() as store:
        kept = partial.partials_of(store, failed.result.run)
    assert kept
    assert all(piece.path == "note" and piece.text.startswith("The roof") for piece in kept)
    script = stage.script(GOOD)
    again = stage.resume(failed.result.run)
    assert again.result.exit == 0
    assert list(script.asked) == ["Write a short note"]
    assert again.step("points").from_journal


def test_changed_inputs_change_nothing_in_a_run_that_exists(stage: Stage) -> None:
    """A run is a frozen world: recipe, inputs and settings that change later do not reach it."""
    stage.recipe(GATED)
    stage.script(GOOD)
    waiting = stage.play("topic.txt")
    assert waiting.result.exit == 75
    stage.recipe("nothing of a recipe")
    stage.file("topic.txt", "Something else.\n")
    done = stage.resume(waiting.result.run, by=person(note="accept"))
    assert done.result.exit == 0
    assert len(stage.vendor.asked) == 2


def test_gate_waits_and_says_how_to_go_on(stage: Stage) -> None:
    """A gate that nobody can answer saves, exits 75, names its question and the exact command to go on."""
    stage.recipe(GATED)
    stage.script(GOOD)
    waiting = stage.play("topic.txt")
    assert waiting.result.status == "waiting"
    assert waiting.result.waiting_for is not None
    assert (waiting.result.waiting_for.kind, waiting.result.waiting_for.step) == ("person", "note")
    assert waiting.result.waiting_for.question == "Send it?"
    assert waiting.result.resume_argv == ("orchestra", "resume", waiting.result.run)
    assert waiting.statuses == {"points": "done", "note": "waiting"}


def test_edit_is_a_new_version_beside_the_answer(stage: Stage) -> None:
    """An edited text is delivered; the model's own version stays in the journal, and nobody is asked twice."""
    stage.recipe(GATED)
    stage.script(GOOD)
    edited = stage.play("topic.txt", by=person(note=Decided("edit", text="The roof is open.", by="Ada")))
    assert edited.result.exit == 0
    assert "The roof is open." in edited.result.document
    kept = json.loads(next(stage_text(stage, row) for row in edited.steps() if row["path"] == "note"))
    assert kept["text"] == "The roof leaks over the kitchen."
    with stage.store() as store:
        [decision] = gates.decisions_of(store, edited.result.run)
    assert (decision.kind, decision.by) == ("edit", "Ada")
    assert json.loads(decision.text)["text"] == "The roof is open."


def stage_text(stage: Stage, row: dict[str, object]) -> str:
    with stage.store() as store:
        return next(one.value for one in journal.steps_of(store, str(row["run"])) if one.path == row["path"])


def test_edit_of_fields_reaches_the_steps_that_read_them(stage: Stage) -> None:
    """Edited fields are checked to be JSON, asked for again when they are not, and read by the next step."""
    recipe = page(POINTS.replace("reads: topic", "reads: topic\napprove: Are these right?"), NOTE)
    stage.recipe(recipe)
    script = stage.script(GOOD)
    edits = [
        Decided("edit", text="no json"),
        Decided("edit", text=" "),
        Decided("edit", text='[{"id": "P1", "point": "Wet."}]'),
    ]
    by = person(points=edits)
    played = stage.play("topic.txt", by=by)
    assert played.result.exit == 0
    assert "P1 | point: Wet." in script.asked["Write a short note"][0].fenced["points"]
    assert [shown.summary for shown in by.shown][1].startswith("the edited fields are no JSON")
    assert by.shown[2].summary == "the edited text is empty; nothing was changed"


def test_approval_holds_on_resume(stage: Stage) -> None:
    """What a person approved is not shown again when the run goes on after another stop."""
    recipe = page(POINTS.replace("reads: topic", "reads: topic\napprove: Are these right?"), NOTE)
    stage.recipe(recipe)
    stage.keys("openai")
    stage.script({**GOOD, "Write a short note": Reply(fault="500")})
    by = person(points="accept")
    assert stage.play("topic.txt", by=by).result.exit == 1
    stage.script(GOOD)
    again = stage.resume(by=person())
    assert again.result.exit == 0
    assert len(by.shown) == 1


def test_approval_is_void_when_what_was_shown_changes(stage: Stage) -> None:
    """After an upstream redo the text is another one: the old approval does not count and it is shown again."""
    first = page(
        POINTS.replace("reads: topic", "reads: topic\napprove: Right?"),
        NOTE.replace("max words: 80", "max words: 80\napprove: Send it?"),
    )
    stage.recipe(first)
    script = stage.script(
        {
            "List the points": ([{"point": "The roof leaks."}], [{"point": "The kitchen is wet."}]),
            "Write a short note": ("The roof leaks.", "The kitchen is wet."),
        }
    )
    played = stage.play("topic.txt", by=person(points="accept", note=["quit"]))
    assert played.result.exit == 75
    with stage.store() as store:
        from orchestra_cli.store.lease import release, take_lease

        lease = take_lease(store, played.result.run)
        journal.add_epoch(store, lease, "points", "others", "")
        release(store, lease)
    by = person(points="accept", note="accept")
    done = stage.resume(played.result.run, by=by)
    assert done.result.exit == 0
    assert [shown.step for shown in by.shown] == ["points", "note"]
    assert len(script.asked["List the points"]) == 2


def test_redo_asks_anew_with_the_note_and_only_that_step(stage: Stage) -> None:
    """A redo adds an epoch for its own path: that step is asked once more with the person's note, others are not."""
    stage.recipe(GATED)
    script = stage.script({**GOOD, "Write a short note": ("The roof leaks.", "The roof drips.")})
    by = person(note=[Decided("redo", note="Say drips."), "accept"])
    played = stage.play("topic.txt", by=by)
    assert "The roof drips." in played.result.document
    assert "Say drips." in script.asked["Write a short note"][1].task
    assert len(script.asked["List the points"]) == 1
    assert [row["epoch"] for row in played.steps() if row["path"] == "note"] == [0, 1]


def test_same_answer_after_a_redo_is_shown_again(stage: Stage) -> None:
    """An answer that came back unchanged is put to the person again and not taken as refused for ever."""
    stage.recipe(GATED)
    stage.script(GOOD)
    by = person(note=[Decided("redo", note="Better."), "accept"])
    assert stage.play("topic.txt", by=by).result.exit == 0
    assert len(by.shown) == 2


def test_person_chooses_another_model(stage: Stage) -> None:
    """ "model" has the step played by exactly that model, at its known price."""
    stage.recipe(GATED)
    stage.script(GOOD)
    by = person(note=[Decided("model", model="gemini/gemini-3.5-flash-lite"), "accept"])
    played = stage.play("topic.txt", by=by)
    assert played.step("note").model == "gemini/gemini-3.5-flash-lite"
    assert not played.result.cost_unknown
    assert [asked.model for asked in stage.vendor.asked][-1] == "gemini-3.5-flash-lite"


def test_frozen_cast_that_cannot_play_is_cast_anew_and_says_so(stage: Stage) -> None:
    """When the keys of the frozen cast are gone, whoever can play today is asked, and the result says it."""
    stage.recipe(page(POINTS.replace("reads: topic", "reads: topic\napprove: Right?"), NOTE))
    stage.keys("openai")
    stage.script(GOOD)
    waiting = stage.play("topic.txt")
    stage.keys("gemini")
    done = stage.resume(waiting.result.run, by=person(points="accept"))
    assert done.result.exit == 0
    assert done.step("note").provider == "gemini"
    assert any("note was cast anew" in warning for warning in done.result.warnings)
    assert any("cast anew" in event.what for event in done.said(Attempted))


def test_nobody_left_to_cast_is_exit_3_and_resumable(stage: Stage) -> None:
    """With no key at all a resumed run ends with 3 and can be resumed again."""
    stage.recipe(page(POINTS.replace("reads: topic", "reads: topic\napprove: Right?"), NOTE))
    stage.script(GOOD)
    stage.no_small_model()
    waiting = stage.play("topic.txt")
    stage.keys()
    stuck = stage.resume(waiting.result.run, by=person(points="accept"), models={"note": "openai/gpt-6.1-terra"})
    if stuck.result.exit == 3:
        assert stuck.result.resume == f"orchestra resume {stuck.result.run}"
    stage.keys("anthropic")
    assert stage.resume(waiting.result.run, by=person()).result.exit == 0


def test_resume_takes_budget_model_and_handoff(stage: Stage) -> None:
    """A resumed run takes its own budget, model and hand-off mode, and nothing else from the command."""
    stage.recipe(GATED)
    stage.script(GOOD)
    waiting = stage.play("topic.txt", budget=Decimal(0))
    assert waiting.result.exit == 4
    by = person(**{"*": ["accept", "accept", "accept"]})
    done = stage.resume(
        waiting.result.run, by=by, budget=Decimal(5), models={"write": "gemini/gemini-3.8-flash"}, handoff="manual"
    )
    assert done.result.exit == 0
    assert done.result.budget_usd == 5
    assert done.step("note").model == "gemini/gemini-3.8-flash"
    assert not done.result.cost_unknown
    assert [shown.step for shown in by.shown] == ["points", "note"]


def test_decisions_of_a_manual_run_offer_what_fits(stage: Stage) -> None:
    """With --handoff manual every hand-off is shown with what comes next, and "no" only where the recipe asks."""
    stage.recipe(GATED)
    stage.script(GOOD)
    by = person(**{"*": ["accept", "accept"]})
    played = stage.play("topic.txt", by=by, handoff="manual")
    points, note = by.shown
    assert (points.position, points.of, points.is_data) == (1, 2, True)
    assert points.next_steps[0][0] == "note"
    assert "no" not in points.options
    assert "no" in note.options
    assert note.text == "The roof leaks over the kitchen."
    assert played.said(GateOpened)


def test_skipped_step_makes_the_result_a_draft_that_says_why(stage: Stage) -> None:
    """A step that a person skipped is MISSING for its readers, and the document says who skipped it: exit 5."""
    stage.recipe(
        page(POINTS.replace("reads: topic", "reads: topic\napprove: Right?"), NOTE, deliver="md\n# Note\n{note}")
    )
    script = stage.script(GOOD)
    played = stage.play("topic.txt", by=person(points="skip"))
    assert (played.result.exit, played.statuses["points"]) == (5, "skipped")
    assert "skipped by Ada" in script.asked["Write a short note"][0].fenced["points"]
    assert any("skipped by Ada" in line for line in played.result.missing)
    assert any(finding.rule == "skipped" and finding.severity == "block" for finding in played.result.findings)
    assert "points was skipped by Ada" in played.result.document.split("# Note")[0]


def test_no_at_a_gate_stops_the_run_and_keeps_everything(stage: Stage) -> None:
    """ "no" ends the run with 1; what was played stays and can be resumed."""
    stage.recipe(page(POINTS.replace("reads: topic", "reads: topic\napprove: Go on?"), NOTE))
    stage.script(GOOD)
    played = stage.play("topic.txt", by=person(points="no"))
    assert played.result.exit == 1
    assert 'said no at "Go on?"' in played.result.error.message  # type: ignore[union-attr]
    assert played.statuses == {"points": "failed", "note": "not_run"}
    assert [row["path"] for row in played.steps()] == ["points"]


def test_quit_keeps_everything_and_exits_75(stage: Stage) -> None:
    """ "quit" is no decision: the same text is shown again when the run is resumed."""
    stage.recipe(GATED)
    stage.script(GOOD)
    played = stage.play("topic.txt", by=person(note="quit"))
    assert played.result.exit == 75
    assert played.result.waiting_for.kind == "person"  # type: ignore[union-attr]
    again = person(note="accept")
    assert stage.resume(played.result.run, by=again).result.exit == 0
    assert len(again.shown) == 1


def test_quit_at_a_step_called_answer_still_waits_for_a_person(stage: Stage) -> None:
    """What a run waits for does not depend on the words in its messages."""
    stage.recipe(page("answer\nrole: write\nreads: topic\n\nAnswer it."))
    stage.script({"Answer it": "The roof leaks."})
    played = stage.play("topic.txt", handoff="manual", by=person(answer="quit"))
    assert played.result.waiting_for.kind == "person"  # type: ignore[union-attr]


def test_yes_accepts_unattended_and_the_document_says_so(stage: Stage) -> None:
    """--yes answers `approve`, is recorded as unattended, and the document names what no person approved."""
    stage.recipe(GATED)
    stage.script(GOOD)
    played = stage.play("topic.txt", yes=True)
    assert played.result.exit == 0
    assert "no person approved: Send it?" in played.result.document
    with stage.store() as store:
        [decision] = gates.decisions_of(store, played.result.run)
    assert decision.unattended


def test_yes_never_answers_a_hard_gate(stage: Stage) -> None:
    """`approve!` waits for a person whatever the command line says."""
    stage.recipe(GATED.replace("approve: Send it?", "approve!: Send it?"))
    stage.script(GOOD)
    played = stage.play("topic.txt", yes=True)
    assert played.result.exit == 75


def test_resume_without_a_name_goes_on_with_the_only_run_that_waits(stage: Stage) -> None:
    """A bare resume takes the one run that can go on, the last one when none can, and asks which of several."""
    from orchestra_cli.errors import UsageError

    stage.recipe(GATED)
    stage.script(GOOD)
    first = stage.play("topic.txt")
    stage.play("topic.txt")
    with pytest.raises(UsageError, match="2 runs can go on"):
        stage.resume("")
    stage.resume(first.result.run, by=person(note="accept"))
    done = stage.resume("", by=person(note="accept"))
    assert done.result.exit == 0
    assert stage.resume("").result.run == done.result.run


def test_history_gives_the_result_that_was_printed(stage: Stage) -> None:
    """A past run's result is the one the run ended with, to the last field of the contract."""
    from orchestra_cli.engine.history import load_result
    from orchestra_cli.engine.result import to_json

    stage.recipe(GATED)
    stage.script(GOOD)
    waiting = stage.play("topic.txt")
    assert to_json(load_result("last")) == to_json(waiting.result)
    done = stage.resume(by=person(note="accept"))
    assert to_json(load_result(done.result.run)) == to_json(done.result)


def test_run_that_never_ended_reads_as_interrupted(stage: Stage) -> None:
    """A run whose process died has no result; it reads as interrupted with the command to go on."""
    from orchestra_cli.engine.history import load_result

    stage.recipe(GATED)
    stage.script(GOOD)
    waiting = stage.play("topic.txt")
    import sqlite3

    with sqlite3.connect(stage.home / "orchestra.db") as db:
        db.execute("UPDATE runs SET status = 'running', result_sha = '', exit = NULL")
    db.close()
    shown = load_result("last")
    assert (shown.status, shown.exit) == ("interrupted", 130)
    assert shown.resume == f"orchestra resume {waiting.result.run}"


def test_twin_is_the_unfinished_run_of_the_same_job(stage: Stage) -> None:
    """The same recipe, client and inputs have the same twin; other inputs have none."""
    from orchestra_cli.engine.session import find_unfinished

    stage.recipe(GATED)
    stage.script(GOOD)
    waiting = stage.play("topic.txt")
    twin = find_unfinished(stage.prepare("topic.txt", budget=Decimal(1)))
    assert twin is not None
    assert twin.id == waiting.result.run
    stage.file("topic.txt", "Other words.\n")
    assert find_unfinished(stage.prepare("topic.txt")) is None


def test_world_survives_its_way_through_json(stage: Stage) -> None:
    """The frozen world is the same after it was written and read."""
    from orchestra_cli.engine.world import from_json, to_json

    stage.recipe(TWO)
    world = stage.plan("topic.txt").world
    assert from_json(to_json(world)) == world
    assert replace(world, nonce="x") != world


def test_bare_approve_means_a_run_that_waits_for_a_person(stage: Stage) -> None:
    """`approve` without a name takes the one run that waits, says when none does, and asks which of several."""
    from orchestra_cli.errors import UsageError

    stage.recipe(GATED)
    stage.script(GOOD)
    with pytest.raises(UsageError, match="No run waits for a decision"):
        stage.resume("", approve=True)
    stage.play("topic.txt", budget=Decimal(0))
    waiting = stage.play("topic.txt")
    done = stage.resume("", approve=True, by=person(note="accept"))
    assert (done.result.run, done.result.exit) == (waiting.result.run, 0)
    stage.play("topic.txt")
    stage.play("topic.txt")
    with pytest.raises(UsageError, match="2 runs wait for a person") as caught:
        stage.resume("", approve=True)
    assert caught.value.advice.startswith("orchestra approve ")


def test_run_without_a_cast_can_be_carried_later(stage: Stage) -> None:
    """A run that nobody could play goes on with `resume --handoff paste`."""
    stage.keys()
    stage.no_small_model()
    stage.recipe(TWO)
    stuck = stage.play("topic.txt")
    assert stuck.result.exit == 3
    by = person()
    by.answers = ['{"items": [{"point": "The roof leaks."}]}', "The roof leaks over the kitchen."]
    assert stage.resume(stuck.result.run, by=by, handoff="paste").result.exit == 0


def test_interrupted_run_counts_only_whole_steps_as_done(stage: Stage) -> None:
    """A list that was stopped after some of its items is not done; a whole step before it is."""
    each = "answers\nrole: write\nreads: points\neach: points\n\nAnswer the point."
    stage.recipe(page(POINTS, each, deliver="md\n{answers}"))

    def answer(asked: Asked) -> Reply:
        return Reply("Fine.", fault="stall" if "door" in asked.text else "")

    both = [{"point": "The roof leaks."}, {"point": "The door sticks."}]
    stage.script({"List the points": both, "Answer the point": answer})
    played = stage.play("topic.txt", deadline_s=0.8)
    assert played.result.exit == 130
    assert any(row["path"].startswith("answers[") for row in played.steps())
    assert played.statuses == {"points": "done", "answers": "not_run"}
    stage.script({"Answer the point": "Fine."})
    assert stage.resume().result.exit == 0
    assert len([asked for asked in stage.vendor.asked if "Answer the point" in asked.task]) == 3


def test_review_that_was_finished_before_the_interrupt_is_done(stage: Stage) -> None:
    """What this process finished is told as done, also a review, whose rows have paths of their own."""
    check = "check\nrole: review\nreview: note\nrounds: 2\n\nIs it right?"
    last = "last\nrole: write\nreads: note\n\nWrite the last."
    stage.recipe(page(NOTE.replace(", points", ""), check, last))
    stage.script({"Write a short note": "Fine.", "Is it right?": [], "Write the last": Reply("x", fault="stall")})
    played = stage.play("topic.txt", deadline_s=0.8)
    assert played.statuses == {"note": "done", "check": "done", "last": "not_run"}


def test_run_whose_second_process_died_reads_as_interrupted(stage: Stage) -> None:
    """What a run told when it waited is not how it ended when a later process of it was killed."""
    import sqlite3

    from orchestra_cli.engine.history import load_result

    stage.recipe(GATED)
    stage.script(GOOD)
    waiting = stage.play("topic.txt")
    with sqlite3.connect(stage.home / "orchestra.db") as db:
        db.execute("UPDATE runs SET status = 'running', exit = NULL")
    db.close()
    shown = load_result(waiting.result.run)
    assert (shown.status, shown.exit, shown.waiting_for) == ("interrupted", 130, None)
    assert shown.resume == waiting.result.resume
    assert [step.id for step in shown.steps] == ["points", "note"]
