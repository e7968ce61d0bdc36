"""How a run begins and ends whatever happens: no store, a lost lease, signals, the small model, and what is told."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from dataclasses import replace
from decimal import Decimal

import pytest
from support.runs import Scripted, Stage, page, person
from support.vendor import Reply

from orchestra_cli.engine import playing, session
from orchestra_cli.engine.blocking import all_of, in_thread
from orchestra_cli.engine.carriers import carrier
from orchestra_cli.engine.events import RunEnded, RunStarted, StepFinished
from orchestra_cli.engine.freeze import thaw_policy
from orchestra_cli.engine.person import Decided, HandOffShown
from orchestra_cli.engine.seats import NoSeat, Ports, Seat, Seats
from orchestra_cli.engine.world import FrozenCandidate
from orchestra_cli.errors import InputError, NoModelError, RunBusyError, StoreError, WaitingError
from orchestra_cli.models.http import Http
from orchestra_cli.models.providers import Provider
from orchestra_cli.privacy.masking import Masker
from orchestra_cli.types import Answer, Usage

NOTE = page("note\nrole: write\nreads: topic\n\nWrite a short note.", deliver="md\n# Note\n{note}")
GATED = NOTE.replace("reads: topic\n", "reads: topic\napprove: Send it?\n")
GOOD = {"Write a short note": "The roof leaks."}


def test_command_that_made_no_run_has_a_result_too(stage: Stage) -> None:
    """The JSON object of an ending before a run exists."""
    result = session.refused(stage.request("x", client="acme"), InputError("No file.", "Look."))
    assert (result.run, result.status, result.exit) == ("", "refused", 2)
    assert result.error is not None
    assert (result.error.code, result.error.advice) == ("input", "Look.")
    assert session.refused(stage.request(), StoreError("Full.")).status == "failed"


def test_events_tell_the_run_from_start_to_end_and_are_kept(stage: Stage) -> None:
    """First the start, last the end with its exit; what was said can be told again."""
    import json

    from orchestra_cli.store.events import events_of

    stage.recipe(GATED)
    stage.script(GOOD)
    waiting = stage.play("topic.txt")
    assert isinstance(waiting.events[0], RunStarted)
    assert waiting.events[0].steps == ("note",)
    assert not waiting.events[0].resumed
    assert waiting.events[-1] == RunEnded(waiting.result.run, "waiting", 75)
    done = stage.resume(by=person(note="accept"))
    assert isinstance(done.events[0], RunStarted)
    assert done.events[0].resumed
    [finished] = done.said(StepFinished)
    assert (finished.status, finished.from_journal) == ("done", True)
    with stage.store() as store:
        kept = [json.loads(line)[0] for line in events_of(store, done.result.run)]
    assert kept[0] == "RunStarted"
    assert kept.count("RunEnded") == 2
    assert "Delta" not in kept


def test_run_of_another_process_is_left_alone(stage: Stage) -> None:
    """While a living owner holds the lease, the second is told and nothing is sent."""
    from orchestra_cli.store.lease import release, take_lease

    stage.recipe(GATED)
    stage.script(GOOD)
    waiting = stage.play("topic.txt")
    with stage.store() as store:
        lease = take_lease(store, waiting.result.run)
        with pytest.raises(RunBusyError, match="another process"):
            stage.resume(by=person(note="accept"))
        release(store, lease)
    assert stage.resume(by=person(note="accept")).result.exit == 0


def test_lease_lost_in_the_middle_writes_nothing_more(stage: Stage) -> None:
    """A run that was taken over while a person read stops with 1 and leaves the other one's work alone."""
    stage.recipe(GATED)
    stage.script(GOOD)

    class Slow(Scripted):
        def decide(self, shown: HandOffShown) -> Decided:
            with stage.store() as store, store.transaction() as db:
                db.execute("UPDATE runs SET counter = counter + 1")
            return Decided("accept", by="Ada")

    played = stage.play("topic.txt", by=Slow())
    assert (played.result.exit, played.result.error.code) == (1, "internal")  # type: ignore[union-attr]
    assert "taken over" in played.result.error.message  # type: ignore[union-attr]


def test_store_that_fails_before_the_first_step_is_resumable(stage: Stage) -> None:
    """A full disk at the very start: exit 1 with the command to go on, and nothing was sent."""
    stage.recipe(NOTE)
    stage.script(GOOD)

    def full(*args: object) -> None:
        raise StoreError("The disk is full.", "Make room.")

    with stage.patch.context() as patch:
        patch.setattr("orchestra_cli.store.runs.restart_run", full)
        played = stage.play("topic.txt")
    assert (played.result.exit, played.result.error.message) == (1, "The disk is full.")  # type: ignore[union-attr]
    assert played.result.resume_argv == ("orchestra", "resume", played.result.run)
    assert stage.vendor.seen == []


def test_store_that_fails_at_the_end_leaves_the_run_to_go_on_with(stage: Stage) -> None:
    """When the ending cannot be written down, the run has not ended: it can be resumed and asks nobody again."""
    stage.recipe(NOTE)
    stage.script(GOOD)

    def full(*args: object) -> None:
        raise StoreError("The disk is full.")

    with stage.patch.context() as patch:
        patch.setattr("orchestra_cli.store.runs.end_run", full)
        played = stage.play("topic.txt")
    assert (played.result.exit, played.result.status) == (1, "failed")
    again = stage.resume(played.result.run)
    assert again.result.exit == 0
    assert len(stage.vendor.asked) == 1


def test_disk_error_in_the_middle_names_the_file(stage: Stage) -> None:
    """An error of the disk that nobody foresaw is an ending as well."""
    stage.recipe(NOTE)
    stage.script(GOOD)

    def broken(*args: object, **given: object) -> None:
        raise OSError(28, "No space left on device", "/x/note.md")

    stage.patch.setattr("orchestra_cli.engine.output_files.write_files", broken)
    played = stage.play("topic.txt", outputs=("note.md",))
    assert played.result.error is not None
    assert (played.result.exit, played.result.error.message) == (1, "/x/note.md: No space left on device.")


def test_interrupt_while_the_document_is_put_together(stage: Stage) -> None:
    """Ctrl-C after the last answer keeps everything: 130."""
    stage.recipe(NOTE)
    stage.script(GOOD)

    def interrupted(*args: object, **given: object) -> None:
        raise KeyboardInterrupt

    with stage.patch.context() as patch:
        patch.setattr("orchestra_cli.engine.deliver.finish", interrupted)
        played = stage.play("topic.txt")
    assert (played.result.exit, played.result.status) == (130, "interrupted")
    assert stage.resume().result.exit == 0


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
@pytest.mark.parametrize(("name", "words"), [("SIGTERM", "SIGTERM"), ("SIGHUP", "the terminal was closed")])
def test_signals_end_a_run_and_keep_what_is_finished(stage: Stage, name: str, words: str) -> None:
    """SIGTERM and a closed terminal end as Ctrl-C does; afterwards the signals are as before."""
    stage.recipe(NOTE)
    before = signal.getsignal(signal.SIGTERM)

    def answer(asked: object) -> Reply:
        os.kill(os.getpid(), getattr(signal, name))
        return Reply("The roof leaks.", fault="stall")

    stage.vendor.answer = answer
    handler = signal.signal(getattr(signal, name), signal.SIG_DFL)
    try:
        played = stage.play("topic.txt")
    finally:
        signal.signal(getattr(signal, name), handler)
    assert played.result.error is not None
    assert (played.result.exit, played.result.error.message) == (130, f"Interrupted ({words}).")
    assert signal.getsignal(signal.SIGTERM) == before


def test_signal_that_is_ignored_stays_ignored(stage: Stage) -> None:
    """Under nohup a closed terminal does not stop the run."""
    stage.recipe(NOTE)

    def answer(asked: object) -> Reply:
        os.kill(os.getpid(), signal.SIGHUP)
        return Reply("The roof leaks.")

    stage.vendor.answer = answer
    handler = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert stage.play("topic.txt").result.exit == 0
    finally:
        signal.signal(signal.SIGHUP, handler)


@pytest.mark.parametrize("late", [False, True])
def test_deadline_does_not_wait_for_a_person(stage: Stage, late: bool) -> None:
    """A deadline ends the run although somebody still reads; what they say later, or too late, does no harm."""
    stage.recipe(GATED)
    stage.script(GOOD)
    go, done = threading.Event(), threading.Event()

    class Reading(Scripted):
        def decide(self, shown: HandOffShown) -> Decided:
            go.wait(10)
            done.set()
            return Decided("accept", by="Ada")

    def listen(event: object) -> None:
        if isinstance(event, StepFinished) and not late:
            go.set()

    played = stage.play("topic.txt", by=Reading(), deadline_s=0.4, listen=listen)
    assert played.result.exit == 130
    go.set()
    assert done.wait(10)
    assert stage.resume(by=person(note="accept")).result.exit == 0


def test_owner_says_that_it_lives(stage: Stage) -> None:
    """While a run is played its heartbeat is written."""
    stage.patch.setattr(playing, "HEARTBEAT_S", 0.01)
    beats: list[str] = []

    def beat(store: object, lease: object) -> None:
        beats.append("x")

    stage.patch.setattr("orchestra_cli.store.lease.heartbeat", beat)
    stage.recipe(NOTE)
    stage.vendor.answer = lambda asked: Reply("The roof leaks.", delay_s=0.15)
    assert stage.play("topic.txt").result.exit == 0
    assert beats


def test_small_model_on_this_computer_stamps_the_document(stage: Stage) -> None:
    """What the embedded model wrote is stamped as a draft, costs nothing, and leaves nothing."""
    stage.keys()
    stage.file("orchestra.toml", "")
    stage.patch.setattr("orchestra_cli.models.providers.find_spec", lambda name: object())

    async def answer(call: object, on_delta: object, *, model_file: object) -> Answer:
        assert str(model_file) == "weights.gguf"
        return Answer("The roof leaks.", Usage(10, 4), "smollm2-135m", "embedded")

    stage.patch.setattr("orchestra_cli.models.embedded.player.ask", answer)
    stage.recipe(NOTE)
    played = stage.play("topic.txt", local=True, model_file="weights.gguf")
    assert (played.result.exit, played.result.cost_usd) == (0, 0)
    assert "written on this computer by a small model" in played.result.document
    assert stage.vendor.seen == []


def test_small_model_without_its_weights_says_how_to_get_them(stage: Stage) -> None:
    """Weights that are not there yet: exit 3 with the command that fetches them."""
    stage.keys()
    stage.file("orchestra.toml", "")
    stage.patch.setattr("orchestra_cli.models.providers.find_spec", lambda name: object())
    stage.patch.setattr("orchestra_cli.models.embedded.weights.ready_model", lambda name: None)
    stage.recipe(NOTE)
    played = stage.play("topic.txt", local=True)
    assert played.result.error is not None
    assert played.result.exit == 3
    assert "orchestra models pull" in played.result.error.message


def test_resumed_run_may_not_go_where_the_policy_forbids(stage: Stage) -> None:
    """`resume --model` cannot loosen the policy that is frozen in the run."""
    stage.file("orchestra.toml", '[policy.internal]\nallow = ["openai"]\n')
    stage.recipe(NOTE)
    stage.vendor.answer = lambda asked: Reply(fault="500")
    stage.play("topic.txt")
    stage.script(GOOD)
    sent = len(stage.vendor.asked)
    again = stage.resume(models={"note": "anthropic/claude-sonnet-5-5"})
    assert all(asked.model.startswith("gpt") for asked in stage.vendor.asked[sent:])
    assert again.result.exit == 0
    assert any("cast anew" in warning for warning in again.result.warnings)


# -- seats and threads by themselves ----


def seats(stage: Stage, *providers: Provider, local: bool = False) -> Seats:
    stage.recipe(NOTE)
    world = replace(stage.plan("topic.txt").world, local=local)
    return Seats(
        run="r",
        world=world,
        providers={provider.name: provider for provider in providers},
        policy=thaw_policy(world.policy),
        masker=Masker(),
        ports=Ports(Http(), Scripted()),
        place_in_run=lambda step: (1, 1),
    )


def why(seat: Seat | NoSeat) -> str:
    assert isinstance(seat, NoSeat)
    return seat.why


def test_seat_is_refused_with_its_reason(stage: Stage) -> None:
    """No provider, dropped, not on this computer, forbidden, no key, a keyring that is broken: each has its words."""
    away = Provider("office", "openai-chat", "http://x/v1", env_names=("OFFICE_API_KEY",), region="us")
    one = FrozenCandidate("office/m", "office", "")
    assert "not set up any more" in why(seats(stage).take(one, "internal"))
    assert "no key for office" in why(seats(stage, away).take(one, "internal"))
    assert "--local" in why(seats(stage, away, local=True).take(one, "internal"))
    assert "secret" in why(seats(stage, away).take(one, "secret"))
    stage.patch.setenv("OFFICE_API_KEY", "sk-1")
    room = seats(stage, away)
    assert isinstance(room.take(one, "internal"), Seat)
    room.drop("office", "no money")
    assert "no money" in why(room.take(one, "internal"))

    chat = FrozenCandidate("paste/chat", "you", "")
    assert isinstance(seats(stage, carrier("paste")).take(chat, "internal"), Seat)
    fresh = seats(stage, away)

    def broken(*args: object, **given: object) -> None:
        raise NoModelError("The keyring is broken.")

    stage.patch.setattr("orchestra_cli.store.keys.find_key", broken)
    assert why(fresh.take(one, "internal")) == "The keyring is broken."


def test_thread_hands_over_its_result_or_its_error() -> None:
    """Blocking work beside the loop."""

    def fail() -> int:
        raise WaitingError("later")

    assert asyncio.run(in_thread(lambda: 7)) == 7
    with pytest.raises(WaitingError, match="later"):
        asyncio.run(in_thread(fail))


def test_all_is_played_to_its_end_before_the_first_error_is_raised() -> None:
    """What was begun is finished, since it may be paid."""
    finished: list[int] = []

    async def work(number: int) -> int:
        await asyncio.sleep(0.001 * number)
        if number == 0:
            raise StoreError("first")
        finished.append(number)
        return number

    async def play(*numbers: int) -> list[int]:
        return await all_of(work(number) for number in numbers)

    assert asyncio.run(play(2, 1)) == [2, 1]
    with pytest.raises(StoreError, match="first"):
        asyncio.run(play(0, 3))
    assert finished == [1, 2, 3]


def test_client_month_stands_beside_the_month(stage: Stage) -> None:
    """The summary's lines about this month's money: the client's with its cap, then all."""
    stage.file("clients/acme/client.md", "name: Acme Trust\n\nNotes.\n")
    stage.file("orchestra.toml", "budget_usd = { client_month = 40 }\n")
    stage.recipe(NOTE)
    stage.script(GOOD)
    played = stage.play("topic.txt", client="acme", budget=Decimal(1))
    assert played.result.month[0].startswith("acme this month $0.")
    assert played.result.month[0].endswith("of $40.00")
    assert played.result.month[1].startswith("all this month $0.")


def test_result_of_a_cancelled_wait_is_let_go() -> None:
    """What a thread still brings after nobody waits for it any more is dropped."""
    go = threading.Event()

    async def play() -> str:
        waiting = asyncio.ensure_future(in_thread(lambda: go.wait(10)))
        await asyncio.sleep(0.01)
        waiting.cancel()
        go.set()
        await asyncio.sleep(0.05)
        return "alive" if waiting.cancelled() else "dead"

    assert asyncio.run(play()) == "alive"


def test_modules_are_loaded_while_the_first_answer_is_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    """What judging needs is loaded in a moment, once a process."""
    import sys

    from orchestra_cli.engine import ahead

    monkeypatch.setattr(ahead, "_NEEDED", ("colorsys",))
    monkeypatch.setattr(ahead, "AFTER_S", 0.0)
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)

    async def play() -> None:
        ahead.load_ahead()
        assert "colorsys" not in sys.modules
        await asyncio.sleep(0.01)
        assert "colorsys" in sys.modules
        ahead.load_ahead()

    asyncio.run(play())


def test_the_model_that_served_sets_the_price(stage: Stage) -> None:
    """Another model that answered is paid as such; a dated name of the same model is the same model."""
    stage.recipe(NOTE)
    asked = "openai/gpt-6.1-terra"
    costs = {}
    for served in ("gpt-6.1-terra", "gpt-6.1-terra-2026-10-01", "gpt-5-nano", "a-model-nobody-knows"):
        stage.script({"Write a short note": Reply("The roof leaks.", model=served)})
        costs[served] = stage.play("topic.txt", models={"note": asked}).result.cost_usd
    assert costs["gpt-5-nano"] < costs["gpt-6.1-terra"]
    assert costs["gpt-6.1-terra"] == costs["gpt-6.1-terra-2026-10-01"] == costs["a-model-nobody-knows"]
