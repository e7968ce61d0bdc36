"""A new workspace with a sample client, copied from what is packed with the product. Nothing is overwritten."""

from __future__ import annotations

from pathlib import Path

from orchestra_cli.errors import InputError
from orchestra_cli.recipes import words

SAMPLES = Path(__file__).parent / "sample"


def samples() -> tuple[str, ...]:
    """The recipes for which there is a sample."""
    return tuple(sorted(folder.name for folder in SAMPLES.iterdir() if folder.is_dir()))


def make_workspace(folder: Path, sample: str) -> list[Path]:
    """Copy the sample into `folder` (made if need be); the files made, in order.

    Raises InputError when there is no such sample, when a file of it is there already with other content, or when the
    folder cannot be written.
    """
    known = samples()
    if sample not in known:
        guess = words.near(sample, known) or f"; there is {', '.join(known)}"
        raise InputError(f'There is no sample "{sample}"{guess}', f"orchestra init {folder} --sample {known[0]}")
    source = SAMPLES / sample
    files = sorted(path.relative_to(source) for path in source.rglob("*") if _is_sample(path))
    _refuse_to_overwrite(folder, source, files)
    made: list[Path] = []
    try:
        for name in (Path("recipes"), *files):
            made += _copy(source / name, folder / name)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written: {error.strerror or error}.", "Choose another folder: orchestra init FOLDER"
        ) from error
    return made


def _is_sample(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


def _refuse_to_overwrite(folder: Path, source: Path, files: list[Path]) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file, not a folder.", "Choose another folder: orchestra init FOLDER")
    taken = [name for name in files if _differs(folder / name, source / name)]
    if taken:
        shown = ", ".join(str(name) for name in taken[:3]) + (", ..." if len(taken) > 3 else "")
        raise InputError(
            f"{folder} holds files of its own under these names: {shown}. Nothing was changed.",
            "Choose an empty folder: orchestra init FOLDER",
        )


def _differs(path: Path, sample: Path) -> bool:
    try:
        if not path.is_file():
            return path.exists() or path.is_symlink()
        return path.stat().st_size > 0 and path.read_bytes() != sample.read_bytes()
    except OSError:
        return True


def _copy(source: Path, target: Path) -> list[Path]:
    if not source.exists():
        target.mkdir(parents=True, exist_ok=True)
        return []
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_file() and target.stat().st_size > 0:
        return []
    target.write_bytes(source.read_bytes())
    return [target]
