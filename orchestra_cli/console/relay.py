"""The files of a carried prompt: `NN-step.prompt.md` goes out, `NN-step.answer.md` comes back. Private to the user."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from orchestra_cli.engine.person import Carried
from orchestra_cli.errors import StoreError


@dataclass(frozen=True, slots=True)
class RelayFiles:
    """Where one carried prompt and its answer lie."""

    prompt: Path
    answer: Path

    @classmethod
    def of(cls, carried: Carried) -> RelayFiles:
        """The paths for this prompt; a correction prompt has a name of its own, its answer the same as before."""
        stem = f"{carried.number:02d}-{carried.step}"
        folder = Path(carried.folder)
        kind = "correction" if carried.problems else "prompt"
        return cls(folder / f"{stem}.{kind}.md", folder / f"{stem}.answer.md")

    def write_prompt(self, carried: Carried) -> None:
        """Write the prompt, readable by the user only. A refused answer, and the answer to another prompt that lay in
        the same folder (another run's), are moved aside.

        Raises StoreError when the folder cannot be written.
        """
        try:
            self.prompt.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if carried.problems:
                self._move_aside("refused")
            elif self.prompt.exists() and not self.asks(carried):
                self._move_aside("earlier")
            write_private(self.prompt, carried.prompt)
        except OSError as error:
            raise StoreError(
                f"The folder {self.prompt.parent} cannot be written: {error.strerror or error}.",
                "Name another one with --relay DIR.",
            ) from error

    def asks(self, carried: Carried) -> bool:
        """Whether the prompt that lies there is this very one."""
        try:
            return self.prompt.read_bytes() == _encoded(carried.prompt)
        except OSError:
            return False

    def _move_aside(self, why: str) -> None:
        if not self.answer.exists():
            return
        number = 1
        while (aside := self.answer.with_suffix(f".{why}-{number}.md")).exists():
            number += 1
        self.answer.rename(aside)

    def read_answer(self) -> str:
        """The answer file's text, "" when there is none or it is empty. UTF-8, or what Windows editors save."""
        try:
            data = self.answer.read_bytes()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise StoreError(
                f"{self.answer} cannot be read: {error.strerror or error}.", "Save it again as UTF-8 text."
            ) from error
        return decoded(data).strip()

    def answer_age(self, now: float) -> float | None:
        """Seconds since the answer file last changed; None when there is none or it is empty."""
        try:
            found = self.answer.stat()
        except OSError:
            return None
        return max(0.0, now - found.st_mtime) if found.st_size else None


def decoded(data: bytes) -> str:
    """What a person's editor saved: UTF-8, UTF-16 with its mark, or what Windows used to write; never an error."""
    for encoding in ("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", errors="replace")


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user can read. Raises OSError."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(_encoded(text))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")
