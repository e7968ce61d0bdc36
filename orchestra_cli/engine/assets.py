"""Logo and letterhead of a run, kept by content: a resumed run sets the page that was frozen, not today's."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import replace
from pathlib import Path

from orchestra_cli.errors import StoreError
from orchestra_cli.types import Letterhead


def keep_letterhead(letterhead: Letterhead, home: Path) -> Letterhead:
    """The same letterhead with its files copied into the home folder. Raises StoreError when it cannot be written."""
    folder = home / "assets"
    return replace(letterhead, logo=_kept(letterhead.logo, folder), template=_kept(letterhead.template, folder))


def _kept(path: str, folder: Path) -> str:
    """The path of the copy, named by its content; "" for none, and for a file that is gone (the reader of the
    letterhead has said so)."""
    if not path or not Path(path).is_file():
        return ""
    data = Path(path).read_bytes()
    target = folder / f"{hashlib.sha256(data).hexdigest()}{Path(path).suffix.lower()}"
    if not target.exists():
        _write(target, data)
    return str(target)


def _write(target: Path, data: bytes) -> None:
    try:
        target.parent.mkdir(mode=0o700, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as part:
            part.write(data)
        os.replace(part.name, target)
    except OSError as error:
        raise StoreError(
            f"{target.parent} cannot be written: {error.strerror or error}.", "Free some space; nothing was sent."
        ) from error
