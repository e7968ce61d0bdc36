from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from orchestra_cli.console.live import LiveProgress, renderable, view_lines
from orchestra_cli.console.plain import PlainProgress, line_of
from orchestra_cli.console.progress import State, fold
from orchestra_cli.engine import events
from orchestra_cli.engine.events import Event
from orchestra_cli.types import Finding

NOON = datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC)
STARTED = events.RunStarted("7k2f", "proposal", "Hartwell", ("requirements", "pricing", "proposal"), Decimal(3), False)


def finished(step: str = "requirements", **given: object) -> events.StepFinished:
    values = {"status": "done", "summary": "38 found", "model": "openai/gpt-5-mini", "seconds": 9.0,
              "cost_usd": Decimal("0.009"), "usage": None, "from_journal": False} | given  # fmt: skip
    return events.StepFinished(step, **values)  # type: ignore[arg-type]


def after(*happened: Event) -> State:
    state = State()
    for second, event in enumerate(happened):
        state = fold(state, event, float(second))
    return state


def text_of(state: State, width: int = 120) -> str:
    return "\n".join(line for line, _ in view_lines(state, width))


def test_a_run_starts_with_all_steps_of_the_page_waiting() -> None:
    """The reader sees from the first second what will come."""
    state = after(STARTED)
    assert [(step.id, step.status) for step in state.steps] == [
        ("requirements", "waits"), ("pricing", "waits"), ("proposal", "waits")]  # fmt: skip
    assert "proposal · Hartwell · run 7k2f" in text_of(state)
    assert "orchestra resume 7k2f" in text_of(state)


def test_words_are_counted_over_the_joints_of_the_pieces() -> None:
    """A word that arrives in two pieces is one word."""
    state = after(STARTED, events.StepStarted("proposal", "openai/gpt-5"),
                  events.Delta("proposal", "proposal", "## Prog"),
                  events.Delta("proposal", "proposal", "ramme\nTwelve we"),
                  events.Delta("proposal", "proposal", "eks in all, then"))  # fmt: skip
    step = state.step("proposal")
    assert step.heading == "Programme"
    assert step.words == 6
    assert '"Programme" 6 words' in text_of(state)


@given(st.lists(st.text(alphabet="ab \n", max_size=6), max_size=12))
def test_the_count_does_not_depend_on_how_text_was_cut(pieces: list[str]) -> None:
    """However the network cuts a text, the same words have arrived once a space follows."""
    whole = "".join(pieces) + " "
    cut = [events.Delta("s", "s", piece) for piece in [*pieces, " "]]
    state = reduce(lambda old, event: fold(old, event), cut, State())
    assert state.step("s").words == len(whole.split())


def test_a_lost_try_is_a_quiet_line_under_its_step() -> None:
    """What was tried and what was done about it stays readable while the next model works."""
    state = after(STARTED, events.StepStarted("proposal", "openai/gpt-5"),
                  events.Delta("proposal", "proposal", "Half a"),
                  events.Attempted("proposal", "openai/gpt-5", "asked to wait 38 s, switched"),
                  events.Waiting("proposal", "openai/gpt-5", 38.0))  # fmt: skip
    assert state.step("proposal").words == 0
    assert "tried openai/gpt-5: asked to wait 38 s, switched" in text_of(state)
    assert "asks to wait 38 s" in text_of(state)


def test_a_finished_step_shows_summary_model_time_and_cost() -> None:
    """One line says it all; an unknown cost is said to be unknown."""
    known, unknown = text_of(after(STARTED, finished())), text_of(after(STARTED, finished(cost_usd=None)))
    assert "✓ requirements  38 found" in known
    assert "gpt-5-mini" in known
    assert "0:09" in known
    assert "$0.009" in known
    assert "unknown" in unknown


def test_a_step_out_of_the_journal_costs_nothing_new() -> None:
    """What was kept from before is marked, not priced again."""
    assert "kept" in text_of(after(STARTED, finished(from_journal=True)))


def test_money_shows_what_is_spent_and_what_may_come() -> None:
    """Spent, running and the cap stand apart."""
    assert "spent $0.02" in text_of(after(STARTED, events.Spent(Decimal("0.02"), Decimal("0.07"))))
    line = text_of(after(STARTED, events.Spent(Decimal("0.02"), Decimal("0.07"))))
    assert "running up to $0.050" in line
    assert "cap $3.00" in line


def test_findings_gates_and_files_are_kept_in_the_state() -> None:
    """MISSING and warnings are counted, an open question stands until it is decided."""
    missing = Finding("missing", "warn", "deliver", "insurance number")
    stale = Finding("price_age", "warn", "prices", "372 days")
    state = after(STARTED, events.GateOpened("proposal", "Send?"), events.Checked((missing, stale)),
                  events.Delivered("/w/bid.docx"))  # fmt: skip
    assert (state.question, state.missing, state.warnings, state.delivered) == ("Send?", 1, 1, ("/w/bid.docx",))
    assert "MISSING 1, warnings 1" in text_of(state)
    decided = fold(state, events.GateDecided("proposal", "accept", "jo"))
    ended = fold(decided, events.RunEnded("7k2f", "done", 0))
    assert (decided.question, ended.ended) == ("", "done")


def test_a_step_the_page_does_not_name_gets_a_line_of_its_own() -> None:
    """A redo or a round is never lost for want of a place."""
    state = after(STARTED, events.StepStarted("check", "openai/gpt-5"))
    assert [step.id for step in state.steps][-1] == "check"


def test_hostile_text_cannot_leave_its_line() -> None:
    """Escapes, markup and line feeds of a model's text come out as plain letters on one line."""
    state = after(STARTED, finished(summary="\x1b[2J[red]x[/y]\nfake line\x1b]0;t\x07"))
    shown = text_of(state)
    assert "\x1b" not in shown
    assert "[red]x[/y] fake line" in shown
    assert len(shown.splitlines()) == 1 + 3 + 2
    assert renderable(state, 120).plain == shown


def test_every_line_of_the_view_fits_the_terminal() -> None:
    """A narrow window shows cut lines, never wrapped ones."""
    state = after(STARTED, finished(summary="word " * 60))
    assert all(len(line) <= 50 for line, _ in view_lines(state, 50))


def test_plain_lines_tell_each_finished_step_with_the_time() -> None:
    """Where nothing can move: start, lost tries, finished steps and decisions; text and money stay silent."""
    assert line_of(STARTED, NOON) == "12:00:05 proposal · Hartwell · run 7k2f"
    assert line_of(finished(), NOON) == "12:00:05 ✓ requirements · 38 found · gpt-5-mini · 0:09 · $0.009"
    assert line_of(finished(cost_usd=None), NOON).endswith("cost unknown")
    assert line_of(finished(model="computed"), NOON) == "12:00:05 ✓ requirements · 38 found · computed"
    assert "taken from the journal" in line_of(finished(from_journal=True), NOON)
    assert line_of(finished(status="failed", summary="", model=""), NOON).startswith("12:00:05 ✗ requirements · failed")
    assert "tried m: cut" in line_of(events.Attempted("s", "m", "cut"), NOON)
    assert "asks to wait 4 s" in line_of(events.Waiting("s", "m", 4.0), NOON)
    assert line_of(events.GateDecided("s", "accept", "unattended"), NOON).endswith("s: accept by unattended")
    assert line_of(events.Spent(Decimal(0), Decimal(0)), NOON) == ""


def test_plain_progress_says_only_lines_worth_saying() -> None:
    """Arriving text makes no noise in a log."""
    said: list[str] = []
    progress = PlainProgress(said.append, lambda: NOON)
    for event in (STARTED, events.Delta("proposal", "proposal", "Dear"), finished()):
        progress.show(event, State())
    assert len(said) == 2


def test_the_moving_picture_steps_aside_for_a_question_and_comes_back(stage: Callable[..., object]) -> None:
    """While a gate is open nothing moves; the next event starts the picture anew."""
    from io import StringIO

    class Tty(StringIO):
        def isatty(self) -> bool:
            return True

    stream = Tty()
    progress = LiveProgress(stream, lambda: 5.0)
    state = after(STARTED, events.StepStarted("proposal", "openai/gpt-5"))
    progress.show(STARTED, state)
    assert progress._live is not None
    progress.stop()
    assert progress._live is None
    with progress.aside():
        progress.show(STARTED, fold(state, events.GateOpened("proposal", "Send?")))
        assert progress._live is None
    progress.show(STARTED, state)
    assert progress._live is not None
    progress.stop()
    progress.stop()
    assert "run 7k2f" in stream.getvalue()


def test_a_step_without_words_yet_says_what_it_does() -> None:
    """A model thinks, a person carries, code just computes."""
    for model, words in (("openai/gpt-5", "thinking"), ("paste/chat", "carried by you"), ("computed", "computed")):
        line = text_of(after(STARTED, events.StepStarted("proposal", model))).splitlines()[3]
        assert words in line
    assert "chat" not in text_of(after(STARTED, events.StepStarted("proposal", "paste/chat")))


def test_time_and_money_stay_in_a_narrow_window() -> None:
    """The summary gives way."""
    state = after(STARTED, finished(summary="GBP 68,444.62 + VAT 13,688.92 = 82,133.54, 29 of 29"))
    row = text_of(state, 80).splitlines()[1]
    assert row.split()[-3:] == ["gpt-5-mini", "0:09", "$0.009"]
    assert "GBP 68,444.62" in row
