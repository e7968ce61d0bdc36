"""The commands that are no recipes, as data: `--help` reads this table and imports none of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """Where a command lives. `default` is what a bare group means; `help` is its line in `orchestra --help`."""

    name: str
    module: str
    help: str
    default: str = ""
    sub: str = ""


COMMANDS = {
    command.name: command
    for command in (
        Command("init", "init", "Make a workspace with a sample client to try everything on."),
        Command("run", "recipe", "Run any recipe, by name or path."),
        Command("resume", "going_on", "Go on with a run where it stopped.", sub="resume"),
        Command("approve", "going_on", "Decide at the gate a run waits at, then go on.", sub="approve"),
        Command("runs", "runs", "Look at runs; go on with one.", default="list"),
        Command("keys", "keys", "Keep vendors' keys in the keyring of this computer.", default="list"),
        Command("models", "models", "Who can play, at what price; fetch the embedded model.", default="list"),
        Command("clients", "clients", "Client cards: list, add, show.", default="list"),
        Command("recipes", "recipes", "Look at recipes, check them, copy one to change it.", default="list"),
        Command("doctor", "doctor", "What works on this computer, what does not, and the fix."),
    )
}
