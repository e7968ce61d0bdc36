from __future__ import annotations

from decimal import Decimal

import pytest

from orchestra_cli.cli import values
from orchestra_cli.cli.line import Line, recipe_word
from orchestra_cli.errors import UsageError


def test_a_budget_is_a_plain_number_of_dollars() -> None:
    """Cents and nothing are fine."""
    assert values.budget("3.00") == Decimal("3.00")
    assert values.budget(".5") == Decimal("0.5")
    assert values.budget("0") == 0
    assert values.budget(None) is None


@pytest.mark.parametrize("text", ["£3", "$3", "3,00", "three", "-1", "1e3", "nan", ""])
def test_any_other_budget_says_what_to_write(text: str) -> None:
    """The message shows the word and a good example."""
    with pytest.raises(UsageError, match=r"write a number of US dollars, such as --budget 3\.00") as caught:
        values.budget(text)
    assert f"--budget {text}:" in caught.value.message


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("10m", 600), ("2h", 7200), ("1h30m", 5400), ("0.5m", 30)])
def test_a_deadline_has_a_unit(text: str, seconds: float) -> None:
    """Seconds, minutes, hours, together too."""
    assert values.deadline(text) == seconds


@pytest.mark.parametrize("text", ["10", "10 minutes", "soon", "0m", "", "m10", "10m later"])
def test_other_deadlines_are_refused(text: str) -> None:
    """A bare number could mean anything."""
    with pytest.raises(UsageError, match="--deadline"):
        values.deadline(text)
    assert values.deadline(None) is None


def test_pairs_become_a_dict() -> None:
    """The first = divides; quotes around a value go; the same pair twice is one."""
    given = ["write=openai/gpt-5", 'qty="No."', "a=b=c", "a=b=c"]
    assert values.pairs("--set", given, "x=y") == {"write": "openai/gpt-5", "qty": "No.", "a": "b=c"}


@pytest.mark.parametrize("word", ["write", "=x", "write="])
def test_a_pair_needs_both_sides(word: str) -> None:
    """The message shows the form."""
    with pytest.raises(UsageError, match="write NAME=VALUE, such as --model write=openai/gpt-5"):
        values.pairs("--model", [word], "write=openai/gpt-5")


def test_a_name_given_twice_is_no_guess() -> None:
    """Two different values for one name are refused."""
    with pytest.raises(UsageError, match='names "write" twice'):
        values.pairs("--model", ["write=a/b", "write=c/d"], "x=y")


def test_choices_name_their_words() -> None:
    """A wrong word is answered with the right ones; nothing given stays nothing."""
    assert values.choice("--tier", "best") == "best"
    assert values.choice("--tier", "") == ""
    with pytest.raises(UsageError, match="choose economy, balanced or best"):
        values.choice("--tier", "cheap")


def test_a_line_tells_how_to_speak_before_it_is_parsed() -> None:
    """Even a line that cannot be parsed ends in the right form and names its recipe and client."""
    line = Line.of(["proposal", "x.pdf", "--client", "acme", "--bad", "--json", "--quiet"])
    assert (line.command, line.recipe, line.client, line.json, line.quiet) == (
        "proposal",
        "proposal",
        "acme",
        True,
        True,
    )
    assert Line.of(["run", "--client=acme", "bids.md", "x"]).recipe == "bids.md"
    assert Line.of(["run", "--client=acme"]).client == "acme"
    assert Line.of(["runs", "list"]).recipe == ""
    assert Line.of(["proposal", "--", "--json"]).json is False
    assert Line.of(["proposal", "--client"]).client == ""
    assert Line.of([]) == Line()
    assert Line.of(["--json", "proposal"]).command == ""


def test_the_recipe_is_the_first_word_that_belongs_to_no_option() -> None:
    """Options may stand before it; their values are not taken for it."""
    assert recipe_word(["--client", "acme", "-o", "x.md", "proposal", "t.pdf", "--yes"]) == (
        "proposal",
        ["--client", "acme", "-o", "x.md", "t.pdf", "--yes"],
    )
    assert recipe_word(["--client=acme", "-", "x"]) == ("-", ["--client=acme", "x"])
    assert recipe_word(["--yes"]) == ("", ["--yes"])
