"""Every way a run can end: exit code, JSON status, file names, what stands on which stream, the command to go on."""

from __future__ import annotations

import json
import os
import platform
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from e2e_support import Desk, Ended, clean, kill, questions, slowly, together, wait_for
from support.vendor import FakeVendor
from support.wire import Asked, Reply

RUN = ("run", "note", "topic.txt", "--no-input")
KEYS = {
    "schema", "run", "recipe", "client", "status", "exit", "error", "deliverables", "document", "steps", "cost_usd",
    "cost_unknown", "budget_usd", "seconds", "findings", "missing", "inputs", "reviewed_by_other_vendor",
    "waiting_for", "resume", "resume_argv",
}  # fmt: skip
EXITS = {
    0: "done",
    1: "failed",
    2: "refused",
    3: "no_model",
    4: "budget",
    5: "flawed",
    75: "waiting",
    130: "interrupted",
}


def holds_the_contract(ended: Ended, code: str | None) -> None:
    """What is true of the JSON object at every exit."""
    found = ended.json
    assert found.keys() - {"cost_at_most_usd"} == KEYS
    assert found["schema"] == 1
    assert found["exit"] == ended.exit
    assert found["status"] == EXITS[ended.exit]
    assert (found["error"] or {}).get("code") == code
    assert ended.out.count("\n") == 1
    if ended.exit in (1, 3, 4, 75, 130):
        assert found["resume"] == f"orchestra resume {found['run']}"
        assert found["resume_argv"] == ["orchestra", "resume", found["run"]]
        assert ended.last == found["resume"]
        assert found["document"] == ""


def failing(fault: str, **more: str) -> Callable[[Asked], Reply]:
    return lambda asked: Reply(fault=fault, **more)


def invented(asked: Asked) -> Reply:
    reply = clean(asked)
    return reply if asked.wants_schema else replace(reply, text=reply.text + " It costs GBP 4,711.50 in all.")


def test_done_prints_the_document_and_nothing_else(desk: Desk) -> None:
    """Exit 0: the Markdown on standard output, the rest on standard error."""
    ended = desk.run(*RUN)
    assert ended.exit == 0
    assert ended.out.startswith("# Note\n\nThe roof leaks")
    assert "note" in ended.err
    assert desk.run(*RUN, "--quiet").err == ""


def test_done_with_files(desk: Desk) -> None:
    """Exit 0 with -o: every ending is a file, and standard output stays empty unless - is among them."""
    ended = desk.run(*RUN, "-o", "a.docx", "-o", "a.md", "-o", "a.html", "--json")
    holds_the_contract(ended, None)
    assert [Path(path).name for path in ended.json["deliverables"]] == ["a.docx", "a.md", "a.html"]
    assert all(Path(path).stat().st_size for path in ended.json["deliverables"])
    assert ended.json["document"].startswith("# Note")
    both = desk.run(*RUN, "-o", "b.md", "-o", "-")
    assert both.out == (desk.folder / "b.md").read_text(encoding="utf-8")


def test_flawed_is_named_a_draft(desk: Desk, vendor: FakeVendor) -> None:
    """Exit 5: a figure that nobody gave blocks; the file is a DRAFT whose first lines say why."""
    vendor.answer = invented
    ended = desk.run(*RUN, "-o", "a.docx", "-o", "a.md", "--json")
    assert ended.exit == 5
    holds_the_contract(ended, None)
    assert [Path(path).name for path in ended.json["deliverables"]] == ["a.DRAFT.docx", "a.DRAFT.md"]
    assert not (desk.folder / "a.docx").exists()
    assert "4,711.50" in "\n".join((desk.folder / "a.DRAFT.md").read_text(encoding="utf-8").splitlines()[:6])
    assert [finding["severity"] for finding in ended.json["findings"]].count("block") >= 1
    assert "[unverified: " in ended.json["document"]


def test_flawed_in_a_pipe_says_so_first(desk: Desk, vendor: FakeVendor) -> None:
    """Exit 5 in a pipe: the reader of the text sees in its first line that it is not ready."""
    vendor.answer = invented
    ended = desk.run(*RUN)
    assert ended.exit == 5
    assert ended.out.splitlines()[0].startswith("> **Not ready to send")


def test_failed_is_resumed_where_it_stood(desk: Desk, vendor: FakeVendor) -> None:
    """Exit 1: standard output is empty; resume asks only what failed."""
    vendor.answer = lambda asked: clean(asked) if asked.wants_schema else Reply(fault="500")
    ended = desk.run(*RUN)
    assert (ended.exit, ended.out) == (1, "")
    points = [asked for asked in vendor.asked if asked.wants_schema]
    vendor.answer = clean
    run = desk.runs()[0]
    assert ended.last == f"orchestra resume {run}"
    again = desk.run(*ended.last.split()[1:], "--no-input")
    assert again.exit == 0
    assert again.out.startswith("# Note")
    assert len([asked for asked in vendor.asked if asked.wants_schema]) == len(points) == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (failing("500"), "network"),
        (failing("refusal"), "refused_by_vendor"),
        (failing("clean_cut"), "cut"),
        (failing("429", retry_after="7200"), "rate_limited"),
        (failing("quota"), "rate_limited"),
        (lambda asked: Reply("I read it with care."), "invalid_answer"),
    ],
)
def test_failed_says_how_in_json(desk: Desk, vendor: FakeVendor, answer: Callable[[Asked], Reply], code: str) -> None:
    """Exit 1: each way of failing has its own code; half an answer is never taken."""
    vendor.answer = lambda asked: replace(answer(asked), text=answer(asked).text or clean(asked).text)
    ended = desk.run(*RUN, "--json")
    assert ended.exit == 1
    holds_the_contract(ended, code)
    assert not desk.journalled()
    assert not [call for call in desk.calls() if call["state"] in ("open", "done")]


def test_refused_sends_nothing(desk: Desk, vendor: FakeVendor) -> None:
    """Exit 2: wrong words or input; the near name is offered, nothing is sent, no run is left."""
    ended = desk.run("run", "note", "topik.txt", "--json", "--no-input")
    assert ended.exit == 2
    holds_the_contract(ended, "input")
    assert "Did you mean topic.txt?" in ended.err.splitlines()[0]
    assert not vendor.seen
    assert not desk.runs()


def test_a_rejected_key_names_the_fix(desk: Desk, vendor: FakeVendor) -> None:
    """Exit 3: the fix stands on the line before the command to go on, and the key nowhere."""
    vendor.keys = frozenset({"another"})
    ended = desk.run(*RUN, "--json", env={"OPENAI_API_KEY": "sk-CANARY-1234567890abcd"})
    assert ended.exit == 3
    holds_the_contract(ended, "key_rejected")
    assert ended.err.strip().splitlines()[-2] == "orchestra keys set openai"
    assert "CANARY" not in ended.err + ended.out
    vendor.keys = None
    assert desk.run("resume", ended.json["run"], "--no-input").exit == 0


def test_nobody_may_play_locally(desk: Desk, vendor: FakeVendor) -> None:
    """Exit 3 with --local where the small model is not there yet: nothing is sent or fetched, whatever key is set."""
    ended = desk.run(*RUN, "--local", "--json")
    assert ended.exit == 3
    assert ended.json["status"] == "no_model"
    assert not vendor.seen


def test_budget_of_one_call(desk: Desk, vendor: FakeVendor) -> None:
    """Exit 4: the first call goes out, nothing beyond it; resume with a larger budget finishes."""
    short = desk.run(*RUN, "--json", "--budget", "0.0001")
    holds_the_contract(short, "budget")
    assert not vendor.calls
    first = short.err.split("needs up to $")[1].split(",")[0]
    ended = desk.run(*RUN, "--budget", first)
    assert (ended.exit, ended.out) == (4, "")
    assert len(vendor.calls) == 1
    run = desk.runs()[-1]
    command = ended.err.strip().splitlines()
    assert command[-1] == f"orchestra resume {run}"
    assert command[-2].startswith(f"orchestra resume {run} --budget ")
    again = desk.run(*command[-2].split()[1:], "--no-input", "--json")
    assert again.exit == 0
    holds_the_contract(again, None)
    assert len(vendor.calls) == 2
    assert max(questions(vendor).values()) == 1


def test_waiting_at_a_gate(desk: Desk) -> None:
    """Exit 75: nobody can be asked; the question and the command to go on are there."""
    ended = desk.run("run", "gated", "topic.txt", "--json", "--no-input")
    assert ended.exit == 75
    holds_the_contract(ended, "waiting")
    assert ended.json["waiting_for"] == {
        "kind": "person",
        "step": "points",
        "question": "Are these the points?",
        "options": ["accept", "edit", "redo", "skip", "no"],
    }


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_keeps_what_is_finished(desk: Desk, vendor: FakeVendor, number: signal.Signals) -> None:
    """Exit 130: the answer that is there is kept, the one on its way counts as possibly billed, resume goes on."""
    vendor.answer = lambda asked: clean(asked) if asked.wants_schema else replace(clean(asked), delay_s=30)
    process = desk.start(*RUN, "--json")
    wait_for(lambda: len(vendor.calls) == 2, process)
    process.send_signal(number)
    (ended,) = together([process], timeout=20)
    assert ended.exit == 130
    holds_the_contract(ended, "interrupted")
    assert [call["state"] for call in desk.calls()] == ["done", "possibly_billed"]
    assert ended.json["cost_unknown"] is True
    assert ended.json["cost_usd"] is None
    vendor.answer = clean
    again = desk.run("resume", ended.json["run"], "--no-input")
    assert again.exit == 0
    assert sorted(questions(vendor).values()) == [1, 2]


@pytest.mark.skipif(sys.platform != "linux" or platform.machine() != "x86_64", reason="looks into /proc")
def test_a_signal_before_anything_is_sent(desk: Desk, vendor: FakeVendor) -> None:
    """SIGTERM while the command still reads its input ends with 130 and words, too."""
    reader, writer = os.pipe()
    process = desk.start("run", "note", "-", "--no-input", "--json", stdin=reader)
    os.close(reader)
    wait_for(lambda: _reads_stdin(process.pid), process)
    process.send_signal(signal.SIGTERM)
    (ended,) = together([process], timeout=20)
    os.close(writer)
    assert ended.exit == 130
    assert ended.json["status"] == "interrupted"
    assert not vendor.seen


def _reads_stdin(pid: int) -> bool:
    return Path(f"/proc/{pid}/syscall").read_text(encoding="ascii").split()[:2] == ["0", "0x0"]


def test_a_deadline_ends_like_ctrl_c(desk: Desk, vendor: FakeVendor) -> None:
    """--deadline: exit 130, everything finished is kept."""
    vendor.answer = lambda asked: clean(asked) if asked.wants_schema else replace(clean(asked), delay_s=30)
    ended = desk.run(*RUN, "--json", "--deadline", "1s")
    assert ended.exit == 130
    holds_the_contract(ended, "interrupted")
    assert desk.journalled() == {"points"}


def test_nohup_holds(desk: Desk, vendor: FakeVendor) -> None:
    """A run that was started with `nohup` does not end when the terminal is closed."""
    vendor.answer = slowly(clean, 0.3)
    process = desk.start(*RUN, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    wait_for(lambda: len(vendor.calls) == 1, process)
    process.send_signal(signal.SIGHUP)
    (ended,) = together([process])
    assert ended.exit == 0


def test_a_reader_that_goes_away(desk: Desk) -> None:
    """`| head -c 1`: no traceback, the run is done and can be printed again."""
    reader, writer = os.pipe()
    process = desk.start(*RUN, stdout=writer)
    os.close(reader)
    os.close(writer)
    (ended,) = together([process])
    assert ended.exit == 141
    assert "Traceback" not in ended.err
    assert desk.run("resume", "last").out.startswith("# Note")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_full_standard_output(desk: Desk, more: tuple[str, ...]) -> None:
    """What cannot be printed is said, not lost: the command to print it again is the last line."""
    with open("/dev/full", "w", encoding="utf-8") as full:
        ended = desk.run(*RUN, *more, stdout=full)
    assert ended.exit == 1
    assert "Traceback" not in ended.err
    assert "No space left" in ended.err
    assert ended.last == "orchestra resume last"
    assert desk.run(*ended.last.split()[1:]).out.startswith("# Note")


def small_files(size: int) -> Callable[[], None]:
    """A full disk, as far as one can be had without being root: no file may grow beyond `size` bytes."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [0, 4, 60, 140, 160, 170, 180, 190, 200, 220])
def test_a_full_disk_loses_nothing_finished(desk: Desk, vendor: FakeVendor, kilobytes: int) -> None:
    """Wherever the disk is full: a message, exit 1, and once there is room the run goes on from what is kept."""
    no_bytecode = {"PYTHONDONTWRITEBYTECODE": "1"}  # Python would leave cut .pyc files in the checkout
    ended = desk.run(*RUN, "-o", "a.docx", env=no_bytecode, preexec_fn=small_files(kilobytes * 1024))
    assert "Traceback" not in ended.err
    assert "inside Orchestra" not in ended.err
    if ended.exit == 0:
        return
    assert (ended.exit, ended.out) == (1, "")
    assert "disk" in ended.err or "File too large" in ended.err
    assert "orchestra resume" in ended.last
    kept = len(desk.journalled())
    asked = len(vendor.calls)
    again = desk.run("resume", *desk.runs(), "--no-input") if desk.runs() else desk.run(*RUN, "-o", "a.docx")
    assert again.exit == 0, again.err
    assert len(vendor.calls) - asked == 2 - kept
    assert (desk.folder / "a.docx").stat().st_size > 1000


def test_a_killed_run_reads_as_interrupted(desk: Desk, vendor: FakeVendor) -> None:
    """After kill -9 `runs list` says interrupted, and `runs show` prints the object with the way on."""
    vendor.answer = slowly(clean, 30)
    process: subprocess.Popen[str] = desk.start(*RUN)
    wait_for(lambda: len(vendor.calls) == 1, process)
    kill(process)
    listed = json.loads(desk.run("runs", "list", "--json").out)
    assert [row["status"] for row in listed] == ["interrupted"]
    shown = desk.run("runs", "show", listed[0]["run"], "--json").json
    assert shown["status"] == "interrupted"
    assert shown["resume"] == f"orchestra resume {listed[0]['run']}"
