"""A store of one's own with a clock that tests move."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from store_builders import Clock

from orchestra_cli.store.database import Store


@pytest.fixture
def clock() -> Clock:
    """The time, 2026-10-15 12:00 UTC until a test moves it."""
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """A new store in a home of its own."""
    with Store.open(tmp_path / "home", clock) as opened:
        yield opened
