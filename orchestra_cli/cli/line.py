"""What a command line tells before it is parsed: enough to end it properly when it cannot be parsed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from orchestra_cli.cli.commands import COMMANDS

VALUED = frozenset({
    "--client", "-o", "--output", "--handoff", "--relay", "--budget", "--deadline", "--model", "--tier", "--privacy",
    "--reuse", "--set", "--model-file",
})  # fmt: skip
"""Options of every recipe command that take a value."""
FLAGS = frozenset({
    "--force", "--yes", "--no-input", "--local", "--estimate", "--continue", "--json", "--quiet", "--allow-empty",
})  # fmt: skip
"""Those that take none."""


@dataclass(frozen=True, slots=True)
class Line:
    """The command (or recipe) and the options that decide how to speak."""

    command: str = ""
    recipe: str = ""
    client: str = ""
    json: bool = False
    quiet: bool = False

    @classmethod
    def of(cls, arguments: list[str]) -> Line:
        """Read it off the words; wrong ones are somebody else's problem."""
        before_end = list(takewhile(lambda word: word != "--", arguments))
        command = arguments[0] if arguments and not arguments[0].startswith("-") else ""
        recipe = recipe_word(arguments[1:])[0] if command == "run" else "" if command in COMMANDS else command
        return cls(command, recipe, _value(before_end, "--client"), "--json" in before_end, "--quiet" in before_end)


def _value(words: list[str], option: str) -> str:
    for index, word in enumerate(words):
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
        if word == option and index + 1 < len(words):
            return words[index + 1]
    return ""


def recipe_word(words: list[str]) -> tuple[str, list[str]]:
    """The first word that is neither an option nor its value, and all the others; ("", words) when there is none."""
    skip = False
    for index, word in enumerate(words):
        if skip:
            skip = False
        elif word in VALUED:
            skip = True
        elif not word.startswith("-") or word == "-":
            return word, words[:index] + words[index + 1 :]
    return "", words
