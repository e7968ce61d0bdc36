"""Actions in code: what of a price goes into the document."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestra_cli.engine.actions import run_action
from orchestra_cli.engine.plan import make_plan
from orchestra_cli.engine.prepare import prepare
from orchestra_cli.engine.request import RunRequest
from orchestra_cli.recipes.init import make_workspace
from orchestra_cli.types import Material


def without_first_price(slot: str, material: Material) -> Material:
    """The price list without its first row."""
    if slot != "prices":
        return material
    table = material.tables[0]
    return replace(material, tables=(replace(table, rows=table.rows[1:], row_numbers=table.row_numbers[1:]),))


def test_the_client_reads_the_price_and_not_our_count_of_lines(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole price stands alone; where a line has no price the count stays, for it warns."""
    make_workspace(tmp_path / "demo", "proposal")
    monkeypatch.chdir(tmp_path / "demo")
    prepared = prepare(RunRequest(recipe="proposal", client="acme"))
    world, step = make_plan(prepared).world, prepared.recipe.step("pricing")
    whole, _, note = run_action(world, step)
    assert whole.view("summary") == "GBP 68,444.62 + VAT 13,688.92 = 82,133.54"
    assert note.endswith("29 of 29 lines priced")
    inputs = tuple((slot, without_first_price(slot, material)) for slot, material in world.inputs)
    partial, findings, _ = run_action(replace(world, inputs=inputs), step)
    assert "28 of 29" in str(partial.view("summary"))
    assert findings
