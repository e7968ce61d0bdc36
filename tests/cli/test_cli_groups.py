"""The small commands, each against a real workspace, a real store and a vendor on loopback."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.vendor import FakeVendor

from orchestra_cli.engine.result import RunResult, StepResult, to_json
from orchestra_cli.store.database import Store
from orchestra_cli.store.lease import release, take_lease
from orchestra_cli.store.runs import NewRun, create_run, end_run

Run = Callable[..., Any]


@pytest.fixture
def bids(orchestra: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace made by `init`, and the current folder."""
    assert orchestra("init", "bids").code == 0
    monkeypatch.chdir(tmp_path / "bids")
    return tmp_path / "bids"


def kept_run(home: Path, status: str = "done", code: int = 0, waiting: str = "", user: str = "") -> str:
    """A run in the store, as the engine would leave it."""
    from orchestra_cli.engine.prepare import user_name

    with Store.open(home) as store:
        run = create_run(
            store,
            NewRun(
                "proposal", "acme", user or user_name(), "", '{"handoff": "auto"}', "twin", "2026-11-21T09:00:00+00:00"
            ),
        )
        result = RunResult(
            run, "proposal", "acme", status, code, document="# Bid £5\n", resume=f"orchestra resume {run}",  # type: ignore[arg-type]
            steps=(StepResult("proposal", "model", "done", model="openai/gpt-5", cost_usd=Decimal("0.05")),),
            cost_usd=Decimal("0.05"),
        )  # fmt: skip
        lease = take_lease(store, run)
        end_run(store, lease, status, code, json.dumps(to_json(result)), waiting)
        release(store, lease)
    return run


# -- init, clients, recipes --------------------------------------------------------------------------------------------


def test_init_makes_a_workspace_and_says_what_to_type(orchestra: Run, tmp_path: Path) -> None:
    """The next command stands on the last line; a second init changes nothing and says so."""
    done = orchestra("init", "bids")
    assert done.out == ""
    assert done.err.splitlines()[-1] == "Next: cd bids && orchestra proposal --client acme --estimate"
    page = tmp_path / "bids" / "company.md"
    page.write_text("name: Ours\n")
    assert orchestra("init", "bids").code == 2
    assert page.read_text() == "name: Ours\n"
    made = json.loads(orchestra("init", "more", "--json").out)
    assert made["folder"] == str(tmp_path / "more")
    assert len(made["made"]) > 5


def test_init_here_needs_no_change_of_folder(orchestra: Run) -> None:
    """In the folder itself the next command is shorter."""
    assert orchestra("init").err.splitlines()[-1] == "Next: orchestra proposal --client acme --estimate"


def test_clients_are_listed_shown_and_added(orchestra: Run, bids: Path) -> None:
    """A table for people, flat objects for scripts, a page to fill in."""
    assert "acme" in orchestra("clients").out
    rows = json.loads(orchestra("clients", "list", "--json").out)
    assert {"name", "title", "aliases", "privacy", "folder"} == set(rows[0])
    added = orchestra("clients", "add", "Hartwell Academy")
    assert (added.code, added.out) == (0, "")
    assert (bids / "clients" / "hartwell-academy" / "client.md").exists()
    assert (
        json.loads(orchestra("clients", "add", "crest", "--title", "Crest Ltd", "--json").out)["title"] == "Crest Ltd"
    )
    shown = orchestra("clients", "show", "acme")
    assert "tender.pdf" in shown.out
    assert "tender.pdf" in json.loads(orchestra("clients", "show", "acme", "--json").out)["files"]
    missing = orchestra("clients", "show", "acm")
    assert (missing.code, "Did you mean acme" in missing.err) == (2, True)


def test_a_hostile_card_comes_out_as_plain_text(orchestra: Run, bids: Path) -> None:
    """What stands in a file cannot move the terminal."""
    (bids / "clients" / "acme" / "client.md").write_text("name: Acme\n\n\x1b[2J[red]hi[/x]\x1b]0;t\x07\n")
    (bids / "clients" / "acme" / "a\x1b[31m.txt").write_text("")
    done = orchestra("clients", "show", "acme")
    assert "[red]hi[/x]" in done.out
    assert "\x1b" not in done.out
    assert "\x07" not in done.out


def test_without_a_workspace_the_way_to_one_is_said(orchestra: Run) -> None:
    """Exit 2 and the command that makes one."""
    for words in (("clients",), ("recipes", "copy", "proposal")):
        done = orchestra(*words)
        assert (done.code, done.err.splitlines()[0]) == (2, "There is no workspace here.")


def test_a_workspace_without_clients_says_how_to_add_one(orchestra: Run, tmp_path: Path) -> None:
    """An empty list is a sentence, and an empty array."""
    (tmp_path / "orchestra.toml").write_text("")
    assert orchestra("clients").err == "No clients yet: orchestra clients add NAME\n"
    assert orchestra("clients", "--json").out == "[]\n"


def test_recipes_are_listed_shown_checked_and_copied(orchestra: Run, bids: Path) -> None:
    """The copy takes the built-in one's place, and a second copy never overwrites it."""
    assert "proposal" in orchestra("recipes").out
    assert json.loads(orchestra("recipes", "--json").out)[0]["origin"] == "built-in"
    assert orchestra("recipes", "show", "proposal").out.startswith("---\nrecipe: proposal")
    shown = json.loads(orchestra("recipes", "show", "proposal", "--json").out)
    assert shown["steps"][0]["id"] == "requirements"
    assert orchestra("recipes", "check", "proposal").out.startswith("proposal: no mistakes")
    assert orchestra("recipes", "copy", "proposal").code == 0
    assert json.loads(orchestra("recipes", "--json").out)[0]["origin"] == "workspace"
    again = orchestra("recipes", "copy", "proposal")
    assert (again.code, "exists" in again.err) == (2, True)


def test_all_mistakes_of_a_recipe_are_told_at_once(orchestra: Run, bids: Path) -> None:
    """Each with file and line, in words and in JSON, exit 2."""
    (bids / "recipes").mkdir(exist_ok=True)
    page = bids / "recipes" / "bad.md"
    page.write_text("---\nrecipe: bad\nsumary: x\n---\n\n# Step: a\nrole: writer\nmodle: x\n\nGo.\n")
    done = orchestra("recipes", "check", "bad")
    told = orchestra("recipes", "check", "bad", "--json")
    assert (done.code, told.code) == (2, 2)
    assert "bad.md:8" in done.err
    assert told.err == ""
    assert json.loads(told.out)["valid"] is False
    assert len(json.loads(told.out)["problems"]) >= 2
    assert json.loads(orchestra("recipes", "check", "proposal", "--json").out)["valid"] is True
    assert json.loads(orchestra("recipes", "copy", "proposal", "--json").out)["recipe"] == "proposal"


def test_a_workspace_recipe_is_a_command(orchestra: Run, bids: Path) -> None:
    """With an option for each of its inputs, with hyphens or as the page writes it."""
    (bids / "recipes").mkdir(exist_ok=True)
    (bids / "recipes" / "note.md").write_text(
        "---\nrecipe: note\nsummary: Writes a note.\ninputs:\n  price_list: table -- Prices\n"
        "  tone: choice warm | cool, optional -- How\n---\n\n# Step: a\nrole: write\nreads: price_list, tone\n\nGo.\n"
    )
    page = orchestra("note", "--help").out
    assert "Writes a note." in page
    assert "--price-list, --price_list FILE" in page
    assert "How (warm, cool)" in page
    assert "note" in orchestra("--help").out
    assert "Writes a note." in orchestra("run", "recipes/note.md", "--help").out


# -- runs --------------------------------------------------------------------------------------------------------------


def test_no_runs_is_a_sentence_and_an_empty_array(orchestra: Run) -> None:
    """On standard error for people, on standard output for scripts."""
    assert orchestra("runs").out == ""
    assert orchestra("runs", "--json").out == "[]\n"


def test_runs_are_listed_flat(orchestra: Run, home: Path) -> None:
    """The keys of the contract, money as text; filters narrow."""
    run = kept_run(home)
    waits = kept_run(home, "waiting", 75, '{"kind": "person", "step": "check", "question": "Send this version?"}')
    rows = json.loads(orchestra("runs", "list", "--json").out)
    assert [row["run"] for row in rows] == [waits, run]
    assert set(rows[0]) == {"run", "recipe", "client", "status", "started", "cost_usd", "waiting_for"}
    assert (rows[0]["waiting_for"], rows[1]["waiting_for"]) == ("Send this version?", None)
    assert [row["run"] for row in json.loads(orchestra("runs", "list", "--waiting", "--json").out)] == [waits]
    assert json.loads(orchestra("runs", "list", "--client", "crest", "--json").out) == []
    table = orchestra("runs").out
    assert table.splitlines()[0].split() == ["run", "recipe", "client", "status", "started", "USD"]
    assert "waits for: Send this version?" in table


def test_a_run_is_shown_again(orchestra: Run, home: Path) -> None:
    """As words, as the same object, or its document alone; showing a failed run is no failure."""
    run = kept_run(home, "failed", 1)
    shown = orchestra("runs", "show", run)
    assert shown.code == 0
    assert shown.out.splitlines()[0] == f"run {run}: proposal for acme, failed (exit 1)"
    assert shown.out.splitlines()[-1] == f"orchestra resume {run}"
    assert json.loads(orchestra("runs", "show", run[:3], "--json").out)["document"] == "# Bid £5\n"
    assert orchestra("runs", "show", "last", "--document").out == "# Bid £5\n"


@pytest.mark.parametrize("command", [("resume",), ("runs", "resume")])
def test_a_finished_run_is_printed_again(orchestra: Run, home: Path, command: tuple[str, ...]) -> None:
    """With its exit code and its document, and no model is asked."""
    run = kept_run(home, "flawed", 5)
    done = orchestra(*command, run)
    assert (done.code, done.out) == (5, "# Bid £5\n")
    assert json.loads(orchestra(*command, run, "--json").out)["run"] == run


def test_a_bare_resume_lists_several(orchestra: Run, home: Path) -> None:
    """Exit 2 with the candidates; one run needs no name."""
    runs = [kept_run(home, "waiting", 75, "Send?") for _ in range(2)]
    for command in ("resume", "approve"):
        done = orchestra(command)
        assert done.code == 2
        assert all(run in done.err for run in runs)
    assert orchestra("approve", "--handoff", "post").code == 2


# -- keys, models ------------------------------------------------------------------------------------------------------


def test_keys_come_and_go(process: Run, home: Path) -> None:
    """From standard input into the 0600 file, listed by source and last four characters, never whole, deleted again."""
    key = b"  'sk-proj-CANARY-abcdefghijklmnop-a1B2'\n"
    stored = process("keys", "set", "openai", "--plaintext", "--untested", stdin=key)
    assert stored.code == 0
    listed = process("keys", "list")
    rows = json.loads(process("keys", "--json").out)
    assert rows[0]["provider"] == "openai"
    assert rows[0]["last4"] == "a1B2"
    assert "plaintext" in rows[0]["source"]
    told = json.loads(process("keys", "set", "openai", "--plaintext", "--untested", "--json", stdin=key).out)
    assert told["tested"] == "untested"
    everything = stored.out + stored.err + listed.out + listed.err
    assert "CANARY" not in everything
    assert "...a1B2" in listed.out
    assert process("keys", "delete", "openai").code == 0
    assert json.loads(process("keys", "--json").out) == []
    assert process("keys", "delete", "openai", "--json").code == 2


def test_no_keyring_means_three_ways_on(process: Run) -> None:
    """Exit 3 on a machine without one, before anything is written."""
    done = process("keys", "set", "openai", "--untested", stdin=b"sk-proj-abcdefghijklmnop-a1B2")
    assert done.code == 3
    assert "--plaintext" in done.err


def test_no_key_on_standard_input_and_no_terminal(process: Run) -> None:
    """The way to pipe one is shown."""
    done = process("keys", "set", "openai")
    assert (done.code, "pass show openai | orchestra keys set openai" in done.err) == (2, True)


def test_a_key_is_tried_out_for_free(orchestra: Run, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of models is asked for; a rejected key is exit 3 and shows its last four characters only."""
    vendor.keys = frozenset({"sk-test-good-0001"})
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test-good-0001")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://127.0.0.1:{vendor.port}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-bad-a1B2")
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{vendor.port}/v1")
    good, bad, both = (
        orchestra("keys", "test", "anthropic"),
        orchestra("keys", "test", "openai"),
        orchestra("keys", "test"),
    )
    assert (good.code, good.out.split()[:2]) == (0, ["anthropic", "works"])
    assert bad.code == 3
    assert "rejected the key ending ...a1B2" in bad.out
    assert "sk-test-bad" not in bad.out + bad.err
    assert both.code == 0
    rows = json.loads(orchestra("models", "test", "--json").out)
    assert {row["provider"]: row["state"] for row in rows if row["provider"] in ("openai", "anthropic")} == {
        "openai": "rejected", "anthropic": "works"}  # fmt: skip
    assert all(seen.method == "GET" for seen in vendor.seen)


def test_no_key_at_all_names_every_place_that_was_looked_at(orchestra: Run) -> None:
    """Exit 3; with all providers it says so too."""
    one, every = orchestra("keys", "test", "openai"), orchestra("keys", "test")
    assert (one.code, every.code) == (3, 3)
    assert "OPENAI_API_KEY (not set)" in one.err
    assert "No provider works now" in every.err


def test_models_that_can_play_are_listed(orchestra: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only those with a key, or all; flat objects for scripts."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0001")
    assert "openai/gpt-5" in orchestra("models").out
    assert "anthropic/" not in orchestra("models").out
    assert "anthropic/" in orchestra("models", "list", "--all").out
    rows = {row["model"]: row for row in json.loads(orchestra("models", "list", "--all", "--json").out)}
    assert rows["openai/gpt-5"]["playable"] is True
    assert rows["openai/gpt-5"]["input_usd"] == "1.25"
    assert not any(row["playable"] for row in rows.values() if row["provider"] == "anthropic")


def test_a_model_a_cast_and_a_mistake_are_shown(orchestra: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`models show` takes a model or a recipe, and offers near names."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0001")
    assert "abilities" in orchestra("models", "show", "openai/gpt-5").out
    assert "schema" in json.loads(orchestra("models", "show", "openai/gpt-5", "--json").out)["abilities"]
    cast = json.loads(orchestra("models", "show", "proposal", "--json").out)
    assert [row["model"] for row in cast if row["step"] == "pricing"] == ["computed"]
    assert all(row["model"].startswith("openai/") for row in cast if row["step"] in ("requirements", "proposal"))
    assert "why" in orchestra("models", "show", "proposal").out.splitlines()[0]
    wrong = orchestra("models", "show", "gpt-5")
    assert (wrong.code, "Did you mean openai/gpt-5" in wrong.err) == (2, True)


def test_weights_are_named_and_wrong_names_answered(orchestra: Run) -> None:
    """A name that is not in the registry is exit 3 with those that are."""
    done = orchestra("models", "pull", "gpt-9")
    assert (done.code, "smollm2-135m" in done.err) == (3, True)


# -- doctor ------------------------------------------------------------------------------------------------------------


def test_doctor_finds_nothing_to_repair_on_a_fresh_machine(orchestra: Run, bids: Path) -> None:
    """What is in force is printed with its origin; missing keys are a note, not a fault."""
    done = orchestra("doctor")
    assert (done.code, done.err) == (0, "Nothing to repair.\n")
    assert str(bids / "orchestra.toml") in done.out
    assert "orchestra models pull" in done.out
    told = json.loads(orchestra("doctor", "--json").out)
    assert told["ok"] is True
    assert set(told["checks"][0]) == {"what", "state", "words", "fix"}


def test_doctor_names_what_is_broken_with_the_fix(orchestra: Run, home: Path, bids: Path) -> None:
    """An open home, a recipe with mistakes, settings that cannot be read: exit 1, and the other checks still run."""
    home.chmod(0o755)
    (bids / "recipes").mkdir(exist_ok=True)
    (bids / "recipes" / "bad.md").write_text("no recipe\n")
    done = orchestra("doctor")
    assert done.code == 1
    assert f"fix: chmod 700 {home}" in done.out
    assert "orchestra recipes check bad" in done.out
    (bids / "orchestra.toml").write_text("company = \n")
    broken = json.loads(orchestra("doctor", "--json").out)
    assert any(check["what"] == "settings" and check["state"] == "problem" for check in broken["checks"])
    home.chmod(0o700)


def test_doctor_asks_providers_only_when_told_to(
    orchestra: Run, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --online nothing leaves this computer."""
    vendor.keys = frozenset({"sk-test-good"})
    for name, key in (("OPENAI", "sk-test-bad1"), ("ANTHROPIC", "sk-test-good")):
        monkeypatch.setenv(f"{name}_API_KEY", key)
        monkeypatch.setenv(f"{name}_BASE_URL", f"http://127.0.0.1:{vendor.port}/v1")
    assert "key openai" in orchestra("doctor").out
    assert vendor.seen == []
    online = orchestra("doctor", "--online")
    assert online.code == 1
    assert "provider anthropic" in online.out
    assert "orchestra keys set openai" in online.out


def test_doctor_sees_what_cron_would_see(
    orchestra: Run, home: Path, bids: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key of this shell is not cron's; one of a key_command is."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0001")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/x")
    monkeypatch.setenv("PATH", str(bids))
    before = orchestra("doctor", "--as-cron")
    assert before.code == 1
    assert "OPENAI_API_KEY is set in this shell only" in before.out
    assert "cron has none of DBUS_SESSION_BUS_ADDRESS" in before.out
    assert "-m orchestra_cli" in before.out
    page = tomllib.loads((bids / "orchestra.toml").read_text())
    assert "providers" not in page
    with (bids / "orchestra.toml").open("a") as file:
        file.write('\n[providers.openai]\nkey_command = ["/bin/echo", "sk-proj-from-a-command-0002"]\n')
    monkeypatch.delenv("OPENAI_API_KEY")
    after = json.loads(orchestra("doctor", "--as-cron", "--json").out)
    assert {"what": "key openai", "state": "ok"}.items() <= next(
        c for c in after["checks"] if c["what"] == "key openai"
    ).items()
    assert not any(check["what"] == "keys" for check in after["checks"])


def test_doctor_says_that_cron_has_no_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A keyring key is a note with two ways on; an orchestra in /usr/bin needs no whole path."""
    import shutil

    from orchestra_cli.console.cron import _cron_key, _path_check

    check = _cron_key("openai", "keyring", ("OPENAI_API_KEY",))
    assert (check.state, "--plaintext" in check.fix) == ("note", True)
    monkeypatch.setattr(shutil, "which", lambda name, path="": "/usr/bin/orchestra")
    assert _path_check().state == "ok"


def test_an_old_python_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest one is named."""
    from orchestra_cli.console import doctor

    monkeypatch.setattr(doctor, "OLDEST_PYTHON", (99, 0))
    assert doctor.python_check().state == "problem"


def test_missing_extras_are_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that brings them."""
    from orchestra_cli.console import doctor

    monkeypatch.setattr(doctor, "find_spec", lambda _: None)
    assert {check.state for check in doctor.extra_checks()} == {"note"}
    assert next(iter(doctor.extra_checks())).fix == "pip install 'orchestra-recipes[pdf]'"


def test_doctor_copies_the_database(orchestra: Run, home: Path, tmp_path: Path) -> None:
    """A healthy one is copied, a broken one moved aside, an existing file never overwritten."""
    kept_run(home)
    done = orchestra("doctor", "--backup", "copy.db")
    assert (done.code, "copied" in done.err) == (0, True)
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert orchestra("doctor", "--backup", "copy.db").code == 1
    (home / "orchestra.db").write_bytes(b"not a database" * 100)
    broken = json.loads(orchestra("doctor", "--backup", "moved.db", "--json").out)
    assert broken == {"backup": "moved.db", "healthy": False}
    assert os.path.exists("moved.db")


def test_a_key_on_the_command_line_is_refused_and_not_repeated(orchestra: Run) -> None:
    """It is the one word that must not come back on the screen."""
    said = orchestra("keys", "set", "openai", "--plaintext", "sk-CANARY-0001")
    assert said.code == 2
    assert "No key goes on the command line" in said.err
    assert "CANARY" not in said.out + said.err


def test_a_bare_approve_means_a_run_that_waits_for_a_person(orchestra: Run, home: Path) -> None:
    """Runs that failed are no matter of approval; without one that waits there is nothing to decide."""
    kept_run(home, "failed", 1)
    none = orchestra("approve")
    assert (none.code, none.err.splitlines()[0]) == (2, "No run waits for a decision.")
    first, second = (kept_run(home, "waiting", 75, "Send this version?") for _ in range(2))
    several = orchestra("approve")
    assert several.code == 2
    assert several.err.startswith("2 runs wait for a person; say which.")
    assert first in several.err
    assert several.err.rstrip().endswith(f"orchestra approve {second}")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_lead_nowhere(bids: Path, closed: str) -> None:
    """A caller that closed standard output, error or input gets the exit code, not a crash."""
    code = "import sys; sys.argv[0] = 'orchestra'; from orchestra_cli.cli.main import main; main()"
    for words in ("--version", "--help", "recipes list"):
        line = f"exec {shlex.quote(sys.executable)} -c {shlex.quote(code)} {words} {closed}"
        assert (
            subprocess.run(["sh", "-c", line], cwd=bids, capture_output=True, check=False, timeout=60).returncode == 0
        )
