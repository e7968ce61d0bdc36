from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from orchestra_cli.models.embedded.passages import passages, sentences, squeeze


def _texts(text: str) -> list[str]:
    return [passage.text for passage in passages("brief", text)]


def test_wrapped_lines_become_whole_sentences() -> None:
    """A sentence over two lines is one passage; the next begins a new one."""
    assert _texts("The roof leaks\nin places. It is old.") == ["The roof leaks in places.", "It is old."]


def test_abbreviations_do_not_end_a_sentence() -> None:
    """No., e.g. and Ltd. are followed by the same sentence."""
    assert sentences("See No. 4 of A. Smith Ltd. for it, e.g. Annex 2. Then go.") == [
        "See No. 4 of A. Smith Ltd. for it, e.g. Annex 2.",
        "Then go.",
    ]


def test_clause_numbers_and_headings_are_known_without_marks(hall: Callable[[str], str]) -> None:
    """Text from a PDF: numbered headings give the heading, clause numbers stand beside the text, page feet are gone."""
    found = {passage.text: passage for passage in passages("brief", hall("brief.txt"))}
    limit = found["The tender shall not exceed ten A4 pages."]
    assert (limit.number, limit.heading) == ("6.2", "Returning your tender")
    assert found["The tender must include an outline programme in weeks."].heading == "Programme and working hours"
    assert not any("Page 1" in text for text in found)


def test_items_know_the_line_that_introduces_them() -> None:
    """A list item carries its lead; a paragraph afterwards ends the list."""
    found = passages(
        "brief", "The tender must include:\n\n- two references\n- a plan\n\nThank you for your time.\n- loose"
    )
    assert [(p.kind, p.lead) for p in found[1:]] == [
        ("item", "The tender must include:"),
        ("item", "The tender must include:"),
        ("sentence", ""),
        ("item", ""),
    ]


def test_name_value_lines_are_told_from_sentences_with_a_colon() -> None:
    """`insurance: ...` is a line with a name; a paragraph that holds a colon is not."""
    found = passages("company", "insurance: GBP 5,000,000\nsite manager: Joan\n\nWe employ men: roofers. We are proud.")
    assert [(p.kind, p.name) for p in found] == [
        ("line", "insurance"),
        ("line", "site manager"),
        ("sentence", ""),
        ("sentence", ""),
    ]


def test_a_bulleted_name_value_line_is_a_line() -> None:
    """The bullet is not part of it."""
    (found,) = passages("company", "- Gas Safe: 990417")
    assert (found.kind, found.name, found.text) == ("line", "Gas Safe", "Gas Safe: 990417")


def test_table_rows_are_rows_and_rules_are_dropped() -> None:
    """A pipe table gives its rows, without the line of dashes."""
    found = passages("pricing", "| Item | Price |\n| :-- | --: |\n| Roof | 10 |")
    assert [(p.kind, p.text) for p in found] == [("row", "| Item | Price |"), ("row", "| Roof | 10 |")]


def test_what_a_page_break_tore_apart_is_left_out() -> None:
    """A sentence with a page foot in its middle stands nowhere as a whole, so it can be no quote."""
    found = _texts("The works on the roof must be wholly\nPage 1 of 2\ncomplete by May. The hall is closed.")
    assert found == ["The hall is closed."]


@given(st.text(alphabet="aA b.\n-1:|#*!?\t“”", max_size=200))
def test_every_passage_stands_in_its_source(text: str) -> None:
    """Whatever the text, a passage is a piece of it, white space apart."""
    assert all(passage.text in squeeze(text) for passage in passages("brief", text))
