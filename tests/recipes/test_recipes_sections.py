"""Sections: where they are cut, what they are called, and that replacing one leaves the others byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestra_cli.recipes.sections import Section, join, replace_section, split_sections

TEXT = (
    "Dear all,\n\n# Title\n\n## Scope of work\nWe build.\n### Roof\nSlate.\n\n"
    "## Café & Bar\nTea.\n\n## Scope of work\nMore.\n"
)
MARKDOWN = st.lists(
    st.sampled_from(["# A", "## B", "## B", "### C", "text", "", "```", "Title", "===", "## ", "###### F", "###### F"]),
    max_size=15,
).map("\n".join)


def ids(text: str) -> list[str]:
    return [section.id for section in split_sections(text)]


def test_cut_at_the_shallowest_level_used_twice() -> None:
    """One title alone cuts nothing; what stands before the first cut is the opening."""
    assert ids(TEXT) == ["(opening)", "scope-of-work", "cafe-bar", "scope-of-work-2"]
    sections = split_sections(TEXT)
    assert sections[0] == Section("(opening)", "", "Dear all,\n\n# Title\n\n", 0)
    assert sections[1].heading == "Scope of work"
    assert sections[1].text.endswith("Slate.\n\n")
    assert sections[1].level == 2


def test_without_two_headings_of_a_level_all_is_opening() -> None:
    """A text with one heading, or none, is one section."""
    assert ids("## One\ntext") == ["(opening)"]
    assert ids("text") == ["(opening)"]
    assert ids("") == []


def test_blank_lines_before_the_first_heading_are_no_opening() -> None:
    """An opening has words in it."""
    assert ids("\n\n## A\n\n## B\n") == ["a", "b"]


def test_ordinals_never_clash_with_slugs() -> None:
    """A heading that looks like an ordinal keeps ids unique; one without letters has a name too."""
    assert ids("## A\n## A 2\n## A\n## !!!\n") == ["a", "a-2", "a-3", "section"]


def test_headings_in_code_cut_nothing() -> None:
    """A fence is text."""
    assert ids("## A\n```\n## X\n```\n## B") == ["a", "b"]


def test_replacing_keeps_heading_and_neighbours() -> None:
    """The new text stands under the old heading, with or without one of its own."""
    for new in ("We tile.", "## Scope\n\nWe tile.\n", "# Scope\nWe tile."):
        done = replace_section(TEXT, "cafe-bar", new)
        assert done == TEXT.replace("Tea.", "\nWe tile.")
    assert replace_section(TEXT, "(opening)", "Hello\n") == TEXT.replace("Dear all,\n\n# Title", "Hello")
    assert replace_section("plain", "(opening)", "new # x") == "new # x"
    assert replace_section("## A\nx\n## B\ny", "b", "z") == "## A\nx\n## B\n\nz\n"
    assert replace_section("## A\nx\n\n## B\ny\n", "a", "") == "## A\n\n## B\ny\n"


def test_a_new_text_cannot_add_sections() -> None:
    """Headings inside the new text go below the section; underlined ones and open fences too."""
    done = replace_section(TEXT, "cafe-bar", "## Bar\nx\n## Price\ny\nTotal\n=====\n```\nopen")
    assert ids(done) == ids(TEXT)
    assert "### Price" in done
    assert ids(replace_section("###### A\n###### B\n", "a", "x\n###### C\n")) == ["a", "b"]


def test_an_unknown_section_is_a_key_error() -> None:
    """Nothing is replaced by guess."""
    with pytest.raises(KeyError):
        replace_section(TEXT, "price", "x")


@given(st.one_of(MARKDOWN, st.text(max_size=100)))
def test_joined_sections_are_the_text(text: str) -> None:
    """Cutting loses nothing, and ids are unique."""
    assert join(split_sections(text)) == text
    assert len(set(ids(text))) == len(ids(text))


@given(MARKDOWN, MARKDOWN, st.integers(0, 20))
def test_replacing_leaves_the_others_byte_for_byte(text: str, new: str, which: int) -> None:
    """The same sections are there afterwards, and all but one are unchanged."""
    before = split_sections(text)
    if not before or not before[-1].level:
        return
    chosen = before[which % len(before)]
    after = split_sections(replace_section(text, chosen.id, new))
    if chosen.level:
        assert [section.id for section in after] == [section.id for section in before]
    changed = {section.id for section in before if section.text not in {other.text for other in after}}
    assert changed <= {chosen.id}
