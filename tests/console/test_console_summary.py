from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from orchestra_cli.console.ending import end_run, refusal
from orchestra_cli.console.screen import Forgiving
from orchestra_cli.console.summary import cost_lines, ending_lines, file_lines, quiet_lines
from orchestra_cli.engine.result import ErrorInfo, LostTry, RunResult, WaitingFor
from orchestra_cli.errors import BudgetError, KeyMissingError
from orchestra_cli.types import Finding

Build = Callable[..., RunResult]
HOSTILE = "\x1b[31mred [red]x[/y]\x1b]0;t\x07"


def test_the_table_says_who_served_and_what_it_cost(result: Build) -> None:
    """Model served, tokens in, cached and out, tries, seconds and dollars, a row a step; the cap beside the total."""
    lines = cost_lines(result())
    assert lines[0].split() == ["step", "model", "(served)", "in", "cached", "out", "tries", "seconds", "USD"]
    assert lines[1].split()[:8] == ["proposal", "gpt-5", "6,410", "5,120", "3,420", "1", "31", "0.057"]
    assert lines[-1].split() == ["total", "1:15", "0.057", "of", "3.00"]


def test_a_step_in_code_shows_computed_and_costs_nothing(result: Build, step: Callable[..., object]) -> None:
    """No tokens, no tries: it was never sent anywhere."""
    lines = cost_lines(result(steps=(step(kind="do", id="pricing", summary="GBP 186,402.17"),)))
    assert lines[1].split() == ["pricing", "computed", "31", "0", "GBP", "186,402.17"]


def test_unknown_cost_is_never_zero(result: Build, step: Callable[..., object]) -> None:
    """Tokens nobody stated are question marks, and the total names its worst case."""
    given = result(steps=(step(tokens_in=None, cost_usd=None),), cost_usd=None, cost_unknown=True,
                   cost_at_most_usd=Decimal("0.08"))  # fmt: skip
    lines = cost_lines(given)
    assert "unknown" in lines[1]
    assert "?" in lines[1]
    assert "0 + up to 0.080 unknown" in lines[-1]


def test_lost_tries_stand_under_the_steps(result: Build) -> None:
    """A try that failed for free and one that may be billed are told apart, with the call's id."""
    free = LostTry("7k2f-1", "proposal", "openai/gpt-5", "429, not billed", 1, Decimal(0))
    cut = LostTry("7k2f-4", "proposal", "anthropic/claude", "cut", 12, None, Decimal("0.08"))
    lines = cost_lines(result(tries=(free, cut)))
    assert any("429, not billed" in line for line in lines)
    assert any("up to 0.080, may be billed (call 7k2f-4)" in line for line in lines)


def test_steps_that_did_not_run_say_so(result: Build, step: Callable[..., object]) -> None:
    """Skipped, not run and failed are words, not blanks; kept answers are marked."""
    steps = (
        step(id="a", status="not_run", attempts=0),
        step(id="b", status="failed", summary="cut"),
        step(id="c", from_journal=True),
        step(id="d", status="failed", summary="", model=""),
    )
    lines = cost_lines(result(steps=steps))
    assert "not run" in lines[1]
    assert lines[2].endswith("failed: cut")
    assert lines[3].endswith("kept from before; 884 words")
    assert lines[4].endswith("failed")


def test_a_run_without_steps_has_no_table(result: Build) -> None:
    """A refused command shows no empty table."""
    assert cost_lines(result(steps=())) == []


def test_what_blocks_comes_first_and_the_rest_is_counted(result: Build) -> None:
    """A reader sees the reason for the DRAFT before the warnings, and is told where the others are."""
    warns = tuple(Finding("age", "warn", "prices", f"old {n}") for n in range(15))
    block = Finding("total", "block", "Price", "two totals", nearest="GBP 5")
    lines = ending_lines(result(findings=(*warns, block), missing=("insurance number",), exit=5, status="flawed"))
    assert lines[0].startswith("Finished as a DRAFT: two totals (and 1 more)")
    assert lines.index("MISSING: insurance number") < lines.index("BLOCKS: Price: two totals (nearest: GBP 5)")
    assert "... and 4 findings more: orchestra runs show 7k2f --json" in lines


def test_files_are_listed_with_what_is_in_them(result: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths below the current folder are short; the last line counts what to look at."""
    monkeypatch.chdir(tmp_path)
    given = result(deliverables=(str(tmp_path / "bid.docx"), "/else/bid.pdf"), missing=("x",),
                   findings=(Finding("a", "warn", "", "t"), Finding("b", "block", "", "t")))  # fmt: skip
    assert file_lines(given) == ["wrote bid.docx", "wrote /else/bid.pdf   1 MISSING · 1 blocking · 1 warning"]


def test_a_review_by_the_same_vendor_is_said(result: Build) -> None:
    """False is told, null (no review) is not; a warning that says it already is not doubled."""
    assert any("author's own vendor" in line for line in ending_lines(result(reviewed_by_other_vendor=False)))
    assert not any("vendor" in line for line in ending_lines(result(reviewed_by_other_vendor=None)))
    said = ending_lines(result(reviewed_by_other_vendor=False, warnings=("reviewed by the author's vendor",)))
    assert sum("vendor" in line for line in said) == 1


def test_month_lines_and_warnings_are_shown(result: Build) -> None:
    """The month's money and the end-of-run notes stand below the table."""
    lines = ending_lines(result(month=("acme this month 0.63 of 40.00",), warnings=("second key rejected",)))
    assert "acme this month 0.63 of 40.00" in lines
    assert "! second key rejected" in lines


@pytest.mark.parametrize(
    ("code", "status"), [(1, "failed"), (3, "no_model"), (4, "budget"), (75, "waiting"), (130, "interrupted")]
)
def test_the_last_line_is_the_command_to_go_on(result: Build, code: int, status: str) -> None:
    """Message first, advice before the end, the exact command last, at every ending that leaves a run."""
    error = ErrorInfo("x", "It stopped here.\nMore.", "orchestra keys set openai")
    lines = ending_lines(result(exit=code, status=status, error=error))
    assert lines[0] == "It stopped here."
    assert lines[-2:] == ["orchestra keys set openai", "orchestra resume 7k2f"]
    quiet = quiet_lines(result(exit=code, status=status, error=error))
    assert quiet == ["It stopped here.", "orchestra keys set openai", "orchestra resume 7k2f"]


def test_quiet_is_at_most_three_lines(result: Build) -> None:
    """Nothing at 0, the reason at 5, never more than three otherwise."""
    assert quiet_lines(result()) == []
    assert len(quiet_lines(result(exit=5, status="flawed"))) == 1
    long = ErrorInfo("x", "a\nb\nc", "d\ne\nf")
    assert len(quiet_lines(result(exit=1, status="failed", error=long))) == 3


@pytest.mark.parametrize(
    ("waiting", "words"),
    [
        (WaitingFor("person", "s", "Send this version?"), 'Waiting for a person at "Send this version?".'),
        (WaitingFor("person", "s", ""), "Waiting for a person at the hand-off after s."),
        (WaitingFor("answer_file", "s", "01-s.answer.md"), "Waiting for an answer file: 01-s.answer.md"),
        (WaitingFor("vendor_batch", "s", ""), "Waiting for a vendor's batch at s."),
    ],
)
def test_a_waiting_run_says_for_what(result: Build, waiting: WaitingFor, words: str) -> None:
    """Without a message the first line is made from what is waited for."""
    assert ending_lines(result(exit=75, status="waiting", waiting_for=waiting))[0] == words


def test_an_ending_without_words_still_has_a_line(result: Build) -> None:
    """There is always a first line."""
    assert ending_lines(result(exit=130, status="interrupted", resume=""))[0] == "The run 7k2f ended as interrupted."


def test_a_flawed_run_without_reasons_points_to_its_first_page(result: Build) -> None:
    """The document itself says why."""
    assert quiet_lines(result(exit=5, status="flawed")) == ["Finished as a DRAFT: its first page says why."]


def test_nothing_hostile_reaches_standard_error(result: Build, step: Callable[..., object]) -> None:
    """Files, models and vendors cannot colour, rename or move the terminal."""
    given = result(
        steps=(step(id=HOSTILE, model=HOSTILE, summary=HOSTILE),),
        findings=(Finding("r", "block", HOSTILE, HOSTILE, HOSTILE),),
        missing=(HOSTILE,), warnings=(HOSTILE,), month=(HOSTILE,), deliverables=(HOSTILE,), client=HOSTILE,
        tries=(LostTry(HOSTILE, HOSTILE, HOSTILE, HOSTILE, 1, None),), exit=1, status="failed",
        error=ErrorInfo("x", HOSTILE, HOSTILE),
    )  # fmt: skip
    text = "\n".join([*ending_lines(given), *quiet_lines(given)])
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[red]x[/y]" in text


@pytest.mark.parametrize(("code", "status", "shown"), [(0, "done", True), (5, "flawed", True), (75, "waiting", False)])
def test_the_document_goes_to_standard_output_only_when_there_is_one(
    result: Build, stage: Callable[..., object], code: int, status: str, shown: bool
) -> None:
    """In a pipe the Markdown and nothing else; at exits without a deliverable nothing at all."""
    on = stage()
    assert end_run(on.screen, result(exit=code, status=status), to_stdout=True) == code
    assert on.out == ("# Bid\n" if shown else "")
    assert on.err


def test_json_is_one_object_at_every_exit(result: Build, stage: Callable[..., object]) -> None:
    """With --json the object stands on standard output, also when the run failed, and the document inside it."""
    for code, status in ((0, "done"), (1, "failed")):
        on = stage(json=True, quiet=True)
        end_run(on.screen, result(exit=code, status=status), to_stdout=True)
        assert on.out.count("\n") == 1
        assert json.loads(on.out)["exit"] == code


def test_quiet_says_nothing_when_all_is_well(result: Build, stage: Callable[..., object]) -> None:
    """A cron mail stays empty."""
    on = stage(quiet=True)
    end_run(on.screen, result(), to_stdout=False)
    assert (on.out, on.err) == ("", "")


def test_a_refusal_carries_the_words_of_its_error() -> None:
    """What a script reads is what a person reads."""
    outcome = refusal(KeyMissingError("No key.", "orchestra keys set openai", provider="openai"), "proposal", "acme")
    assert (outcome.exit, outcome.status, outcome.recipe, outcome.client) == (3, "no_model", "proposal", "acme")
    assert outcome.error is not None
    assert outcome.error.provider == "openai"
    assert refusal(BudgetError("Budget.")).status == "budget"


def test_a_reader_who_went_away_loses_words_not_the_run(result: Build, stage: Callable[..., object]) -> None:
    """A closed standard error never changes how a run ends."""
    on = stage()

    class Gone:
        def write(self, _: str) -> int:
            raise BrokenPipeError

        def flush(self) -> None:
            raise BrokenPipeError

    on.screen.err_stream = Forgiving(Gone())
    assert end_run(on.screen, result(), to_stdout=False) == 0


def test_a_narrow_window_shows_money_and_not_tokens(result: Build) -> None:
    """At 80 characters each step stays on its line, with seconds and dollars."""
    lines = cost_lines(result(), 80)
    assert lines[0].split() == ["step", "model", "(served)", "seconds", "USD"]
    assert lines[1].split()[:4] == ["proposal", "gpt-5", "31", "0.057"]
    assert all(len(line) <= 80 for line in lines)
