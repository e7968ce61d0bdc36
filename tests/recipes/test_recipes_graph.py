"""What steps say about each other: names, kinds, places, circles, and steps for nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestra_cli.errors import RecipeError
from orchestra_cli.recipes.graph import needs, waits_for
from orchestra_cli.recipes.load import parse, unsupported
from orchestra_cli.recipes.model import Recipe

PAGE = """---
recipe: demo
inputs:
  brief: documents
  size: choice small | very large
  rows: table, optional
---
For {client}.

# Step: list
role: extract
reads: brief
returns:
  - quote: quote from brief
    kind: deadline | must not
    cost: money
    tags:
      - text

List.

# Step: price
do: price_table
reads: rows

# Step: text
role: write
reads: list, price.table
answers: list

Write {list.kind} for {size}.

# Step: check
review: text
against: list

Check.

# Deliver: md
{text} {price.table} {list.matrix} {brief}
"""


def parsed(old: str = "", new: str = "") -> Recipe:
    assert not old or old in PAGE
    return parse(PAGE.replace(old, new, 1), "demo.md")


def problems(old: str, new: str) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        parsed(old, new)
    return caught.value.problems


def test_the_page_itself_is_right() -> None:
    """The page that the other tests break has no mistakes, and what it needs is known."""
    recipe = parsed()
    steps = {step.id: step for step in recipe.steps}
    assert needs(steps["text"]) == ("list", "price")
    assert needs(steps["check"]) == ("list", "text")
    assert waits_for(steps["check"], steps) == ("list", "text")


def test_reading_waits_for_reviews() -> None:
    """Who reads a reviewed step waits for its review, and a second reviewer does not wait for the first."""
    extra = (
        "# Step: post\nrole: write\nreads: text\n\nShort.\n\n"
        "# Step: check2\nreview: text\n\nAgain.\n\n# Deliver: md\n{post}"
    )
    recipe = parsed("# Deliver: md\n", extra)
    steps = {step.id: step for step in recipe.steps}
    assert waits_for(steps["post"], steps) == ("text", "check", "check2")
    assert waits_for(steps["check2"], steps) == ("text",)


@pytest.mark.parametrize(
    ("old", "new", "line", "fix"),
    [
        ("review: text", "review: txet", 34, 'there is no step "txet": did you mean "text"?'),
        ("review: text", "review: list", 34, 'only prose can be reviewed, and step "list" gives none'),
        ("review: text", "review: price", 34, 'only prose can be reviewed, and step "price" gives none'),
        ("answers: list", "answers: lits", 29, 'there is no step "lits": did you mean "list"?'),
        ("answers: list", "answers: price", 29, '"answers" needs a list, and step "price" returns none'),
        ("against: list", "against: list.knid", 35, 'step "list" has no field "knid": did you mean "kind"?'),
        ("against: list", "against: list.zzzzz", 35, "it has quote, kind, cost, tags"),
        ("against: list", "against: text.a", 35, "its answer is prose"),
        ("reads: list, price.table", "reads: list, price.total", 28, 'step "price" has no field "total"'),
        ("answers: list", "answers: list\neach: price", 30, '"each" needs a list, and "price" is none'),
        ("answers: list", "answers: list\neach: size", 30, '"each" needs a list, and "size" is none'),
        ("answers: list", "answers: list\neach: list.kind", 30, '"each" needs a list, and "list.kind" is none'),
        ("answers: list", "answers: list\neach: client", 30, '"each" needs a list, and "client" is none'),
        ("answers: list", "answers: list\neach: lits", 30, 'there is no input or step "lits"'),
        (
            "answers: list",
            "answers: list\nwhen: list.kind is deadlin",
            30,
            'no choice "deadlin": did you mean "deadline"?',
        ),
        ("answers: list", "answers: list\nwhen: size is huge", 30, 'no choice "huge": it has small, very large'),
        ("answers: list", "answers: list\nwhen: list.kind >= 3", 30, "no number and no date"),
        ("answers: list", "answers: list\nwhen: list.nope is 3", 30, 'no field "nope"'),
        ("answers: list", "answers: list\nwhen: facts is 3", 30, "cannot be compared"),
        ("For {client}.", "For {clint}.", 8, '{clint} (line 8) is an unknown place: did you mean "client"?'),
        ("For {client}.", "For {brief}.", 8, "too long for the lines that every step sees"),
        ("List.", "List {rows}.", 20, 'does not read it: add it to "reads"'),
        ("Write {list.kind}", "Write {list.nope}", 31, "unknown place"),
        ("{list.matrix}", "{text.matrix}", 40, "{text.matrix} (line 40) is an unknown place"),
        ("{brief}", "{facts}", 40, "unknown place"),
        ("{brief}", "{client.name}", 40, "unknown place"),
    ],
)
def test_names_that_do_not_fit(old: str, new: str, line: int, fix: str) -> None:
    """Each wrong name is one error at its line, with the nearest right one."""
    found = problems(old, new)
    assert len(found) == 1
    assert found[0].startswith(f"demo.md:{line}: ")
    assert fix in found[0]


@pytest.mark.parametrize(
    "new",
    [
        "each: rows",
        "each: brief",
        "each: list",
        "each: list.tags",
        "when: list.kind is Must  Not and size is not small",
        "when: list.cost >= 3.50 or list.quote contains x",
        "when: price.table contains x",
    ],
)
def test_names_that_fit(new: str) -> None:
    """Lists of steps, fields and inputs may be gone through, and their fields compared."""
    assert parsed("answers: list", f"answers: list\n{new}").step("text").answers == "list"


def test_unknown_places_are_one_error() -> None:
    """All unknown places of the page are listed together, each with its line."""
    text = PAGE.replace("For {client}.", "For {nobody}.").replace("List.", "List {what}.").replace("{brief}", "{a.b}")
    with pytest.raises(RecipeError) as caught:
        parse(text, "demo.md")
    assert len(caught.value.problems) == 1
    assert "{nobody} (line 8), {what} (line 20), {a.b} (line 40) are unknown places" in caught.value.problems[0]


def test_places_in_fences_and_other_braces_are_text() -> None:
    """Nothing in a code fence is a place; braces around anything else are literal."""
    assert parsed("List.", "List {{7*7}} { client } {Client} {}.\n```\n{nobody}\n```").step("list")


def test_circles_are_errors() -> None:
    """Steps that wait for each other are named in their order, once."""
    found = problems("# Step: price\ndo: price_table\nreads: rows", "# Step: price\ndo: price_table\nreads: text")
    assert found == ["demo.md:22: these steps wait for each other: price -> text -> price"]
    assert "list -> list" in problems("reads: brief\n", "reads: brief, list\n")[0]


def test_a_review_of_what_waits_for_it_is_a_circle() -> None:
    """A step that reads the findings of its own review waits for itself."""
    found = problems("reads: list, price.table", "reads: list, price.table, check")
    assert found == ["demo.md:26: these steps wait for each other: text -> check -> text"]


def test_a_circle_through_the_wait_for_reviews_is_found() -> None:
    """A reviewer that compares with a step which waits for that review would never start."""
    text = PAGE.replace("against: list", "against: list, post").replace(
        "# Deliver: md\n", "# Step: post\nrole: write\nreads: text\n\nShort.\n\n# Deliver: md\n"
    )
    with pytest.raises(RecipeError) as caught:
        parse(text, "demo.md")
    assert caught.value.problems == ["demo.md:33: these steps wait for each other: check -> post -> check"]


def test_steps_for_nobody_are_errors() -> None:
    """A step that nobody reads or delivers is an error, a review is not, and the last step counts without Deliver."""
    text = PAGE.replace("# Deliver: md", "# Step: extra\nrole: write\n\nNobody wants it.\n\n# Deliver: md")
    with pytest.raises(RecipeError) as caught:
        parse(text, "demo.md")
    assert caught.value.problems == [
        'demo.md:39: nobody uses step "extra": let a step read it, or put {extra} in # Deliver'
    ]
    assert parse("---\nrecipe: a\n---\n\n# Step: only\nrole: write\n\nGo.", "a.md").deliver is None


def test_deliver_without_a_text_delivers_the_last_step() -> None:
    """Formats alone are enough; after a review it is the reviewed text that is delivered."""
    page = "---\nrecipe: a\n---\n\n# Step: only\nrole: write\n\nGo.\n\n"
    for text in (f"{page}# Deliver: md", f"{page}# Step: check\nreview: only\n\nCheck.\n\n# Deliver: md\n\n"):
        deliver = parse(text, "a.md").deliver
        assert deliver is not None
        assert deliver.text == "{only}"


def test_what_follows_from_a_mistake_is_not_reported() -> None:
    """A mistyped `reads` is one error, not two; nor are broken fields blamed on those who use them."""
    assert len(problems("reads: list, price.table\nanswers: list", "raeds: list, price.table\nanswers: list")) == 1
    assert len(problems("kind: deadline | must not", "kind: deadline |")) == 1
    assert len(problems("  brief: documents", "  brief: documnts")) == 1


def test_five_mistakes_are_five_lines() -> None:
    """All mistakes of a page come together, each with file and line, in the order of the page."""
    text = (
        PAGE.replace("role: extract", "role: extarct")
        .replace("answers: list", "answers: list\nmodle: x")
        .replace("review: text", "review: txet")
        .replace("recipe: demo", "recipe: demo\nbudget: 3,00")
        .replace("{brief}", "{breif}")
    )
    with pytest.raises(RecipeError) as caught:
        parse(text, "demo.md")
    assert [found.split(": ")[0] for found in caught.value.problems] == [
        "demo.md:3", "demo.md:12", "demo.md:31", "demo.md:36", "demo.md:42",
    ]  # fmt: skip
    assert caught.value.exit == 2
    assert "5 mistakes" in caught.value.message


def test_unsupported_says_honestly_what_cannot_run() -> None:
    """Each feature that this version cannot run has an entry with its line; the rest has none."""
    assert unsupported(parsed()) == []
    text = (
        "---\nrecipe: demo\n---\n\n# Step: a\nrole: write\npanel: 3\njudge: write\ntier: economy, best\n\nGo.\n\n"
        "# Step: b\ndo: recipe weekly\nreads: a\n\n# Step: c\ndo: tool crm.find\nreads: b\n\n"
        "# Step: d\nplan: c\n\nPlan for {period}.\n"
    )
    assert unsupported(parse(text, "demo.md")) == [
        "demo.md:7: this version cannot run panels yet",
        "demo.md:8: this version cannot run judges yet",
        "demo.md:9: this version cannot run cascades yet: name one tier",
        "demo.md:14: this version cannot run a recipe inside a recipe yet",
        "demo.md:18: this version cannot call tools yet",
        "demo.md:21: this version cannot fill {period} yet",
        "demo.md:22: this version cannot let a coordinator plan steps yet",
    ]


def outcome(text: str) -> list[str]:
    try:
        parse(text, "demo.md")
    except RecipeError as error:
        return error.problems
    return []


@given(st.text())
def test_any_text_is_a_recipe_or_a_recipe_error(text: str) -> None:
    """No text crashes the reader."""
    assert all(problem.startswith("demo.md:") for problem in outcome(text))


LINES = st.sampled_from(
    [*PAGE.splitlines(), "", "  ", "\t- x", "```", "# Step: ", "returns:", "  - a: b", "when: not ("]
)


@given(st.lists(LINES, max_size=30))
def test_any_mix_of_lines_is_a_recipe_or_a_recipe_error(lines: list[str]) -> None:
    """Lines of real pages in any order crash nothing either."""
    found = outcome("---\nrecipe: demo\n" + "\n".join(lines))
    assert found == sorted(found, key=lambda problem: int(problem.split(":")[1]))


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=300))
def test_ordinary_text_survives_in_a_body(text: str) -> None:
    """What a person pastes into a body arrives as it is, but for line ends around it and the page's own marks."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")
    quiet = "\n".join(line for line in plain.split("\n") if not line.startswith(("# Step", "# Deliver", "```", "~~~")))
    quiet = quiet.replace("{", "(").replace("`", "'").replace("~", "-").strip("\n")
    recipe = parse(f"---\nrecipe: demo\n---\n\n# Step: a\nrole: write\n\nGo.\n{quiet}", "demo.md")
    assert recipe.steps[0].body == f"Go.\n{quiet}".strip("\n")


def test_two_circles_are_two_errors() -> None:
    """Every circle is named, not only the first."""
    pairs = [("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")]
    body = "".join(f"\n# Step: {one}\nrole: write\nreads: {other}\n\nGo.\n" for one, other in pairs)
    assert [found.split(": ")[2] for found in outcome(f"---\nrecipe: x\n---\n{body}")] == ["a -> b -> a", "c -> d -> c"]


def test_thousands_of_steps_are_read_in_good_time() -> None:
    """A page of the largest size with a chain of steps, or as many unknown names, neither hangs nor breaks."""
    head = "---\nrecipe: x\n---\n\n# Step: s0\nrole: write\n\nGo.\n"
    chain = "".join(f"\n# Step: s{n}\nrole: write\nreads: s{n - 1}\n\nGo.\n" for n in range(1, 3000))
    assert outcome(head + chain) == []
    assert len(outcome(head + chain.replace("reads: s", "reads: t"))) == 2999 + 2999
