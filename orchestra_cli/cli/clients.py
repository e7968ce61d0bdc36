"""`clients`: the cards of the people one works for."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestra_cli.cli.options import Json, example, new_app

app = new_app("Client cards: who they are, what may go where.", epilog=example("orchestra clients add hartwell"))
Name = Annotated[str, typer.Argument(metavar="NAME", help="The client's folder, title or alias.")]


@app.command("list", epilog=example("orchestra clients list --json"))
def list_(json: Json = False) -> int:
    """The clients of this workspace."""
    from orchestra_cli.console.listings import list_clients
    from orchestra_cli.console.screen import Screen

    return list_clients(Screen(json=json))


@app.command(epilog=example('orchestra clients add hartwell --title "Hartwell Academy Trust"'))
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A short name: it becomes a folder of clients/.")],
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="The legal or display name.")] = "",
    json: Json = False,
) -> int:
    """Make a client's folder and card."""
    from orchestra_cli.console.listings import add_client
    from orchestra_cli.console.screen import Screen

    return add_client(Screen(json=json), name, title)


@app.command(epilog=example("orchestra clients show acme"))
def show(name: Name, json: Json = False) -> int:
    """A client's card and the files in its folder."""
    from orchestra_cli.console.listings import show_client
    from orchestra_cli.console.screen import Screen

    return show_client(Screen(json=json), name)
