from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestra_cli import __version__
from orchestra_cli.cli import dispatch, failures
from orchestra_cli.cli.main import main

Run = Callable[..., Any]


def test_the_version_in_a_process(process: Run) -> None:
    """One line, exit 0."""
    done = process("--version")
    assert (done.code, done.out, done.err) == (0, f"orchestra {__version__}\n", "")


def test_the_version_in_this_process(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The fast path and the entry point of the installed command."""
    monkeypatch.setattr(sys, "argv", ["orchestra", "--version"])
    main()
    assert capsys.readouterr().out == f"orchestra {__version__}\n"
    monkeypatch.setattr(sys, "argv", ["orchestra", "--nonsense"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",)])
def test_help_comes_without_any_argument(orchestra: Run, words: tuple[str, ...]) -> None:
    """Commands, recipes and an example on standard output, exit 0."""
    done = orchestra(*words)
    assert done.code == 0
    assert "orchestra proposal --client acme --estimate" in done.out
    assert "Reads the tender, prices the job" in done.out
    assert "doctor" in done.out


def test_help_comes_where_the_workspace_is_broken(orchestra: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Help must never fail: the problem stands where the recipes would."""
    monkeypatch.setenv("ORCHESTRA_WORKSPACE", "/no/such/folder")
    done = orchestra("--help")
    assert done.code == 0
    assert "(not shown: ORCHESTRA_WORKSPACE names /no/such/folder, which is no folder.)" in done.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--json", "proposal"), "--json goes after the command: orchestra proposal --json"),
        (("--budget=3", "proposal"), "--budget goes after the command: orchestra proposal --budget=3"),
        (("--yes",), "--yes goes after the command: orchestra COMMAND --yes"),
        (("--nonsense",), "No such option: --nonsense. The command comes first: orchestra COMMAND ..."),
        (("--version", "x"), "--version stands alone: orchestra --version"),
        (("proposl",), '"proposl" is neither a command nor a recipe here. Did you mean proposal?'),
        (("zzz",), '"zzz" is neither a command nor a recipe here.'),
        (("my.md",), '"my.md" is no command. To run a recipe file: orchestra run my.md'),
        (("run",), "Which recipe? orchestra run RECIPE [FILES]"),
        (("run", "propsal"), 'There is no recipe "propsal"'),
        (("proposal", "--budget", "£3"), "--budget £3: write a number of US dollars, such as --budget 3.00."),
        (("proposal", "--bref", "x"), "No such option: --bref"),
        (("proposal", "--brief"), "Option '--brief' requires an argument."),
        (("proposal", "--rates", "a", "--rates", "b"), "--rates is given 2 times; it takes one."),
        (("runs", "lst"), "No such command 'lst'. Did you mean 'list'?"),
        (("clients", "show"), "Missing argument 'NAME'."),
        (("keys", "test", "opnai"), 'There is no provider "opnai". Did you mean openai'),
    ],
)
def test_wrong_use_is_said_in_one_line_and_exits_2(orchestra: Run, words: tuple[str, ...], message: str) -> None:
    """The first line alone suffices, standard output stays empty, and with --json one object says the same."""
    plain = orchestra(*words)
    assert plain.code == 2
    assert plain.out == "" or "--json" in words
    assert plain.err.splitlines()[0].startswith(message)
    told = orchestra(*words, *(() if "--json" in words else ("--json",)))
    error = json.loads(told.out)
    assert (error["exit"], error["status"]) == (2, "refused")
    assert error["error"]["code"] in ("usage", "input")
    if "--json" not in words and words not in (("--yes",), ("--version", "x"), ("proposal", "--brief")):
        assert error["error"]["message"].startswith(message)


def test_the_object_of_a_refusal_names_recipe_and_client(orchestra: Run) -> None:
    """A script that runs thirty clients knows which one was refused."""
    told = json.loads(orchestra("proposal", "--client", "acme", "--json", "--tier", "x").out)
    assert (told["recipe"], told["client"], told["run"], told["schema"]) == ("proposal", "acme", "", 1)
    assert json.loads(orchestra("runs", "show", "zz", "--json").out)["recipe"] == ""


def test_quiet_keeps_an_error_to_three_lines(orchestra: Run) -> None:
    """What happened and what to type."""
    assert 1 <= len(orchestra("proposal", "--quiet", "--tier", "x").err.splitlines()) <= 3


def test_a_mistake_of_ours_is_words_and_a_file(orchestra: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback on the screen: its file is named, private, and --json still prints one object."""

    def broken(_: object) -> int:
        raise ZeroDivisionError("division by zero \x1b[31m")

    monkeypatch.setattr(dispatch, "dispatch", broken)
    done = orchestra("runs", "--json")
    assert done.code == 1
    assert "ZeroDivisionError" in done.err
    assert "Traceback" not in done.err
    assert "\x1b" not in done.err
    told = json.loads(done.out)
    assert (told["error"]["code"], told["status"]) == ("internal", "failed")
    [crash] = home.glob("crash-*.txt")
    assert str(crash) in done.err
    assert "Traceback" in crash.read_text()
    assert crash.stat().st_mode & 0o777 == 0o600


def test_no_key_stands_in_what_is_kept_of_a_mistake(
    orchestra: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library may put a key into its exception: neither the words nor the file repeat it."""
    monkeypatch.setenv("OFFICE_API_KEY", "CANARY-of-no-known-shape")

    def broken(_: object) -> int:
        raise ValueError("Illegal header value b'Bearer sk-CANARY-1234567890', CANARY-of-no-known-shape")

    monkeypatch.setattr(dispatch, "dispatch", broken)
    done = orchestra("runs", "--json")
    [crash] = home.glob("crash-*.txt")
    assert "[key removed]" in done.err
    assert "CANARY" not in f"{done.err}{done.out}{crash.read_text()}"


def test_where_no_file_can_be_written_that_is_said(orchestra: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even then the words come."""

    def broken(_: object) -> int:
        raise ZeroDivisionError

    def refuse(path: object, *given: object) -> int:
        if "crash-" in str(path):
            raise OSError
        return really(path, *given)  # type: ignore[arg-type]

    really = os.open
    monkeypatch.setattr(dispatch, "dispatch", broken)
    monkeypatch.setattr(failures.os, "open", refuse)
    assert "no file, since none could be written" in orchestra("runs").err


@pytest.mark.parametrize(("error", "words"), [(KeyboardInterrupt(), "Interrupted."), (None, "Stopped")])
def test_an_interruption_outside_a_run_is_130(
    orchestra: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException | None, words: str
) -> None:
    """Ctrl-C before a run exists, or a prompt that was left."""
    import typer

    def stop(_: object) -> int:
        raise error or typer.Abort

    monkeypatch.setattr(dispatch, "dispatch", stop)
    done = orchestra("runs")
    assert done.code == 130
    assert done.err.startswith(words)


def test_an_exit_keeps_its_code(orchestra: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """SystemExit passes through with number, words or nothing."""
    for given, code in ((SystemExit(7), 7), (SystemExit("words"), 1), (SystemExit(), 0)):

        def leave(_: object, error: SystemExit = given) -> int:
            raise error

        monkeypatch.setattr(dispatch, "dispatch", leave)
        assert orchestra("runs").code == code


def test_a_reader_who_went_away_is_no_error(home: Path) -> None:
    """`orchestra recipes show proposal | head -1` ends quietly, as other programs do."""
    done = subprocess.run(
        f"'{sys.executable}' -m orchestra_cli recipes show proposal | head -c 1 >/dev/null; exit ${{PIPESTATUS[0]}}",
        shell=True, executable="/bin/bash", capture_output=True, env=dict(os.environ), check=False, timeout=60,
    )  # fmt: skip
    assert done.stderr == b""
    assert done.returncode in (0, 141)


def test_a_closed_output_is_told_apart(home: Path) -> None:
    """A broken pipe ends with the code a shell gives for it, wherever it is met."""
    code = (
        "from orchestra_cli.cli import dispatch, failures\nfrom orchestra_cli.cli.main import run\nimport sys\n"
        "def gone(_):\n    raise BrokenPipeError\n"
        "dispatch.dispatch = gone\nsys.exit(run(['runs']))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 128 + signal.SIGPIPE
    late = code.replace("    raise BrokenPipeError", "    raise ValueError").replace(
        "dispatch.dispatch",
        "import orchestra_cli.console.ending as ending\nending.end_run = lambda *_, **__: 1 / 0"
        "\ndef pipe(*_, **__):\n    raise BrokenPipeError\nending.end_run = pipe\ndispatch.dispatch",
    )
    assert subprocess.run([sys.executable, "-c", late], check=False, timeout=60).returncode == failures.BROKEN_PIPE


def test_letters_get_out_whatever_the_locale(process: Run, tmp_path: Path) -> None:
    """A pound sign in an ASCII locale is still a pound sign in a pipe."""
    card = tmp_path / "clients" / "acme" / "client.md"
    card.parent.mkdir(parents=True)
    card.write_text("name: Acme\n\nOwes us £3.\n", encoding="utf-8")
    done = process("clients", "show", "acme", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert "Owes us £3." in done.out


def test_python_dash_m_is_the_same_command(process: Run) -> None:
    """A machine without the scripts folder on its PATH is not lost."""
    assert process("recipes", "--json").out.startswith('[{"name": "')


def test_a_full_disk_behind_standard_output_is_said(home: Path) -> None:
    """`orchestra ... > full-disk`: never a silent success, and what was finished can be printed again."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with full.open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-m", "orchestra_cli", "recipes", "show", "proposal"],
            stdout=out, stderr=subprocess.PIPE, env=dict(os.environ), check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.decode().startswith("Standard output could not be written: No space left on device.")
