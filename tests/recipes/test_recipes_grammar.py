"""The grammar of a recipe page, rule by rule, as recipes.md states it."""

from __future__ import annotations

import textwrap
from decimal import Decimal

import pytest

from orchestra_cli.errors import RecipeError
from orchestra_cli.recipes.load import parse
from orchestra_cli.recipes.model import InputSpec, Read, Recipe
from orchestra_cli.types import Field

HEAD = "---\nrecipe: demo\n---\n"


def page(text: str) -> Recipe:
    return parse(textwrap.dedent(text).lstrip("\n"), "demo.md")


def step(settings: str, body: str = "Do it.") -> Recipe:
    inputs = "inputs:\n  brief: documents -- It\n  rows: table, optional\n"
    lines = textwrap.dedent(settings).strip("\n")
    return parse(f"---\nrecipe: demo\n{inputs}---\n\n# Step: draft\n{lines}\n\n{body}\n", "demo.md")


def problems(text: str) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        parse(text, "demo.md")
    return caught.value.problems


def step_problems(settings: str, body: str = "Do it.") -> list[str]:
    with pytest.raises(RecipeError) as caught:
        step(settings, body)
    return caught.value.problems


EXAMPLE = """
---
recipe: proposal
title: Bid proposal
summary: Reads the tender, prices the job.
inputs:
  brief: documents -- The tender, RFP or e-mail you are answering
  takeoff: table, optional -- Quantities: item, description, unit, quantity
  rates: settings, optional, secret -- Overhead, profit
  size: choice small | very large, many
budget: 3.00
privacy: strict
language: en-GB
by hand: 8.5
---
We are {company}, bidding for work from {client}.

# Step: requirements
role: extract
reads: brief
returns:
  - quote: quote from brief
    kind: deadline | must include
    note: text, optional
approve: Go or no go?

List every requirement.

# Step: pricing
do: price_table
reads: takeoff, rates

# Step: proposal
role: write
reads: requirements, pricing, archive(3)
answers: requirements
max words: 900

Write it.

# Step: check
review: proposal
role: review
against: requirements, pricing
rounds: 2
approve!: Send this version?

Does it agree?

# Deliver: docx, pdf, md
# Proposal for {client}
{proposal}
{pricing.table}
{requirements.matrix}
"""


def test_reads_the_whole_example() -> None:
    """Every setting of the example page arrives under its name, with its type."""
    recipe = page(EXAMPLE)
    assert (recipe.name, recipe.title, recipe.budget, recipe.by_hand) == (
        "proposal",
        "Bid proposal",
        Decimal("3.00"),
        Decimal("8.5"),
    )
    assert (recipe.privacy, recipe.language) == ("strict", "en-GB")
    assert recipe.preamble == "We are {company}, bidding for work from {client}."
    assert [item.id for item in recipe.steps] == ["requirements", "pricing", "proposal", "check"]
    assert recipe.input("size") == InputSpec("size", "choice", ("small", "very large"), False, True, None, "", 9)
    assert recipe.input("rates").privacy == "secret"
    assert recipe.input("takeoff").hint == "Quantities: item, description, unit, quantity"
    proposal = recipe.step("proposal")
    assert proposal.reads == (Read("requirements"), Read("pricing"), Read("archive", count=3))
    assert (proposal.answers, proposal.max_words, proposal.is_prose) == ("requirements", 900, True)
    check = recipe.step("check")
    assert (check.kind, check.review, check.rounds, check.approve, check.approve_hard) == (
        "review",
        "proposal",
        2,
        "Send this version?",
        True,
    )
    assert recipe.reviews_of("proposal") == (check,)
    assert recipe.deliver is not None
    assert recipe.deliver.formats == ("docx", "pdf", "md")
    assert recipe.deliver.text.startswith("# Proposal for {client}\n")
    assert check.line_of("against") == 43
    assert check.line_of("tier") == check.line == 40
    assert str(Read("archive", count=3)) == "archive(3)"
    assert str(Read("pricing", "table")) == "pricing.table"
    with pytest.raises(KeyError):
        recipe.step("nobody")
    with pytest.raises(KeyError):
        recipe.input("nobody")


def test_byte_order_mark_and_windows_lines_change_nothing() -> None:
    """A page saved by Windows programs reads as the same page."""
    plain = page(EXAMPLE)
    windows = parse("\ufeff" + plain.text.replace("\n", "\r\n"), "demo.md")
    assert windows.steps == plain.steps
    assert windows.deliver == plain.deliver
    assert windows.inputs == plain.inputs


def test_refuses_more_than_256_kb() -> None:
    """A page is at most 256 KB."""
    ok = HEAD + "\n# Step: draft\nrole: write\n\n"
    assert parse(ok + "x" * (256 * 1024 - len(ok)), "demo.md").steps
    assert "256 KB" in problems(ok + "x" * (256 * 1024 - len(ok) + 1))[0]


def test_words_typography_is_repaired_in_settings_only() -> None:
    """Smart quotes, dashes and hard spaces are made plain above the blank line and kept below it."""
    recipe = parse(
        "---\nrecipe:\u00a0demo\ntitle: \u201cBig\u201d bids \u2014 fast\n"
        "inputs:\n  brief: documents \u2013 The client\u2019s tender\n"
        "---\n\n# Step: draft\nrole:\u00a0write\nreads: brief\n\nSay \u201chello\u201d \u2014 now.\u00a0Yes.\n",
        "demo.md",
    )
    assert recipe.title == '"Big" bids -- fast'
    assert recipe.inputs[0].hint == "The client's tender"
    assert recipe.steps[0].role == "write"
    assert recipe.steps[0].body == "Say \u201chello\u201d \u2014 now.\u00a0Yes."


def test_settings_rails_that_word_made_a_dash_are_read() -> None:
    """A `---` that Word turned into one long dash still opens and closes the settings."""
    assert parse("\u2014\nrecipe: demo\n\u2014\n\n# Step: a\nrole: write\n\nGo.", "demo.md").name == "demo"


def test_values_are_literal() -> None:
    """Quotes, hashes, colons and backslashes in a value are text."""
    recipe = parse(
        '---\nrecipe: demo\ntitle: "A" # b: c \\n\n---\n\n# Step: a\nrole: write\napprove: Go: now? # yes\n\nx',
        "demo.md",
    )
    assert recipe.title == '"A" # b: c \\n'
    assert recipe.steps[0].approve == "Go: now? # yes"


def test_a_forgotten_blank_line_is_an_error_that_says_so() -> None:
    """Text straight after the settings is never swallowed into the prompt."""
    found = step_problems("role: write\nWrite a letter to the client about the work")
    assert len(found) == 1
    assert found[0].startswith(
        'demo.md:10: "Write a letter to the client about the work" is no setting of step "draft"'
    )
    assert "blank line" in found[0]
    assert "blank line" in step_problems("role: write\nNote: be short")[0]


def test_unknown_setting_names_file_line_step_and_guess() -> None:
    """The message is the one that recipes.md promises."""
    text = HEAD + "\n# Step: draft\nrole: write\nmodle: x\n\nWrite."
    assert problems(text) == ['demo.md:7: unknown setting "modle" in step "draft": did you mean "model"?']
    assert problems("---\nrecipe: demo\ntitel: x\n---\n\n# Step: a\nrole: write\n\nGo.") == [
        'demo.md:3: unknown setting "titel" in the page: did you mean "title"?'
    ]


def test_setting_names_are_lower_case() -> None:
    """`Role:` is not `role:`."""
    assert 'unknown setting "Role"' in problems(HEAD + "\n# Step: draft\nRole: write\n\nWrite.")[0]


def test_settings_end_at_the_first_blank_line() -> None:
    """What looks like a setting below the blank line is text."""
    assert step("role: write", "model: this is text\nrole: too").steps[0].body == "model: this is text\nrole: too"


def test_a_setting_stands_once() -> None:
    """The same setting twice is an error that names the first line."""
    assert step_problems("role: write\nrole: extract") == [
        'demo.md:10: "role" is set twice in step "draft", first in line 9'
    ]


def test_escaped_structure_is_text() -> None:
    """`\\# Step:` is text of the step it stands in."""
    recipe = step("role: write", "A\n\\# Step: b\nC")
    assert len(recipe.steps) == 1
    assert "# Step: b" in recipe.steps[0].body


def test_structure_inside_code_fences_is_text() -> None:
    """Lines in ``` and ~~~ fences start no step, whatever they say."""
    recipe = step("role: write", "````\n# Step: b\n```\n# Deliver: md\n````\n~~~ text\n# Step: c\n~~~\nEnd")
    assert [item.id for item in recipe.steps] == ["draft"]
    assert recipe.deliver is None
    assert recipe.steps[0].body.endswith("End")


def test_an_open_fence_is_a_warning() -> None:
    """A fence that is never closed makes the rest text, and the page says so."""
    recipe = step("role: write", "```\n# Step: b\nrole: write")
    assert any("never closed" in warning for warning in recipe.warnings)


def test_indented_and_inline_structure_is_text() -> None:
    """Only column 0 starts a step."""
    assert len(step("role: write", " # Step: b\nSee # Step: c").steps) == 1


def test_near_misses_of_structure_are_warnings() -> None:
    """`# step: b` is text, and the page warns of it."""
    recipe = step("role: write", "# step: b\n## Step: c")
    assert len(recipe.steps) == 1
    assert [warning.split(":")[1] for warning in recipe.warnings] == ["11", "12"]


def test_all_after_deliver_is_text_with_a_warning() -> None:
    """A step after Deliver is text of the document."""
    recipe = page(EXAMPLE + "\n# Step: late\n")
    assert recipe.deliver is not None
    assert "# Step: late" in recipe.deliver.text
    assert any("# Step: late" in warning for warning in recipe.warnings)


def test_a_step_directly_after_a_step_needs_no_body_for_do() -> None:
    """A `do` step may have no body."""
    assert page(EXAMPLE).step("pricing").body == ""


@pytest.mark.parametrize("settings", ["role: write", "review: other"])
def test_a_model_step_without_a_body_is_an_error(settings: str) -> None:
    """A model must be told what to do."""
    assert any("says nothing to the model" in found for found in step_problems(settings, ""))


def test_a_step_needs_one_of_four() -> None:
    """A step without role, do, review or plan is an error that lists them."""
    assert step_problems("reads: brief") == ['demo.md:8: step "draft" needs one of: role, do, review, plan']
    assert 'both "do" and "plan"' in " ".join(step_problems("do: price_table\nplan: draft"))


@pytest.mark.parametrize(
    "name", ["Draft", "1st", "a b", "a-b", "", "client", "company", "facts", "archive", "period", "run"]
)
def test_step_names_that_are_not_allowed(name: str) -> None:
    """Ids are small letters, digits and _; words with a meaning are taken."""
    found = problems(f"{HEAD}\n# Step: {name}\nrole: write\n\nGo.")
    assert found[0].startswith("demo.md:5: a step cannot be called")


def test_step_names_are_unique_and_no_inputs() -> None:
    """Two steps of one name, or a step named as an input, are errors with lines."""
    text = (
        "---\nrecipe: demo\ninputs:\n  brief: text\n---\n\n# Step: brief\nrole: write\n\nA\n\n"
        + "# Step: a\nrole: write\n\nA\n\n# Step: a\nrole: write\n\nA"
    )
    assert problems(text) == [
        'demo.md:7: "brief" is an input: give the step another name',
        'demo.md:17: there is a step "a" already, in line 12',
    ]


def test_the_page_must_have_rails_a_name_and_a_step() -> None:
    """A page without settings, name or steps says what to add."""
    assert 'must begin with a line "---"' in problems("# Step: a\nrole: write\n\nGo.")[0]
    assert "never closed" in problems("---\nrecipe: demo\n\n# Step: a\nrole: write\n\nGo.")[0]
    assert problems("---\ntitle: x\n---\n\n# Step: a\nrole: write\n\nGo.") == [
        'demo.md:1: the page has no name: add a line "recipe: name"'
    ]
    assert "has no step" in problems(HEAD)[0]
    assert "never closed" in problems("---\nrecipe: demo\n")[0]


@pytest.mark.parametrize("name", ["keys", "run", "doctor"])
def test_a_recipe_cannot_take_the_name_of_a_command(name: str) -> None:
    """Commands that are no recipes keep their names."""
    assert "name of a command" in problems(f"---\nrecipe: {name}\n---\n\n# Step: a\nrole: write\n\nGo.")[0]


def test_recipe_names_are_plain() -> None:
    """No capitals, no path."""
    assert "cannot be called" in problems("---\nrecipe: ../x\n---\n\n# Step: a\nrole: write\n\nGo.")[0]


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ("budget: 3,00", "numbers are written with a point: 3.00"),
        ("budget: $3", "write a number of US dollars such as 3.00"),
        ("by hand: 1,5", "numbers are written with a point: 1.5"),
        ("by hand: long", "write a number of hours such as 3.00"),
        ("privacy: stict", 'unknown privacy "stict": did you mean "strict"?'),
        ("language: English!", "write a tag such as en-GB"),
        ("title:", '"title" has no value'),
        ("budget:", '"budget" has no value'),
        ("language:", '"language" has no value'),
    ],
)
def test_values_of_the_page(line: str, fix: str) -> None:
    """A value that cannot be read names its line and the fix; a decimal comma says so."""
    found = problems(f"---\nrecipe: demo\n{line}\n---\n\n# Step: a\nrole: write\n\nGo.")
    assert len(found) == 1
    assert found[0].startswith("demo.md:3: ")
    assert fix in found[0]


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ("brief: documnts", 'unknown type "documnts" of input "brief": did you mean "documents"?'),
        ("brief: qqq", "use one of documents"),
        ("brief: table, optinal", 'did you mean "optional"?'),
        ("brief: table, zzz", "says nothing about an input"),
        ("brief: table, public, secret", "both public and secret"),
        ("brief: choice small", "write the choices with bars"),
        ("brief: choice a | a", "write the choices with bars"),
        ("Brief: table", 'cannot be called "Brief"'),
        ("client: text", "has a meaning of its own"),
        ("period: text", "has a meaning of its own"),
        ("output: text", "clash with the option --output"),
        ("no_input: text", "clash with the option --no-input"),
        ("brief", "is no input"),
    ],
)
def test_input_lines_that_are_wrong(line: str, fix: str) -> None:
    """Each broken input line is one error with its line and the fix."""
    found = problems(f"---\nrecipe: demo\ninputs:\n  {line}\n---\n\n# Step: a\nrole: write\n\nGo.")
    assert len(found) == 1
    assert found[0].startswith("demo.md:4: ")
    assert fix in found[0]


def test_inputs_are_unique_and_stand_below() -> None:
    """An input twice, and inputs on the line of `inputs:`, are errors."""
    body = "---\n\n# Step: a\nrole: write\n\nGo."
    assert "there twice" in problems(f"---\nrecipe: demo\ninputs:\n  a1: text\n  a1: text\n{body}")[0]
    assert "indented" in problems(f"---\nrecipe: demo\ninputs: brief\n{body}")[0]
    assert "no input" in problems(f"---\nrecipe: demo\ninputs:\n    deep: text\n{body}")[0]


def test_a_period_input_may_be_called_period() -> None:
    """`period: period` is the one reserved word that an input may have."""
    recipe = parse(
        "---\nrecipe: demo\ninputs:\n  period: period\n---\n\n# Step: a\nrole: write\n\nFor {period}.", "d.md"
    )
    assert recipe.inputs[0].id == "period"


def test_blocks_and_their_indentation() -> None:
    """Tabs, one space, stray and continued lines are each named."""
    assert "tab: use two spaces" in step_problems("role: write\nreturns:\n\ta: text")[0]
    assert "indent this line with two spaces" in step_problems("role: write\nreturns:\n a: text")[0]
    assert "stands on one line" in step_problems("role: write\n  and more")[0]
    assert "stands under no setting" in step_problems("  role: write\nrole: write")[0]
    assert len(step_problems("role: write\nretruns:\n  a: text")) == 1


def returns(block: str) -> Field:
    recipe = step("role: extract\nreads: brief\nreturns:\n" + textwrap.indent(textwrap.dedent(block).strip("\n"), "  "))
    field = recipe.steps[0].returns
    assert field is not None
    return field


def test_returns_a_group() -> None:
    """Names with types are a group."""
    assert returns("total: money, optional\nok: yes or no") == Field(
        "", "group", fields=(Field("total", "money", optional=True), Field("ok", "yes or no"))
    )


def test_returns_a_list_of_groups() -> None:
    """A dash with a name begins the items of a list; `at most` on its first line limits the list."""
    assert returns("- quote: quote from brief, at most 40\n  kind: must include | b, max 3 words") == Field(
        "",
        "list",
        at_most=40,
        fields=(
            Field(
                "",
                "group",
                fields=(
                    Field("quote", "quote", of="brief"),
                    Field("kind", "choice", choices=("must include", "b"), max_words=3),
                ),
            ),
        ),
    )


def test_returns_a_list_of_values() -> None:
    """A dash with a type is a list of values."""
    assert returns("- text, max 20 words, at most 5") == Field(
        "", "list", at_most=5, fields=(Field("", "text", max_words=20),)
    )
    assert returns("- low | high").fields[0].choices == ("low", "high")


def test_returns_nested_blocks() -> None:
    """A name over a deeper block is a group or a list of its own."""
    field = returns(
        "who:\n  name: text\n  lines:\n    - sku: text\n      price: number, at most 10\n"
        "  tags:\n    - fact\nwhy: source"
    )
    who, why = field.fields
    assert (who.kind, why.kind) == ("group", "source")
    assert [member.id for member in who.fields] == ["name", "lines", "tags"]
    assert who.fields[1].kind == "list"
    assert who.fields[1].fields[0].fields[1] == Field("price", "number", at_most=10)
    assert who.fields[2].fields[0].kind == "fact"
    assert returns("- score: number, at most 5\n  why: text").at_most is None


@pytest.mark.parametrize(
    ("block", "fix"),
    [
        ("a: texx", 'unknown field type "texx" of "a": did you mean "text"?'),
        ("a: qqqqqq", "use one of: text, number"),
        ("- qqqqqq", "of the list"),
        ("a: text, optinal", 'did you mean "optional"?'),
        ("a: text, max 1,5 words", "says nothing about a field"),
        ("a: quote", 'write "quote from"'),
        ("a: x | x", "must differ"),
        ("a: x |", "must differ"),
        ("a: text\na: text", '"a" is there twice'),
        ("id: text", "code numbers the items"),
        ("B: text", "small letters"),
        ("a: text, at most 3", '"at most" limits a list or a number'),
        ("a: text\n  b: text", "keep one of them"),
        ("a text", "is no field"),
        ("- a: text\nb: text", "is no field"),
        ("- text\n- text", "a list is described once"),
        ("- text\n  a: text", "members need names"),
        ("  a: text\nb: text", "indented less"),
        ("a:\n" + " " * 60 + "b: text", "make it simpler"),
        ("a: quote from nowhere", "there is no input or step"),
        ("a: quote from rows", "without reading it"),
    ],
)
def test_returns_that_are_wrong(block: str, fix: str) -> None:
    """Each broken field is one error that says what to write."""
    with pytest.raises(RecipeError) as caught:
        step("role: extract\nreads: brief\nreturns:\n" + textwrap.indent(block, "  "))
    assert len(caught.value.problems) == 1
    assert fix in caught.value.problems[0]


def test_reads_in_all_their_shapes() -> None:
    """Ids, ID.ID, client, company, facts and archive(N)."""
    text = (
        "---\nrecipe: demo\n---\n\n# Step: a\nrole: extract\nreturns:\n  - kind: text\n\nx\n\n"
        "# Step: b\nrole: write\nreads: a.kind, client, company, facts, archive( 5 )\n\nx"
    )
    assert parse(text, "demo.md").step("b").reads == (
        Read("a", "kind"), Read("client"), Read("company"), Read("facts"), Read("archive", count=5),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        ("breif", 'there is no input or step "breif": did you mean "brief"?'),
        ("brief, brief", "there twice"),
        ("archive", "archive(3)"),
        ("archive(0)", "archive(3)"),
        ("brief; rows", "with commas between them"),
        ("brief.table", '"brief" has no fields'),
        ("client.name", '"client" has no fields'),
    ],
)
def test_reads_that_are_wrong(value: str, fix: str) -> None:
    """Each unreadable or unknown name is one error."""
    found = step_problems(f"role: write\nreads: {value}")
    assert len(found) == 1
    assert fix in found[0]


@pytest.mark.parametrize(
    ("settings", "fix"),
    [
        ("role: wirte", 'unknown role "wirte": did you mean "write"?'),
        ("role: zzzz", "add it to [roles]"),
        ("role:", '"role" in step "draft" has no value'),
        ("role: write\nmax words: many", "write a whole number from 1"),
        ("role: write\nmax words: 0", "write a whole number from 1"),
        ("role: write\nsearch: intranet", "use web"),
        ("role: write\ntier: cheap", "use economy, balanced, best"),
        ("role: write\njudge: best", '"judge" needs a "panel"'),
        ("role: write\nrounds: 2", '"rounds" needs a "review" or a "panel"'),
        ("role: write\nwith:\n  a: b", '"with" has no meaning in a step with "role"'),
        ("role: write\nreturns: text", "in the lines below it"),
        ("role: write\napprove: a\napprove!: b", "not both"),
        ("role: write\nanswers: A B", "write the name of one step"),
        ("role: write\neach: A B", "write the name of one list"),
        ("role: write\nwhen: brief", 'after "brief" write one of'),
        ("do: price_tabel", 'unknown action "price_tabel": did you mean "price_table"?'),
        ("do: qqq", "use price_table, recipe NAME, tool server.name"),
        ("do: recipe ../x", "may not name files"),
        ("do: price_table\nrole: write", '"role" has no meaning in a step with "do"'),
        ("do: price_table\nwith:\n  overhead", 'write "name: value"'),
        ("do: price_table\nwith:\n  a: 1\n  a: 2", "set twice"),
        ("do: price_table\nwith:\n  file: ../secret.csv", "leads out of the workspace"),
        ("do: price_table\nwith:\n  file: /etc/passwd", "leads out of the workspace"),
        ("do: price_table\nwith:\n  file: C:\\x.csv", "leads out of the workspace"),
        ("do: price_table\nwith:\n  file: ~/x", "leads out of the workspace"),
        ("plan: ../x", "may not name files"),
        ("plan: other; six", 'write "at most 6"'),
    ],
)
def test_step_settings_that_are_wrong(settings: str, fix: str) -> None:
    """Each broken setting is one error that says what to write."""
    found = step_problems(settings)
    assert len(found) == 1
    assert fix in found[0]


def test_all_settings_of_a_step_arrive() -> None:
    """Panels, plans, actions and the rest are read even where this version cannot run them."""
    text = (
        "---\nrecipe: demo\ninputs:\n  rows: table\n---\n\n# Step: facts_of\ndo: price_table\nreads: rows\nwith:\n"
        "  overhead: 12 %\n  note: a: b\n\n# Step: talk\nrole: analyse\nreads: facts_of.table\n"
        "panel: 3\nrounds: 2\njudge: write\ntier: economy, best\nmodel: openai/gpt-5\neach: rows\n"
        "when: not (rows is x or rows is y)\nsearch: web\n\n"
        "Talk.\n\n# Step: lead\nplan: talk, vendor-page; at most 6\n\nLead.\n\n"
        "# Step: inner\ndo: recipe weekly\nreads: talk, lead\n\n"
        "# Step: outer\ndo: tool crm.find_company\nreads: inner\n"
    )
    recipe = parse(text, "demo.md")
    talk, lead = recipe.step("talk"), recipe.step("lead")
    assert recipe.step("facts_of").settings == (("overhead", "12 %"), ("note", "a: b"))
    assert (talk.panel, talk.rounds, talk.judge, talk.tier) == (3, 2, "write", ("economy", "best"))
    assert (talk.model, talk.each, talk.search, talk.when is not None) == ("openai/gpt-5", "rows", True, True)
    assert (lead.kind, lead.plan, lead.plan_at_most, lead.role) == ("plan", ("talk", "vendor-page"), 6, "coordinate")
    assert recipe.step("inner").action == "recipe weekly"
    assert recipe.step("outer").action == "tool crm.find_company"
    assert step("plan: draft").steps[0].plan_at_most == 0


def test_roles_of_the_settings_are_known() -> None:
    """A role of orchestra.toml may be played."""
    text = HEAD + "\n# Step: a\nrole: lawyer\n\nGo."
    assert parse(text, "demo.md", ("lawyer",)).steps[0].role == "lawyer"


@pytest.mark.parametrize(
    ("line", "fix"),
    [("docx, pfd", 'did you mean "pdf"?'), ("zzz", "use md"), ("md, md", "twice"), ("", "unknown format")],
)
def test_formats_that_are_wrong(line: str, fix: str) -> None:
    """Unknown formats are named."""
    assert fix in problems(f"{HEAD}\n# Step: a\nrole: write\n\nGo.\n\n# Deliver: {line}\n{{a}}")[0]
