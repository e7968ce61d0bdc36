"""From the words on the command line to one command: only what that command needs is imported."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from orchestra_cli.cli.commands import COMMANDS, Command
from orchestra_cli.cli.line import FLAGS, VALUED
from orchestra_cli.errors import OrchestraError, UsageError

if TYPE_CHECKING:
    import typer

    from orchestra_cli.recipes.load import RecipeInfo

HELP = ("--help", "-h")
INTRODUCTION = """Usage: orchestra COMMAND [FILES] [OPTIONS]

  Conducts several AI models through one job and hands you a finished document, with figures computed by code.

Example:
  orchestra init demo
  cd demo
  orchestra proposal --client acme --estimate
"""
CLOSING = """
Options:
  --version  Show the version.
  --help     Show this page.

  orchestra COMMAND --help  explains a command and shows an example.
"""


def dispatch(arguments: list[str]) -> int:
    """Run the command that these words name; its exit code. Raises OrchestraError and Typer's own exceptions."""
    if not arguments or arguments[0] in HELP:
        _print(help_text())
        return 0
    name, rest = arguments[0], arguments[1:]
    if name == "--version":
        raise UsageError("--version stands alone: orchestra --version")
    if name.startswith("-"):
        raise _misplaced(name, rest)
    if name in COMMANDS:
        return _command(COMMANDS[name], rest)
    from orchestra_cli.cli.recipe import run_recipe

    info = next((recipe for recipe in recipes_here() if recipe.name == name), None)
    if info is None:
        raise _unknown(name)
    return run_recipe(str(info.path), rest, f"orchestra {name}")


def _print(text: str) -> None:
    from orchestra_cli.console.screen import Screen

    Screen().out(text)


def _command(command: Command, rest: list[str]) -> int:
    module = importlib.import_module(f"orchestra_cli.cli.{command.module}")
    if command.name == "run":
        return int(module.run_any(rest))
    if command.default and (not rest or (rest[0].startswith("-") and rest[0] not in HELP)):
        rest = [command.default, *rest]
    if command.sub:
        rest = [command.sub, *rest]
    return invoke(module.app, rest, "orchestra" if command.sub else f"orchestra {command.name}")


def invoke(app: typer.Typer, words: list[str], name: str) -> int:
    """Run a Typer app inside this process; what it raises goes up, what it returns is the exit code."""
    from typer.main import get_command

    try:
        code = get_command(app).main(words, prog_name=name, standalone_mode=False, windows_expand_args=False)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # Typer ends with 1 there, which would say that a run failed
            raise end.__context__ from None
        raise
    return int(code or 0)


def recipes_here() -> list[RecipeInfo]:
    """The recipes of the workspace around the current folder, and the built-in ones."""
    from orchestra_cli.recipes.load import list_recipes
    from orchestra_cli.settings import find_workspace

    return list_recipes(find_workspace())


def help_text() -> str:
    """The page of `orchestra --help`."""
    recipes, problem = _recipes_or_problem()
    wide = max(len(name) for name in (*COMMANDS, *(name for name, _ in recipes)))
    parts = [INTRODUCTION, "\nRecipes:\n", *(f"  {name:<{wide}}  {summary}\n" for name, summary in recipes)]
    parts += [f"  {problem}\n"] if problem else []
    parts += ["\nCommands:\n", *(f"  {name:<{wide}}  {command.help}\n" for name, command in COMMANDS.items()), CLOSING]
    return "".join(parts)


def _recipes_or_problem() -> tuple[list[tuple[str, str]], str]:
    """Help must come even where the workspace is broken; it then says so in place of the recipes."""
    from orchestra_cli.textclean import clean_text

    def shown(text: str) -> str:
        return " ".join(clean_text(text)[0].split())

    try:
        return [(shown(recipe.name), shown(recipe.summary)) for recipe in recipes_here()], ""
    except OrchestraError as error:
        return [], f"(not shown: {shown(error.message)})"


def _misplaced(option: str, rest: list[str]) -> UsageError:
    name = option.partition("=")[0]
    command = next((word for word in rest if not word.startswith("-")), "COMMAND")
    if name in VALUED or name in FLAGS:
        return UsageError(f"{name} goes after the command: orchestra {command} {option}")
    return UsageError(f"No such option: {name}. The command comes first: orchestra {command} ...", "orchestra --help")


def _unknown(name: str) -> UsageError:
    import difflib

    names = [*COMMANDS, *(recipe.name for recipe in recipes_here())]
    if name.endswith(".md"):
        return UsageError(f'"{name}" is no command. To run a recipe file: orchestra run {name}', "orchestra --help")
    near = difflib.get_close_matches(name, names, 3)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return UsageError(f'"{name}" is neither a command nor a recipe here.{hint}', "orchestra --help  lists both.")
