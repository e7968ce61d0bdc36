"""Gates where nobody can be asked, cron jobs that repeat themselves, and answers copied from an earlier run."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e_support import Desk, Ended, clean
from support.vendor import FakeVendor
from support.wire import Asked, Reply

GATED = ("run", "gated", "topic.txt", "--no-input")


def waits_at(ended: Ended, question: str) -> str:
    """The run that waits; checked to wait at this question."""
    assert ended.exit == 75, ended.err
    assert ended.json["status"] == "waiting"
    assert ended.json["waiting_for"]["question"] == question
    return str(ended.json["run"])


def test_approve_goes_from_gate_to_gate(desk: Desk, vendor: FakeVendor) -> None:
    """75 at the first gate, approve, 75 at the next, approve, done: each answer is asked for once."""
    run = waits_at(desk.run(*GATED, "--json"), "Are these the points?")
    assert len(vendor.calls) == 1
    waits_at(desk.run("approve", run, "--no-input", "--json"), "Send it?")
    assert len(vendor.calls) == 2
    done = desk.run("approve", run, "--no-input", "--json")
    assert (done.exit, done.json["status"]) == (0, "done")
    assert done.json["document"].startswith("# Note")
    assert len(vendor.calls) == 2
    assert "no person approved" not in done.json["document"]


def test_resume_without_a_decision_waits_again(desk: Desk, vendor: FakeVendor) -> None:
    """`resume` alone decides nothing and asks no model; with --yes it passes the gates and says so in the document."""
    run = waits_at(desk.run(*GATED, "--json"), "Are these the points?")
    waits_at(desk.run("resume", run, "--no-input", "--json"), "Are these the points?")
    assert len(vendor.calls) == 1
    done = desk.run("resume", run, "--no-input", "--yes", "--json")
    assert done.exit == 0
    assert "no person approved" in done.json["document"]


def test_bare_approve_with_several_waiting_lists_them(desk: Desk) -> None:
    """Which one is meant is not guessed: exit 2 with the list."""
    first = waits_at(desk.run(*GATED, "--json"), "Are these the points?")
    second = waits_at(desk.run(*GATED, "--json"), "Are these the points?")
    ended = desk.run("approve", "--no-input")
    assert (ended.exit, ended.out) == (2, "")
    assert first in ended.err
    assert second in ended.err


def test_a_changed_answer_voids_an_approval(desk: Desk, vendor: FakeVendor) -> None:
    """An approval is bound to the text that was shown: another text at the same gate waits again."""
    run = waits_at(desk.run(*GATED, "--json"), "Are these the points?")
    waits_at(desk.run("approve", run, "--no-input", "--json"), "Send it?")
    other = "The tenant must hear of the leak over the kitchen before anything else."
    vendor.answer = lambda asked: clean(asked) if asked.wants_schema else Reply(other)
    desk.write("topic.txt", "The roof leaks over the kitchen. Tell the tenant of the leak before anything else.\n")
    again = desk.run(*GATED, "--json", "--reuse", run)
    waits_at(again, "Are these the points?")


def test_continue_from_cron_is_safe_to_repeat(desk: Desk, vendor: FakeVendor) -> None:
    """The second `--continue` prints the same bytes, asks no model and makes no run."""
    words = ("run", "note", "topic.txt", "--no-input", "--yes", "--continue", "--quiet", "--json")
    first = desk.run(*words)
    second = desk.run(*words)
    assert (first.exit, first.err) == (second.exit, second.err) == (0, "")
    assert first.out == second.out
    assert len(vendor.calls) == 2
    assert len(desk.runs()) == 1


def test_continue_goes_on_with_what_failed(desk: Desk, vendor: FakeVendor) -> None:
    """After a failure the same line of a crontab goes on where it stopped."""
    words = ("run", "note", "topic.txt", "--no-input", "--yes", "--continue", "--quiet")
    vendor.answer = lambda asked: clean(asked) if asked.wants_schema else Reply(fault="refusal")
    failed = desk.run(*words)
    assert (failed.exit, failed.out) == (1, "")
    assert len(failed.err.splitlines()) <= 3
    vendor.answer = clean
    done = desk.run(*words)
    assert done.exit == 0
    assert done.err == ""
    assert len([asked for asked in vendor.asked if asked.wants_schema]) == 1
    assert len(desk.runs()) == 1


def test_continue_sees_other_inputs_as_another_job(desk: Desk, vendor: FakeVendor) -> None:
    """A changed file is no repetition: it is a new run, paid anew."""
    words = ("run", "note", "topic.txt", "--no-input", "--continue", "--quiet")
    desk.run(*words)
    desk.write("topic.txt", "Another roof leaks. The tenant knows.\n")
    desk.run(*words)
    assert len(desk.runs()) == 2
    assert len(vendor.calls) == 4


def test_reuse_copies_answers_whose_key_is_equal(desk: Desk, vendor: FakeVendor) -> None:
    """--reuse RUN: a new run, nothing asked again where nothing changed; what changed is asked."""
    first = desk.run("run", "note", "topic.txt", "--no-input", "--json")
    second = desk.run("run", "note", "topic.txt", "--no-input", "--json", "--reuse", first.json["run"])
    assert second.exit == 0
    assert second.json["run"] != first.json["run"]
    assert second.json["document"] == first.json["document"]
    assert second.json["cost_usd"] == "0"
    assert len(vendor.calls) == 2
    page = desk.folder / "recipes/note.md"
    page.write_text(page.read_text().replace("Write a short note", "Write a short note indeed"), encoding="utf-8")
    third = desk.run("run", "note", "topic.txt", "--no-input", "--json", "--reuse", first.json["run"])
    assert third.exit == 0
    assert len(vendor.calls) == 3
    assert vendor.asked[-1].wants_schema is None


def test_a_twin_is_pointed_out(desk: Desk, vendor: FakeVendor) -> None:
    """Without --continue a new run starts, and the unfinished one of the same job is named."""

    def down(asked: Asked) -> Reply:
        return Reply(fault="refusal")

    vendor.answer = down
    desk.run("run", "note", "topic.txt", "--no-input")
    vendor.answer = clean
    ended = desk.run("run", "note", "topic.txt", "--no-input")
    assert ended.exit == 0
    assert f"orchestra resume {desk.runs()[0]}" in ended.err
    assert len(desk.runs()) == 2


@pytest.mark.slow
def test_files_hand_off_waits_for_answers_and_goes_on(desk: Desk, vendor: FakeVendor) -> None:
    """--handoff files without a terminal: a prompt file and 75; the answer file and resume, until done."""
    ended = desk.run("run", "note", "topic.txt", "--no-input", "--handoff", "files", "--relay", "relay", "--json")
    assert ended.exit == 75
    assert ended.json["waiting_for"]["kind"] == "answer_file"
    run = ended.json["run"]
    answers = (
        '```json\n{"items": [{"point": "The roof leaks."}]}\n```',
        "The roof leaks, and the tenant must hear of it.",
    )
    for answer in answers:
        (prompt,) = [p for p in _files(desk, "*.prompt.md") if not _answer_of(p).exists()]
        assert "The roof leaks over the kitchen." in prompt.read_text(encoding="utf-8")
        _answer_of(prompt).write_text(answer, encoding="utf-8")
        ended = desk.run("resume", run, "--no-input", "--json")
    assert ended.exit == 0, ended.err
    assert ended.json["document"].strip().endswith(answers[1])
    assert ended.json["cost_usd"] == "0"
    assert not vendor.seen


def _files(desk: Desk, pattern: str) -> list[Path]:
    return sorted((desk.folder / "relay").rglob(pattern))


def _answer_of(prompt: Path) -> Path:
    return prompt.with_name(prompt.name.replace(".prompt.md", ".answer.md"))
