"""`doctor`: what works on this computer, what does not, and the fix."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestra_cli.cli.options import Json, example, new_app

app = new_app()


@app.command(epilog=example("orchestra doctor", "orchestra doctor --as-cron"))
def doctor(
    online: Annotated[
        bool, typer.Option("--online", help="Also ask each provider whether it answers; costs nothing.")
    ] = False,
    as_cron: Annotated[bool, typer.Option("--as-cron", help="What a cron job would see, and the fix.")] = False,
    backup: Annotated[str, typer.Option("--backup", metavar="FILE", help="Copy the database into FILE.")] = "",
    json: Json = False,
) -> int:
    """What works on this computer and what does not, with the fix. Sends nothing unless asked to."""
    from orchestra_cli.console.doctor import backed_up, examine
    from orchestra_cli.console.screen import Screen

    screen = Screen(json=json)
    if backup:
        return backed_up(screen, backup)
    return examine(screen, online=online, as_cron=as_cron)
