"""Files that could be several inputs, options of --set, and the questions they lead to. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestra_cli.engine.prepare import Prepared, prepare
from orchestra_cli.engine.request import RunRequest
from orchestra_cli.errors import InputError, UsageError

RECIPE = """---
recipe: job
title: A job
summary: Prices it.
inputs:
  takeoff: table -- Quantities
  prices: table, optional -- Prices
  rates: settings, optional -- Rates
---
# Step: pricing
do: price_table
reads: takeoff, prices, rates
"""
TAKEOFF = "item,description,unit,qty,unit_price\n1,Wall,m2,10,10\n"
SETTINGS = '[pricing]\noverhead = 10\nprofit = 0\ntax = 20\ncurrency = "GBP"\n'

Prepare = Callable[..., Prepared]


@pytest.fixture
def ready(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Prepare:
    """Prepare the recipe in a workspace of its own; the words are files, which are written as named."""
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "job.md").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "orchestra.toml").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def run(files: Mapping[str, str], *words: str, answers: Mapping[str, str] | None = None, **given: Any) -> Prepared:
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        return prepare(RunRequest(recipe="job", words=words, **given), answers)

    return run


def summary(prepared: Prepared) -> str:
    """The price in one line."""
    assert prepared.sheet is not None
    return prepared.sheet.summary


def test_two_files_for_one_input_are_named_with_the_option_to_type(ready: Prepare) -> None:
    """Found in the workspace or given as words, the message names both files and the exact way to choose."""
    files = {"a.csv": TAKEOFF, "b.csv": TAKEOFF}
    for words in ((), ("a.csv", "b.csv")):
        with pytest.raises(InputError) as error:
            ready(files, *words)
        assert error.value.message == "2 files could be takeoff: a.csv, b.csv. Nothing was sent."
        assert error.value.advice == "Say which: --takeoff a.csv or --takeoff b.csv"


def test_a_person_chooses_among_files(ready: Prepare) -> None:
    """One question for the input, whose answer is the file."""
    files = {"a.csv": TAKEOFF, "b.csv": TAKEOFF.replace("10,10", "20,10")}
    asked = ready(files, interactive=True).questions
    assert [(one.id, one.choices) for one in asked] == [("which:takeoff", ("a.csv", "b.csv"))]
    chosen = ready(files, interactive=True, answers={"which:takeoff": "b.csv"})
    assert chosen.questions == ()
    assert "220.00" in summary(chosen)


def test_an_unknown_setting_is_refused(ready: Prepare) -> None:
    """A misspelt name must not be taken for an order that was followed."""
    files = {"a.csv": TAKEOFF}
    with pytest.raises(UsageError, match="--set overhed=4: no such setting"):
        ready(files, sets={"overhed": "4"})
    with pytest.raises(UsageError, match=r"takeoff has no quantity; it has .*qty"):
        ready(files, sets={"takeoff.quantity": "No."})


def test_a_rate_set_for_this_run_holds_whatever_it_is_called(ready: Prepare) -> None:
    """It goes before the settings and before a page of rates."""
    files = {"a.csv": TAKEOFF, "rates.md": "VAT: 5 %\n"}
    assert "VAT 5.50" in summary(ready(files))
    assert "121.00" in summary(ready(files, sets={"overheads": "10", "tax": "10"}))


def test_a_column_is_named_for_the_take_off_only(ready: Prepare) -> None:
    """The command that the message of an unknown column advises works, also beside a price list."""
    files = {"x.csv": "Item,Descr.,Unit,No.\n1,Wall,m2,10\n", "prices.csv": "description,unit,unit_price\nWall,m2,10\n"}
    with pytest.raises(InputError) as error:
        ready(files, "x.csv")
    assert error.value.advice.startswith('--set takeoff.qty="No."')
    prepared = ready(files, "x.csv", sets={"takeoff.qty": "No."})
    assert "110.00" in summary(prepared)
    assert prepared.report[0].summary == "1 row read + 0 refused = 1"


def test_a_table_far_from_every_input_is_to_be_named(ready: Prepare) -> None:
    """Its columns are shown."""
    with pytest.raises(InputError, match=r"its columns \(a, b\) fit no input") as error:
        ready({"x.csv": "a,b\n1,2\n"}, "x.csv")
    assert error.value.advice == "Name it with its option. Nothing was sent."


def test_what_the_recipe_wrote_is_no_input(ready: Prepare) -> None:
    """The offer for one client must not become the request of the next; other pages are looked at."""
    with pytest.raises(UsageError, match="needs takeoff"):
        ready({"job-acme.csv": TAKEOFF})
    assert ready({"other.csv": TAKEOFF}).placed[0][1].name == "other.csv"


def test_a_search_reads_only_what_can_be_meant(ready: Prepare) -> None:
    """Where only rates are missing, a broken letter beside them is nobody's business; a table that is, is told."""
    prepared = ready(
        {"a.csv": TAKEOFF, "prices.csv": "description,unit,unit_price\nWall,m2,10\n", "old.docx": "", "r.md": ""}
    )
    assert "left out: r.md: the file is empty." in prepared.notes
    assert not any("old.docx" in note for note in prepared.notes)


def test_a_misspelt_step_is_refused(ready: Prepare) -> None:
    """A model for nobody would be an order that is not followed."""
    with pytest.raises(UsageError, match=r"Did you mean --model write=openai/gpt-5\?"):
        ready({"a.csv": TAKEOFF}, models={"wirte": "openai/gpt-5"})
    with pytest.raises(UsageError, match="Its steps are"):
        ready({"a.csv": TAKEOFF}, models={"x": "openai/gpt-5"})
    assert ready({"a.csv": TAKEOFF}, models={"write": "openai/gpt-5"}).questions == ()


def test_a_file_of_the_clients_folder_is_pointed_out(ready: Prepare, tmp_path: Path) -> None:
    """Who names it without its folder is told where it lies; what is nowhere is simply not there."""
    folder = tmp_path / "clients" / "acme"
    folder.mkdir(parents=True)
    (folder / "takeoff.csv").write_text(TAKEOFF, encoding="utf-8")
    with pytest.raises(InputError) as error:
        ready({}, "takeof.csv", client="acme")
    assert f"Did you mean {Path('clients/acme/takeoff.csv')}?" in error.value.message
    assert error.value.advice.endswith("--client acme")
    for words, client in ((("else.csv",), "acme"), (("takeof.csv",), "")):
        with pytest.raises(InputError) as plain:
            ready({}, *words, client=client)
        assert "Did you mean" not in plain.value.message
