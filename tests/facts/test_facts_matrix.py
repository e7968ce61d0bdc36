"""Which section answers which requirement."""

from __future__ import annotations

from orchestra_cli.facts.matrix import marked_items, render_item_refs, requirements_matrix

PROSE = "We agree [R1].\n\n## Scope [R9]\nWe do it [R2, R3] at [F1]. See [a link](x).\n\n## *Team*\nTwo people [R2]."


def test_sections_are_found_by_their_marks() -> None:
    """A mark counts for the heading above it; the same section once."""
    assert marked_items(PROSE) == {
        "R1": ["(opening)"],
        "R9": ["Scope"],
        "R2": ["Scope", "Team"],
        "R3": ["Scope"],
        "F1": ["Scope"],
    }


def test_the_matrix_names_sections_and_what_is_missing() -> None:
    """A row for each requirement, MISSING where nothing answers, and the ids that nothing answers."""
    markdown, missing = requirements_matrix([("R2", "two | people", "must include"), ("R7", "x", "limit")], PROSE)
    assert missing == ("R7",)
    assert "| R2 | two \\| people | must include | Scope, Team |" in markdown
    assert markdown.splitlines()[-1] == "| R7 | x | limit | MISSING |"
    assert requirements_matrix([], PROSE)[0].startswith("MISSING")


def test_marks_are_taken_out_for_the_reader() -> None:
    """Marks of items go with the space before them; facts, sources, links and foreign marks stay."""
    assert render_item_refs("We do it [R2, R3]. [F1] and [S3] [R4](x)") == "We do it. [F1] and [S3] [R4](x)"
    assert render_item_refs("A [R2, F1].") == "A [F1]."
    assert render_item_refs("A [R2] paper [A4].", {"R2"}) == "A paper [A4]."
