"""`models`: who can play, at what price; the weights of the embedded model."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestra_cli.cli.options import Json, Quiet, example, new_app

app = new_app("Models: who can play, at what price.", epilog=example("orchestra models list", "orchestra models pull"))


@app.command("list", epilog=example("orchestra models list --all"))
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Also models of providers without a key.")] = False,
    json: Json = False,
) -> int:
    """The models that can play now, with prices in US dollars per million tokens."""
    from orchestra_cli.console.models import list_models
    from orchestra_cli.console.screen import Screen

    return list_models(Screen(json=json), everything=everything)


@app.command(epilog=example("orchestra models show openai/gpt-5", "orchestra models show proposal"))
def show(
    name: Annotated[str, typer.Argument(metavar="MODEL|RECIPE", help="provider/model, or a recipe's name.")],
    json: Json = False,
) -> int:
    """Everything known about a model; or, for a recipe, who would play each step and why."""
    from orchestra_cli.console.models import show_model
    from orchestra_cli.console.screen import Screen

    return show_model(Screen(json=json), name)


@app.command("test", epilog=example("orchestra models test", "orchestra models test anthropic"))
def try_(
    provider: Annotated[str, typer.Argument(metavar="[PROVIDER]", help="All that can be asked, when left out.")] = "",
    json: Json = False,
) -> int:
    """Ask each provider which models it offers now. Costs nothing."""
    from orchestra_cli.console.keys import try_keys
    from orchestra_cli.console.screen import Screen

    return try_keys(Screen(json=json), provider, keyless=True)


@app.command(epilog=example("orchestra models pull"))
def pull(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Which weights; the small model when left out.")] = "",
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Fetch the weights of the embedded model once, checked by their hash."""
    from orchestra_cli.console.models import pull_weights
    from orchestra_cli.console.screen import Screen

    return pull_weights(Screen(json=json, quiet=quiet), name)
