"""Recipe commands, built from the page of the one recipe that is asked for: `proposal`, ..., and `run RECIPE`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from orchestra_cli.cli import values
from orchestra_cli.cli.line import recipe_word
from orchestra_cli.errors import UsageError

if TYPE_CHECKING:
    from orchestra_cli.engine.request import RunRequest
    from orchestra_cli.recipes.model import InputSpec, Recipe

RUN_HELP = """Usage: orchestra run RECIPE [FILES]... [OPTIONS]

  Run any recipe, by name or by path. It takes the options of that recipe: orchestra run RECIPE --help

Example:
  orchestra run recipes/proposal.md tender.pdf takeoff.xlsx --client acme
"""


def run_any(words: list[str]) -> int:
    """`run RECIPE [FILES]`: the recipe is the first word that belongs to no option."""
    name, rest = recipe_word(words)
    if not name:
        if any(word in ("--help", "-h") for word in words):
            sys.stdout.write(RUN_HELP)
            return 0
        raise UsageError(
            "Which recipe? orchestra run RECIPE [FILES]", "orchestra recipes list  names those that are here."
        )
    return run_recipe(name, rest, f"orchestra run {name}")


def run_recipe(name: str, words: list[str], program: str) -> int:
    """Load the recipe, build its command and run it."""
    from orchestra_cli.cli.dispatch import invoke
    from orchestra_cli.cli.options import example, new_app, signature
    from orchestra_cli.recipes.load import load_recipe
    from orchestra_cli.settings import find_workspace

    recipe = load_recipe(name, find_workspace())

    def body(**given: Any) -> int:
        return _conduct(name, recipe, given)

    body.__signature__ = signature(recipe)  # type: ignore[attr-defined]
    body.__annotations__ = {item.name: item.annotation for item in signature(recipe).parameters.values()}
    app = new_app()
    about = f"{recipe.title}: {recipe.summary}" if recipe.summary else recipe.title
    app.command(help=about, epilog=example(f"{program} --client acme --estimate", f"{program} --client acme"))(body)
    return invoke(app, words, program)


def _conduct(name: str, recipe: Recipe, given: dict[str, Any]) -> int:
    from orchestra_cli.cli.signals import polite_end
    from orchestra_cli.connect import tracing
    from orchestra_cli.console.conduct import conduct
    from orchestra_cli.console.screen import open_screen

    with polite_end():
        request = to_request(name, recipe, given)
        screen = open_screen(json=request.json, quiet=request.quiet, no_input=bool(given["no_input"]))
        return conduct(request, screen, estimate=bool(given["estimate"]), also=tracing.listener())


def to_request(name: str, recipe: Recipe, given: dict[str, Any]) -> RunRequest:
    """What was typed as a value. Raises UsageError for options that cannot be read, InputError for an empty pipe."""
    from orchestra_cli.engine.request import RunRequest

    inputs = {spec.id: _joined(spec, given[f"input_{spec.id}"]) for spec in recipe.inputs}
    return RunRequest(
        recipe=name,
        words=tuple(given["words"] or ()),
        client=given["client"],
        inputs={key: value for key, value in inputs.items() if value},
        outputs=tuple(given["outputs"]),
        force=given["force"],
        handoff=values.choice("--handoff", given["handoff"]),  # type: ignore[arg-type]
        relay=given["relay"],
        yes=given["yes"],
        budget=values.budget(given["budget"]),
        deadline_s=values.deadline(given["deadline"]),
        models=values.pairs("--model", given["models"], "write=openai/gpt-5"),
        tier=values.choice("--tier", given["tier"]),
        local=given["local"],
        privacy=values.choice("--privacy", given["privacy"]),
        go_on=given["go_on"],
        reuse=given["reuse"],
        json=given["json"],
        quiet=given["quiet"],
        sets=values.pairs("--set", given["sets"], "overhead=12"),
        allow_empty=given["allow_empty"],
        stdin=None,
        model_file=given["model_file"],
    )


def _joined(spec: InputSpec, words: list[str]) -> str:
    if len(words) > 1 and not spec.many and spec.type != "documents":
        raise UsageError(f"--{spec.id} is given {len(words)} times; it takes one.")
    return "\n".join(words)
