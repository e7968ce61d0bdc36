"""The tree of errors: each leaf with the exit code and the word of the command contract."""

from __future__ import annotations

import re

import pytest

from orchestra_cli import errors
from orchestra_cli.errors import OrchestraError, RecipeError

TREE = re.findall(r"(?m)^[ │├└─]+([A-Z]\w+)\s+(\d+)\s+(\w+)", errors.__doc__ or "")


@pytest.mark.parametrize(("name", "exit_", "code"), TREE)
def test_each_error_has_the_exit_and_code_that_the_tree_says(name: str, exit_: str, code: str) -> None:
    """The picture in the docstring is the truth."""
    kind = getattr(errors, name)
    made = kind(["recipe.md:1: x"]) if kind is RecipeError else kind("x")
    assert made.exit == int(exit_)
    assert made.code == code or name == "StepFailed"


def test_tree_holds_every_error_there_is() -> None:
    """No leaf is missing in the picture."""

    def below(kind: type[OrchestraError]) -> set[str]:
        return {kind.__name__}.union(
            *(below(each) for each in kind.__subclasses__() if each.__module__ == errors.__name__)
        )

    assert {name for name, _, _ in TREE} | {"OrchestraError", "StepFailed"} >= below(OrchestraError)
    assert len(TREE) == 18


def test_error_reads_as_what_happened_and_what_to_type_next() -> None:
    """Message first, advice on a line of its own, none where there is none."""
    assert str(OrchestraError("Full.", "Make room.")) == "Full.\nMake room."
    assert str(OrchestraError("Full.")) == "Full."
    limited = errors.RateLimitedError("Wait.", provider="openai", retry_after_s=3.0)
    assert (limited.provider, limited.retry_after_s) == ("openai", 3.0)


def test_recipe_error_lists_all_mistakes() -> None:
    """One mistake stands alone; several are counted and listed whole."""
    one = RecipeError(["a.md:1: x"])
    assert (one.message, one.problems) == ("a.md:1: x", ["a.md:1: x"])
    two = RecipeError(["a.md:1: x", "a.md:2: y"])
    assert two.message.splitlines() == ["2 mistakes in the recipe; nothing was sent.", "a.md:1: x", "a.md:2: y"]
    assert "orchestra recipes check" in two.advice
