"""Inputs that were not named: found in the folder of the client, then in the workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestra_cli.engine.gathered import (
    FILES,
    NOT_INPUTS,
    PAGES,
    READABLE,
    TABLES,
    Gathered,
    said_place,
    settle,
    where_of,
)
from orchestra_cli.errors import InputError
from orchestra_cli.types import Material

if TYPE_CHECKING:
    from orchestra_cli.facts.placing import Placing, Slot
    from orchestra_cli.recipes.model import InputSpec, Recipe
    from orchestra_cli.store.clients import ClientCard


MOST_FOUND = 60
"""Files looked at in a client's folder or the workspace before we ask to be told which."""


def slots(specs: Sequence[InputSpec]) -> list[Slot]:
    """The inputs as the placing sees them."""
    from orchestra_cli.facts.placing import Slot

    return [Slot(spec.id, spec.type, spec.optional, spec.many, spec.hint) for spec in specs]


def with_attachments(path: Path) -> list[Material]:
    """A file, and for a mail the documents attached to it; what cannot be read of them is a warning of the mail."""
    from orchestra_cli.documents.read import attachment_problems, attachments, read

    material = read(path)
    left_out = tuple(
        f"attachment left out: {problem.message.removesuffix(' Nothing was sent.')}"
        for problem in attachment_problems(material)
    )
    return [replace(material, warnings=(*material.warnings, *left_out)), *attachments(material)]


def from_folders(
    recipe: Recipe,
    workspace: Path | None,
    client: ClientCard | None,
    said: Mapping[str, str],
    given: frozenset[Path],
    placed: list[tuple[str, Material]],
    found: Gathered,
) -> None:
    """Inputs that were not given, from the client's folder first, then the workspace; a given file is left out."""
    notes: list[str] = []
    for folder in (client.folder if client else None, workspace):
        if folder is None:
            continue
        asked = {key.removeprefix("which:") for key, _, _ in found.unclear}
        taken = {slot for slot, _ in placed} | set(found.texts) | asked
        free = [spec for spec in recipe.inputs if spec.type in FILES and spec.id not in taken]
        if not free:
            break
        there = [one for one in _readable_in(folder, recipe.name, _endings(free), notes) if where_of(one) not in given]
        rest = [material for material in there if said_place(material, said, placed) is not None]
        taken = {slot for slot, _ in placed}
        free = [spec for spec in free if spec.id not in taken or spec.type == "documents"]
        placing = _placed_among(rest, free, found.mapping)
        for slot, material in placing.placed:
            placed.append((slot, material))
            notes.append(f"{slot} found: {_shown(material, workspace)}")
        settle(placing, said, placed, found)
    found.notes = tuple(notes)


def _placed_among(materials: list[Material], free: list[InputSpec], mapping: Mapping[str, str]) -> Placing:
    from orchestra_cli.facts.placing import place

    return place(materials, slots(free), mapping)


def _endings(free: Sequence[InputSpec]) -> frozenset[str]:
    """The endings of the files that these inputs can take: a page of rates is text, a table is no letter."""
    kinds = {spec.type for spec in free}
    if kinds <= {"table", "settings"}:
        return (TABLES if "table" in kinds else frozenset()) | (PAGES if "settings" in kinds else frozenset())
    return READABLE


def _readable_in(folder: Path, recipe: str, endings: frozenset[str], notes: list[str]) -> list[Material]:
    """What a folder holds for us. What this recipe itself wrote there, `RECIPE-CLIENT.docx`, is no input."""
    materials: list[Material] = []
    for path in files_in(folder, recipe):
        if path.suffix.lower() not in endings:
            continue
        try:
            materials += with_attachments(path)
        except InputError as error:
            notes.append(f"left out: {error.message.removesuffix(' Nothing was sent.')}")
    return materials


def _shown(material: Material, workspace: Path | None) -> str:
    path = Path(material.path)
    return str(path.relative_to(workspace)) if workspace and path.is_relative_to(workspace) else material.name


def files_in(folder: Path, recipe: str = "") -> list[Path]:
    """The files of a folder that may be inputs, by name, without those that `recipe` delivered there.

    Raises InputError when there are too many to guess from.
    """
    files = sorted(
        path
        for path in folder.iterdir()
        if path.is_file()
        and path.suffix.lower() in READABLE
        and path.name.lower() not in NOT_INPUTS
        and not path.name.startswith((".", "~$"))
        and ".DRAFT" not in path.name
        and not (recipe and path.name.startswith(f"{recipe}-"))
    )
    if len(files) > MOST_FOUND:
        raise InputError(f"{folder} holds {len(files)} files; name the ones you mean.", "Nothing was sent.")
    return files
