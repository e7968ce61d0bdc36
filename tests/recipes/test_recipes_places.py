"""Places: found with their lines, filled once, and never a way to pose as the page's own headings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestra_cli.recipes.blocks import close_fence, hash_headings, scan, shift_headings
from orchestra_cli.recipes.places import Place, places_in, substitute

PLAIN = st.text(alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="\r"), max_size=200)


def test_places_are_found_with_their_lines() -> None:
    """{id} and {id.field} count; fences, capitals, spaces and other braces do not."""
    text = "# {client}\n{a.table} {B} { c } {d.e.f} {}\n```\n{no}\n```\n{z_1}"
    assert places_in(text) == (Place("client", "", 1), Place("a", "table", 2), Place("z_1", "", 6))
    assert [place.name for place in places_in(text)] == ["client", "a.table", "z_1"]


def test_values_are_leaf_text() -> None:
    """One pass: braces, templates and marks in a value come out as they are."""
    assert substitute("{a} {b}", {"a": "{b} {{7*7}} $(id) \\1", "b": "x"}) == "{b} {{7*7}} $(id) \\1 x"


def test_nothing_is_replaced_in_fences_and_unknown_places_stay() -> None:
    """Code fences and places without a value are left as they stand."""
    text = "```\n{a}\n```\n{a} {c}"
    assert substitute(text, {"a": "x"}) == "```\n{a}\n```\nx {c}"


def test_headings_of_a_value_go_below_the_place() -> None:
    """An answer's `# Price` cannot pose as the page's own."""
    text = "# Offer\n{a}\n## Price\n{a}"
    assert substitute(text, {"a": "# Price\ntext\n## More"}) == (
        "# Offer\n## Price\ntext\n### More\n## Price\n### Price\ntext\n#### More"
    )
    assert substitute("{a}", {"a": "# Top"}) == "# Top"
    assert substitute("# O\n{a}", {"a": "### Deep"}) == "# O\n### Deep"
    assert substitute("###### O\n{a}", {"a": "# Top"}) == "###### O\n###### Top"


def test_underlined_and_nested_headings_go_below_too() -> None:
    """Headings written with === or ---, in quotes or in lists, are shifted like the others."""
    assert substitute("# O\n{a}", {"a": "Price\n=====\nx"}) == "# O\n## Price\nx"
    assert substitute("# O\n{a}", {"a": "> # Price\n- # List"}) == "# O\n> ## Price\n- ## List"


def test_a_value_in_a_heading_is_one_line() -> None:
    """A name with a line break cannot begin a heading of its own."""
    assert substitute("# For {client}", {"client": "Acme\n# Price"}) == "# For Acme # Price"


def test_an_open_fence_in_a_value_is_closed() -> None:
    """A value cannot swallow what the page has after it."""
    assert substitute("{a}\n# Price", {"a": "```\ncode"}) == "```\ncode\n```\n# Price"
    assert close_fence("~~~~\nx\n") == "~~~~\nx\n~~~~"
    assert close_fence("plain") == "plain"


def test_underlines_that_are_no_headings_stay() -> None:
    """Rules, tables, lists and code keep their dashes."""
    for text in ("a\n\n---\nb", "| a |\n|---|", "- a\n---\nb", "```\na\n---\n```", "> a\n---", "    a\n---"):
        assert hash_headings(text) == text
    assert hash_headings("one\n    two\n---\nx") == "## one two\nx"


def test_windows_lines_are_kept() -> None:
    """Line ends of a value are its own."""
    assert shift_headings("# A\r\nb\r\n", 1) == "## A\r\nb\r\n"


@given(PLAIN)
def test_lines_joined_again_are_the_text(text: str) -> None:
    """Scanning loses nothing."""
    assert "".join(line.text for line in scan(text)) == text


@given(PLAIN, PLAIN)
def test_values_are_never_parsed_again(first: str, second: str) -> None:
    """Whatever a value holds, the other place is filled once and where it stood."""
    filled = substitute("[{a}]\n\nmark\n\n[{b}]", {"a": first, "b": second})
    assert substitute("[{a}]", {"a": first}) + "\n\nmark\n\n" + substitute("[{b}]", {"b": second}) == filled


@given(PLAIN)
def test_no_heading_of_a_value_is_as_high_as_the_place(text: str) -> None:
    """Below `## Ours`, a value has headings of level 3 and deeper only."""
    lines = scan(substitute("## Ours\n\n{a}\n\n## End", {"a": text}))
    assert [line.title for line in lines if 0 < line.level <= 2] == ["Ours", "End"]


@given(
    st.lists(st.sampled_from(["# A", "B", "===", "---", "```", "~~~", "", "> # Q", "text", "   ## C ##"]), max_size=12)
)
def test_no_mix_of_marks_escapes(lines: list[str]) -> None:
    """Fences, underlines and headings in any order stay below the place."""
    filled = scan(substitute("## Ours\n\n{a}\n\n## End", {"a": "\n".join(lines)}))
    assert [line.title for line in filled if 0 < line.level <= 2] == ["Ours", "End"]
