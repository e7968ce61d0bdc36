"""`runs`: list and look at runs; `runs resume` and `runs approve` are the commands of that name."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestra_cli.cli import going_on
from orchestra_cli.cli.options import Json, Quiet, example, new_app

app = new_app("Look at runs; go on with one.", epilog=example("orchestra runs", "orchestra runs show 7k2f"))
app.command("resume", epilog=example("orchestra runs resume 7k2f"))(going_on.resume)
app.command("approve", epilog=example("orchestra runs approve 7k2f"))(going_on.approve)


@app.command("list", epilog=example("orchestra runs list --client acme", "orchestra runs list --waiting --json"))
def list_(
    client: Annotated[str, typer.Option("--client", metavar="NAME", help="Only runs for this client.")] = "",
    recipe: Annotated[str, typer.Option("--recipe", metavar="NAME", help="Only runs of this recipe.")] = "",
    waiting: Annotated[bool, typer.Option("--waiting", help="Only runs that wait for somebody.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="All of them, not the latest 20.")] = False,
    json: Json = False,
) -> int:
    """The runs, latest first: 20 on a terminal, all of them in a pipe."""
    from orchestra_cli.console.runs import list_runs
    from orchestra_cli.console.screen import Screen

    status = "waiting" if waiting else ""
    return list_runs(Screen(json=json), client=client, recipe=recipe, status=status, everything=everything)


@app.command(epilog=example("orchestra runs show last", "orchestra runs show 7k2f --json"))
def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="An id, a unique beginning of one, or last.")] = "last",
    document: Annotated[bool, typer.Option("--document", help="Print the document, and nothing else.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """How a run went: who played, what it cost, what to look at, and how to go on."""
    from orchestra_cli.console.runs import show_run
    from orchestra_cli.console.screen import Screen

    return show_run(Screen(json=json, quiet=quiet), run, document=document)
