"""`init`: a workspace with a sample client."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestra_cli.cli.options import Json, example, new_app

app = new_app()


@app.command(epilog=example("orchestra init bids", "cd bids", "orchestra proposal --client acme --estimate"))
def init(
    folder: Annotated[
        str, typer.Argument(metavar="[DIR]", help="The folder to make or to fill.", show_default=False)
    ] = ".",
    sample: Annotated[str, typer.Option("--sample", metavar="RECIPE", help="Which sample job to put in.")] = "proposal",
    json: Json = False,
) -> int:
    """Make a workspace: settings, company page, price list, and a sample client "acme" with a job to try.

    Nothing is ever overwritten: a folder that holds such files already is left as it is.
    """
    from orchestra_cli.console.listings import made_workspace
    from orchestra_cli.console.screen import Screen

    return made_workspace(Screen(json=json), Path(folder), sample)
