"""Where the document goes: the files of a run and their names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestra_cli.engine.freeze import file_stem
from orchestra_cli.errors import InputError

if TYPE_CHECKING:
    from orchestra_cli.engine.deliver import Finished
    from orchestra_cli.engine.world import World
    from orchestra_cli.recipes.model import Recipe


def write_files(
    world: World, recipe: Recipe, run: str, finished: Finished, flawed: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Write every deliverable; returns (paths written, warnings). A flawed one is named NAME.DRAFT.ext."""
    from orchestra_cli.documents.write import can_write, draft_name, free_name, write

    written, warnings = [], []
    for path, asked_for in targets(world, recipe, run):
        why_not = can_write(path)
        if why_not:
            if asked_for:
                raise InputError(why_not)
            warnings.append(why_not)
            continue
        wanted = draft_name(path) if flawed else path
        # Free when the run began; since then, and before a run was resumed, somebody may have put a file there.
        target = wanted if asked_for and world.force else free_name(wanted)
        if target != wanted and asked_for and not flawed:
            warnings.append(f"{wanted.name} exists by now and is left as it is; written as {target.name}")
        write(finished.deliverable, target)
        written.append(str(target))
    return tuple(written), tuple(warnings)


def targets(world: World, recipe: Recipe, run: str) -> tuple[tuple[Path, bool], ...]:
    """(path, asked for with -o) of every file to write."""
    if world.outputs:
        return tuple((Path(filled_name(world, path, run)), True) for path in world.outputs if path != "-")
    if not world.to_folder or recipe.deliver is None:
        return ()
    stem = file_stem(world.recipe, world.client.name if world.client else "")
    return tuple((Path(world.to_folder) / f"{stem}.{ending}", False) for ending in recipe.deliver.formats)


def filled_name(world: World, path: str, run: str) -> str:
    """The names `{client}` and `{run}` in an output path filled."""
    return path.replace("{client}", world.client.name if world.client else "client").replace("{run}", run)
