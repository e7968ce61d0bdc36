"""Before anything is sent: which file is which input, what is asked, what is refused, and with which advice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from support.runs import Stage, page

from orchestra_cli.engine.prepare import user_name
from orchestra_cli.errors import InputError, MissingInputError, OrchestraError, UsageError

LETTER = "letter\nrole: write\nreads: {reads}\n\nWrite it."
PRICED = page(
    "pricing\ndo: price_table\nreads: takeoff, prices, rates",
    inputs="brief: documents, optional\ntakeoff: table, optional\nprices: table, optional\nrates: settings, optional",
    deliver="md\n{pricing.table}",
)
TAKEOFF = "item,description,unit,qty,unit_price\n1,Mend slates,each,10,12.50\n2,New gutter,m,4,30\n"
RATES = "overhead: 10 %\nprofit: 5 %\ntax: 20 %\n"
CARD = "name: {title}\naliases: {alias}\n\nNotes.\n"


def reading(inputs: str, reads: str) -> str:
    return page(LETTER.format(reads=reads), inputs=inputs)


def clients(stage: Stage, **titles: str) -> None:
    for name, title in titles.items():
        stage.file(f"clients/{name}/client.md", CARD.format(title=title, alias=title.split()[0]))


def names(placed: Sequence[tuple[str, object]]) -> list[tuple[str, str]]:
    return [(slot, material.name) for slot, material in placed]  # type: ignore[attr-defined]


def test_files_are_placed_by_type_and_columns(stage: Stage) -> None:
    """A table with quantities is the take-off, a page of rates the rates, the rest documents; the job is priced."""
    stage.recipe(PRICED)
    stage.file("any.csv", TAKEOFF)
    stage.file("mine.txt", RATES)
    prepared = stage.prepare("topic.txt", "mine.txt", "any.csv")
    assert names(prepared.placed) == [("brief", "topic.txt"), ("takeoff", "any.csv"), ("rates", "mine.txt")]
    assert prepared.sheet is not None
    assert prepared.sheet.gross is not None
    assert str(prepared.sheet.gross.amount) == "339.58"
    assert [line.rows_read for line in prepared.report if line.name == "takeoff"] == [2]


def test_options_place_files_texts_and_choices(stage: Stage) -> None:
    """Each input has its option: a file, several, a folder, a text or the file that holds it, one of the choices."""
    inputs = "papers: documents\nstock: table\nwish: text\nother: text, optional\ntone: choice formal | plain"
    stage.recipe(reading(inputs, "papers, stock, wish, tone"))
    stage.file("in/one.txt", "The roof leaks.")
    stage.file("in/two.md", "The door sticks.")
    stage.file("in/.hidden.txt", "no")
    stage.file("in/old.DRAFT.md", "no")
    stage.file("stock.csv", "part,place\nslate,yard\n")
    stage.file("wish.txt", "A dry kitchen.")
    given = {"papers": "in\ntopic.txt", "stock": "stock.csv", "wish": "wish.txt", "other": "x" * 5000, "tone": "plain"}
    prepared = stage.prepare(inputs=given)
    assert [name for _, name in names(prepared.placed)] == ["one.txt", "two.md", "topic.txt", "stock.csv"]
    assert prepared.texts["wish"].strip() == "A dry kitchen."
    assert prepared.texts["tone"] == "plain"
    with pytest.raises(UsageError, match='"loud" is none of formal, plain'):
        stage.prepare(inputs={**given, "tone": "loud"})


def test_words_that_are_no_file_go_to_the_first_text_input(stage: Stage) -> None:
    """What looks like a path and is none is an error with near names; other words are the text."""
    stage.recipe(reading("wish: text\npapers: documents, optional", "wish, papers"))
    assert stage.prepare("A", "dry", "kitchen?").texts == {"wish": "A dry kitchen?"}
    with pytest.raises(InputError, match=r"topik\.txt") as caught:
        stage.prepare("topik.txt")
    assert "topic.txt" in str(caught.value)
    with pytest.raises(UsageError, match="takes no more text"):
        stage.prepare("more", inputs={"wish": "A dry kitchen."})


def test_word_without_any_text_input_is_taken_for_a_file(stage: Stage) -> None:
    """Where no input takes text, a word is a file that does not exist."""
    stage.recipe(reading("papers: documents", "papers"))
    with pytest.raises(InputError, match="nonsense"):
        stage.prepare("nonsense")


def test_text_file_goes_to_a_text_input_when_nothing_else_takes_it(stage: Stage) -> None:
    """A `text` input also takes the content of a document."""
    stage.recipe(reading("stock: table\nwish: text", "stock, wish"))
    stage.file("stock.csv", "part,place\nslate,yard\n")
    prepared = stage.prepare("topic.txt", "stock.csv")
    assert prepared.texts["wish"].startswith("The roof leaks")


def test_folder_as_a_word_gives_all_its_files(stage: Stage) -> None:
    """A folder stands for the documents in it; too many to guess from is an error."""
    stage.recipe(reading("papers: documents", "papers"))
    for number in range(3):
        stage.file(f"in/{number}.txt", f"Paper {number}.")
    assert len(stage.prepare("in").placed) == 3
    for number in range(61):
        stage.file(f"many/{number}.txt", "x")
    with pytest.raises(InputError, match="holds 61 files; name the ones you mean"):
        stage.prepare("many")


def test_attachments_of_a_mail_come_with_it(stage: Stage) -> None:
    """A mail brings the documents attached to it."""
    mail = (
        "From: a@b.example\nTo: c@d.example\nSubject: Tender\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Type: text/plain\n\nSee the papers.\n'
        '--x\nContent-Type: text/plain; name="annex.txt"\nContent-Disposition: attachment; filename="annex.txt"\n\n'
        "The roof must be slate.\n--x--\n"
    )
    stage.file("enquiry.eml", mail)
    stage.recipe(reading("papers: documents", "papers"))
    assert len(stage.prepare("enquiry.eml").placed) == 2


def test_standard_input_stands_where_the_dash_is(stage: Stage) -> None:
    """ "-" is what came through the pipe; nothing on it is an error unless that is allowed."""
    stage.recipe(reading("papers: documents", "papers"))
    prepared = stage.prepare("-", stdin=b"The roof leaks.\n")
    assert prepared.placed[0][1].text.startswith("The roof")
    with pytest.raises(InputError, match="Nothing arrived on standard input"):
        stage.prepare("-", stdin=b" \n")


def test_dash_may_be_given_to_an_input_by_its_option(stage: Stage) -> None:
    """`--wish -` and `--papers -` read standard input for that input."""
    stage.recipe(reading("papers: documents, optional\nwish: text, optional", "papers, wish"))
    prepared = stage.prepare(inputs={"papers": "-"}, stdin=b"The roof leaks.\n")
    assert prepared.placed[0][1].name == "standard input"
    assert stage.prepare("topic.txt", inputs={"wish": "-"}, stdin=b"A dry kitchen.\n").texts["wish"].startswith("A dry")


def test_empty_standard_input_for_a_missing_input_is_said(stage: Stage) -> None:
    """When standard input was read for a missing input and held nothing, that is the message."""
    stage.recipe(reading("wish: text", "wish"))
    with pytest.raises(InputError, match="Nothing arrived"):
        stage.prepare(stdin=b"")
    with pytest.raises(MissingInputError):
        stage.prepare(stdin=b"", allow_empty=True)


def test_missing_input_names_it_and_its_option(stage: Stage) -> None:
    """A required input that is neither given nor found: what it is, and how to give it."""
    stage.recipe(reading("wish: text -- What you want", "wish"))
    with pytest.raises(MissingInputError, match='"job" needs wish: What you want') as caught:
        stage.prepare()
    assert "--wish FILE" in caught.value.advice


def test_inputs_are_found_with_the_client_then_in_the_workspace(stage: Stage) -> None:
    """What is not given is looked for by type in clients/NAME/, then in the workspace, and said."""
    clients(stage, acme="Acme Trust")
    stage.recipe(PRICED)
    stage.file("clients/acme/quantities.csv", TAKEOFF)
    stage.file("clients/acme/broken.pdf", b"%PDF-nonsense")
    stage.file("rates.txt", RATES)
    prepared = stage.prepare(client="acme")
    assert ("takeoff", "quantities.csv") in names(prepared.placed)
    assert ("rates", "rates.txt") in names(prepared.placed)
    assert any("takeoff found: clients/acme/quantities.csv" in note for note in prepared.notes)


def test_file_that_fits_two_inputs_is_a_question_with_an_answer(stage: Stage) -> None:
    """On a terminal it is asked which; the answer settles it. Where nobody can be asked it is exit 2 with the ways."""
    stage.recipe(reading("first: table\nsecond: table", "first, second"))
    stage.file("stock.csv", "part,place\nslate,yard\n")
    prepared = stage.prepare("stock.csv", interactive=True)
    [question] = prepared.questions
    assert question.id == "place:stock.csv"
    assert question.choices == ("first", "second")
    with pytest.raises(InputError) as caught:
        stage.prepare("stock.csv")
    assert "--first stock.csv or --second stock.csv" in caught.value.advice
    stage.file("other.csv", "who,when\nAda,now\n")
    said = {"place:stock.csv": "second", "place:other.csv": "first"}
    assert names(stage.prepare("stock.csv", "other.csv", answers=said).placed) == [
        ("first", "other.csv"),
        ("second", "stock.csv"),
    ]


def test_two_files_for_one_input_are_a_question(stage: Stage) -> None:
    """Two take-offs in a client's folder: which one is it? The answer places it."""
    clients(stage, acme="Acme Trust")
    stage.recipe(PRICED)
    for name in ("a", "b"):
        stage.file(f"clients/acme/{name}.csv", TAKEOFF)
    stage.file("rates.txt", RATES)
    [question] = stage.prepare(client="acme", interactive=True).questions
    assert question.id == "which:takeoff"
    chosen = stage.prepare(client="acme", answers={question.id: question.choices[1]})
    assert ("takeoff", "b.csv") in names(chosen.placed)


def test_file_that_fits_nothing_is_refused_with_its_reason(stage: Stage) -> None:
    """A table where no table is wanted: what it is, and what the recipe takes."""
    stage.recipe(reading("paper: document", "paper"))
    stage.file("stock.csv", "part,place\nslate,yard\n")
    with pytest.raises(InputError, match=r"stock\.csv"):
        stage.prepare("stock.csv")


def test_client_is_asked_taken_or_refused(stage: Stage) -> None:
    """A recipe for a client takes the only card, asks on a terminal, and says the names where nobody can be asked."""
    stage.recipe(page(LETTER.format(reads="topic, client")))
    clients(stage, acme="Acme Trust")
    assert stage.prepare("topic.txt").client.name == "acme"  # type: ignore[union-attr]
    clients(stage, borough="Borough Council")
    [question] = stage.prepare("topic.txt", interactive=True).questions
    assert (question.id, question.choices) == ("client", ("acme", "borough"))
    with pytest.raises(InputError, match="acme, borough") as caught:
        stage.prepare("topic.txt")
    assert "--client NAME" in caught.value.advice
    assert stage.prepare("topic.txt", answers={"client": "borough"}).client.title == "Borough Council"  # type: ignore[union-attr]
    with pytest.raises(InputError, match="Did you mean acme"):
        stage.prepare("topic.txt", client="acmee")


def test_file_of_another_client_stops_before_anything_is_paid(stage: Stage) -> None:
    """A file that names another known client, or lies in its folder, and never this one, is refused."""
    clients(stage, acme="Acme Trust", borough="Borough Council")
    stage.recipe(page(LETTER.format(reads="topic, client")))
    stage.file("topic.txt", "The Borough Council wants a roof.\n")
    with pytest.raises(InputError, match='names "Borough Council", the client is acme') as caught:
        stage.prepare("topic.txt", client="acme")
    assert "--client borough?" in caught.value.advice
    stage.file("clients/borough/enquiry.txt", "A roof, please.\n")
    with pytest.raises(InputError, match="lies in the folder of borough"):
        stage.prepare("clients/borough/enquiry.txt", client="acme")
    stage.file("topic.txt", "Acme Trust and the Borough Council want a roof.\n")
    assert stage.prepare("topic.txt", client="acme").client
    stage.file("topic.txt", "Somebody wants a roof.\n")
    assert stage.prepare("topic.txt", client="acme").client


def test_no_workspace_has_no_clients(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Outside every workspace a recipe by path still works; a client cannot be named."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "job.md").write_text(page(LETTER.format(reads="topic")), encoding="utf-8")
    (outside / "topic.txt").write_text("The roof leaks.", encoding="utf-8")
    monkeypatch.chdir(outside)
    prepared = stage.prepare("topic.txt", recipe="./job.md")
    assert (prepared.workspace, prepared.client, prepared.company) == (None, None, None)
    with pytest.raises(InputError, match="There is no workspace here"):
        stage.prepare("topic.txt", recipe="./job.md", client="acme")


def test_rates_that_are_not_stated_are_asked_and_never_assumed(stage: Stage) -> None:
    """No total without overhead, profit and tax: asked for on a terminal, exit 2 elsewhere; 0 is an answer."""
    stage.recipe(PRICED)
    stage.file("takeoff.csv", TAKEOFF)
    prepared = stage.prepare("takeoff.csv", interactive=True)
    assert [question.id for question in prepared.questions] == ["rates.overhead", "rates.profit", "rates.tax"]
    with pytest.raises(InputError, match="No overhead is stated"):
        stage.prepare("takeoff.csv")
    said = {"rates.overhead": "0", "rates.profit": "0", "rates.tax": "0"}
    priced = stage.prepare("takeoff.csv", answers=said).sheet
    assert priced is not None
    assert priced.gross is not None
    assert priced.gross.amount == 245


def test_later_word_on_a_rate_holds_whatever_it_is_called(stage: Stage) -> None:
    """Settings, then a page of rates, then --set: "VAT" and "tax" are one rate."""
    stage.file("orchestra.toml", "[pricing]\noverhead = 0\nprofit = 0\ntax = 50\n")
    stage.recipe(PRICED)
    stage.file("takeoff.csv", TAKEOFF)
    gross = [
        stage.prepare("takeoff.csv").sheet,
        stage.prepare("takeoff.csv", sets={"VAT": "20"}).sheet,
    ]
    assert [sheet.gross.amount for sheet in gross if sheet and sheet.gross] == [367.5, 294]


def test_column_that_the_layout_does_not_know_is_named_by_set(stage: Stage) -> None:
    """`--set takeoff.qty=COLUMN` says which column holds the quantity; an unknown name is refused."""
    stage.file(
        "orchestra.toml", '[pricing]\noverhead = 0\nprofit = 0\ntax = 0\n[layouts.takeoff]\nunit_price = "Preis"\n'
    )
    stage.recipe(PRICED)
    stage.file("takeoff.csv", "item,description,unit,Zahl,Preis\n1,Slates,each,10,12.50\n")
    prepared = stage.prepare("takeoff.csv", sets={"takeoff.qty": "Zahl"})
    assert prepared.mapping == {"takeoff.unit_price": "Preis", "takeoff.qty": "Zahl"}
    assert prepared.sheet is not None
    assert prepared.sheet.gross is not None
    assert prepared.sheet.gross.amount == 125
    with pytest.raises(UsageError, match="takeoff has no quantity_of_things"):
        stage.prepare("takeoff.csv", sets={"takeoff.quantity_of_things": "Zahl"})
    with pytest.raises(UsageError, match="no such setting"):
        stage.prepare("takeoff.csv", sets={"colour": "blue"})


def test_model_for_a_step_that_does_not_exist_is_refused(stage: Stage) -> None:
    """`--model STEP=...` with a misspelt step names the near one."""
    stage.recipe(page(LETTER.format(reads="topic")))
    with pytest.raises(UsageError, match="Did you mean --model letter="):
        stage.prepare("topic.txt", models={"leter": "openai/gpt-5.2"})
    with pytest.raises(UsageError, match="Its steps are letter"):
        stage.prepare("topic.txt", models={"zzz": "openai/gpt-5.2"})


def test_recipe_that_this_version_cannot_run_is_refused_whole(stage: Stage) -> None:
    """What cannot be run yet is named with its line before anything is read."""
    stage.recipe(page(LETTER.format(reads="topic").replace("role: write", "role: write\npanel: 3")))
    with pytest.raises(InputError, match="cannot run panels yet"):
        stage.prepare("topic.txt")


def test_unknown_recipe_has_near_names(stage: Stage) -> None:
    """A misspelt recipe is exit 2 with the near name."""
    with pytest.raises(OrchestraError, match="proposal") as caught:
        stage.prepare(recipe="propsal")
    assert caught.value.exit == 2


def test_clock_is_passed_in(stage: Stage) -> None:
    """The moment of the run is the one that was given."""
    from orchestra_cli.engine.prepare import prepare

    stage.recipe(page(LETTER.format(reads="topic")))
    moment = datetime(2027, 3, 12, 14, 0, tzinfo=UTC)
    assert prepare(stage.request("topic.txt"), now=moment).now == moment


def test_user_is_named_or_someone(monkeypatch: pytest.MonkeyPatch) -> None:
    """ORCHESTRA_USER, else the login name, else "someone"."""

    def nobody() -> str:
        raise OSError

    monkeypatch.setenv("ORCHESTRA_USER", "ada")
    assert user_name() == "ada"
    monkeypatch.delenv("ORCHESTRA_USER")
    monkeypatch.setattr("getpass.getuser", lambda: "login")
    assert user_name() == "login"
    monkeypatch.setattr("getpass.getuser", nobody)
    assert user_name() == "someone"
