"""Output paths: checked before anything is paid, written whole or not at all."""

from __future__ import annotations

import os
import stat

import pytest

from orchestra_cli.documents import files, write
from orchestra_cli.errors import InputError, StoreError
from orchestra_cli.types import Deliverable

DOC = Deliverable(title="T", markdown="Text.\n\n| a | b |\n|---|--:|\n| =1+1 | -2 |\n")


def test_a_taken_name_needs_force(tmp_path):
    """Nobody's document is overwritten by accident."""
    path = tmp_path / "bid.docx"
    write.check_output(path, force=False)
    path.write_bytes(b"x")
    with pytest.raises(InputError) as caught:
        write.check_output(path, force=False)
    assert "exists; add --force or another name" in caught.value.message
    assert str(tmp_path / "bid-2.docx") in caught.value.advice
    write.check_output(path, force=True)


def test_a_missing_folder_and_a_folder_are_refused(tmp_path):
    """The command that makes the folder is the advice."""
    with pytest.raises(InputError, match="No folder") as caught:
        write.check_output(tmp_path / "out" / "bid.docx", force=False)
    assert caught.value.advice == f'Make it first: mkdir "{tmp_path / "out"}"'
    with pytest.raises(InputError, match="is a folder"):
        write.check_output(tmp_path, force=True)


@pytest.mark.parametrize("lock", ["~$bid.docx", "~$d.docx", ".~lock.bid.docx#"])
def test_a_file_open_elsewhere_is_refused_even_with_force(tmp_path, lock):
    """Word and LibreOffice leave a lock file beside what they have open."""
    (tmp_path / lock).write_bytes(b"")
    with pytest.raises(InputError, match="is open in another program"):
        write.check_output(tmp_path / "bid.docx", force=True)


def test_a_place_that_may_not_be_written_is_refused(tmp_path, monkeypatch):
    """Permissions are looked at before a run, not after."""
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(InputError, match="may not be written"):
        write.check_output(tmp_path / "bid.docx", force=False)


def test_on_windows_a_file_held_open_is_seen(tmp_path, monkeypatch):
    """Windows refuses to open what another program holds."""
    path = tmp_path / "bid.docx"
    path.write_bytes(b"x")
    monkeypatch.setattr(files, "_WINDOWS", True)
    assert files.open_elsewhere(path) == ""

    def deny(self, *args):
        raise PermissionError

    monkeypatch.setattr("pathlib.Path.open", deny)
    assert files.open_elsewhere(path) == "locked by Windows"


def test_free_names_and_draft_names(tmp_path):
    """A taken name gets a number; a draft says so before its ending."""
    path = tmp_path / "bid.docx"
    assert write.free_name(path) == path
    path.write_bytes(b"")
    assert write.free_name(path) == tmp_path / "bid-2.docx"
    (tmp_path / "bid-2.docx").write_bytes(b"")
    assert write.free_name(path) == tmp_path / "bid-3.docx"
    draft = write.draft_name(path)
    assert draft == tmp_path / "bid.DRAFT.docx"
    assert write.draft_name(draft) == draft
    draft.write_bytes(b"")
    assert write.free_name(draft) == tmp_path / "bid-2.DRAFT.docx"


def test_writing_follows_the_umask_and_leaves_nothing_behind(tmp_path):
    """A deliverable is the user's file: their umask, no passing files."""
    old = os.umask(0o022)
    try:
        write.write(DOC, tmp_path / "bid.md")
    finally:
        os.umask(old)
    assert [path.name for path in tmp_path.iterdir()] == ["bid.md"]
    assert stat.S_IMODE((tmp_path / "bid.md").stat().st_mode) == 0o644


def test_a_full_disk_keeps_the_old_file_and_says_which_could_not_be_written(tmp_path, monkeypatch):
    """Half a document never stands where a whole one was."""
    path = tmp_path / "bid.md"
    path.write_text("old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError) as caught:
        write.write(DOC, path)
    assert caught.value.message == f"{path} could not be written: No space left on device. The run is kept."
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_is_opened_meanwhile_is_named(tmp_path, monkeypatch):
    """Between the check and the writing a person may open the file."""

    def held(self, target):
        raise PermissionError(13, "used by another process")

    monkeypatch.setattr("pathlib.Path.replace", held)
    with pytest.raises(StoreError, match="open in another program"):
        write.write(DOC, tmp_path / "bid.md")


def test_unknown_endings_and_a_missing_extra_are_told(tmp_path, monkeypatch):
    """The endings that work are listed; PDF without its extra says how to install it."""
    assert 'not written as ".odt"' in write.can_write(tmp_path / "a.odt")
    with pytest.raises(InputError):
        write.write(DOC, tmp_path / "a.odt")
    assert [write.can_write(tmp_path / f"a{ending}") for ending in write.ENDINGS] == [""] * len(write.ENDINGS)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "orchestra-recipes[pdf]" in write.can_write(tmp_path / "a.PDF")


def test_csv_holds_the_tables_and_no_formulas():
    """What a spreadsheet would run is text; figures stay figures."""
    text = write.render(DOC, files.Path("a.csv")).decode("utf-8-sig")
    assert text == "a,b\r\n'=1+1,-2\r\n"
    drafted = Deliverable(title="T", markdown="|a|\n|-|\n|1|\n\nx\n\n|b|\n|-|\n|2|\n", stamp="@DRAFT", reasons=("why",))
    assert (
        write.render(drafted, files.Path("a.csv")).decode("utf-8-sig") == "'@DRAFT\r\nwhy\r\na\r\n1\r\n\r\nb\r\n2\r\n"
    )
    with pytest.raises(InputError, match="no table"):
        write.render(Deliverable(title="T", markdown="x"), files.Path("a.csv"))


def test_the_modules_that_reading_and_writing_load_are_few():
    """Heavy libraries are imported by the format that needs them, not by the room."""
    import subprocess
    import sys

    code = (
        "import sys, orchestra_cli.documents.read, orchestra_cli.documents.write;"
        "heavy = {'docx', 'lxml', 'typst', 'pypdf', 'mammoth', 'markdown_it', 'python_calamine', 'numpy'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
