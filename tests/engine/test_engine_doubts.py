"""What an input lacks is said, and asked about, before anything is paid."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from orchestra_cli.engine import doubts
from orchestra_cli.engine.prepare import prepare
from orchestra_cli.engine.request import RunRequest
from orchestra_cli.errors import InputError
from orchestra_cli.facts.pricing import price_table
from orchestra_cli.facts.rates import Rates
from orchestra_cli.types import Material, Page, Source, Table

RECIPE = """---
recipe: read
inputs:
  brief: documents -- The brief
---

# Step: points
role: write
reads: brief

List the points.
"""
SCAN = Material(
    "t.pdf", "/t.pdf", "pdf", "0", "text", tuple(Page(n, "" if n in (2, 3, 5) else "text") for n in range(1, 7))
)


def takeoff(rows: tuple[tuple[str, ...], ...]) -> Table:
    columns = ("item", "description", "unit", "qty")
    return Table("t.csv", columns, rows, tuple(range(2, 2 + len(rows))), Source("t.csv"))


@pytest.fixture
def scanned(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunRequest:
    """A recipe whose only input has three pages that are pictures."""
    (tmp_path / "read.md").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "t.pdf").write_bytes(b"%PDF-1.4")
    monkeypatch.setattr("orchestra_cli.documents.read.read", lambda _path: SCAN)
    return RunRequest(recipe=str(tmp_path / "read.md"), words=(str(tmp_path / "t.pdf"),))


def test_pages_without_text_are_named_in_runs() -> None:
    """Neighbouring pages read as a range; other formats have none."""
    assert doubts.unread_pages([("brief", SCAN)]) == ("t.pdf, pages 2-3, 5 of 6",)
    assert doubts.unread_pages([("brief", replace(SCAN, format="docx"))]) == ()
    one = replace(SCAN, pages=(Page(1, "text"), Page(2, "")))
    assert doubts.scans_question(doubts.unread_pages([("brief", one)])).startswith("t.pdf, page 2 of 2 holds pictures")


def test_without_a_terminal_pages_nobody_can_read_stop_the_run(scanned: RunRequest) -> None:
    """Exit 2, with both ways on; nothing is sent."""
    with pytest.raises(InputError, match=r"pages 2-3, 5 of 6 hold pictures and no text") as caught:
        prepare(scanned)
    assert "--set scans=missing" in caught.value.advice


def test_a_person_may_go_on_and_they_are_listed(scanned: RunRequest) -> None:
    """By `--set`, or as the answer to the question."""
    by_option = prepare(replace(scanned, sets={"scans": "missing"}))
    asked = prepare(replace(scanned, interactive=True))
    assert [question.id for question in asked.questions] == [doubts.SCANS]
    by_answer = prepare(replace(scanned, interactive=True), {doubts.SCANS: doubts.GO_ON})
    assert by_option.gaps == by_answer.gaps == ("t.pdf, pages 2-3, 5 of 6: pictures without text",)
    assert by_answer.questions == ()


def test_stop_stops_and_nonsense_is_refused(scanned: RunRequest) -> None:
    """Both with nothing sent."""
    with pytest.raises(InputError, match="Stopped"):
        prepare(replace(scanned, interactive=True), {doubts.SCANS: doubts.STOP})
    with pytest.raises(InputError, match='the only value is "missing"'):
        prepare(replace(scanned, sets={"scans": "no"}))


def test_a_job_without_one_price_is_not_taken_to_a_model() -> None:
    """The first line and its reason are named, and what the reader of the file warned of."""
    rates = Rates(currency="GBP")
    unpriced = price_table(takeoff((("1", "Brick", "m2", "4"),)), None, None, rates, date(2026, 11, 21))
    with pytest.raises(InputError, match='"Brick"') as caught:
        doubts.some_price(unpriced, [("takeoff", replace(SCAN, warnings=("cell D2 has no value",)))])
    assert "--prices FILE" in caught.value.advice
    assert "t.pdf: cell D2 has no value" in caught.value.message


def test_nothing_to_price_is_no_doubt() -> None:
    """No take-off, or an empty one, is MISSING and no error."""
    doubts.some_price(None, [])
    doubts.some_price(price_table(takeoff(()), None, None, Rates(currency="GBP"), date(2026, 11, 21)), [])
