"""`keys`: vendors' keys in the keyring of this computer. No key ever stands on a command line."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestra_cli.cli.options import Json, NoInput, example, new_app

app = new_app("Vendors' keys, in the keyring of this computer.", epilog=example("orchestra keys set openai"))
Provider = Annotated[str, typer.Argument(metavar="PROVIDER", help="openai, anthropic, gemini, ...")]


@app.command("list", epilog=example("orchestra keys list --json"))
def list_(json: Json = False) -> int:
    """Which providers have a key, where it comes from, and its last four characters."""
    from orchestra_cli.console.keys import list_keys
    from orchestra_cli.console.screen import Screen

    return list_keys(Screen(json=json))


@app.command("set", epilog=example("orchestra keys set openai", "pass show openai | orchestra keys set openai"))
def set_(
    provider: Provider,
    plaintext: Annotated[
        bool, typer.Option("--plaintext", help="Keep it in a file that only you can read, not in the keyring.")
    ] = False,
    untested: Annotated[bool, typer.Option("--untested", help="Do not ask the vendor whether it works.")] = False,
    json: Json = False,
    no_input: NoInput = False,
) -> int:
    """Store a key: typed hidden, or from standard input. It is written, read back, compared, and tried out."""
    from orchestra_cli.console.keys import set_key
    from orchestra_cli.console.screen import open_screen

    return set_key(open_screen(json=json, no_input=no_input), provider, plaintext=plaintext, untested=untested)


@app.command("test", epilog=example("orchestra keys test openai"))
def try_(
    provider: Annotated[str, typer.Argument(metavar="[PROVIDER]", help="All that have a key, when left out.")] = "",
    json: Json = False,
) -> int:
    """Ask the vendor whether the key works. Costs nothing."""
    from orchestra_cli.console.keys import try_keys
    from orchestra_cli.console.screen import Screen

    return try_keys(Screen(json=json), provider)


@app.command(epilog=example("orchestra keys delete openai"))
def delete(provider: Provider, json: Json = False) -> int:
    """Delete a key from this computer. The vendor still knows it: revoke it there too."""
    from orchestra_cli.console.keys import delete_key
    from orchestra_cli.console.screen import Screen

    return delete_key(Screen(json=json), provider)
