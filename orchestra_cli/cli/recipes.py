"""`recipes`: look at them, check them, copy one to change it."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestra_cli.cli.options import Json, example, new_app

app = new_app("Recipes: one Markdown page each.", epilog=example("orchestra recipes copy proposal"))
Name = Annotated[str, typer.Argument(metavar="NAME", help="A recipe's name, or the path of its page.")]


@app.command("list", epilog=example("orchestra recipes list"))
def list_(json: Json = False) -> int:
    """The recipes of this workspace and the built-in ones."""
    from orchestra_cli.console.listings import list_recipes
    from orchestra_cli.console.screen import Screen

    return list_recipes(Screen(json=json))


@app.command(epilog=example("orchestra recipes show proposal"))
def show(name: Name, json: Json = False) -> int:
    """The page of a recipe, as it stands."""
    from orchestra_cli.console.listings import show_recipe
    from orchestra_cli.console.screen import Screen

    return show_recipe(Screen(json=json), name)


@app.command(epilog=example("orchestra recipes check recipes/proposal.md"))
def check(name: Name, json: Json = False) -> int:
    """Find every mistake of a page, each with its file and line. No key, no model."""
    from orchestra_cli.console.listings import check_recipe
    from orchestra_cli.console.screen import Screen

    return check_recipe(Screen(json=json), name)


@app.command(epilog=example("orchestra recipes copy proposal"))
def copy(name: Name, json: Json = False) -> int:
    """Copy a recipe into the workspace, where you may change it; the copy then takes its place."""
    from orchestra_cli.console.listings import copy_recipe
    from orchestra_cli.console.screen import Screen

    return copy_recipe(Screen(json=json), name)
