import pytest

from orchestra_cli.models.embedded.material import Item
from orchestra_cli.models.embedded.outline import home_of, purpose_of_item, sections_of


@pytest.mark.parametrize(
    ("task", "names"),
    [
        (
            "Write the sections Understanding, Scope of work, Programme, Why us. Use ids.",
            "Understanding|Scope of work|Programme|Why us",
        ),
        ("Use these parts: Costs; Team and Next steps.", "Costs|Team|Next steps"),
        ("Write these sections:\n- Summary: in brief\n- Risks (top three)\nThen stop.", "Summary|Risks"),
        ("Body.\n\n## Our offer\nA letter.\n\n## Terms\nAll.", "Our offer|Terms"),
        ("Keep the sections short and clear. Nothing else.", "Weekly news"),
        ("In the sections Here we say what everybody should always know about it all.", "Weekly news"),
    ],
)
def test_sections_are_those_the_task_names(task: str, names: str) -> None:
    """Headings, lists, a row of names; else one section named after the step."""
    assert "|".join(section.heading for section in sections_of(task, "weekly_news")) == names


@pytest.mark.parametrize(
    ("heading", "purpose"),
    [
        ("Our offer", "offer"),
        ("Why us", "us"),
        ("Programme", "programme"),
        ("Price and payment", "price"),
        ("Health and safety", "safety"),
        ("Terms", "terms"),
        ("Exclusions and assumptions", "exclusions"),
        ("Understanding", "need"),
        ("Scope of work", "scope"),
        ("Weather", "other"),
    ],
)
def test_headings_say_what_a_section_is_for(heading: str, purpose: str) -> None:
    """By their usual words."""
    assert sections_of(f"## {heading}", "x")[0].purpose == purpose


@pytest.mark.parametrize(
    ("text", "kind", "purpose"),
    [
        ("Tenders must be received by noon on 15 May 2026.", "deadline", "terms"),
        ("The works must be completed by 4 September 2026.", "deadline", "programme"),
        ("Send one PDF.", "format", "terms"),
        ("Prices are fixed.", "price rule", "price"),
        ("Invoices are paid within 30 days.", "limit", "price"),
        ("proof of public liability insurance of at least £5,000,000", "limit", "us"),
        ("The name and position of the person who signs the tender.", "must include", "terms"),
        ("Assumptions and exclusions are not permitted.", "must not", "exclusions"),
        ("two references", "must include", "us"),
        ("an outline programme in weeks", "must include", "programme"),
        ("Protect the floor.", "must include", "scope"),
    ],
)
def test_items_want_their_answer_where_a_reader_looks(text: str, kind: str, purpose: str) -> None:
    """By kind and words."""
    assert purpose_of_item(Item("R1", text, kind)) == purpose


def test_an_item_without_its_section_goes_to_the_next_best() -> None:
    """Rules of the tender go to Understanding when there are no Terms; at last to the last section."""
    item = Item("R1", "Send one PDF.", "format")
    assert home_of(item, sections_of("## Understanding\n## Why us", "x")).heading == "Understanding"
    assert home_of(item, sections_of("## Weather\n## Birds", "x")).heading == "Birds"
