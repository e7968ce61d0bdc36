"""The letterhead of a run is frozen with it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from orchestra_cli.engine.assets import keep_letterhead
from orchestra_cli.errors import StoreError
from orchestra_cli.types import Letterhead


def test_logo_and_template_are_kept_by_content(tmp_path: Path) -> None:
    """What the workspace's files become later does not change the run; equal content is kept once."""
    logo = tmp_path / "logo.PNG"
    logo.write_bytes(b"one")
    home = tmp_path / "home"
    home.mkdir()
    kept = keep_letterhead(Letterhead(company="Us", logo=str(logo), template=str(logo)), home)
    logo.write_bytes(b"two")
    assert Path(kept.logo).read_bytes() == b"one"
    assert kept.logo == kept.template
    assert Path(kept.logo).suffix == ".png"
    assert stat.S_IMODE(Path(kept.logo).stat().st_mode) == 0o600
    again = keep_letterhead(Letterhead(logo=str(logo)), home)
    assert Path(again.logo).read_bytes() == b"two"
    assert keep_letterhead(kept, home) == kept


def test_no_file_is_no_file(tmp_path: Path) -> None:
    """Nothing given, or a file that is gone, leaves nothing."""
    kept = keep_letterhead(Letterhead(company="Us", logo=str(tmp_path / "gone.png")), tmp_path)
    assert (kept.company, kept.logo, kept.template) == ("Us", "", "")


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """The folder and the reason are named."""
    logo = tmp_path / "logo.png"
    logo.write_bytes(b"one")
    (tmp_path / "assets").write_text("in the way")
    with pytest.raises(StoreError, match="assets cannot be written"):
        keep_letterhead(Letterhead(logo=str(logo)), tmp_path)
