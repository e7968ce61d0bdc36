"""The important paths in a real terminal, as a program, against a vendor on loopback."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.vendor import FakeVendor

pexpect = pytest.importorskip("pexpect", reason="pseudo-terminals exist on POSIX only")
if not hasattr(pexpect, "spawn"):
    pytest.skip("pseudo-terminals exist on POSIX only", allow_module_level=True)

Spawn = Callable[..., Any]


def clean(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


@pytest.fixture
def bids(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from orchestra_cli.recipes.init import make_workspace

    make_workspace(tmp_path / "bids", "proposal")
    monkeypatch.chdir(tmp_path / "bids")
    return tmp_path / "bids"


@pytest.fixture
def keyed(vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch) -> FakeVendor:
    for name in ("OPENAI", "ANTHROPIC"):
        monkeypatch.setenv(f"{name}_API_KEY", "sk-test-0001")
        monkeypatch.setenv(f"{name}_BASE_URL", f"http://127.0.0.1:{vendor.port}/v1")
    return vendor


@pytest.fixture
def spawn(home: Path) -> Iterator[Spawn]:
    children: list[Any] = []

    def start(*words: str, shell: str = "") -> Any:
        command = [sys.executable, "-m", "orchestra_cli", *words]
        if shell:
            command = ["/bin/bash", "-c", f"'{sys.executable}' -m orchestra_cli {shell}"]
        child = pexpect.spawn(command[0], command[1:], encoding="utf-8", dimensions=(40, 120), timeout=40)
        children.append(child)
        return child

    yield start
    for child in children:
        child.close(force=True)


def ended(child: Any) -> int:
    child.expect(pexpect.EOF)
    child.close()
    return int(child.exitstatus if child.exitstatus is not None else 128 + child.signalstatus)


def runs() -> list[dict[str, Any]]:
    import subprocess

    done = subprocess.run([sys.executable, "-m", "orchestra_cli", "runs", "--json"], capture_output=True, check=True)
    return list(json.loads(done.stdout))


def test_a_key_is_typed_unseen(spawn: Spawn) -> None:
    """What is typed at the hidden prompt never shows on the screen."""
    child = spawn("keys", "set", "openai", "--plaintext", "--untested")
    child.expect("hidden")
    child.waitnoecho()
    child.sendline("sk-proj-CANARY-abcdefghijklmnop-a1B2")
    child.expect("ends in ...a1B2")
    seen = child.before
    assert ended(child) == 0
    assert "CANARY" not in seen + child.before


def test_a_run_shows_its_price_its_progress_and_its_gates(spawn: Spawn, bids: Path, keyed: FakeVendor) -> None:
    """Report, price, Go?, the moving picture, each gate, the summary; files in the current folder."""
    child = spawn("proposal", "--client", "acme")
    child.expect(r"price: GBP [\d,.]+")
    assert keyed.seen == []
    child.expect("Go\\?")
    assert keyed.seen == []
    child.sendline("")
    for _ in range(3):
        child.expect("quit and keep")
        child.sendline("a")
    child.expect("total")
    child.expect(r"wrote proposal-acme\S*.docx")
    assert ended(child) in (0, 5)
    assert list(bids.glob("proposal-acme*.docx"))


def test_quitting_at_a_gate_keeps_the_run(spawn: Spawn, bids: Path, keyed: FakeVendor) -> None:
    """Exit 75, the exact command last; the next command goes on at that gate and pays for nothing twice."""
    child = spawn("proposal", "--client", "acme", "--handoff", "auto")
    child.expect("Go\\?")
    child.sendline("y")
    child.expect("quit and keep")
    child.sendline("q")
    while child.expect(["quit and keep", pexpect.EOF]) == 0:
        child.sendline("q")
    child.close()
    assert child.exitstatus == 75
    lines = [line for line in clean(child.before).splitlines() if line.strip()]
    [run] = runs()
    assert run["status"] == "waiting"
    assert lines[-1].strip().startswith("orchestra ")
    assert lines[-1].strip().endswith(run["run"])


def test_ctrl_c_saves(spawn: Spawn, bids: Path, keyed: FakeVendor) -> None:
    """At a question in the middle of a run: exit 130, and the command to go on is the last line."""
    child = spawn("proposal", "--client", "acme")
    child.expect("Go\\?")
    child.sendline("")
    child.expect("quit and keep")
    child.sendintr()
    assert ended(child) == 130
    [run] = runs()
    assert run["status"] == "interrupted"
    assert clean(child.before).rstrip().endswith(f"orchestra resume {run['run']}")


def test_questions_come_to_the_terminal_from_inside_a_pipe(spawn: Spawn, bids: Path, keyed: FakeVendor) -> None:
    """Both ends are pipes, and Go? still reaches the person; no is exit 130 with nothing sent."""
    child = spawn(shell="proposal --client acme </dev/null 2>err.txt | cat > out.md; exit ${PIPESTATUS[0]}")
    child.expect("Go\\?")
    child.sendline("n")
    assert ended(child) == 130
    assert (bids / "out.md").read_text() == ""
    assert "nothing was sent" in (bids / "err.txt").read_text()
    assert keyed.seen == []


def test_no_input_asks_nothing_on_a_terminal(spawn: Spawn, bids: Path, keyed: FakeVendor) -> None:
    """--no-input waits at the first gate instead of asking."""
    child = spawn("proposal", "--client", "acme", "--no-input", "--quiet")
    assert ended(child) == 75
    assert "Go?" not in child.before
    assert len([line for line in clean(child.before).splitlines() if line.strip()]) <= 3


def test_paste_carries_prompts_by_file(spawn: Spawn, bids: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any key: the prompt lies in a file, Enter without an answer is explained, q keeps the run."""
    monkeypatch.setenv("PATH", os.fspath(bids))
    monkeypatch.setenv("TERM", "dumb")
    child = spawn("proposal", "--client", "acme", "--handoff", "paste")
    while child.expect(["press Enter here", r"quit and keep\r"]) == 1:
        child.sendline("a")
    child.expect("Enter. takes the answer")
    child.sendline("")
    child.expect("No answer found")
    child.sendline("q")
    while child.expect(["quit and keep|takes the answer", pexpect.EOF]) == 0:
        child.sendline("q")
    child.close()
    assert child.exitstatus == 75


def test_a_closed_window_saves(spawn: Spawn, bids: Path, keyed: FakeVendor) -> None:
    """The terminal goes away at a question: the run is kept and can be resumed."""
    child = spawn("proposal", "--client", "acme")
    child.expect("Go\\?")
    child.sendline("")
    child.expect("quit and keep")
    child.ptyproc.fileobj.close()
    child.ptyproc.wait()
    [run] = runs()
    assert run["status"] in ("interrupted", "waiting")
