"""A lock between processes on one machine, held through an open file: it goes when its owner goes."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestra_cli.errors import InterruptedRunError

_TRY_EVERY_S = 0.2


@contextmanager
def only_one(path: Path, stop: threading.Event | None = None) -> Iterator[None]:
    """Waits until no other process (or thread) is inside with the same `path`; the file itself stays.

    Raises InterruptedRunError when `stop` is set while waiting, OSError when the file cannot be made.
    """
    waiting = stop or threading.Event()
    handle = os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        while not _take(handle):
            if waiting.wait(_TRY_EVERY_S):
                raise InterruptedRunError("Stopped while another process was fetching the weights.")
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":

    def _take(handle: int) -> bool:
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def _take(handle: int) -> bool:
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
