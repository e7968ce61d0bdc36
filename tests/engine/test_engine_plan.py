"""The plan: who plays, why, what it may cost, what leaves this computer; nothing is sent to make it."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from support.runs import Stage, page

from orchestra_cli.engine.plan import plan_json
from orchestra_cli.errors import UsageError

POINTS = "points\nrole: extract\nreads: topic\nreturns:\n  - point: text\n\nList the points."
NOTE = "note\nrole: write\nreads: topic, points\nmax words: 80\n\nWrite a short note."
CHECK = "check\nrole: review\nreview: note\nrounds: 2\napprove: Send it?\n\nIs it right?"
PRICE = "pricing\ndo: price_table\nreads: takeoff\napprove: Is this price right?"
INPUTS = "topic: document -- About\ntakeoff: table, optional"
JOB = page(POINTS, PRICE, NOTE, CHECK, inputs=INPUTS, deliver="md\n{note}{pricing.table}")


def test_estimate_is_the_object_of_the_contract(stage: Stage) -> None:
    """`--estimate --json`: every step with its model, reason, tokens and costs as decimal strings; nothing is sent."""
    stage.recipe(JOB)
    prepared = stage.prepare("topic.txt")
    plan = stage.plan("topic.txt")
    shown = json.loads(json.dumps(plan_json(plan, prepared)))
    assert set(shown) == {"schema", "recipe", "steps", "likely_usd", "at_most_usd", "inputs", "leaves", "gates"}
    assert [step["id"] for step in shown["steps"]] == ["points", "pricing", "note", "check"]
    assert shown["steps"][1]["model"] == "computed"
    assert shown["steps"][2]["why"] == "your [roles] order for write"
    assert shown["gates"] == ["Is this price right?", "Send it?"]
    assert (shown["inputs"][0]["name"], shown["inputs"][0]["rows_read"]) == ("topic", 0)
    assert Decimal(shown["likely_usd"]) < Decimal(shown["at_most_usd"])
    assert "to anthropic" in shown["leaves"][0]
    assert "openai" in shown["leaves"][0]
    assert stage.vendor.seen == []


def test_what_a_run_costs_lies_below_what_the_plan_said(stage: Stage) -> None:
    """The upper end of the range holds for a run without retries."""
    stage.recipe(JOB)
    stage.script({"List the points": [{"point": "Wet."}], "Write a short note": "It leaks.", "Is it right?": []})
    plan = stage.plan("topic.txt")
    played = stage.play("topic.txt", yes=True)
    assert plan.at_most_usd is not None
    assert played.result.cost_usd is not None
    assert 0 < played.result.cost_usd < plan.at_most_usd


def test_reviewer_is_cast_from_another_vendor(stage: Stage) -> None:
    """The plan casts the review from another vendor than the author's, and each cast has at most three."""
    stage.recipe(JOB)
    plan = stage.plan("topic.txt")
    who = {step.id: step.who for step in plan.steps}
    assert who["note"].startswith("openai/")
    assert who["check"].startswith("anthropic/")
    assert all(len(step.cast) <= 3 for step in plan.steps)
    assert plan.warnings == ()
    assert plan.paid


def test_pins_by_step_and_role_are_casts_of_one(stage: Stage) -> None:
    """`--model STEP=` goes before `--model ROLE=`, which goes before the recipe's own `model`."""
    stage.recipe(JOB.replace("role: write", "role: write\nmodel: openai/gpt-5.2"))
    assert stage.plan("topic.txt").steps[2].cast == ("openai/gpt-5.2",)
    by_role = stage.plan("topic.txt", models={"write": "gemini/gemini-2.5-pro"})
    assert by_role.steps[2].cast == ("gemini/gemini-2.5-pro",)
    by_step = stage.plan("topic.txt", models={"write": "gemini/gemini-2.5-pro", "note": "openai/gpt-4.1"})
    assert by_step.steps[2].cast == ("openai/gpt-4.1",)
    assert by_step.world.pins == {"note": "openai/gpt-4.1"}
    with pytest.raises(UsageError, match="no provider offers"):
        stage.plan("topic.txt", models={"note": "openaj/gpt-5.22"})


def test_tier_of_the_command_line_chooses_the_tier(stage: Stage) -> None:
    """`--tier best` casts the best, `economy` the cheap ones; the recipe's own tier goes first."""
    stage.file("orchestra.toml", "")
    stage.recipe(JOB)
    best = stage.plan("topic.txt", tier="best")
    economy = stage.plan("topic.txt", tier="economy")
    assert best.at_most_usd is not None
    assert economy.at_most_usd is not None
    assert best.at_most_usd > economy.at_most_usd
    stage.recipe(JOB.replace("role: write", "role: write\ntier: economy"))
    assert stage.plan("topic.txt", tier="best").steps[2].cast == economy.steps[2].cast


def test_steps_with_nobody_have_ways_to_play(stage: Stage) -> None:
    """With no key and no small model nobody plays: exit 3 with the ways on, and a run that a key lets go on."""
    stage.keys()
    stage.no_small_model()
    stage.recipe(JOB)
    plan = stage.plan("topic.txt")
    assert plan.nobody == ("points", "note", "check")
    assert "--handoff paste   3 prompts" in plan.ways[0]
    assert "pip install" in plan.ways[1]
    assert not plan.paid
    played = stage.play("topic.txt", yes=True)
    assert played.result.error is not None
    assert (played.result.exit, played.result.error.code) == (3, "key_missing")
    assert "points, note, check" in played.result.error.message
    assert "--handoff paste" in played.result.error.advice
    assert plan_json(plan, stage.prepare("topic.txt"))["likely_usd"] == "0"
    stage.keys("openai")
    stage.script({"List the points": [{"point": "Wet."}], "Write a short note": "It leaks.", "Is it right?": []})
    assert stage.resume(played.result.run).result.exit == 0


def test_carried_prompts_are_free_and_leave_through_a_person(stage: Stage) -> None:
    """With --handoff paste every model step is "paste", free, and what leaves is said."""
    stage.keys()
    stage.recipe(JOB)
    plan = stage.plan("topic.txt", handoff="paste")
    assert [step.who for step in plan.steps] == ["paste", "computed", "paste", "paste"]
    assert (plan.likely_usd, plan.at_most_usd, plan.paid) == (0, 0, False)
    assert "paste" in plan.leaves[0]
    assert plan.warnings == ()


def test_one_step_may_be_carried_by_pin(stage: Stage) -> None:
    """`--model note=paste/chat` has one prompt carried, the others are asked."""
    stage.recipe(JOB)
    plan = stage.plan("topic.txt", models={"note": "paste/chat"})
    assert [step.who.split("/")[0] for step in plan.steps] == ["openai", "computed", "paste", "anthropic"]


def test_unknown_price_is_unknown_and_never_nothing(stage: Stage) -> None:
    """A model without a price: the step and the sums are null."""
    stage.recipe(JOB)
    plan = stage.plan("topic.txt", models={"note": "openai/gpt-99-unheard-of"})
    assert plan.steps[2].likely_usd is None
    assert (plan.likely_usd, plan.at_most_usd) == (None, None)
    assert plan_json(plan, stage.prepare("topic.txt"))["at_most_usd"] is None


def test_own_server_is_asked_what_it_offers_and_is_free_on_this_computer(stage: Stage) -> None:
    """With no vendor's key a server of one's own plays what it lists; on this computer nothing leaves, all is free."""
    stage.keys()
    stage.vendor.models["openai-chat"] = ("house-8b",)
    stage.file(
        "orchestra.toml",
        f'[providers.office]\nbase_url = "{stage.vendor.url}/v1"\ndialect = "openai-chat"\nregion = "computer"\n',
    )
    stage.recipe(JOB)
    plan = stage.plan("topic.txt")
    assert {step.who for step in plan.steps} == {"office/house-8b", "computed"}
    assert plan.leaves == ("nothing leaves this computer",)
    assert (plan.at_most_usd, plan.paid) == (0, False)
    stage.script({"List the points": [{"point": "Wet."}], "Write a short note": "It leaks.", "Is it right?": []})
    played = stage.play("topic.txt", yes=True)
    assert (played.result.exit, played.result.cost_usd) == (0, 0)


def test_server_that_does_not_answer_offers_nothing(stage: Stage) -> None:
    """A server of one's own that is switched off leaves the steps with nobody."""
    stage.keys()
    stage.no_small_model()
    stage.file("orchestra.toml", '[providers.office]\nbase_url = "http://127.0.0.1:9/v1"\ndialect = "openai-chat"\n')
    stage.recipe(JOB)
    assert stage.plan("topic.txt").nobody == ("points", "note", "check")


def test_embedded_model_needs_its_weights_until_they_are_here(stage: Stage) -> None:
    """With nothing else the embedded model plays; the plan says when its weights must be fetched first."""
    stage.keys()
    stage.file("orchestra.toml", "")
    stage.recipe(JOB)
    stage.patch.setattr("orchestra_cli.models.providers.find_spec", lambda name: object())
    stage.patch.setattr("orchestra_cli.models.embedded.weights.ready_model", lambda name: None)
    plan = stage.plan("topic.txt")
    assert plan.needs_weights
    assert {step.who.split("/")[0] for step in plan.steps} == {"embedded", "computed"}
    assert not stage.plan("topic.txt", model_file="weights.gguf").needs_weights


def test_several_budgets_hold_at_their_lowest(stage: Stage) -> None:
    """Settings, environment and option: the lowest holds; the option alone may raise the recipe's own."""
    stage.recipe(JOB.replace("inputs:", "budget: 3.00\ninputs:"))
    assert stage.plan("topic.txt").cap_usd == 3
    assert stage.plan("topic.txt", budget=Decimal(2)).cap_usd == 2
    stage.file("orchestra.toml", "budget_usd = { run = 1.50, month = 40 }\n")
    assert stage.plan("topic.txt", budget=Decimal(2)).cap_usd == Decimal("1.50")
    stage.patch.setenv("ORCHESTRA_BUDGET", "0.75")
    plan = stage.plan("topic.txt")
    assert plan.cap_usd == Decimal("0.75")
    assert plan.world.caps["month"] == 40


def test_archive_passages_are_found_and_frozen(stage: Stage) -> None:
    """`archive(N)` brings the best passages of the best documents, with ids, and no more than N documents."""
    stage.recipe(page("note\nrole: write\nreads: topic, archive(1)\n\nWrite a short note.", deliver="md\n{note}"))
    stage.file("archive/roof.md", "# Roof of 2024\n\nThe roof over the kitchen was mended with slate in four days.\n")
    stage.file("archive/door.md", "# Door\n\nA door was hung in the hall and painted in two coats by us.\n")
    stage.file("archive/empty.pdf", b"%PDF-broken")
    script = stage.script({"Write a short note": "As before, we mend it."})
    plan = stage.plan("topic.txt")
    assert [(passage.file, passage.id.split("#")[0]) for passage in plan.world.archive] == [("roof.md", "S1")]
    assert stage.play("topic.txt").result.exit == 0
    shown = script.asked["Write a short note"][0].fenced["archive"]
    assert "[S1#1] (roof.md) Roof of 2024: The roof over the kitchen" in shown


def test_archive_that_is_not_there_is_left_out(stage: Stage) -> None:
    """Without an archive, or without words to look for, a step simply has none."""
    from orchestra_cli.engine.archive import search

    stage.recipe(page("note\nrole: write\nreads: topic, archive(2)\n\nWrite a short note."))
    script = stage.script({"Write a short note": "It leaks."})
    stage.play("topic.txt")
    assert list(script.asked["Write a short note"][0].fenced) == ["topic"]
    stage.file("archive/x.md", "Six words and a few more of them here.\n")
    assert search(stage.folder / "archive", "?!", 3) == ()
    assert search(stage.folder / "archive", "words", 0) == ()


def test_notes_and_company_stand_in_the_world(stage: Stage) -> None:
    """The firm's page, its house style and the letterhead are frozen with the run."""
    stage.file("company.md", "legal name: Fenwick Digital Ltd\nvat number: GB123\n\nWe mend roofs.\n")
    stage.file("house-style.md", "Write short sentences.\n")
    stage.recipe(page("note\nrole: write\nreads: topic, company\n\nWrite a short note of {company}."))
    script = stage.script({"Write a short note": "It leaks."})
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    [asked] = script.asked["Write a short note"]
    assert "note of Fenwick Digital Ltd." in asked.task
    assert "You work for Fenwick Digital Ltd." in asked.system
    assert "We mend roofs." in asked.fenced["company"]
    assert "short sentences" in asked.fenced["house style"]
