from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestra_cli.console.questions import ask_all, save_pricing
from orchestra_cli.errors import InputError, InterruptedRunError

Build = Callable[..., Any]


def rate(name: str) -> Any:
    return SimpleNamespace(id=f"rates.{name}", text=f"{name.capitalize()} %?", choices=(), why="Else it would be cost.")


def test_rates_are_asked_checked_and_saved_once(stage: Build, tmp_path: Path) -> None:
    """A bad number is asked again, a per cent sign is no mistake, 0 counts, and the answers stay in orchestra.toml."""
    (tmp_path / "orchestra.toml").write_text('company = "Fenwick"   # ours\n')
    on = stage("twelve", "12 %", "-4", "7.5", "0")
    answers = ask_all((rate("overhead"), rate("profit"), rate("tax")), on.screen.terminal, tmp_path)
    assert answers == {"rates.overhead": "12", "rates.profit": "7.5", "rates.tax": "0"}
    page = (tmp_path / "orchestra.toml").read_text()
    assert page.startswith('company = "Fenwick"   # ours\n')
    assert tomllib.loads(page)["pricing"] == {"overhead": 12, "profit": 7.5, "tax": 0}
    assert "is no number" in on.asked
    assert "0 or more" in on.asked
    assert "saved in" in on.asked


def test_a_second_answer_replaces_the_first(tmp_path: Path) -> None:
    """The section is kept, the value changes; a new file is made where there is none."""
    save_pricing(tmp_path, {"tax": "20"})
    save_pricing(tmp_path, {"tax": "5", "profit": "8"})
    assert tomllib.loads((tmp_path / "orchestra.toml").read_text())["pricing"] == {"tax": 5, "profit": 8}
    assert [path.name for path in tmp_path.iterdir()] == ["orchestra.toml"]


def test_without_a_workspace_nothing_is_saved(stage: Build) -> None:
    """The answers hold for this run."""
    assert ask_all((rate("tax"),), stage("20").screen.terminal, None) == {"rates.tax": "20"}


def test_a_free_question_needs_an_answer(stage: Build) -> None:
    """An empty line is no answer; a choice may be typed by name."""
    words = SimpleNamespace(id="quantity", text="Which column?", choices=(), why="")
    which = SimpleNamespace(id="client", text="Which client?", choices=("acme", "hartwell"), why="")
    on = stage("", "No.", "hartwell")
    assert ask_all((words, which), on.screen.terminal, None) == {"quantity": "No.", "client": "hartwell"}
    assert "An answer is needed." in on.asked


def test_ending_the_input_sends_nothing(stage: Build) -> None:
    """Ctrl-D at a question stops before anything happened."""
    with pytest.raises(InterruptedRunError, match="nothing was sent"):
        ask_all((rate("tax"),), stage().screen.terminal, None)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """With the section to fill by hand."""
    with pytest.raises(InputError, match="cannot be written") as caught:
        save_pricing(tmp_path / "missing", {"tax": "20"})
    assert "[pricing]" in caught.value.advice
