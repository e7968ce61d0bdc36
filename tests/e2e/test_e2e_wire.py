"""What vendors do to us on the wire, in every dialect: half an answer is never taken, and the ledger agrees with the
vendor's own count."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from e2e_support import Desk, clean, note_desk
from support.vendor import FakeVendor, in_turn
from support.wire import Asked, Counted, Reply

from orchestra_cli.engine.plan import make_plan
from orchestra_cli.engine.prepare import prepare
from orchestra_cli.engine.request import RunRequest
from orchestra_cli.engine.result import RunResult
from orchestra_cli.engine.session import start
from orchestra_cli.models.http import Http

WHOLE = "The roof leaks over the kitchen, and the tenant must hear of it before the work begins."
MODELS = {
    "openai-responses": "openai/gpt-5-mini",
    "openai-chat": "deepseek/deepseek-v4-flash",
    "anthropic": "anthropic/claude-haiku-4-5",
    "gemini": "gemini/gemini-2.5-flash",
}
OTHER = {"openai-responses": "anthropic", "openai-chat": "gemini", "anthropic": "openai", "gemini": "openai"}


class Nobody:
    """Nobody is there."""

    def decide(self, shown: object) -> object:
        raise AssertionError("nobody is to be asked")

    carry = decide


@dataclass
class Line:
    """One call in one dialect: `play` asks the pinned model, or a cast of two with `other`."""

    desk: Desk
    dialect: str
    monkeypatch: pytest.MonkeyPatch

    @property
    def model(self) -> str:
        return MODELS[self.dialect]

    def play(self, *, other: bool = False) -> RunResult:
        providers = {self.model.split("/")[0]} | ({OTHER[self.dialect]} if other else set())
        for name, value in self.desk.vendor.environment(*sorted(providers)).items():
            self.monkeypatch.setenv(name, value)
        if other:
            second = next(model for model in MODELS.values() if model.startswith(OTHER[self.dialect] + "/"))
            self.desk.write("orchestra.toml", f'[roles]\nwrite = ["{self.model}", "{second}"]\n')
        models = {} if other else {"write": self.model}
        request = RunRequest(recipe="one", words=("topic.txt",), models=models)
        prepared = prepare(request)
        return start(prepared, make_plan(prepared), Nobody(), lambda event: None)  # type: ignore[arg-type]


@pytest.fixture(params=sorted(MODELS))
def line(
    request: pytest.FixtureRequest, tmp_path: Path, home: Path, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> Line:
    desk = note_desk(tmp_path / "desk", home, vendor)
    monkeypatch.chdir(desk.folder)
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    monkeypatch.setattr("orchestra_cli.models.failures.BACK_OFF_S", 0.01)
    monkeypatch.setattr("orchestra_cli.models.failures.UNTOLD_WAIT_S", 0.01)
    monkeypatch.setattr("orchestra_cli.models.ask.FIRST_EVENT_S", 0.4)
    monkeypatch.setattr("orchestra_cli.models.ask.SLOW_START_S", 0.4)
    monkeypatch.setitem(Http.stream.__kwdefaults__, "between_events_s", 0.4)
    vendor.answer = whole
    return Line(desk, str(request.param), monkeypatch)


def whole(asked: Asked) -> Reply:
    return Reply(WHOLE)


def first(*faults: str, **more: str) -> Callable[[Asked], Reply]:
    """These faults in turn, then whole answers."""
    return in_turn([Reply(WHOLE, fault=fault, **more) for fault in faults], whole)


def counted(vendor: FakeVendor) -> list[tuple[int, int]]:
    """Tokens (read, written) of every answer that came whole, by the vendor's own count."""
    answered = [(seen.asked, seen.reply) for seen in vendor.calls if seen.asked and seen.reply]
    return [
        (Counted.of(asked, reply.text).read, Counted.of(asked, reply.text).written)
        for asked, reply in answered
        if not reply.fault
    ]


def ledger_agrees(line: Line, result: RunResult) -> None:
    """Tokens and money of the finished calls are the vendor's; every request has its row; nothing stays open."""
    calls = line.desk.calls()
    assert len(calls) == len(line.desk.vendor.calls)
    assert not [call for call in calls if call["state"] == "open"]
    done = [json.loads(call["usage"]) for call in calls if call["state"] == "done"]
    assert [(usage["input"], usage["output"]) for usage in done] == counted(line.desk.vendor)
    for call in calls:
        if call["state"] == "done":
            usage = json.loads(call["usage"])
            (prices,) = line.desk.rows(f"SELECT prices FROM calls WHERE state = 'done' AND run = '{call['run']}'")
            price = json.loads(prices[0])
            cost = usage["input"] * Decimal(price["input"]) + usage["output"] * Decimal(price["output"])
            assert Decimal(call["cost_usd"]) == cost / 1_000_000
    known = sum(Decimal(call["cost_usd"]) for call in calls if call["cost_usd"] is not None)
    if result.cost_unknown:
        assert result.cost_usd is None
        assert result.cost_at_most_usd > known
    else:
        assert result.cost_usd == known


def is_whole(result: RunResult) -> None:
    assert result.exit == 0, result.error
    assert result.document.strip().endswith(WHOLE)
    assert result.document.count("The roof leaks") == 1


def test_a_plain_answer_is_counted_as_the_vendor_counts(line: Line) -> None:
    """Tokens, money and streaming, without any fault."""
    result = line.play()
    is_whole(result)
    ledger_agrees(line, result)
    assert [asked.dialect for asked in line.desk.vendor.asked] == [line.dialect]
    assert all(asked.stream for asked in line.desk.vendor.asked)


@pytest.mark.parametrize("fault", ["500", "502", "503", "529", "429"])
def test_a_passing_fault_is_asked_again(line: Line, fault: str) -> None:
    """The same model once more; what was not answered costs nothing."""
    line.desk.vendor.answer = first(fault)
    result = line.play()
    is_whole(result)
    ledger_agrees(line, result)
    assert len(line.desk.vendor.calls) == 2
    assert result.cost_unknown is False


@pytest.mark.parametrize("fault", ["cut", "clean_cut"])
def test_a_cut_answer_is_asked_again_and_may_be_billed(line: Line, fault: str) -> None:
    """With nobody else the same model once more; half the answer is kept apart and its cost is unknown, never 0."""
    line.desk.vendor.answer = first(fault)
    result = line.play()
    is_whole(result)
    ledger_agrees(line, result)
    assert result.cost_unknown is True
    assert line.desk.rows("SELECT count(*) FROM partials") == [(1,)]


@pytest.mark.parametrize("fault", ["cut", "clean_cut", "stall_mid", "stall", "429", "404", "401", "quota", "refusal"])
def test_another_model_takes_over(line: Line, fault: str) -> None:
    """Where the table says so the next of the cast answers, and the summary says who played."""
    line.desk.vendor.answer = lambda asked: Reply(WHOLE, fault=fault if asked.dialect == line.dialect else "")
    result = line.play(other=True)
    is_whole(result)
    ledger_agrees(line, result)
    assert [asked.dialect == line.dialect for asked in line.desk.vendor.asked] == [True, False]
    assert result.steps[0].provider == OTHER[line.dialect]
    assert any("not played by its first choice" in warning for warning in result.warnings)


def test_truncated_prose_goes_on_where_it_stopped(line: Line) -> None:
    """ "length": the model is told to go on; the halves are one text."""
    half = len(WHOLE) // 2
    line.desk.vendor.answer = in_turn([Reply(WHOLE, fault="length"), Reply(WHOLE[half:])])
    result = line.play()
    is_whole(result)
    assert len(line.desk.calls()) == 2


FOR_EVER = {
    "429": ("rate_limited", 1),
    "500": ("network", 1),
    "cut": ("cut", 1),
    "clean_cut": ("cut", 1),
    "length": ("cut", 1),
    "refusal": ("refused_by_vendor", 1),
    "401": ("key_rejected", 3),
    "404": ("no_model", 3),
    "quota": ("rate_limited", 1),
    "too_long": ("invalid_answer", 1),
    "stall": ("network", 1),
    "stall_mid": ("network", 1),
    "html": (None, None),
}


@pytest.mark.parametrize("fault", sorted(FOR_EVER))
def test_a_fault_that_stays_ends_the_run_with_its_name(line: Line, fault: str) -> None:
    """With nobody else the run ends resumable, under the name of what happened; half an answer is nowhere."""
    line.desk.vendor.answer = lambda asked: Reply(WHOLE, fault=fault, retry_after="3600" if fault == "429" else "")
    result = line.play()
    code, exit_ = FOR_EVER[fault]
    assert result.error is not None
    assert result.exit == (exit_ or result.exit)
    assert result.error.code == (code or result.error.code)
    assert result.error.code != "internal"
    assert result.document == ""
    assert result.resume == f"orchestra resume {result.run}"
    assert not line.desk.journalled()
    ledger_agrees(line, result)


def test_a_wait_of_an_hour_is_not_waited(line: Line) -> None:
    """429 with a retry-after beyond 60 s: exit 1 at once, and the object says when to come back."""
    line.desk.vendor.answer = lambda asked: Reply(fault="429", retry_after="600")
    result = line.play()
    assert (result.exit, result.error.code if result.error else "") == (1, "rate_limited")
    assert result.error is not None
    assert result.error.retry_after_s == 600
    assert len(line.desk.vendor.calls) == 1


# ---- three vendors at once ----


@pytest.mark.slow
def test_the_steps_are_cast_over_three_vendors(job: Desk, vendor: FakeVendor) -> None:
    """Keys of OpenAI, Anthropic and Gemini: several vendors play, another one reviews, everything streams."""
    vendor.answer = clean
    job.env = vendor.environment("openai", "anthropic", "gemini")
    ended = job.run("proposal", "--client", "acme", "--yes", "--json", "--no-input")
    assert ended.exit == 0, ended.err
    steps = {step["id"]: step for step in ended.json["steps"]}
    assert steps["proposal"]["vendor"] != steps["check"]["vendor"]
    assert ended.json["reviewed_by_other_vendor"] is True
    assert len({step["vendor"] for step in steps.values() if step["vendor"]}) >= 2
    assert len({asked.dialect for asked in vendor.asked}) >= 2
    assert all(asked.stream for asked in vendor.asked)


@pytest.mark.slow
def test_every_vendor_alone_can_play_the_job(job: Desk, vendor: FakeVendor) -> None:
    """One key is enough, whichever it is; the review then says that it was not independent."""
    for n, provider in enumerate(("openai", "anthropic", "gemini")):
        job.env = vendor.environment(provider)
        job.home = job.home.with_name(f"home-{n}")
        ended = job.run("proposal", "--client", "acme", "--yes", "--json", "--no-input")
        assert ended.exit == 0, ended.err
        assert {step["provider"] for step in ended.json["steps"]} == {provider, ""}
        assert ended.json["reviewed_by_other_vendor"] is False


@pytest.mark.slow
def test_one_rejected_key_is_no_hurdle(job: Desk, vendor: FakeVendor) -> None:
    """The others of the cast play; one line at the end says what to fix."""
    job.env = vendor.environment("openai", "anthropic", "gemini") | {"OPENAI_API_KEY": "sk-bad"}
    vendor.keys = frozenset({"sk-test-0001"})
    ended = job.run("proposal", "--client", "acme", "--yes", "--json", "--no-input")
    assert ended.exit == 0, ended.err
    assert "openai" not in {step["provider"] for step in ended.json["steps"]}
    assert len([seen for seen in vendor.calls if seen.headers.get("authorization") == "Bearer sk-bad"]) <= 3
    assert "to fix it: orchestra keys set openai" in ended.err
