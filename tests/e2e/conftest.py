"""Desks to work at: one with a small recipe, one with the sample job of a building firm."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from e2e_support import Desk, clean, note_desk
from support.vendor import FakeVendor


@pytest.fixture
def desk(tmp_path: Path, vendor: FakeVendor) -> Desk:
    """The small recipes `note` and `gated`, one key (OpenAI), a home that is not there yet."""
    vendor.answer = clean
    return note_desk(tmp_path / "desk", tmp_path / "home", vendor)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace that `orchestra init` makes, made once."""
    from orchestra_cli.recipes.init import make_workspace

    folder = tmp_path_factory.mktemp("sample") / "demo"
    make_workspace(folder, "proposal")
    return folder


@pytest.fixture
def job(sample: Path, tmp_path: Path, vendor: FakeVendor) -> Desk:
    """A copy of the sample workspace with one key (OpenAI)."""
    import shutil

    vendor.answer = clean
    folder = tmp_path / "demo"
    shutil.copytree(sample, folder)
    return Desk(folder, tmp_path / "home", vendor, vendor.environment("openai"))
