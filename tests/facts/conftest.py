"""Builders with sane defaults for the tests of the facts room."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from orchestra_cli.types import Material, Refusal, Source, Table

DATA = Path(__file__).parent / "data"


def make_table(text: str, name: str = "takeoff.csv", sheet: str = "", refused: tuple[Refusal, ...] = ()) -> Table:
    """A table from CSV text; the heading is row 1."""
    rows = [row for row in csv.reader(io.StringIO(text.strip("\n"))) if row]
    width = len(rows[0])
    cells = tuple(tuple((row + [""] * width)[:width]) for row in rows[1:])
    return Table(name, tuple(rows[0]), cells, tuple(range(2, len(rows) + 1)), Source(name, sheet), refused)


@pytest.fixture
def table() -> Callable[..., Table]:
    return make_table


@pytest.fixture
def material() -> Callable[..., Material]:
    def make(name: str, text: str = "", *tables: Table) -> Material:
        return Material(name, f"/in/{name}", name.rsplit(".", 1)[-1], "0" * 64, text, tables=tables)

    return make


@pytest.fixture
def today() -> date:
    return date(2026, 11, 21)


@pytest.fixture
def data() -> Path:
    return DATA
