"""When a model does not answer: who is asked next, what the ledger says, and what it costs."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from support.runs import Played, Script, Stage, page
from support.vendor import Asked, Reply

from orchestra_cli.engine.events import Attempted, Delta, Spent, Waiting

ASK = "note\nrole: write\nreads: topic\nmax words: 80\n\nWrite a short note."
FIELDS = "returns:\n  - quote: quote from topic\n    kind: good | bad"
LIST = f"points\nrole: extract\nreads: topic\n{FIELDS}\n\nList the points."
TEXT = "The roof leaks over the kitchen, and the tenant must hear of it before the work begins."
OPENAI, ANTHROPIC, GEMINI = "openai/gpt-6.1-terra", "anthropic/claude-sonnet-5-5", "gemini/gemini-3.8-flash"
TRUE = {"quote": "The roof leaks over the kitchen.", "kind": "bad"}


def by_model(**replies: Any) -> Any:
    """Each vendor's replies in turn (openai=..., anthropic=..., gemini=...); the last one stays."""
    left = {name: list(said) if isinstance(said, list) else [said] for name, said in replies.items()}

    def answer(asked: Asked) -> Reply:
        vendor = {"gpt": "openai", "cla": "anthropic", "gem": "gemini"}[asked.model[:3]]
        said = left[vendor]
        reply = said.pop(0) if len(said) > 1 else said[0]
        return Reply(reply) if isinstance(reply, str) else reply

    return answer


def ledger(played: Played) -> list[tuple[str, str, str]]:
    """(provider, state, error) of every call, in order."""
    return [(row["provider"], row["state"], row["error"]) for row in played.calls()]


def alone(stage: Stage) -> None:
    """A cast of one."""
    stage.keys("openai")
    stage.patch.setattr("orchestra_cli.models.casting.CAST_AT_MOST", 1)


@pytest.mark.parametrize("status", ["500", "502", "503", "529"])
def test_server_error_is_tried_once_more_then_the_next(stage: Stage, waits: list[float], status: str) -> None:
    """A vendor's own trouble: the same model once more after a pause, then the next of the cast; nothing is billed."""
    stage.recipe(page(ASK))
    stage.vendor.answer = by_model(openai=Reply(fault=status), anthropic=TEXT)
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    assert ledger(played) == [
        ("openai", "failed", "server"),
        ("openai", "failed", "server"),
        ("anthropic", "done", ""),
    ]
    assert [row["cost_usd"] for row in played.calls()][:2] == ["0", "0"]
    assert not played.result.cost_unknown
    assert len(waits) == 1
    assert "note was not played by its first choice" in played.result.warnings[0]
    assert "switched to anthropic" in played.said(Attempted)[-1].what


def test_refused_connection_is_tried_once_more_then_the_next(stage: Stage) -> None:
    """Nobody listening: nothing was sent, so once more and then the next of the cast."""
    stage.recipe(page(ASK))
    stage.vendor.answer = by_model(anthropic=TEXT)
    stage.patch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    played = stage.play("topic.txt")
    assert ledger(played) == [("openai", "failed", "connect")] * 2 + [("anthropic", "done", "")]


def test_nobody_reachable_is_exit_1_network(stage: Stage) -> None:
    """When no vendor can be reached the run fails, is resumable, and cost nothing."""
    stage.recipe(page(ASK))
    for name in ("OPENAI", "ANTHROPIC", "GEMINI"):
        stage.patch.setenv(f"{name}_BASE_URL", "http://127.0.0.1:9/v1")
    played = stage.play("topic.txt")
    assert (played.result.exit, played.result.error.code) == (1, "network")  # type: ignore[union-attr]
    assert played.result.cost_usd == 0
    assert played.result.resume == f"orchestra resume {played.result.run}"


def test_rate_limit_switches_at_once_when_others_are_there(stage: Stage, waits: list[float]) -> None:
    """429 with another model available: no waiting, the next one is asked."""
    stage.recipe(page(ASK))
    stage.vendor.answer = by_model(openai=Reply(fault="429", retry_after="30"), anthropic=TEXT)
    played = stage.play("topic.txt")
    assert ledger(played) == [("openai", "failed", "rate_limited"), ("anthropic", "done", "")]
    assert waits == []


def test_rate_limit_alone_waits_as_long_as_told(stage: Stage, waits: list[float]) -> None:
    """429 with nobody else: the wait that the vendor asks for, said to the listeners, then the same model."""
    alone(stage)
    stage.recipe(page(ASK))
    stage.vendor.answer = by_model(openai=[Reply(fault="429", retry_after="20"), TEXT])
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    assert 20 <= waits[0] < 22
    assert played.said(Waiting)[0].step == "note"


def test_rate_limit_that_cannot_be_waited_out_says_when_to_try_again(stage: Stage, waits: list[float]) -> None:
    """No more than 60 s in all are waited; then exit 1, resumable, with the time to try again."""
    alone(stage)
    stage.recipe(page(ASK))
    stage.vendor.answer = by_model(openai=Reply(fault="429", retry_after="45"))
    played = stage.play("topic.txt")
    assert played.result.error is not None
    assert (played.result.exit, played.result.error.code) == (1, "rate_limited")
    assert played.result.error.retry_after_s == 45
    assert sum(waits) <= 60


def test_rate_limit_waits_when_the_others_have_no_seat(stage: Stage, waits: list[float]) -> None:
    """Models that cannot be asked are no "others": with their key gone, the wait is taken."""
    stage.recipe(page(ASK))
    stage.vendor.answer = by_model(openai=[Reply(fault="429", retry_after="3"), TEXT])
    prepared = stage.prepare("topic.txt")
    from support.runs import Scripted

    from orchestra_cli.engine.plan import make_plan
    from orchestra_cli.engine.session import start

    plan = make_plan(prepared)
    stage.keys("openai")
    result = start(prepared, plan, Scripted(), lambda event: None)
    assert result.exit == 0
    assert 3 <= waits[0] < 5


def test_quota_drops_the_provider_for_the_run_and_names_the_account(stage: Stage) -> None:
    """An account without money is asked no more in this run, and one line says which it is."""
    stage.recipe(page(ASK, ASK.replace("note", "letter").replace("reads: topic", "reads: topic, note")))
    stage.vendor.answer = by_model(openai=Reply(fault="quota"), anthropic=TEXT)
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    assert ledger(played) == [("openai", "failed", "quota"), ("anthropic", "done", ""), ("anthropic", "done", "")]
    assert any("openai" in warning.lower() and "quota" in warning.lower() for warning in played.result.warnings)


@pytest.mark.parametrize("fault", ["cut", "clean_cut"])
def test_cut_answer_counts_as_possibly_billed(stage: Stage, fault: str) -> None:
    """A stream that breaks or just ends: the next is asked, the lost call stays at its worst case, cost is unknown."""
    stage.recipe(page(ASK))
    stage.vendor.answer = by_model(openai=Reply(TEXT, fault=fault), anthropic=TEXT)
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    assert ledger(played) == [("openai", "possibly_billed", "cut"), ("anthropic", "done", "")]
    assert played.result.cost_unknown
    assert played.result.cost_usd is None
    assert played.result.cost_at_most_usd > 0
    assert [(lost.step, lost.what) for lost in played.result.tries] == [("note", "cut")]


def test_cut_answer_is_asked_once_more_when_alone(stage: Stage) -> None:
    """With no other model the same one is asked once more."""
    alone(stage)
    stage.recipe(page(ASK))
    stage.vendor.answer = by_model(openai=[Reply(TEXT, fault="cut"), TEXT])
    assert stage.play("topic.txt").result.exit == 0


def test_truncated_prose_is_continued_where_it_stopped(stage: Stage) -> None:
    """At "length": once more with the text so far in a fence; both halves make the answer; the cost is known."""
    stage.recipe(page(ASK))
    half = len(TEXT) // 2
    stage.vendor.answer = by_model(openai=[Reply(TEXT, fault="length"), TEXT[half:]])
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    assert stage.vendor.asked[1].fenced["your answer so far"] == TEXT[:half]
    assert TEXT in played.result.document
    assert ledger(played) == [("openai", "failed", "truncated"), ("openai", "done", "")]
    assert not played.result.cost_unknown
    assert all(Decimal(row["cost_usd"]) > 0 for row in played.calls())


def test_truncated_fields_get_more_room_then_the_next(stage: Stage) -> None:
    """Fields cannot be continued: a larger limit, then the next of the cast."""
    stage.recipe(page(LIST))
    good = json.dumps({"items": [TRUE]})
    stage.vendor.answer = by_model(openai=Reply(good, fault="length"), anthropic=good)
    played = stage.play("topic.txt")
    assert [asked.model[:3] for asked in stage.vendor.asked] == ["gpt", "gpt", "cla"]
    assert (stage.vendor.asked[1].max_tokens or 0) > (stage.vendor.asked[0].max_tokens or 0)
    assert played.result.exit == 0


def test_refusal_goes_to_another_vendor(stage: Stage) -> None:
    """A refusal is not asked of the same vendor again."""
    stage.file("orchestra.toml", f'[roles]\nwrite = ["{OPENAI}", "openai/gpt-5.4-mini", "{ANTHROPIC}"]\n')
    stage.recipe(page(ASK))
    stage.vendor.answer = by_model(openai=Reply(fault="refusal"), anthropic=TEXT)
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    assert [row["model"] for row in played.calls()] == [OPENAI, ANTHROPIC]


def test_refusal_by_all_ends_with_the_vendors_words(stage: Stage) -> None:
    """When every vendor refuses, the error holds their words: exit 1, refused_by_vendor."""
    stage.recipe(page(ASK))
    stage.vendor.answer = lambda asked: Reply(fault="refusal")
    played = stage.play("topic.txt")
    assert played.result.error is not None
    assert (played.result.exit, played.result.error.code) == (1, "refused_by_vendor")


def test_not_json_is_asked_once_more_with_the_reason_then_the_next(stage: Stage) -> None:
    """Words instead of fields: once more with the reason, then the next model; both answers were paid and are known."""
    stage.recipe(page(LIST))
    stage.vendor.answer = by_model(openai=Reply(fault="not_json"), anthropic=json.dumps({"items": [TRUE]}))
    played = stage.play("topic.txt")
    assert ledger(played) == [
        ("openai", "failed", "invalid"),
        ("openai", "failed", "invalid"),
        ("anthropic", "done", ""),
    ]
    assert "could not be used" in stage.vendor.asked[1].task
    assert "could not be used" not in stage.vendor.asked[2].task
    assert not played.result.cost_unknown


def test_invented_quote_and_wrong_choice_are_sent_back(stage: Stage) -> None:
    """A quote that stands nowhere and a choice that does not exist are reasons; the second answer counts."""
    stage.recipe(page(LIST))
    wrong = {"items": [{"quote": "The moon leaks.", "kind": "ugly"}]}
    script = stage.script({"List the points": (wrong, [TRUE])})
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    assert len(script.asked["List the points"]) == 2
    assert played.step("points").attempts == 2


def test_invalid_everywhere_is_exit_1_with_the_reason(stage: Stage) -> None:
    """Nobody gives what was asked for: invalid_answer, with the last reason in the message."""
    stage.recipe(page(LIST))
    script = stage.script({"List the points": [{"quote": "The moon leaks.", "kind": "bad"}]})
    played = stage.play("topic.txt")
    assert played.result.error is not None
    assert (played.result.exit, played.result.error.code) == (1, "invalid_answer")
    assert "moon" in played.result.error.message
    assert len(script.asked["List the points"]) == 6


def test_bare_figures_are_redone_once_then_marked_and_block(stage: Stage) -> None:
    """A figure that nobody gave: one redo of the same model with the list; after that it is marked, and blocks."""
    stage.recipe(page(ASK, deliver="md\n{note}"))
    script = stage.script({"Write a short note": "The repair costs GBP 4,711 and takes a while."})
    played = stage.play("topic.txt")
    assert len(script.asked["Write a short note"]) == 2
    assert played.result.exit == 5
    assert "[unverified: GBP 4,711]" in played.result.document
    assert "figure" in played.rules
    assert {row["provider"] for row in played.calls()} == {"openai"}


def test_bare_figures_left_out_in_the_second_answer_are_fine(stage: Stage) -> None:
    """When the redo gives no such figure, nothing blocks."""
    stage.recipe(page(ASK, deliver="md\n{note}"))
    stage.script({"Write a short note": ("It costs GBP 4,711.", TEXT)})
    assert stage.play("topic.txt").result.exit == 0


def test_empty_prose_is_no_answer(stage: Stage) -> None:
    """An answer that is empty once markup is gone is sent back."""
    stage.recipe(page(ASK))
    script = stage.script({"Write a short note": ("<script>x</script>", TEXT)})
    assert stage.play("topic.txt").result.exit == 0
    assert len(script.asked["Write a short note"]) == 2


def test_unknown_fact_id_is_sent_back(stage: Stage) -> None:
    """Prose that cites a fact nobody showed it is asked once more."""
    stage.recipe(page(ASK))
    script = stage.script({"Write a short note": ("It costs [F99].", TEXT)})
    assert stage.play("topic.txt").result.exit == 0
    assert len(script.asked["Write a short note"]) == 2


def test_rejected_key_moves_on_and_says_what_to_fix(stage: Stage) -> None:
    """A key that the vendor rejects: the next of the cast, that provider no more, one line on what to fix."""
    stage.recipe(page(ASK))
    stage.vendor.answer = by_model(openai=Reply(fault="401"), anthropic=TEXT)
    played = stage.play("topic.txt")
    assert ledger(played) == [("openai", "failed", "key_rejected"), ("anthropic", "done", "")]
    assert any("key" in warning for warning in played.result.warnings)


def test_rejected_key_of_all_is_exit_3(stage: Stage) -> None:
    """When the only key is rejected the run ends with 3, key_rejected, and names the command that fixes it."""
    alone(stage)
    stage.recipe(page(ASK))
    stage.vendor.answer = lambda asked: Reply(fault="401")
    played = stage.play("topic.txt")
    assert played.result.error is not None
    assert (played.result.exit, played.result.status, played.result.error.code) == (3, "no_model", "key_rejected")
    assert played.result.error.advice == "orchestra keys set openai"
    assert "sk-test" not in str(played.result)


def test_model_that_is_gone_is_switched_never_retried(stage: Stage) -> None:
    """A model that does not exist any more is asked once only."""
    stage.recipe(page(ASK))
    stage.vendor.answer = by_model(openai=Reply(fault="404"), anthropic=TEXT)
    assert ledger(stage.play("topic.txt")) == [("openai", "failed", "model_gone"), ("anthropic", "done", "")]


def test_too_long_goes_only_to_a_larger_window(stage: Stage) -> None:
    """Too much for one model: the next with a larger window is asked, smaller ones are left out."""
    stage.file("orchestra.toml", f'[roles]\nwrite = ["{ANTHROPIC}", "anthropic/claude-haiku-4-5", "{GEMINI}"]\n')
    stage.recipe(page(ASK))
    stage.vendor.answer = by_model(anthropic=Reply(fault="too_long"), gemini=TEXT)
    played = stage.play("topic.txt")
    assert [row["model"] for row in played.calls()] == [ANTHROPIC, GEMINI]


def test_bad_request_everywhere_fails_the_step(stage: Stage) -> None:
    """A vendor that does not accept our request is left; with nobody else the step has failed, with its words."""
    stage.recipe(page(ASK))
    stage.vendor.answer = lambda asked: Reply(status=413)
    played = stage.play("topic.txt")
    assert played.result.exit == 1
    assert played.statuses == {"note": "failed"}


def test_deltas_and_money_are_told_as_they_come(stage: Stage) -> None:
    """Text arrives in pieces with its path, and after every change the money so far is said."""
    stage.recipe(page(ASK))
    stage.vendor.answer = lambda asked: Reply(TEXT)
    played = stage.play("topic.txt")
    assert "".join(delta.text for delta in played.said(Delta)) == TEXT
    spent = played.said(Spent)
    assert spent[0].at_most > spent[0].known == 0
    assert spent[-1].known == spent[-1].at_most == played.result.cost_usd
    assert played.result.cost_usd > 0


def test_cost_is_that_of_the_model_that_was_asked_at_the_prices_in_the_row(stage: Stage) -> None:
    """The ledger row holds the prices used, and its cost is theirs times the vendor's own count of tokens."""
    stage.recipe(page(ASK))
    stage.vendor.answer = lambda asked: Reply(TEXT)
    [row] = stage.play("topic.txt").calls()
    prices, usage = json.loads(row["prices"]), json.loads(row["usage"])
    fresh = usage["input"] - usage["cached"]
    cost = fresh * Decimal(prices["input"]) + usage["cached"] * Decimal(prices["cached"] or 0)
    cost += usage["output"] * Decimal(prices["output"])
    assert Decimal(row["cost_usd"]) == cost / 1_000_000


def test_model_without_a_price_costs_an_unknown_sum_never_nothing(stage: Stage) -> None:
    """A model that the catalogue does not know: cost is null, the worst case counts against the budget."""
    stage.recipe(page(ASK))
    stage.vendor.answer = lambda asked: Reply(TEXT)
    played = stage.play("topic.txt", models={"note": "openai/gpt-99-unheard-of"}, budget=Decimal(50))
    assert played.result.exit == 0
    assert played.result.cost_unknown
    assert played.result.cost_at_most_usd > 0


def test_writing_stops_at_the_cap_before_anything_is_sent(stage: Stage) -> None:
    """`write` never moves down: exit 4, nothing sent, resumable with a larger budget."""
    stage.recipe(page(ASK))
    stage.vendor.answer = lambda asked: Reply(TEXT)
    played = stage.play("topic.txt", budget=Decimal("0.0001"))
    assert (played.result.exit, played.result.status) == (4, "budget")
    assert played.result.error is not None
    assert "$" in played.result.error.message
    assert stage.vendor.asked == []
    assert stage.resume(budget=Decimal(5)).result.exit == 0


def test_extraction_moves_down_its_cast_when_the_budget_is_short(stage: Stage) -> None:
    """`extract` goes to a cheaper model of its cast before it gives up."""
    dear, cheap = "openai/gpt-6-astra", "gemini/gemini-2.5-flash-lite"
    stage.file("orchestra.toml", f'[roles]\nextract = ["{dear}", "{cheap}"]\n')
    stage.recipe(page(LIST))
    stage.script({"List the points": [TRUE]})
    planned = stage.plan("topic.txt")
    assert planned.steps[0].cast[0] == dear
    played = stage.play("topic.txt", budget=Decimal("0.02"))
    assert played.result.exit == 0
    assert played.step("points").model == cheap
    assert any("too dear" in event.what for event in played.said(Attempted))


def test_extraction_gives_up_when_even_the_last_is_too_dear(stage: Stage) -> None:
    """With nobody cheap enough it ends with 4 as well."""
    stage.recipe(page(LIST))
    played = stage.play("topic.txt", budget=Decimal("0.000001"))
    assert played.result.exit == 4


def test_month_and_client_caps_hold_over_runs(stage: Stage) -> None:
    """What earlier runs of this month cost counts against the month's cap."""
    stage.recipe(page(ASK))
    stage.vendor.answer = lambda asked: Reply(TEXT)
    first = stage.play("topic.txt")
    assert first.result.cost_usd
    limit = first.result.cost_usd + Decimal("0.0001")
    stage.file("orchestra.toml", f"budget_usd = {{ month = {limit} }}\n")
    second = stage.play("topic.txt")
    assert second.result.exit == 4
    assert "this month" in second.result.error.message  # type: ignore[union-attr]
    assert any("of $" in line for line in second.result.month)


def test_fallback_model_gets_its_own_output_limit(stage: Stage) -> None:
    """The output limit is clamped anew for whoever is asked next."""
    stage.file("orchestra.toml", f'[roles]\nwrite = ["{OPENAI}", "openai/gpt-4.1", "perplexity/sonar"]\n')
    stage.recipe(page(ASK.replace("max words: 80", "max words: 20000")))
    answers = iter([Reply(fault="404"), Reply(TEXT)])
    stage.vendor.answer = lambda asked: next(answers)
    stage.play("topic.txt", budget=Decimal(50))
    first, second = stage.vendor.asked
    assert first.max_tokens == 64_000
    assert second.max_tokens == 32_768


def test_script_without_a_line_for_a_task_is_an_error_of_the_test() -> None:
    """The double itself: an unexpected question raises."""
    with pytest.raises(AssertionError, match="nothing in the script"):
        Script({})(Asked("openai-chat", "m", "", "What?", None, "", 1))


def test_when_all_fail_each_is_named_with_the_ways_on(stage: Stage) -> None:
    """The message says what every model answered, not only the last; the advice is a command that can be typed."""
    stage.recipe(page(ASK))
    faults = {
        "429": ("asks us to wait (HTTP 429)", "Wait a little, or carry it by hand: "),
        "500": ("is out of order (HTTP", "orchestra models test  shows who can be reached; "),
        "quota": ("wants money", "Top up the account"),
        "refusal": ("refused to answer", "Another model: orchestra resume "),
    }
    for fault, (words, advice) in faults.items():
        stage.vendor.answer = lambda asked, fault=fault: Reply(fault=fault)  # type: ignore[misc]
        played = stage.play("topic.txt")
        error = played.result.error
        assert error is not None
        assert error.message.count(words) == 3
        assert "The answer of" not in error.message
        assert error.advice.startswith(advice)
        assert f"orchestra resume {played.result.run} --handoff paste" in error.advice


def test_every_rejected_key_is_named(stage: Stage) -> None:
    """One command a key."""
    stage.recipe(page(ASK))
    stage.vendor.answer = lambda asked: Reply(fault="401")
    error = stage.play("topic.txt").result.error
    assert error is not None
    assert sorted(error.advice.split(" and ")) == [
        f"orchestra keys set {name}" for name in ("anthropic", "gemini", "openai")
    ]


def test_whoever_asked_to_wait_is_asked_again_when_nobody_else_is_left(stage: Stage, waits: list[float]) -> None:
    """After a switch that led nowhere the first model is come back to, once its time is over."""
    stage.recipe(page(ASK))
    gone = Reply(fault="404")
    stage.vendor.answer = by_model(
        openai=[Reply(fault="429", retry_after="7"), TEXT], anthropic=gone, gemini=Reply(fault="429", retry_after="30")
    )
    played = stage.play("topic.txt")
    assert played.result.exit == 0
    assert [row["provider"] for row in played.calls()] == ["openai", "anthropic", "gemini", "openai"]
    assert len(waits) == 1
    assert 5 < waits[0] <= 7
    assert played.said(Waiting)[0].model == OPENAI


def test_nobody_is_come_back_to_after_too_long(stage: Stage, waits: list[float]) -> None:
    """A wait that would pass 60 s in all is not taken: exit 1 at once."""
    stage.recipe(page(ASK))
    gone = Reply(fault="404")
    stage.vendor.answer = by_model(openai=Reply(fault="429", retry_after="90"), anthropic=gone, gemini=gone)
    played = stage.play("topic.txt")
    assert played.result.exit != 0
    assert waits == []
