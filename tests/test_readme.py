"""README.md promises only what the program does: its commands are run, its links and exit codes exist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.vendor import FakeVendor

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
NOT_RUN = ("keys set", "resume", "--handoff paste")
"""Need a hidden prompt, a waiting run or a person; each has tests of its own."""


def examples() -> list[str]:
    """Every `orchestra ...` line of the code blocks, without prompt and comment."""
    blocks = re.findall(r"```(?:bash|console)\n(.*?)```", README, re.DOTALL)
    lines = (re.sub(r"\s{2,}#.*$", "", line.removeprefix("$ ")) for block in blocks for line in block.splitlines())
    return [line for line in lines if line.startswith("orchestra ")]


def orchestra(words: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "orchestra_cli", *words]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False
    )


def test_the_examples_run(home: Path, tmp_path: Path, vendor: FakeVendor) -> None:
    """Each example of the README, typed as it stands in the sample workspace, is accepted and ends well."""
    environment = {**os.environ, **vendor.environment("openai")}
    assert orchestra(["init", "demo"], tmp_path, environment).returncode == 0
    lines = [line for line in examples() if not any(words in line for words in NOT_RUN)]
    assert len(lines) >= 3
    for line in lines:
        words = line.split(" > ")[0].split()[1:]
        ran = orchestra(words, tmp_path / "demo", environment)
        assert ran.returncode in (0, 5, 75), (line, ran.stderr)
        assert "Traceback" not in ran.stderr


def test_every_command_it_names_exists(home: Path) -> None:
    """A command in backticks is one that `--help` lists."""
    named = set(re.findall(r"`orchestra ([a-z]+)", README)) | {line.split()[1] for line in examples()}
    listed = orchestra(["--help"], ROOT, dict(os.environ)).stdout
    assert named
    assert [name for name in named if not re.search(rf"\b{name}\b", listed)] == []


def test_the_two_commands_are_there() -> None:
    """One installs and runs the main job without a key, one installs and passes the tests; CI reads the second."""
    assert (
        "pip install '.[local]' && orchestra init demo && cd demo && orchestra proposal --client acme --yes" in README
    )
    assert re.search(r"^pip install -e '\.\[dev\]' && pytest -n auto$", README, re.MULTILINE)


def test_its_links_lead_somewhere() -> None:
    """Every relative link is a file of the project."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


@pytest.mark.parametrize(
    ("code", "word"), [(0, "done"), (1, "failed"), (2, "wrong use"), (75, "waits"), (130, "interrupted")]
)
def test_its_exit_codes_are_those_of_the_program(code: int, word: str) -> None:
    """The list of exit codes agrees with the engine's."""
    from orchestra_cli.engine.result import STATUS_OF_EXIT

    assert code in STATUS_OF_EXIT
    assert re.search(rf"\b{code} {word}", README)
