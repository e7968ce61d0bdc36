"""What SQLite and the file system say when they cannot, turned into a StoreError with the next command to type.

A broken database is copied aside, said, and never deleted; starting over is the user's decision.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
from datetime import datetime
from pathlib import Path

from orchestra_cli.errors import StoreError

SIDE_FILES = ("", "-wal", "-shm")
_NO_TEXT = "Could not decode to UTF-8"
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_ADVICE = {
    sqlite3.SQLITE_FULL: "Everything finished is kept. Free some space, then: orchestra resume",
    sqlite3.SQLITE_IOERR: "Everything finished is kept. Free some space or check the disk, then: orchestra resume",
    sqlite3.SQLITE_READONLY: "Set ORCHESTRA_HOME to a folder you may write to, or repair its permissions.",
    sqlite3.SQLITE_PERM: "Set ORCHESTRA_HOME to a folder you may write to, or repair its permissions.",
    sqlite3.SQLITE_CANTOPEN: "Set ORCHESTRA_HOME to a folder you may write to, or repair its permissions.",
    sqlite3.SQLITE_BUSY: "Wait for the other orchestra process or stop it, then type the command again.",
    sqlite3.SQLITE_LOCKED: "Wait for the other orchestra process or stop it, then type the command again.",
}
_WORDS = {
    sqlite3.SQLITE_FULL: "cannot be written: the disk is full",
    sqlite3.SQLITE_IOERR: "cannot be written or read: the disk is full, or failing",
    sqlite3.SQLITE_READONLY: "cannot be written: it is read-only",
    sqlite3.SQLITE_PERM: "cannot be opened: permission denied",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
    sqlite3.SQLITE_BUSY: "is in use by another process that does not let go",
    sqlite3.SQLITE_LOCKED: "is in use by another process that does not let go",
}


class BrokenStoreError(StoreError):
    """The file is no store, or a damaged one; a copy was kept."""


FAILURES = (sqlite3.Error, UnicodeDecodeError)
"""What the sqlite3 module raises; a damaged file may make it say so in no UTF-8."""


def explain(error: sqlite3.Error | UnicodeDecodeError, path: Path, now: datetime) -> StoreError:
    """The StoreError that says what `error` means for the store at `path`; a broken file is copied aside first."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    # What a damaged file says of itself may hold anything, also what a terminal would obey.
    said = "".join(letter if letter.isprintable() else "?" for letter in str(error))
    if code in _BROKEN or isinstance(error, UnicodeDecodeError) or _NO_TEXT in said:
        return broken(path, said, now)
    words = _WORDS.get(code, "does not work")
    advice = _ADVICE.get(code, "orchestra doctor  says what works on this computer and what does not.")
    return StoreError(f"The store {path} {words} ({said}).", advice)


def explain_os(error: OSError, path: Path) -> StoreError:
    """The StoreError for a file-system error on `path`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StoreError(
            f"{path} cannot be written: {error.strerror}.",
            "Everything finished is kept. Free some space, then type the command again.",
        )
    return StoreError(
        f"{path} cannot be used: {error.strerror or error}.",
        "Set ORCHESTRA_HOME to a folder you may write to, or repair its permissions. See: orchestra doctor",
    )


def broken(path: Path, words: str, now: datetime) -> BrokenStoreError:
    """Copies the broken store aside and gives the StoreError that says so."""
    try:
        kept = f"A copy is kept as {copy_aside(path, now)}; nothing was deleted."
    except OSError as error:
        kept = f"It could not be copied ({error.strerror or error}); it was left as it is."
    return BrokenStoreError(
        f"The store {path} is broken: {words}. {kept}",
        "orchestra doctor --backup FILE  moves the broken store to FILE; the next command then starts an empty one.",
    )


def copy_aside(path: Path, now: datetime) -> Path:
    """Copies the store with its side files to PATH.broken-<date>; the same broken file is copied only once."""
    source = path.stat()
    stem = f"{path.name}.broken-{now:%Y-%m-%d}"
    target, number = path.with_name(stem), 1
    while target.exists():
        copy = target.stat()
        if (copy.st_size, copy.st_mtime_ns) == (source.st_size, source.st_mtime_ns):
            return target
        number += 1
        target = path.with_name(f"{stem}-{number}")
    for side in reversed(SIDE_FILES):
        part = path.with_name(path.name + side)
        if part.exists():
            shutil.copy2(part, target.with_name(target.name + side))
    return target


def copies(home: Path) -> list[Path]:
    """Copies of broken stores in `home`: they may hold texts of a client that was erased from the store."""
    return sorted(home.glob("orchestra.db.broken-*"))
