"""What the small commands do and show: workspaces, clients, recipes. Tables for people, flat arrays for scripts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestra_cli.console.screen import Screen
from orchestra_cli.console.words import columns, one_line, plain
from orchestra_cli.errors import InputError, RecipeError
from orchestra_cli.settings import find_workspace

if TYPE_CHECKING:
    from orchestra_cli.store.clients import ClientCard


def workspace_here() -> Path:
    """The workspace around the current folder. Raises InputError when there is none."""
    workspace = find_workspace()
    if workspace is None:
        raise InputError("There is no workspace here.", "orchestra init  makes one in this folder.")
    return workspace


def made_workspace(screen: Screen, folder: Path, sample: str) -> int:
    """Make a workspace and say what to type next."""
    from orchestra_cli.recipes.init import make_workspace

    made = make_workspace(folder, sample)
    if screen.json:
        screen.out_json({"folder": str(folder.absolute()), "made": [str(path) for path in made]})
        return 0
    inside = folder.resolve() == Path.cwd().resolve()
    step = "" if inside else f"cd {folder} && "
    screen.say(f'Made {len(made)} files in {folder.absolute()}, with a sample client "acme".')
    screen.say(*(f"  {_inside(path, folder)}" for path in made))
    screen.say(f"Next: {step}orchestra {sample} --client acme --estimate")
    return 0


def _inside(path: Path, folder: Path) -> str:
    try:
        return str(path.resolve().relative_to(folder.resolve()))
    except ValueError:
        return str(path)


def _listed(screen: Screen, rows: list[dict[str, Any]], names: tuple[str, ...], nothing: str) -> int:
    if screen.json:
        screen.out_json(rows)
    elif rows:
        screen.out("\n".join(columns([names, *([str(row[name] or "-") for name in names] for row in rows)])))
    else:
        screen.say(nothing)
    return 0


def list_clients(screen: Screen) -> int:
    """The clients of the workspace."""
    from orchestra_cli.store.clients import list_clients as cards

    rows = [client_json(card) for card in cards(workspace_here())]
    return _listed(screen, rows, ("name", "title", "privacy"), "No clients yet: orchestra clients add NAME")


def client_json(card: ClientCard) -> dict[str, Any]:
    """One client, flat."""
    return {
        "name": card.name,
        "title": card.title,
        "aliases": ", ".join(card.aliases),
        "privacy": card.privacy,
        "folder": str(card.folder),
    }


def add_client(screen: Screen, name: str, title: str) -> int:
    """Make a client's card."""
    from orchestra_cli.store.clients import add_client as add

    card = add(workspace_here(), name, title)
    if screen.json:
        screen.out_json(client_json(card))
    else:
        screen.say(f'Made {card.folder / "client.md"} for "{one_line(card.title)}".')
        screen.say(
            f"Write into it who they are, their aliases and what may go where. Files about them go into {card.folder}."
        )
    return 0


def show_client(screen: Screen, name: str) -> int:
    """A client's card and the files beside it."""
    from orchestra_cli.store.clients import load_client

    card = load_client(workspace_here(), name)
    files = sorted(path.name for path in card.folder.iterdir() if path.is_file())
    if screen.json:
        screen.out_json({**client_json(card), "text": card.text, "files": files})
    else:
        listing = "\n".join(f"  {one_line(file)}" for file in files)
        screen.out(f"{plain(card.text).rstrip()}\n\n{card.folder}\n{listing}")
    return 0


def list_recipes(screen: Screen) -> int:
    """The recipes that can be run here."""
    from orchestra_cli.recipes.load import list_recipes as infos

    rows = [
        {"name": info.name, "title": info.title, "summary": info.summary, "origin": info.origin, "path": str(info.path)}
        for info in infos(find_workspace())
    ]
    return _listed(screen, rows, ("name", "origin", "summary"), "No recipes here.")


def show_recipe(screen: Screen, name: str) -> int:
    """The page of a recipe, as it stands."""
    from orchestra_cli.recipes.load import load_recipe

    recipe = load_recipe(name, find_workspace())
    if screen.json:
        steps = [
            {"id": step.id, "kind": step.kind, "role": step.role, "approve": step.approve} for step in recipe.steps
        ]
        inputs = [
            {"id": spec.id, "type": spec.type, "optional": spec.optional, "hint": spec.hint} for spec in recipe.inputs
        ]
        screen.out_json({
            "name": recipe.name, "title": recipe.title, "summary": recipe.summary, "inputs": inputs, "steps": steps,
            "text": recipe.text,
        })  # fmt: skip
    else:
        screen.out(recipe.text)
    return 0


def check_recipe(screen: Screen, name: str) -> int:
    """Every mistake of a page; exit 2 when there is one. With `--json` one object, valid or not."""
    from orchestra_cli.recipes.load import load_recipe, unsupported

    try:
        recipe = load_recipe(name, find_workspace())
    except RecipeError as error:
        if not screen.json:
            raise
        screen.out_json({"recipe": name, "valid": False, "problems": error.problems, "warnings": [], "cannot_run": []})
        return error.exit
    cannot = unsupported(recipe)
    if screen.json:
        said = {"valid": True, "problems": [], "warnings": list(recipe.warnings), "cannot_run": cannot}
        screen.out_json({"recipe": recipe.name, **said})
    else:
        steps, inputs = len(recipe.steps), len(recipe.inputs)
        screen.out(f"{one_line(recipe.name)}: no mistakes; {inputs} inputs, {steps} steps.")
        screen.say(*(f"warning: {one_line(line)}" for line in recipe.warnings), *map(one_line, cannot))
    return 0


def copy_recipe(screen: Screen, name: str) -> int:
    """Copy a page into the workspace's recipes/. Raises InputError when one of that name is there."""
    from orchestra_cli.recipes.load import find_recipe

    workspace = workspace_here()
    source = find_recipe(name, workspace)
    target = workspace / "recipes" / source.name
    try:
        target.parent.mkdir(exist_ok=True)
        with target.open("xb") as file:
            file.write(source.read_bytes())
    except FileExistsError:
        raise InputError(
            f"{target} exists; it is the one in use.", f"Change that page, then: orchestra recipes check {source.stem}"
        ) from None
    except OSError as error:
        raise InputError(
            f"{target} cannot be written: {error.strerror or error}.", "Repair the permissions."
        ) from error
    if screen.json:
        screen.out_json({"recipe": source.stem, "path": str(target)})
    else:
        screen.say(
            f"Copied to {target}. It now takes the place of the built-in one.",
            f"After each change: orchestra recipes check {source.stem}",
        )
    return 0
