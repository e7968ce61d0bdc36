"""Recipes by name, path or text: the one way for list, check, run, resume and compose. Pages are data, never code.

Listing is part of every start of the program, so what reads whole pages is imported only when one is read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestra_cli.errors import InputError, RecipeError
from orchestra_cli.recipes import words
from orchestra_cli.recipes.places import places_in

if TYPE_CHECKING:
    from orchestra_cli.recipes.model import Recipe, Step

RUNNABLE_ACTIONS = ("price_table",)
UNFILLED_VALUES = ("period", "run")
"""Short values that the grammar has and that no run fills yet, but for an input of that name."""
_HEADER_LINES = 400


@dataclass(frozen=True, slots=True)
class RecipeInfo:
    """A recipe as lists show it. `origin` is "workspace" or "built-in"."""

    name: str
    title: str
    summary: str
    origin: str
    path: Path


def parse(text: str, file: str, roles: Collection[str] = ()) -> Recipe:
    """The recipe that `text` says; `file` names it in messages, `roles` are those of orchestra.toml.

    Raises RecipeError with every mistake, as `file:line: what, and the fix`, in the order of the page.
    """
    from orchestra_cli.recipes.build import build_recipe

    return build_recipe(text, file, roles)


def load_recipe(name_or_path: str, workspace: Path | None, roles: Collection[str] | None = None) -> Recipe:
    """The recipe of that name (the workspace's before the built-in one), or the page at that path.

    `roles` are the names under [roles]; None reads them from the settings in force. Raises InputError when there is
    no such recipe, RecipeError with all mistakes of the page.
    """
    path = find_recipe(name_or_path, workspace)
    try:
        recipe = parse(_read(path), path.name, _roles(workspace) if roles is None else roles)
        _same_name(path, recipe, name_or_path)
    except RecipeError as error:
        error.advice = f"orchestra recipes check {_typed(path, workspace)}  shows them again after each change."
        raise
    return recipe


def _same_name(path: Path, recipe: Recipe, wanted: str) -> None:
    if not _is_path(wanted) and recipe.name != wanted:
        raise RecipeError(
            [f'{path.name}:2: the page is called {path.name} but says "recipe: {recipe.name}": make both equal']
        )


def _typed(path: Path, workspace: Path | None) -> str:
    """What names this page on a command line: its name where that is enough, else its path."""
    for folder, _ in _folders(workspace):
        if (folder / path.name).is_file():
            return path.stem if path.resolve() == (folder / path.name).resolve() else str(path)
    return str(path)


def _roles(workspace: Path | None) -> tuple[str, ...]:
    from orchestra_cli.settings import load

    return tuple(load(workspace).roles)


def find_recipe(name_or_path: str, workspace: Path | None) -> Path:
    """Where the page lies. Raises InputError with near names."""
    if _is_path(name_or_path):
        path = Path(name_or_path).expanduser()
        if path.is_file():
            return path
        raise InputError(f"No recipe at {name_or_path}.", "orchestra recipes list  shows the recipes there are.")
    for folder, _ in _folders(workspace):
        path = folder / f"{name_or_path}.md"
        if words.RECIPE_NAME.fullmatch(name_or_path) and path.is_file():
            return path
    guess = words.near(name_or_path, [info.name for info in list_recipes(workspace)])
    raise InputError(
        f'There is no recipe "{name_or_path}"{guess or "."}', "orchestra recipes list  shows the recipes there are."
    )


def _is_path(name: str) -> bool:
    return "/" in name or "\\" in name or name.endswith(".md") or name.startswith((".", "~"))


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.", "Repair its permissions.") from error
    if len(data) > words.MAX_BYTES:
        raise RecipeError(
            [f"{path.name}:1: the page is larger than 256 KB: a recipe holds instructions, not the documents"]
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise RecipeError([f"{path.name}:1: the page is saved as UTF-16: save it as UTF-8 text"])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RecipeError([f"{path.name}:{line}: this line is not UTF-8 text: save the page as UTF-8"]) from error


def builtin_folder() -> Path:
    """Where the built-in pages lie: in the installed package, else in the checkout."""
    packed = Path(__file__).parent / "builtin"
    return packed if packed.is_dir() else Path(__file__).parents[2] / "recipes"


def _folders(workspace: Path | None) -> list[tuple[Path, str]]:
    own = [(workspace / "recipes", "workspace")] if workspace else []
    return [*own, (builtin_folder(), "built-in")]


def list_recipes(workspace: Path | None) -> list[RecipeInfo]:
    """Every recipe there is, by name; a page of the workspace hides the built-in one. Reads only the settings."""
    found: dict[str, RecipeInfo] = {}
    for folder, origin in _folders(workspace):
        for path in sorted(folder.glob("*.md")) if folder.is_dir() else ():
            if words.RECIPE_NAME.fullmatch(path.stem) and path.stem not in found:
                found[path.stem] = _info(path, origin)
    return [found[name] for name in sorted(found)]


def _info(path: Path, origin: str) -> RecipeInfo:
    try:
        header = _header(path)
    except (OSError, UnicodeDecodeError):
        header = {}
    summary = header.get("summary", "") if "recipe" in header else f"has mistakes: orchestra recipes check {path.stem}"
    return RecipeInfo(path.stem, header.get("title", path.stem), summary, origin, path)


def _header(path: Path) -> dict[str, str]:
    """The one-line settings of a page, {} when they are not between two rails."""
    header: dict[str, str] = {}
    with path.open(encoding="utf-8-sig", newline=None) as page:
        for number, line in zip(range(_HEADER_LINES), page, strict=False):
            plain = words.repair(line.rstrip("\n")).rstrip()
            if plain == "---" and number:
                return header
            if number == 0 and plain != "---":
                return {}
            match = words.SETTING.fullmatch(plain)
            if match:
                header[match[1]] = match[2].strip()
    return {}


def unsupported(recipe: Recipe) -> list[str]:
    """What the page asks for that this version cannot run, each as `file:line: sentence`; empty when it can run all."""
    inputs = frozenset(spec.id for spec in recipe.inputs)
    found = [(line, said) for step in recipe.steps for line, said in _unsupported(step)]
    texts = [(1, recipe.preamble), *((step.line, step.body) for step in recipe.steps)]
    texts += [(recipe.deliver.line, recipe.deliver.text)] if recipe.deliver else []
    found += [
        (line, f"this version cannot fill {{{place.id}}} yet")
        for line, text in texts
        for place in places_in(text)
        if place.id in UNFILLED_VALUES and place.id not in inputs
    ]
    return [f"{recipe.file}:{line}: {said}" for line, said in sorted(set(found))]


def _unsupported(step: Step) -> Iterator[tuple[int, str]]:
    at = step.line_of
    if step.kind == "plan":
        yield at("plan"), "this version cannot let a coordinator plan steps yet"
    if step.panel:
        yield at("panel"), "this version cannot run panels yet"
    if step.judge:
        yield at("judge"), "this version cannot run judges yet"
    if len(step.tier) > 1:
        yield at("tier"), "this version cannot run cascades yet: name one tier"
    if step.action.startswith("recipe "):
        yield at("do"), "this version cannot run a recipe inside a recipe yet"
    elif step.action.startswith("tool "):
        yield at("do"), "this version cannot call tools yet"
    elif step.action and step.action not in RUNNABLE_ACTIONS:
        yield at("do"), f'this version cannot run the action "{step.action}" yet'
