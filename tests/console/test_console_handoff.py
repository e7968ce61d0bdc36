from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestra_cli.console.editor import edit, editor_command
from orchestra_cli.console.handoff import TerminalPerson, _menu, choices, readable, shown_lines, text_lines
from orchestra_cli.console.players import Nobody, Players, Unattended, person_for
from orchestra_cli.engine.person import Carried, Decided
from orchestra_cli.errors import WaitingError
from orchestra_cli.types import Finding

Build = Callable[..., Any]


def decide(stage: Build, shown: Any, *typed: str, edited: str = "") -> tuple[Decided, str]:
    on = stage(*typed)
    person = TerminalPerson(on.screen.terminal, lambda *_: edited)
    return person.decide(shown), on.asked


@pytest.fixture(autouse=True)
def jo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRA_USER", "jo")


def test_a_person_sees_the_answer_what_was_checked_and_who_is_next(handoff: Build) -> None:
    """Everything the decision is bound to is on the screen."""
    finding = Finding("conflict", "warn", "Programme", "R7 says 12 weeks")
    text = "\n".join(shown_lines(handoff(findings=(finding,), hard=True)))
    assert "── 3 of 5 · proposal ── run 7k2f · spent $0.070 ──" in text
    assert "openai/gpt-5: 884 words" in text
    assert "  Twelve weeks." in text
    assert "  ! Programme: R7 says 12 weeks" in text
    assert "Next: check by anthropic/claude-sonnet-4 · likely $0.040" in text
    assert "Next: table, computed" in text
    assert "budget left $2.93" in text
    assert "--yes does not answer it" in text


def test_a_long_answer_is_cut_with_the_way_to_see_it_all(stage: Build, handoff: Build) -> None:
    """The beginning, the end, and v for all of it."""
    long = "\n".join(f"line {n}" for n in range(60))
    decided, asked = decide(stage, handoff(text=long), "v", "a")
    assert decided.kind == "accept"
    assert "... 24 more lines: [v]iew shows all" in asked
    assert "  line 59\n" in asked
    assert "\nline 30\n" in asked


def test_tables_are_aligned_for_reading(handoff: Build) -> None:
    """A price table reads like one: money ends together, marks of Markdown are gone."""
    table = "Price\n| Item | Amount |\n| :--- | ---: |\n| Wall | 6,136.00 |\n| **Total** | **9.50** |"
    assert readable(table) == ["Price", "Item     Amount", "Wall   6,136.00", "Total      9.50"]


def test_a_wide_line_is_cut_on_the_screen_only(handoff: Build) -> None:
    """One answer line is one screen line."""
    assert all(len(line) <= 160 for line in text_lines("word " * 100))


@pytest.mark.parametrize(("key", "kind"), [("a", "accept"), ("s", "skip")])
def test_one_key_decides(stage: Build, handoff: Build, key: str, kind: str) -> None:
    """The decision carries who made it."""
    decided, asked = decide(stage, handoff(), key)
    assert (decided.kind, decided.by, decided.unattended) == (kind, "jo", False)
    assert "Send this version?" in asked
    assert "[a] accept" in asked


def test_no_is_offered_where_the_gate_knows_it(stage: Build, handoff: Build) -> None:
    """Go or no go has a no."""
    decided, _ = decide(stage, handoff(options=("accept", "no", "quit")), "n")
    assert decided.kind == "no"
    assert set(choices(handoff(options=("accept", "quit")))) == {"v", "a", "q"}


def test_wrong_keys_are_explained(stage: Build, handoff: Build) -> None:
    """A key that is not on the menu never decides anything."""
    decided, asked = decide(stage, handoff(options=("accept",)), "s", "zz", "a")
    assert decided.kind == "accept"
    assert asked.count("is no choice here") == 2


def test_an_edit_comes_back_as_text(stage: Build, handoff: Build) -> None:
    """What the editor saved is the decision."""
    decided, _ = decide(stage, handoff(), "e", edited="# Programme\nEleven weeks.")
    assert (decided.kind, decided.text) == ("edit", "# Programme\nEleven weeks.")


def test_an_edit_without_a_change_is_no_decision(stage: Build, handoff: Build) -> None:
    """The person is asked again."""
    decided, asked = decide(stage, handoff(), "e", "a", edited="# Programme\nTwelve weeks.\n")
    assert decided.kind == "accept"
    assert "Nothing was changed" in asked


def test_edited_fields_must_stay_json(stage: Build, handoff: Build) -> None:
    """A broken edit is refused with its line, and nothing is lost."""
    given = handoff(is_data=True, editable='{"a": 1}')
    decided, asked = decide(stage, given, "e", "a", edited='{"a": 1,}')
    assert decided.kind == "accept"
    assert "Line 1:" in asked
    good, _ = decide(stage, given, "e", edited='{"a": 2}')
    assert json.loads(good.text) == {"a": 2}


def test_a_redo_takes_a_note(stage: Build, handoff: Build) -> None:
    """Without a note nothing is redone: the answer would be the same."""
    decided, asked = decide(stage, handoff(), "r", "", "r", "Shorter, please.")
    assert (decided.kind, decided.note) == ("redo", "Shorter, please.")
    assert "Without a note" in asked


def test_another_model_by_number_or_by_name(stage: Build, handoff: Build) -> None:
    """The list is numbered; a name from outside the list counts when it is provider/model."""
    by_number, _ = decide(stage, handoff(), "m", "1")
    by_name, asked = decide(stage, handoff(), "m", "9", "m", "gemini/gemini-2.5-pro")
    assert by_number.model == "anthropic/claude-sonnet-4-5"
    assert by_name.model == "gemini/gemini-2.5-pro"
    assert '"9" is neither' in asked
    none, said = decide(stage, handoff(models=()), "m", "a")
    assert none.kind == "accept"
    assert "No other model" in said


@pytest.mark.parametrize("typed", [("q",), ()])
def test_quitting_keeps_everything(stage: Build, handoff: Build, typed: tuple[str, ...]) -> None:
    """q and Ctrl-D end the wait, never the work; the command to go on is named."""
    with pytest.raises(WaitingError) as caught:
        decide(stage, handoff(question=""), *typed)
    assert caught.value.advice == "orchestra approve 7k2f"
    assert "after proposal" in caught.value.message


def test_hostile_answers_are_shown_as_plain_text(stage: Build, handoff: Build) -> None:
    """A model cannot paint the dialogue, and markup is not eaten."""
    evil = "\x1b[2J[a]ccept [red]x[/y]\x1b]52;c;aGk=\x07"
    given = handoff(text=evil, summary=evil, question=evil, model=evil, findings=(Finding("r", "warn", evil, evil),))
    _, asked = decide(stage, given, "v", "a")
    assert "\x1b" not in asked
    assert "[a]ccept [red]x[/y]" in asked


def test_yes_answers_soft_gates_on_the_record(handoff: Build) -> None:
    """--yes accepts, is recorded as unattended, and never answers approve! or a manual hand-off."""
    person = Unattended(Nobody())
    decided = person.decide(handoff())
    assert (decided.kind, decided.unattended, decided.by) == ("accept", True, "jo")
    for given in (handoff(hard=True), handoff(question="")):
        with pytest.raises(WaitingError):
            person.decide(given)


def test_nobody_saves_and_says_how_to_go_on(handoff: Build, carried: Carried) -> None:
    """Without a terminal a gate and a prompt both wait, with the exact command."""
    with pytest.raises(WaitingError, match="Send this version") as gate:
        Nobody().decide(handoff())
    with pytest.raises(WaitingError, match="requirements") as prompt:
        Unattended(Nobody()).carry(carried)
    assert gate.value.advice == "orchestra approve 7k2f"
    assert prompt.value.advice.startswith("orchestra resume 7k2f --handoff files")


def test_the_picture_stands_still_while_somebody_is_asked(handoff: Build, carried: Carried) -> None:
    """Each question first stops the moving view."""
    stops: list[str] = []

    @contextlib.contextmanager
    def aside() -> Iterator[None]:
        stops.append("stop")
        yield

    players = Players(lambda _: Decided("accept"), lambda _: "answer", aside)
    assert players.decide(handoff()).kind == "accept"
    assert players.carry(carried) == "answer"
    assert stops == ["stop", "stop"]


def test_who_is_asked_depends_on_terminal_and_hand_off(stage: Build, handoff: Build, carried: Carried) -> None:
    """A terminal decides and pastes; without one gates wait; files go through the folder either way."""
    asked = person_for("manual", stage("a").screen, contextlib.nullcontext, yes=False)
    assert asked.decide(handoff()).kind == "accept"
    alone = person_for("files", stage(person=False).screen, contextlib.nullcontext, yes=False)
    with pytest.raises(WaitingError):
        alone.decide(handoff())
    with pytest.raises(WaitingError, match=r"01-requirements.answer.md"):
        alone.carry(carried)
    yes = person_for("auto", stage(person=False).screen, contextlib.nullcontext, yes=True)
    assert yes.decide(handoff()).unattended
    pasting = person_for("auto", stage("q").screen, contextlib.nullcontext, yes=False)
    with pytest.raises(WaitingError, match="Saved"):
        pasting.carry(carried)


def test_the_editor_is_the_persons_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """VISUAL before EDITOR, with its options; else a usual one; else none."""
    monkeypatch.setenv("EDITOR", "ed")
    monkeypatch.setenv("VISUAL", "code --wait")
    assert editor_command() == ["code", "--wait"]
    monkeypatch.delenv("VISUAL")
    assert editor_command() == ["ed"]
    monkeypatch.delenv("EDITOR")
    monkeypatch.setenv("PATH", "/nowhere")
    assert editor_command() == []


def a_terminal(folder: Path, typed: str = "\n") -> Any:
    from orchestra_cli.console.terminal import Terminal

    reads, writes = folder / "in", folder / "out"
    reads.write_text(typed)
    return Terminal(reads.open(), writes.open("w"))


def test_the_editor_changes_a_private_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program gets a file only this user can read; what it saves comes back; its status is told."""
    script = tmp_path / "editor.py"
    script.write_text(
        "import os, sys\npath = sys.argv[1]\nmode = oct(os.stat(path).st_mode & 0o777)\n"
        "text = open(path).read()\nopen(path, 'w').write(text.upper() + mode)\nsys.exit(1)\n"
    )
    monkeypatch.setenv("VISUAL", f"{sys.executable} {script}")
    terminal = a_terminal(tmp_path)
    assert edit("hello ", terminal) == "HELLO 0o600"
    terminal.close()
    assert "ended with status 1" in (tmp_path / "out").read_text()


def test_an_edit_saved_in_another_encoding_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some editors write what Windows used to write, with its line ends."""
    script = tmp_path / "editor.py"
    script.write_text("import sys\nopen(sys.argv[1], 'wb').write('caf\\xe9\\r\\n£5'.encode('cp1252'))\n")
    monkeypatch.setenv("VISUAL", f"{sys.executable} {script}")
    terminal = a_terminal(tmp_path)
    assert edit("hello", terminal) == "caf\xe9\n£5"
    terminal.close()


def test_without_an_editor_any_program_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor that does not start, or none at all: the file's path is shown, Enter takes it."""
    for visual in ("/no/such/editor", ""):
        monkeypatch.setenv("VISUAL", visual)
        monkeypatch.delenv("EDITOR", raising=False)
        monkeypatch.setenv("PATH", os.fspath(tmp_path))
        terminal = a_terminal(tmp_path)
        assert edit("kept", terminal, ".json") == "kept"
        terminal.close()
        assert "answer.json" in (tmp_path / "out").read_text()


def test_a_correction_is_told_apart_from_a_prompt(carried: Carried) -> None:
    """A refused answer is carried again under a name of its own."""
    from orchestra_cli.console.relay import RelayFiles

    again = replace(carried, problems=("two quotes are not in the tender",))
    assert RelayFiles.of(again).prompt.name == "01-requirements.correction.md"
    assert RelayFiles.of(again).answer == RelayFiles.of(carried).answer


def test_a_table_keeps_its_columns_in_a_narrow_window() -> None:
    """The widest column is broken between words; the money stays at the end of its own line."""
    table = "| Item | Amount |\n| :--- | ---: |\n| Window, aluminium, double glazed, 1200 x 1200 | 6,136.00 |"
    assert readable(table, 40) == [
        "Item                         Amount",
        "Window, aluminium, double  6,136.00",
        "glazed, 1200 x 1200",
    ]
    assert readable("  - one two three four", 14) == ["  - one two", "  three four"]
    assert readable("word " * 3, 0) == ["word word word"]


def test_no_choice_is_torn_in_two() -> None:
    """The keys take as many lines as they need."""
    keys = {"a": "accept", "n": "no, stop here", "q": "quit and keep"}
    assert _menu(keys, 40) == "  [a] accept  [n] no, stop here\n  [q] quit and keep"
    assert _menu(keys, 0).count("\n") == 0


def test_who_quits_once_is_not_asked_again(handoff: Build, carried: Carried) -> None:
    """Branches that wait behind a question wait for the next time; prompts that are only files are still written."""
    asked: list[str] = []

    def quits(_: object) -> Any:
        asked.append("person")
        raise WaitingError("Saved.", "")

    players = Players(quits, quits, contextlib.nullcontext)
    for ask, shown in ((players.carry, carried), (players.decide, handoff()), (players.carry, carried)):
        with pytest.raises(WaitingError) as waits:
            ask(shown)
    assert waits.value.advice == "orchestra resume 7k2f"
    assert asked == ["person"]
    files = Players(quits, lambda _: "answer", contextlib.nullcontext, talks=False)
    with pytest.raises(WaitingError):
        files.decide(handoff())
    assert files.carry(carried) == "answer"
