"""The graph: what waits for what, failing branches, conditions, lists, and stopping in the middle."""

from __future__ import annotations

import json
import threading

import pytest
from support.runs import Stage, page, person
from support.vendor import Asked, Reply

from orchestra_cli.engine.events import GateOpened, StepFinished, StepStarted
from orchestra_cli.engine.person import Decided
from orchestra_cli.engine.reading import step_needs
from orchestra_cli.recipes.load import parse

LIST = "points\nrole: extract\nreads: topic\nreturns:\n  - point: text\n\nList the points."
LABEL = "label\nrole: extract\nreads: topic\nreturns:\n  kind: leak | fire\n  note: text, optional\n\nLabel it."
TWO_SECTIONS = "## Scope\n\nWe mend the roof.\n\n## Terms\n\nAs agreed."


def prose(name: str, reads: str = "topic", more: str = "") -> str:
    return f"{name}\nrole: write\nreads: {reads}\n{more}\nWrite the {name}."


def test_independent_steps_run_at_once(stage: Stage) -> None:
    """Steps that need nothing of each other are asked at the same time."""
    stage.recipe(page(*(prose(name) for name in ("alpha", "beta", "gamma")), prose("last", "alpha, beta, gamma")))
    together = threading.Barrier(3, timeout=10)

    def answer(asked: Asked) -> Reply:
        if "Write the last" not in asked.task:
            together.wait()
        return Reply("The roof leaks.")

    stage.vendor.answer = answer
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    assert stage.vendor.most_in_flight == 3
    assert played.said(StepStarted)[-1].step == "last"


def test_step_gets_what_it_reads_and_nothing_else(stage: Stage) -> None:
    """A prompt holds the material named under reads, in the order of the page."""
    stage.recipe(page(prose("alpha"), prose("beta", "alpha"), prose("gamma", "beta, topic")))
    script = stage.script({"Write the alpha": "Alpha.", "Write the beta": "Beta.", "Write the gamma": "Gamma."})
    stage.play("topic.txt")
    assert [list(script.asked[f"Write the {name}"][0].fenced) for name in ("alpha", "beta", "gamma")] == [
        ["topic"],
        ["alpha"],
        ["beta", "topic"],
    ]


def test_reader_of_a_draft_waits_for_its_review_and_gets_the_last_version(stage: Stage) -> None:
    """A step that reads a reviewed draft starts after the review, with the sections that were redone."""
    check = "check\nrole: review\nreview: draft\nrounds: 2\n\nIs it right?"
    stage.recipe(page(prose("draft"), check, prose("summary", "draft")))
    finding = {"section": "scope", "rule": "true", "quote": "We mend the roof.", "fix": "Say the kitchen roof."}
    script = stage.script(
        {
            "Write only its section": "## Scope\n\nWe mend the kitchen roof.",
            "Is it right?": ([finding], []),
            "Write the draft": TWO_SECTIONS,
            "Write the summary": "All is said.",
        }
    )
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    [asked] = script.asked["Write the summary"]
    assert "We mend the kitchen roof." in asked.fenced["draft"]
    assert "We mend the roof." not in asked.fenced["draft"]


def test_two_reviews_of_one_draft_follow_each_other(stage: Stage) -> None:
    """The second review reads what the first one left, so that neither one's redone sections are lost."""
    first = "facts_check\nrole: review\nreview: draft\nrounds: 2\n\nIs it true?"
    second = "style_check\nrole: review\nreview: draft\nrounds: 2\n\nIs it plain?"
    stage.recipe(page(prose("draft"), first, second, deliver="md\n{draft}"))
    one = {"section": "scope", "rule": "true", "quote": "We mend the roof.", "fix": "Say whose."}
    two = {"section": "terms", "rule": "plain", "quote": "As agreed.", "fix": "Say what."}

    def redo(asked: Asked) -> Reply:
        return Reply("## Terms\n\nAs you asked." if "Say what." in asked.text else "## Scope\n\nWe mend your roof.")

    script = stage.script(
        {
            "Write only its section": redo,
            "Is it true?": ([one], []),
            "Is it plain?": ([two], []),
            "Write the draft": TWO_SECTIONS,
        }
    )
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    assert "We mend your roof." in script.asked["Is it plain?"][0].fenced["draft"]
    assert "We mend your roof." in played.result.document
    assert "As you asked." in played.result.document


def test_failing_branch_does_not_cancel_its_siblings(stage: Stage) -> None:
    """A sibling that is already paid finishes and is journalled; then the run stops with 1."""
    stage.recipe(page(prose("good"), prose("bad"), prose("last", "good, bad")))
    failed = threading.Event()

    def answer(asked: Asked) -> Reply:
        if "Write the bad" in asked.task:
            failed.set()
            return Reply(fault="500")
        failed.wait(5)
        return Reply("The roof leaks.")

    stage.vendor.answer = answer
    played = stage.play("topic.txt")
    assert played.result.exit == 1
    assert played.statuses == {"good": "done", "bad": "failed", "last": "not_run"}
    assert [row["path"] for row in played.steps()] == ["good"]
    assert played.step("last").summary == "needs bad, which failed"


@pytest.mark.parametrize(
    ("kind", "note", "ran", "why"),
    [
        ("leak", "wet", True, ""),
        ("fire", "hot", False, "its condition does not hold"),
        ("leak", "MISSING: nobody said", False, "a value of its condition is MISSING"),
    ],
)
def test_condition_decides_whether_a_step_runs(stage: Stage, kind: str, note: str, ran: bool, why: str) -> None:
    """`when` runs, leaves out, or says that a value it asks about is MISSING; readers are told why."""
    step = prose("letter", "topic", 'when: label.kind is leak and label.note is not "x"\n')
    stage.recipe(page(LABEL, step, prose("summary", "letter"), deliver="md\n{summary}"))
    script = stage.script(
        {"Label it": {"kind": kind, "note": note}, "Write the letter": "Dear.", "Write the summary": "Done."}
    )
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    assert played.statuses["letter"] == ("done" if ran else "not_run")
    assert played.step("letter").summary == (why or "1 words")
    assert bool(script.asked["Write the letter"]) is ran
    if not ran:
        assert script.asked["Write the summary"][0].fenced["letter"] == f"MISSING: {why}"


def test_condition_may_ask_about_a_short_input(stage: Stage) -> None:
    """A `when` may name an input of the command line."""
    stage.recipe(
        page(
            prose("letter", "topic", "when: tone is formal\n"),
            prose("summary", "topic"),
            inputs="topic: document\ntone: choice formal | plain",
            deliver="md\n{summary}{letter}",
        )
    )
    stage.script({"Write the letter": "Dear.", "Write the summary": "Done."})
    assert stage.play("topic.txt", inputs={"tone": "plain"}).statuses["letter"] == "not_run"
    assert stage.play("topic.txt", inputs={"tone": "formal"}).statuses["letter"] == "done"


def test_review_of_a_step_that_did_not_run_has_nothing_to_do(stage: Stage) -> None:
    """Where a condition left out the draft, its review is not asked and nothing blocks."""
    check = "check\nrole: review\nreview: draft\n\nIs it right?"
    stage.recipe(page(LABEL, prose("draft", "topic", "when: label.kind is fire\n"), check, deliver="md\n{draft}"))
    script = stage.script({"Label it": {"kind": "leak", "note": "wet"}})
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    assert list(script.asked) == ["Label it"]
    assert any("its condition does not hold" in line for line in played.result.missing)


EACH = "answers\nrole: write\nreads: points\neach: points\n\nAnswer the point."
AGAIN = "letters\nrole: write\nreads: answers\neach: points\n\nWrite a letter."
POINTS = [{"point": "The roof leaks."}, {"point": "The door sticks."}, {"point": "The tap drips."}]


def item_of(asked: Asked) -> str:
    return asked.fenced["points"]


def test_each_asks_once_per_item_and_zips_with_the_same_list(stage: Stage) -> None:
    """Each item is asked alone; a step with the same `each` gets its own item's answer, another one gets all."""
    stage.recipe(page(LIST, EACH, AGAIN, prose("summary", "letters"), deliver="md\n{summary}"))
    script = stage.script(
        {
            "List the points": POINTS,
            "Answer the point": lambda asked: Reply(f"About: {item_of(asked)[-20:]}"),
            "Write a letter": lambda asked: Reply("Letter on " + asked.fenced["answers"][-18:]),
            "Write the summary": "All done.",
        }
    )
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    assert len(script.asked["Answer the point"]) == 3
    for asked in script.asked["Write a letter"]:
        own = item_of(asked).split("point: ")[1]
        assert own[-12:] in asked.fenced["answers"]
        assert sum(point["point"][-12:] in asked.fenced["answers"] for point in POINTS) == 1
    everything = script.asked["Write the summary"][0].fenced["letters"]
    assert all(f"## P{number}" in everything for number in (1, 2, 3))
    paths = [row["path"] for row in played.steps() if row["path"].startswith("answers[")]
    assert len(paths) == 3
    assert played.step("answers").summary == "3 of 3 items"


def test_one_failed_item_is_listed_and_the_step_goes_on(stage: Stage) -> None:
    """A failed item is not processed, the others are; the document is a draft that says so (exit 5)."""
    stage.recipe(page(LIST, EACH, deliver="md\n{answers}"))

    def answer(asked: Asked) -> Reply:
        return Reply(fault="500") if "door" in item_of(asked) else Reply("Noted.")

    stage.script({"List the points": POINTS, "Answer the point": answer})
    played = stage.play("topic.txt")
    assert played.result.exit == 5
    assert played.step("answers").summary == "2 of 3 items"
    [finding] = [finding for finding in played.result.findings if finding.rule == "not processed"]
    assert finding.where == "answers, P2"
    assert "MISSING: not processed" in played.result.document


def test_all_items_failing_fails_the_step(stage: Stage) -> None:
    """When no item could be processed the step has failed, and a resume asks only for what is missing."""
    stage.recipe(page(LIST, EACH, deliver="md\n{answers}"))
    stage.script({"List the points": POINTS, "Answer the point": Reply(fault="500")})
    played = stage.play("topic.txt")
    assert (played.result.exit, played.statuses["answers"]) == (1, "failed")
    assert "none of its 3 items" in played.result.error.message  # type: ignore[union-attr]
    script = stage.script({"Answer the point": "Noted."})
    again = stage.resume()
    assert again.result.exit == 0
    assert len(script.asked["Answer the point"]) == 3


def test_items_from_the_journal_are_not_asked_again(stage: Stage) -> None:
    """After a stop in the middle of a list only the missing items are asked; all from the journal says so."""
    gated = EACH.replace("each: points", "each: points\napprove: All right?")
    stage.recipe(page(LIST, gated, deliver="md\n{answers}"))
    stage.script({"List the points": POINTS, "Answer the point": "Noted."})
    stage.play("topic.txt")
    asked = len(stage.vendor.asked)
    done = stage.resume(by=person(answers="accept"))
    assert done.result.exit == 0
    assert len(stage.vendor.asked) == asked
    assert done.step("answers").from_journal


def test_each_over_fields_gives_rows_with_these_fields(stage: Stage) -> None:
    """An `each` step that returns fields yields a list of groups that later steps can use."""
    each = "ratings\nrole: extract\nreads: points\neach: points\nreturns:\n  rating: high | low\n\nRate it."
    stage.recipe(page(LIST, each, deliver="md\n{ratings.rating}"))
    stage.script({"List the points": POINTS, "Rate it": {"rating": "low"}})
    played = stage.play("topic.txt")
    assert played.result.document.count("- low") == 3


def test_each_over_a_list_inside_an_answer(stage: Stage) -> None:
    """`each: step.field` runs for every value of that list."""
    nested = "sorted\nrole: extract\nreads: topic\nreturns:\n  kind: leak | fire\n  rooms:\n    - text\n\nSort it."
    each = "rooms\nrole: write\nreads: topic\neach: sorted.rooms\n\nDescribe the room."
    stage.recipe(page(nested, each, deliver="md\n{rooms}"))
    script = stage.script({"Sort it": {"kind": "leak", "rooms": ["kitchen", "hall"]}, "Describe the room": "Wet."})
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    rooms = sorted(asked.fenced["sorted.rooms"].split("text: ")[1] for asked in script.asked["Describe the room"])
    assert rooms == ["hall", "kitchen"]


def test_each_over_the_files_and_rows_of_an_input(stage: Stage) -> None:
    """`each` over documents runs for every file, over a table for every row."""
    files = "notes\nrole: write\nreads: papers\neach: papers\n\nSum up the paper."
    rows = "lines\nrole: write\nreads: stock\neach: stock\n\nDescribe the row."
    stage.recipe(page(files, rows, inputs="papers: documents\nstock: table", deliver="md\n{notes}{lines}"))
    stage.file("one.txt", "The roof leaks.\n")
    stage.file("two.txt", "The door sticks.\n")
    stage.file("stock.csv", "part,place\nslate,yard\nnail,shed\nlead,van\n")
    script = stage.script({"Sum up the paper": "Noted.", "Describe the row": "Seen."})
    played = stage.play("one.txt", "two.txt", "stock.csv")
    assert played.result.exit == 0
    assert sorted("leaks" in asked.fenced["papers"] for asked in script.asked["Sum up the paper"]) == [False, True]
    assert any("part: nail | place: shed" in asked.fenced["stock"] for asked in script.asked["Describe the row"])
    assert len(script.asked["Describe the row"]) == 3


def test_each_over_a_step_that_was_left_out_asks_nobody(stage: Stage) -> None:
    """Where the list is MISSING its items are too, and the reason goes on."""
    listed = LIST.replace("reads: topic", "reads: topic\nwhen: label.kind is fire")
    stage.recipe(page(LABEL, listed, EACH, deliver="md\n{answers}"))
    script = stage.script({"Label it": {"kind": "leak", "note": "x"}})
    played = stage.play("topic.txt")
    assert list(script.asked) == ["Label it"]
    assert "MISSING: nothing to go through" in played.result.document


def test_empty_list_is_no_failure(stage: Stage) -> None:
    """A list with no items is an answer: nothing is asked for its items."""
    stage.recipe(page(LIST, EACH, deliver="md\nX {answers}"))
    stage.script({"List the points": []})
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    assert (played.step("points").summary, played.step("answers").summary) == ("none found", "0 of 0 items")


def test_gates_in_parallel_branches_are_asked_one_after_the_other(stage: Stage) -> None:
    """A person is asked one thing at a time; a branch that is accepted goes on while another waits."""
    stage.recipe(
        page(
            prose("alpha", "topic", "approve: Alpha?\n"),
            prose("beta", "topic", "approve: Beta?\n"),
            prose("gamma", "alpha"),
            deliver="md\n{beta}{gamma}",
        )
    )
    stage.vendor.answer = lambda asked: Reply("The roof leaks.")
    by = person(alpha="accept")
    played = stage.play("topic.txt", by=by)
    assert played.result.exit == 75
    assert played.statuses == {"alpha": "done", "beta": "waiting", "gamma": "done"}
    assert {event.question for event in played.said(GateOpened)} == {"Alpha?", "Beta?"}
    assert played.result.waiting_for is not None
    assert played.result.waiting_for.question == "Beta?"
    assert stage.resume(by=person(beta="accept")).result.exit == 0


def test_what_waits_behind_a_gate_is_not_run_and_says_why(stage: Stage) -> None:
    """Steps behind a waiting one, near or far, are not run."""
    stage.recipe(page(prose("alpha", "topic", "approve: Alpha?\n"), prose("beta", "alpha"), prose("gamma", "beta")))
    stage.vendor.answer = lambda asked: Reply("The roof leaks.")
    played = stage.play("topic.txt")
    assert played.step("beta").summary == "needs alpha, which waits for a person"
    assert played.step("gamma").summary == "needs beta, which was not run"
    assert {event.step: event.status for event in played.said(StepFinished)}["gamma"] == "not_run"


def test_error_counts_before_a_person_who_waits(stage: Stage) -> None:
    """When one branch failed and another waits for a person, the failure is the ending."""
    stage.recipe(page(prose("alpha", "topic", "approve: Alpha?\n"), prose("beta"), deliver="md\n{alpha}{beta}"))
    stage.vendor.answer = lambda asked: Reply(fault="404") if "beta" in asked.task else Reply("Fine.")
    assert stage.play("topic.txt").result.exit == 3


def test_facts_of_the_run_wait_for_the_actions_that_make_them(stage: Stage) -> None:
    """`reads: facts` gets the figures of every action, so it waits for them."""
    recipe = parse(
        page(
            prose("letter", "facts"),
            "pricing\ndo: price_table\nreads: takeoff",
            inputs="takeoff: table",
            deliver="md\n{letter}{pricing.table}",
        ),
        "job.md",
    )
    assert step_needs(recipe, recipe.step("letter")) == ("pricing",)


def test_condition_is_waited_for_even_when_it_is_not_read(stage: Stage) -> None:
    """A step that only asks about another's answer in `when` still waits for it."""
    recipe = parse(page(LABEL, prose("letter", "topic", "when: label.kind is leak\n")), "job.md")
    assert step_needs(recipe, recipe.step("letter")) == ("label",)


def test_search_that_nobody_can_do_is_left_out_with_a_warning(stage: Stage) -> None:
    """A `search: web` step is not asked where nobody can search: MISSING, a warning, no failure."""
    stage.keys("mistral")
    stage.file("orchestra.toml", "")
    stage.recipe(page(prose("news", "topic", "search: web\n"), prose("letter", "news"), deliver="md\n{letter}"))
    script = stage.script({"Write the letter": "Dear."})
    plan = stage.plan("topic.txt")
    assert any("no web search" in warning for warning in plan.warnings)
    assert (plan.steps[0].who, plan.nobody) == ("left out", ())
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    assert script.asked["Write the letter"][0].fenced["news"] == "MISSING: no web search"
    assert "news: no web search" in played.result.missing


def test_deadline_keeps_what_is_finished(stage: Stage) -> None:
    """--deadline interrupts with 130; the finished step is kept, the open call counts at its worst case."""
    stage.recipe(page(LIST, prose("letter", "points")))
    listed = json.dumps({"items": POINTS})
    stage.vendor.answer = lambda asked: Reply(listed) if asked.wants_schema else Reply("Dear.", fault="stall")
    played = stage.play("topic.txt", deadline_s=0.8)
    assert (played.result.exit, played.result.status) == (130, "interrupted")
    assert "deadline of 0.8 s" in played.result.error.message  # type: ignore[union-attr]
    assert played.statuses == {"points": "done", "letter": "not_run"}
    assert [row["state"] for row in played.calls()] == ["done", "possibly_billed"]
    assert played.result.cost_unknown
    script = stage.script({"Write the letter": "Dear."})
    done = stage.resume(played.result.run)
    assert done.result.exit == 0
    assert list(script.asked) == ["Write the letter"]


def test_interrupt_keeps_the_partial_text_apart(stage: Stage) -> None:
    """Ctrl-C in the middle of an answer: 130, its text is kept for a person, and satisfies nothing."""
    import os
    import signal

    from orchestra_cli.engine.events import Delta
    from orchestra_cli.store.partial import partials_of

    stage.recipe(page(prose("letter")))
    text = "Dear tenant, the roof will be mended next week."
    stage.vendor.answer = lambda asked: Reply(text, fault="stall_mid")
    sent: list[int] = []

    def interrupt(event: object) -> None:
        if isinstance(event, Delta) and not sent:
            sent.append(1)
            os.kill(os.getpid(), signal.SIGINT)

    played = stage.play("topic.txt", listen=interrupt)
    assert (played.result.exit, played.result.error.message) == (130, "Interrupted (Ctrl-C).")  # type: ignore[union-attr]
    with stage.store() as store:
        [kept] = partials_of(store, played.result.run)
    assert kept.text
    assert text.startswith(kept.text)
    assert played.steps() == []


def test_person_who_stops_ends_only_their_branch(stage: Stage) -> None:
    """ "quit" at one hand-off of a manual run leaves what other branches have done."""
    stage.recipe(page(prose("alpha"), prose("beta"), deliver="md\n{alpha}{beta}"))
    stage.vendor.answer = lambda asked: Reply("The roof leaks.")
    played = stage.play("topic.txt", handoff="manual", by=person(alpha="accept", beta=Decided("quit")))
    assert played.result.exit == 75
    assert played.statuses == {"alpha": "done", "beta": "waiting"}


PRICE = "pricing\ndo: price_table\nreads: takeoff\napprove: Right?"
TAKEOFF = "item,description,unit,qty,unit_price\n1,Mend slates,each,10,12.50\n"


def test_facts_reach_whoever_reads_them_and_stay_on_resume(stage: Stage) -> None:
    """`reads: facts` is the sheet alone; a computed step is taken from the journal, so its figures do not move."""
    letter = prose("letter", "facts, pricing.summary", "approve: Send it?\n")
    job = page(PRICE, letter, inputs="topic: document, optional\ntakeoff: table", deliver="md\n{letter}{pricing.table}")
    stage.file("orchestra.toml", "[pricing]\noverhead = 0\nprofit = 0\ntax = 0\n")
    stage.file("takeoff.csv", TAKEOFF)
    stage.recipe(job)
    script = stage.script({"Write the letter": "As you asked."})
    waiting = stage.play("takeoff.csv", by=person(pricing="accept"))
    assert waiting.result.exit == 75
    [asked] = script.asked["Write the letter"]
    assert "125.00" in asked.fenced["facts"]
    assert set(asked.fenced) == {"pricing.summary", "facts"}
    done = stage.resume(by=person(letter="accept"))
    assert done.result.exit == 0
    assert done.step("pricing").from_journal
    assert "125.00" in done.result.document


def test_field_of_a_list_is_read_as_its_values(stage: Stage) -> None:
    """`reads: points.point` gives that field of every item, a line each."""
    stage.recipe(page(LIST, prose("letter", "points.point")))
    script = stage.script({"List the points": POINTS[:2], "Write the letter": "Dear."})
    assert stage.play("topic.txt").result.exit == 0
    assert script.asked["Write the letter"][0].fenced["points.point"] == "- The roof leaks.\n- The door sticks."


def test_findings_may_be_read_without_the_draft(stage: Stage) -> None:
    """A step may read what a review found, not the text it was about."""
    check = "check\nrole: review\nreview: draft\n\nIs it right?"
    stage.recipe(page(prose("draft"), check, prose("summary", "check"), deliver="md\n{draft}{summary}"))
    script = stage.script({"Is it right?": [], "Write the draft": "All.", "Write the summary": "Nothing."})
    assert stage.play("topic.txt").result.exit == 0
    assert script.asked["Write the summary"][0].fenced == {"check": "No findings."}


def test_inputs_that_were_not_given_are_said_in_a_prompt(stage: Stage) -> None:
    """A place of an optional input that nobody gave reads "(not given)"; choices and numbers stand in the line."""
    step = prose("letter").replace("Write the letter.", "Write the letter, {tone}, of {count} lines, about {wish}.")
    inputs = "topic: document\ntone: choice formal | plain\ncount: number\nwish: text, optional"
    stage.recipe(page(step, inputs=inputs, deliver="md\n{letter} by {company} {wish}"))
    script = stage.script({"Write the letter": "Dear."})
    played = stage.play("topic.txt", inputs={"tone": "plain", "count": "12"})
    assert "Write the letter, plain, of 12 lines, about (not given)." in script.asked["Write the letter"][0].task
    assert "Dear. by our company" in played.result.document


def test_needs_of_a_page_with_many_ways_are_found_once(stage: Stage) -> None:
    """Reviews of a draft follow each other in page order, however many ways lead to them."""
    checks = [f"check{n}\nrole: review\nreview: draft\nagainst: points, alpha\n\nRight?" for n in (1, 2)]
    text = page(LIST, prose("alpha", "points"), prose("draft", "points"), *checks, deliver="md\n{draft}")
    recipe = parse(text, "job.md")
    assert step_needs(recipe, recipe.step("check1")) == ("points", "alpha", "draft")
    assert set(step_needs(recipe, recipe.step("check2"))) == {"points", "alpha", "draft", "check1"}
    turned = checks[0].replace("against: points", "against: check2, points")
    recipe = parse(page(LIST, prose("alpha", "points"), prose("draft", "points"), turned, checks[1]), "job.md")
    assert "check1" not in step_needs(recipe, recipe.step("check2")), "no circle: check1 waits for check2 already"


def test_client_that_nobody_named_is_left_out_of_a_prompt(stage: Stage) -> None:
    """A step that reads the client, in a workspace without any, simply has none."""
    stage.recipe(page(prose("letter", "topic, client, company")))
    script = stage.script({"Write the letter": "Dear."})
    assert stage.play("topic.txt").result.exit == 0
    assert list(script.asked["Write the letter"][0].fenced) == ["topic"]
