import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orchestra_cli.models.embedded.connect import Connector
from orchestra_cli.models.embedded.judge import Judge
from orchestra_cli.models.embedded.material import material_of, trades_in, voice_of
from orchestra_cli.models.embedded.passages import squeeze
from orchestra_cli.models.embedded.prose import Composer
from orchestra_cli.types import Call, Part

HallCall = Callable[..., Call]
SHORT = "Write the sections Understanding, Scope of work, Programme, Why us. Use facts by their ids."
LONG = (
    "Write the body.\n\n## Our offer\nA letter.\n\n## Understanding\n...\n\n## Scope of work\n...\n\n"
    "## Programme\n...\n\n"
    "## Exclusions and assumptions\n...\n\n## Why us\n...\n\n## Price\n...\n\n## Terms\n..."
)
ITEMS = [
    ("R1", "The contractor shall strip the existing clay tiles and remove them from site.", "must include"),
    ("R2", "The works must be completed between 1 August and 4 September 2026.", "deadline"),
    ("R3", "Tenders must be received no later than 12 noon on Friday 15 May 2026.", "deadline"),
    ("R4", "two references from similar work completed in the last five years", "must include"),
    ("R5", "proof of public liability insurance of at least £5,000,000", "limit"),
    ("R6", "your fire certificate of the kitchen hood", "must include"),
    ("R7", "Prices shall be fixed for 90 days from the return date and shown excluding VAT.", "price rule"),
    ("R8", "Assumptions and exclusions are not permitted.", "must not"),
    ("R9", "The tender must include an outline programme in weeks.", "must include"),
    ("R10", "The name and position of the person who signs the tender.", "must include"),
    ("R11", "Evidence of your public liability insurance", "must include"),
]


def _write(call: Call, judge: Judge, writer: Any = None) -> str:
    return "".join(Composer(call, material_of(call), judge, Connector(writer, judge)).sections())


def _section(text: str, heading: str) -> str:
    return text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]


def test_every_item_is_answered_once_in_a_fitting_section(judge: Judge, hall_call: HallCall) -> None:
    """Each id stands exactly once; works in the scope, dates in the programme, evidence in Why us, rules up front."""
    text = _write(hall_call(SHORT, ITEMS, max_words=900), judge)
    marks = re.findall(r"\[(R\d+)\]", text)
    assert sorted(marks) == sorted(id_ for id_, _, _ in ITEMS)
    assert "Strip the existing clay tiles and remove them from site." in _section(text, "Scope of work")
    assert "[R2]" in _section(text, "Programme")
    assert "[R3]" in _section(text, "Understanding")
    assert "Public liability insurance: £10,000,000" in _section(text, "Why us")


def test_what_our_papers_do_not_say_is_missing(judge: Judge, hall_call: HallCall) -> None:
    """Nothing is promised for an item that no page of ours answers."""
    text = _write(hall_call(SHORT, ITEMS), judge)
    assert "MISSING: our answer to “your fire certificate of the kitchen hood” [R6]" in text
    assert "[R6]" in text.split("Still to be said by us", 1)[1]


def test_two_items_with_the_same_answer_share_it(judge: Judge, hall_call: HallCall) -> None:
    """The insurance is said once, with both ids."""
    text = _write(hall_call(SHORT, ITEMS), judge)
    assert text.count("£10,000,000, Westbourne Mutual, policy") == 1
    assert "[R5] [R11]" in text


def test_references_are_answered_by_earlier_work(judge: Judge, hall_call: HallCall) -> None:
    """The archive's jobs, by their titles; the mark stands with them."""
    why = _section(_write(hall_call(SHORT, ITEMS), judge), "Why us")
    assert "From our earlier work [R4]:" in why
    assert "**Netherbury chapel roof**" in why


def test_no_figure_name_or_word_is_added(judge: Judge, hall_call: HallCall) -> None:
    """Every figure of the text stands in the material; every capitalised word but those of our own sentences does."""
    call = hall_call(SHORT, ITEMS)
    text = re.sub(r"\[[A-Z]\d+\]", "", _write(call, judge))
    given = squeeze(" ".join(part.text for part in call.parts) + call.task)
    assert all(figure in given for figure in re.findall(r"\d[\d,.:]*\d|\d", text))
    inside = re.findall(r"(?<=[a-z,] )[A-Z]\w+", text)
    assert all(word in given for word in inside)


def test_prices_are_fact_ids_never_figures(judge: Judge, hall_call: HallCall) -> None:
    """Net, tax, gross and the last day of the offer, each by its id."""
    text = _write(hall_call(SHORT, ITEMS), judge)
    assert "Our price is [F1] before tax; tax of [F2] makes it [F3] in all. Our offer stands until [F6]." in text
    assert "41,200" not in text


def test_amounts_stay_out_where_the_tender_keeps_them_out(judge: Judge, hall_call: HallCall) -> None:
    """A tender that wants no amounts in the written response gets none there."""
    call = hall_call(SHORT, ITEMS)
    rule = ("R99", "Amounts of money must not appear in the written response.")
    text = _write(replace(call, answers=(*call.answers, rule)), judge)
    assert "Our price stands in the price schedule." in text
    assert "[F1] before tax" not in text


def test_the_scope_follows_the_priced_trades(judge: Judge, hall_call: HallCall) -> None:
    """A bullet for each trade of the price table, in its order."""
    scope = _section(_write(hall_call(SHORT, ITEMS), judge), "Scope of work")
    assert re.findall(r"\*\*(.+?)\*\*", scope) == ["Roofing", "Leadwork", "Joinery", "Insulation"]


def test_a_page_with_all_usual_sections(judge: Judge, hall_call: HallCall) -> None:
    """A letter, exclusions that the tender forbids, a price, terms: each by what the papers hold."""
    text = _write(hall_call(LONG, ITEMS), judge)
    assert "For the attention of Ruth Palmer, clerk to the trustees." in _section(text, "Our offer")
    assert "Our offer is made without qualification. [R8]" in _section(text, "Exclusions and assumptions")
    assert "Our price is [F1]" in _section(text, "Price")
    assert "Our price is" not in _section(text, "Our offer")
    assert "payment: monthly" in _section(text, "Terms").lower()
    assert text.count("[R3]") == 1


OWN = """legal name: Oak Ltd
signatory: Ann Oak, Director

# About us
Oak is a family firm of joiners that has made doors since 1990.

# People
- Ann Oak, Director, runs every job from the first visit to the handover.
- Bob Ash, joiner, makes and hangs the doors in our own workshop.

# Standard exclusions
- Removal of asbestos.

# Terms
Our prices hold for six months.
"""
PLAN = """contact: Joe Elm, joe@elm.example, 01234 567890

# Our plan for Elm House
- Six weeks on site from Monday 3 May.
- Week 1: strip out.
- Weeks 2 to 6: doors and floors.
"""


def test_our_plan_on_the_clients_card_is_the_programme(judge: Judge, make_call: Callable[..., Call]) -> None:
    """The plan opens the letter and fills the programme; signatory, people and exclusions come from our page."""
    parts = {"company": OWN, "client": PLAN, "brief": "Elm House needs new doors. The trust wishes to fit oak doors."}
    answers = (("R1", "an outline programme in weeks"), ("R2", "the name of the person who signs the offer"))
    text = _write(make_call(LONG, parts, answers=answers), judge)
    assert "For the attention of Joe Elm." in text
    assert "Our programme: six weeks on site from Monday 3 May." in _section(text, "Our offer")
    assert "This is our plan for the job [R1]:\n\n- Week 1: strip out." in _section(text, "Programme")
    assert "Signed for us by Ann Oak, Director. [R2]" in _section(text, "Terms")
    assert "- Removal of asbestos." in _section(text, "Exclusions and assumptions")
    assert "Our people:" in _section(text, "Why us")
    assert "MISSING: the price." in _section(text, "Price")


def test_what_is_private_is_never_shown(judge: Judge, make_call: Callable[..., Call]) -> None:
    """Lessons learnt, house style and what we noted about the client stay out."""
    parts = {
        "client": "# What they care about\nThey were let down by a late contractor in 2025.",
        "archive": "[S1#1] (lessons-learnt.md) We lost eight days on the church hall.\n\n[S2#1] (2024-bid-oak-hall.md) "
        "The oak floor was laid in four days.",
        "house_style": "Never write the word passionate in any text.",
        "brief": "The trust wishes to lay an oak floor in the hall.",
    }
    text = _write(make_call("Write the sections Understanding, Why us.", parts), judge)
    assert "let down" not in text
    assert "eight days" not in text
    assert "passionate" not in text
    assert "**Oak hall**: The oak floor was laid in four days." in text


def test_the_wish_is_said_in_one_true_sentence(judge: Judge, hall_call: HallCall, said: Any) -> None:
    """The small model's sentence opens the section; the client's other words follow as quotes."""
    short = "The trustees wish to replace the roof covering and the windows of the main hall."
    text = _section(_write(hall_call(SHORT, ITEMS), judge, said(short)), "Understanding")
    assert text.strip().startswith(
        f"As we understand it, the{short[3:]} You tell us: “Elmfield Village Hall was built in 1926"
    )
    invented = _section(
        _write(hall_call(SHORT, ITEMS), judge, said("They love castles and big parties very much.")), "Understanding"
    )
    assert "castles" not in invented
    assert invented.strip().startswith("You describe the job in these words: “")


def test_quotes_are_exact_and_neighbours_share_their_marks(judge: Judge, hall_call: HallCall) -> None:
    """What stands between quotation marks stands so in the brief."""
    call = hall_call(SHORT, ITEMS)
    brief = squeeze(next(part.text for part in call.parts if part.name == "brief"))
    quotes = re.findall(r"“([^”]+)”", _section(_write(call, judge), "Understanding").split("These rules")[0])
    assert quotes
    assert all(quote in brief for quote in quotes)


@pytest.mark.parametrize("most", [250, 400, 900])
def test_the_words_allowed_are_kept(judge: Judge, hall_call: HallCall, most: int) -> None:
    """Less of everything until it fits."""
    text = _write(hall_call(SHORT, ITEMS, max_words=most), judge)
    words = re.sub(r"\[R\d+\]|^#+|^- |\*\*", "", text, flags=re.MULTILINE).split()
    assert len(words) <= most
    assert all(f"[{id_}]" in text for id_, _, _ in ITEMS)


def test_no_sentence_stands_in_two_sections(judge: Judge, hall_call: HallCall) -> None:
    """Each sentence of the material is used once."""
    lines = [line for line in _write(hall_call(LONG, ITEMS), judge).splitlines() if len(line.split()) > 6]
    assert len(lines) == len(set(lines))


def test_the_same_call_gets_the_same_text(judge: Judge, hall_call: HallCall) -> None:
    """Nothing depends on chance."""
    call = hall_call(LONG, ITEMS)
    assert _write(call, judge) == _write(call, judge)


def test_figures_that_a_check_refused_are_left_out(judge: Judge, hall_call: HallCall) -> None:
    """Asked once more with the list of figures, their sentences are gone."""
    wrong = '- "1926" stands in no input and no fact; leave it out'
    call = hall_call(SHORT, ITEMS)
    assert "1926" in _write(call, judge)
    part = Part("what was wrong with your last answer", wrong, wrong)
    text = _write(replace(call, parts=(*call.parts, part)), judge)
    assert "1926" not in text
    assert "roof" in text


def test_thin_material_is_said_to_be_missing(judge: Judge, make_call: Callable[..., Call]) -> None:
    """Without papers each section says what is not there."""
    text = _write(make_call(f"{SHORT}\n## Price\n## Weather\n## Exclusions", {"client": "name: X"}), judge)
    assert "MISSING: the price." in text
    text = _write(make_call(SHORT, {"client": "name: X"}), judge)
    assert "MISSING: what the client wants, and why." in text
    assert "MISSING: our start, duration and order of work." in text
    assert "MISSING: why the client should choose us." in text
    assert "MISSING: what to say under Scope of work." in text


def test_other_texts_are_made_of_the_likest_sentences(judge: Judge, make_call: Callable[..., Call]) -> None:
    """A step without known sections: one section, quotes of the papers and our own sentences about the task."""
    parts = {
        "notes": "The boiler failed twice last winter. The canteen serves soup on Fridays.",
        "company": "We repair boilers of all makes within a day.",
    }
    text = _write(
        make_call("What do the papers say about the boiler?", parts, step="boiler_news", role="analyse"), judge
    )
    assert text.startswith("## Boiler news\n")
    assert "The papers say: “The boiler failed twice last winter.”" in text
    assert "We repair boilers of all makes within a day." in text


def test_a_scope_without_prices_tells_the_clients_words(judge: Judge, make_call: Callable[..., Call]) -> None:
    """No table and no items: the description of the work as the client gives it."""
    brief = "The works are the repair of the garden wall and the gate. The wall is old and leans."
    text = _write(make_call("Write the sections Scope of work, Price.", {"brief": brief}), judge)
    assert "You describe the work in these words: “The works are the repair" in text


def test_partial_totals_are_still_ids(judge: Judge, make_call: Callable[..., Call]) -> None:
    """Only a gross total: that one."""
    parts = {"facts": "F1 total with tax (gross), GBP 10.00"}
    assert "Our price is [F1]." in _write(make_call("Write the sections Scope of work, Why us.", parts), judge)


def test_price_tables_are_read_by_their_headings() -> None:
    """Subtotals close a trade; without them all work is one; tables without descriptions give nothing."""
    table = "Text.\n\n| Item | Description |\n| :-- | :-- |\n| 1 | Dig |\n| 2 | Fill |\n\nAfter.\n\n| x |"
    assert [(trade.name, trade.works) for trade in trades_in(table)] == [("", ("Dig", "Fill"))]
    assert trades_in("| Item | Qty |\n| 1 | 2 |") == []
    assert trades_in("no table") == []


@pytest.mark.parametrize(
    ("name", "text", "voice"),
    [
        ("company", "x", "ours"),
        ("archive", "x", "ours"),
        ("client", "x", "client"),
        ("facts", "x", "figures"),
        ("background", "x", "notes"),
        ("brief", "x", "theirs"),
        ("rules", "R1 | quote: a | kind: b\nR2 | quote: c", "items"),
        ("the whole text", "x", "draft"),
    ],
)
def test_parts_are_known_by_their_names(name: str, text: str, voice: str) -> None:
    """Whose words they are; lists with ids by their lines."""
    assert voice_of(Part(name, text, text)) == voice


def test_archive_passages_carry_the_title_of_their_file(make_call: Callable[..., Call]) -> None:
    """The first heading without its bid number, else the file's name in words."""
    archive = "[S1#1] (2024-bid-mill.md) # Bid 2024-018: Mill Hall, new roof\n\nDone in time.\n\n"
    archive += "[S2#1] (2023-oak_barn.md) It stands."
    found = material_of(make_call("x", {"archive": archive})).of("ours")
    assert [passage.part for passage in found] == ["archive/Mill Hall, new roof", "archive/Oak barn"]


def test_where_words_are_short_the_rules_become_one_line(judge: Judge, hall_call: HallCall) -> None:
    """The rules about the tender itself are named by where they stand, with all their ids."""
    rules = [
        ("R20", "Tenders must be received no later than 12 noon on Friday 15 May 2026.", "deadline"),
        ("R21", "The tender shall not exceed ten A4 pages.", "limit"),
        ("R22", "Tenders shall be sent as one PDF file by e-mail to the clerk.", "format"),
    ]
    text = _write(hall_call(SHORT, [*ITEMS, *rules], max_words=330), judge)
    gathered = next(line for line in text.splitlines() if line.startswith("We have read your rules"))
    assert "under “Returning your tender”, and this offer is made on that basis." in gathered
    assert gathered.endswith("[R3] [R20] [R21] [R22]")


def test_a_wish_that_is_cut_too_short_is_quoted_as_well(judge: Judge, hall_call: HallCall, said: Any) -> None:
    """A true sentence that leaves most of the wish out does not replace the client's own words."""
    short = said("The trustees wish to replace the roof covering.")
    text = _section(_write(hall_call(SHORT, ITEMS), judge, short), "Understanding")
    assert text.count("The trustees wish to replace the roof covering and the windows of the main hall") == 1


def test_archive_passages_on_one_line_are_unfolded(make_call: Callable[..., Call]) -> None:
    """The heading in front and a list in the middle are what they were on the page."""
    archive = "[S1#2] (2024-bid-mill.md) Result: Done in time. The clerk gives references.\n\n"
    archive += "[S2#1] (method-statement-dust.md) Method statement: keeping dust out: 1. Doors are sealed. "
    archive += "2. Floors are swept."
    found = material_of(make_call("x", {"archive": archive})).of("ours")
    assert [(passage.heading, passage.text) for passage in found] == [
        ("Result", "Done in time."),
        ("Result", "The clerk gives references."),
        ("Method statement: keeping dust out", "Doors are sealed."),
        ("Method statement: keeping dust out", "Floors are swept."),
    ]
