"""Output paths: what may be written where, free names, and writing that never leaves half a file."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from orchestra_cli.errors import InputError, StoreError

_WINDOWS = os.name == "nt"


def check_output(path: Path, *, force: bool) -> None:
    """Raises InputError when a file cannot be written at `path`: no folder, name taken (unless `force`), a folder of
    that name, open in another program, or not allowed."""
    path = Path(path)
    folder = path.absolute().parent
    if not folder.is_dir():
        raise InputError(f'No folder "{folder}" for {path.name}. Nothing was sent.', f'Make it first: mkdir "{folder}"')
    if path.is_dir():
        raise InputError(f"{path} is a folder. Nothing was sent.", "Add a file name, or a / at its end for many files.")
    lock = open_elsewhere(path)
    if lock:
        raise InputError(
            f"{path.name} is open in another program ({lock}). Nothing was sent.",
            "Close it there, or use another name.",
        )
    if path.exists() and not force:
        raise InputError(
            f"{path} exists; add --force or another name. Nothing was sent.", f"Free is: {free_name(path)}"
        )
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise InputError(f"{path} may not be written. Nothing was sent.", "Check the permissions, or use another name.")


def open_elsewhere(path: Path) -> str:
    """The lock file that Word, Excel or LibreOffice keeps beside a file it has open; "" when there is none.

    On Windows a file that cannot be opened for writing counts too.
    """
    # Word leaves out the first two characters of longer names.
    for name in (f"~${path.name}", f"~${path.name[2:]}", f".~lock.{path.name}#"):
        if (path.parent / name).exists():
            return name
    if _WINDOWS and path.exists():
        try:
            path.open("r+b").close()
        except PermissionError:
            return "locked by Windows"
    return ""


def free_name(path: Path) -> Path:
    """`path`, or the first of name-2, name-3, ... that is not taken; a NAME.DRAFT.docx keeps its DRAFT."""
    path = Path(path)
    if not path.exists():
        return path
    draft = ".DRAFT" if path.stem.endswith(".DRAFT") else ""
    stem = path.stem.removesuffix(".DRAFT")
    number = 2
    while (fresh := path.with_name(f"{stem}-{number}{draft}{path.suffix}")).exists():
        number += 1
    return fresh


def draft_name(path: Path) -> Path:
    """NAME.DRAFT.docx for NAME.docx; a name that says so already stays."""
    path = Path(path)
    return path if path.stem.endswith(".DRAFT") else path.with_name(f"{path.stem}.DRAFT{path.suffix}")


def write_bytes(path: Path, data: bytes) -> None:
    """Writes a whole file or none: beside it under a passing name, to the disk, then into place.

    Raises StoreError that names the file; whatever stood there before still stands.
    """
    path = Path(path)
    passing = path.with_name(f".{path.name[:80]}.{secrets.token_hex(4)}.tmp")
    try:
        try:
            with passing.open("xb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            passing.replace(path)
        finally:
            with contextlib.suppress(OSError):
                passing.unlink(missing_ok=True)
    except PermissionError as error:
        raise StoreError(
            f"{path} could not be written: it is open in another program, or may not be changed. The run is kept.",
            "Close it there (or use -o with another name), then: orchestra resume last",
        ) from error
    except OSError as error:
        raise StoreError(
            f"{path} could not be written: {error.strerror or error}. The run is kept.",
            "Make room there, then: orchestra resume last  (or read it now: orchestra runs show last --document)",
        ) from error
