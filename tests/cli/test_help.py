"""Every command has help, an example and a place in the contract; help and version stay light."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest

from orchestra_cli.cli.commands import COMMANDS

Run = Callable[..., Any]


def leaves() -> Iterator[tuple[str, ...]]:
    """The words of every command there is."""
    from typer.main import get_command

    yield ("run",)
    yield ("proposal",)
    for name, command in COMMANDS.items():
        if name == "run":
            continue
        click = get_command(import_module(f"orchestra_cli.cli.{command.module}").app)
        if command.default:
            yield (name,)
            yield from ((name, sub) for sub in click.commands)  # type: ignore[attr-defined]
        else:
            yield (name,)


LEAVES = list(leaves())


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_has_help_with_a_worked_example(orchestra: Run, words: tuple[str, ...]) -> None:
    """What it does, what it takes, and one line that can be typed; `orchestra` is the program's name in it."""
    done = orchestra(*words, "--help")
    assert done.code == 0
    usage, rest = done.out.split("\n", 1)
    assert usage.startswith(f"Usage: orchestra {' '.join(words)}")
    assert len(rest.strip().split("\n")[0].strip()) > 15
    example = done.out.split("Example:\n", 1)[1]
    assert "orchestra " in example.split("\n")[0]


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_example_names_commands_that_exist(orchestra: Run, words: tuple[str, ...]) -> None:
    """An example that cannot be typed is worse than none: its command answers to --help."""
    example = orchestra(*words, "--help").out.split("Example:\n", 1)[1]
    for line in example.splitlines():
        if "orchestra " not in line:
            continue
        typed = line.split("orchestra ", 1)[1].split()
        command = typed[:2] if typed[0] in COMMANDS and COMMANDS[typed[0]].default and len(typed) > 1 else typed[:1]
        assert orchestra(*command, "--help").code == 0, line


@pytest.mark.parametrize("words", [words for words in LEAVES if len(words) == 2], ids=" ".join)
def test_every_listing_command_speaks_json(orchestra: Run, words: tuple[str, ...]) -> None:
    """Scripts need no second way in."""
    assert "--json" in orchestra(*words, "--help").out


def test_the_options_of_a_recipe_are_those_of_the_contract(orchestra: Run) -> None:
    """All of them, and one for each input of the page."""
    page = orchestra("proposal", "--help").out
    for option in (
        "--client", "--output", "--force", "--handoff", "--relay", "--yes", "--no-input", "--budget", "--deadline",
        "--tier", "--local", "--privacy", "--estimate", "--continue", "--reuse", "--json", "--quiet",
        "--model", "--set", "--allow-empty", "--model-file", "--brief", "--takeoff", "--prices", "--rates",
    ):  # fmt: skip
        assert option in page, option


def test_run_takes_the_options_of_the_recipe_it_names(orchestra: Run) -> None:
    """Its help is that of the recipe; without one it explains itself."""
    assert "--takeoff" in orchestra("run", "proposal", "--help").out
    assert "It takes the options of that recipe" in orchestra("run", "--help").out


def test_planned_commands_are_not_promised(orchestra: Run) -> None:
    """A command that does not work is not there."""
    page = orchestra("--help").out.split("Commands:")[1]
    for name in ("compose", "batch", "watch", "costs", "audit", "mcp", "rehearse"):
        assert name not in page
        assert orchestra(name).code == 2


LIGHT = {"orchestra_cli", "platformdirs"}
"""Packages that `--help` may load besides the standard library."""


def loaded(*words: str) -> set[str]:
    code = (
        "import sys, json\nbefore = set(sys.modules)\nfrom orchestra_cli.cli.main import main\n"
        f"sys.argv = ['orchestra', *{list(words)!r}]\n"
        "try:\n    main()\nexcept SystemExit as left:\n    assert not left.code, left.code\n"
        "sys.stderr.write(json.dumps(sorted({name.partition('.')[0] for name in set(sys.modules) - before})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(json.loads(done.stderr.splitlines()[-1])) - set(sys.stdlib_module_names)


def test_version_loads_nothing(home: object) -> None:
    """Not even the command line."""
    assert loaded("--version") == {"orchestra_cli"}


def test_help_loads_only_light_packages(home: object) -> None:
    """No Typer, no Rich, no pydantic, httpx or keyring."""
    assert loaded("--help") <= LIGHT


@pytest.mark.parametrize("words", [("runs",), ("runs", "--json"), ("recipes",)])
def test_listings_load_neither_rich_nor_pydantic(home: object, words: tuple[str, ...]) -> None:
    """They answer at once."""
    assert loaded(*words) <= LIGHT | {"typer", "annotated_doc", "shellingham"}


def test_the_help_of_a_recipe_loads_no_heavy_library(home: object) -> None:
    """Its page is read, nothing else."""
    heavy = {"rich", "pydantic", "httpx", "keyring", "pypdf", "docx", "mammoth", "typst", "numpy"}
    assert not loaded("proposal", "--help") & heavy
