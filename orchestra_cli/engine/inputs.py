"""Which file is which input: words, options, then what lies in the client's folder and the workspace."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from orchestra_cli.engine.doubts import SCANS
from orchestra_cli.engine.folders import files_in, from_folders, slots, with_attachments
from orchestra_cli.engine.gathered import FILES, READABLE, Gathered, said_place, settle, where_of
from orchestra_cli.engine.request import RunRequest
from orchestra_cli.errors import InputError, UsageError
from orchestra_cli.settings import Settings
from orchestra_cli.types import Material

if TYPE_CHECKING:
    from orchestra_cli.recipes.model import InputSpec, Recipe
    from orchestra_cli.store.clients import ClientCard


def gather(
    request: RunRequest,
    recipe: Recipe,
    settings: Settings,
    workspace: Path | None,
    client: ClientCard | None,
    said: Mapping[str, str],
) -> Gathered:
    """Read and place every input. Raises InputError for a file that cannot be used, UsageError for one too many."""
    found = Gathered(mapping=_mapping(request, settings))
    found.settings_slot = next((spec.id for spec in recipe.inputs if spec.type == "settings"), "")
    placed: list[tuple[str, Material]] = []
    for spec in recipe.inputs:
        if spec.id in request.inputs:
            _from_option(spec, request, placed, found)
    words, leftover = _words(request, recipe, client)
    materials = [said_place(material, said, placed) for material in words]
    _texts(leftover, recipe, found)
    _place_given([m for m in materials if m is not None], recipe, said, placed, found)
    given = frozenset(where_of(material) for material in (*words, *(material for _, material in placed)))
    from_folders(recipe, workspace, client, said, given, placed, found)
    order = [spec.id for spec in recipe.inputs]
    found.placed = tuple(sorted(placed, key=lambda pair: order.index(pair[0])))
    return found


def _mapping(request: RunRequest, settings: Settings) -> dict[str, str]:
    """Which heading is which column: the settings' first, then the options'. Raises UsageError for an unknown --set."""
    remembered = {
        f"{layout}.{name}": column for layout, names in settings.layouts.items() for name, column in names.items()
    }
    return {**remembered, **{name: value for name, value in request.sets.items() if _is_column(name, value)}}


def _is_column(name: str, value: str) -> bool:
    """Whether `--set NAME=VALUE` names a column; a rate does not. Raises UsageError for what is neither."""
    from orchestra_cli.facts.layouts import layouts
    from orchestra_cli.facts.rates import rate_name

    layout, _, column = name.partition(".")
    if column and layout in layouts():
        known = layouts()[layout].columns
        if column in known:
            return True
        raise UsageError(f"--set {name}: {layout} has no {column}; it has {', '.join(known)}.", "Nothing was sent.")
    if name == SCANS or rate_name(name):
        return False
    raise UsageError(
        f"--set {name}={value}: no such setting.",
        'A rate (--set overhead=12) or a column (--set takeoff.qty="No.") can be set. Nothing was sent.',
    )


def _from_option(spec: InputSpec, request: RunRequest, placed: list[tuple[str, Material]], found: Gathered) -> None:
    given = request.inputs[spec.id]
    if spec.type in FILES:
        for name in _split(given, spec):
            if name == "-":
                placed.append((spec.id, _from_stdin(request)))
                continue
            path = Path(name).expanduser()
            paths = files_in(path) if path.is_dir() else [path]
            placed.extend((spec.id, material) for one in paths for material in with_attachments(one))
        return
    if spec.type == "choice" and given not in spec.choices:
        raise UsageError(f'--{spec.id}: "{given}" is none of {", ".join(spec.choices)}.')
    if spec.type == "text" and given == "-":
        found.texts[spec.id] = _from_stdin(request).text
        return
    path = Path(given).expanduser()
    if spec.type == "text" and _is_file(path):
        from orchestra_cli.documents.read import read

        found.texts[spec.id] = read(path).text
        return
    found.texts[spec.id] = given


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _split(given: str, spec: InputSpec) -> list[str]:
    if spec.many or spec.type == "documents":
        return [part for part in given.split("\n") if part]
    return [given]


def _words(request: RunRequest, recipe: Recipe, client: ClientCard | None) -> tuple[list[Material], list[str]]:
    """(files, words that are no file) of the positional words."""
    materials: list[Material] = []
    texts: list[str] = []
    for word in request.words:
        if word == "-":
            materials.append(_from_stdin(request))
            continue
        path = Path(word).expanduser()
        if path.is_dir():
            materials += [material for one in files_in(path) for material in with_attachments(one)]
        elif _is_file(path) or _looks_like_path(word) or not _text_slots(recipe):
            materials += _here_or_at_the_clients(path, client)
        else:
            texts.append(word)
    return materials, texts


def _here_or_at_the_clients(path: Path, client: ClientCard | None) -> list[Material]:
    """The file; one that lies in the client's folder and is named without it is pointed out."""
    import difflib

    try:
        return with_attachments(path)
    except InputError as error:
        if client is None or len(path.parts) > 1 or path.exists() or "Did you mean" in error.message:
            raise
        near = difflib.get_close_matches(path.name, [file.name for file in files_in(client.folder)], 1)
        if not near:
            raise
        known = client.folder / near[0]
        inside = known.is_relative_to(Path.cwd())
        raise InputError(
            f'No file "{path.name}" in {Path.cwd()}. Did you mean '
            f"{known.relative_to(Path.cwd()) if inside else known}? Nothing was sent.",
            f"What lies in the client's folder is found by itself: --client {client.name}",
        ) from error


def _from_stdin(request: RunRequest) -> Material:
    data = request.stdin or b""
    if not data.strip() and not request.allow_empty:
        raise InputError(
            "Nothing arrived on standard input. Did the command before the pipe fail?",
            "--allow-empty if that is normal.",
        )
    from orchestra_cli.documents.read import read_bytes

    return read_bytes("standard input", data)


def _looks_like_path(word: str) -> bool:
    return (
        "/" in word
        or "\\" in word
        or Path(word).suffix.lower() in READABLE | {".xls", ".doc", ".html", ".json", ".jsonl"}
    )


def _text_slots(recipe: Recipe) -> list[InputSpec]:
    return [spec for spec in recipe.inputs if spec.type == "text"]


def _texts(words: list[str], recipe: Recipe, found: Gathered) -> None:
    free = [spec for spec in _text_slots(recipe) if spec.id not in found.texts]
    if words and not free:
        raise UsageError(f'"{words[0]}" is no file, and "{recipe.name}" takes no more text.', "Nothing was sent.")
    if words:
        found.texts[free[0].id] = " ".join(words)


def _place_given(
    materials: list[Material],
    recipe: Recipe,
    said: Mapping[str, str],
    placed: list[tuple[str, Material]],
    found: Gathered,
) -> None:
    from orchestra_cli.facts.placing import nearest_problem, place

    if not materials:
        return
    taken = {slot for slot, _ in placed}
    free = [spec for spec in recipe.inputs if spec.type in FILES and (spec.id not in taken or spec.type == "documents")]
    placing = place(materials, slots(free), found.mapping)
    placed.extend(placing.placed)
    settle(placing, said, placed, found)
    for material, why in placing.unplaced:
        if not material.tables and material.text.strip() and _text_slots(recipe):
            free_texts = [spec for spec in _text_slots(recipe) if spec.id not in found.texts]
            if free_texts:
                found.texts[free_texts[0].id] = material.text
                continue
        problem = nearest_problem(material, slots(free))
        raise problem or InputError(f"{material.name}: {why}", "Name it with its option. Nothing was sent.")
