"""The end: figures rendered, marks removed, checks, draft names, what is withheld, and where files go."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.runs import Stage, page, person
from support.vendor import Asked, Reply

from orchestra_cli.engine.events import Checked, Delivered
from orchestra_cli.engine.result import to_json
from orchestra_cli.errors import InputError

REQUIREMENTS = (
    "requirements\nrole: extract\nreads: topic\nreturns:\n  - quote: quote from topic\n    kind: must include | other\n"
    "    note: text, optional\n\nList what is asked."
)
PRICE = "pricing\ndo: price_table\nreads: takeoff"
OFFER = "offer\nrole: write\nreads: requirements, pricing\nanswers: requirements\n\nWrite the offer."
TENDER = "The roof must be mended with slate. The gutter must be new.\n"
TAKEOFF = "item,description,unit,qty,unit_price\n1,Mend slates,each,10,12.50\n2,New gutter,m,4,30\n"
ASKED = [
    {"quote": "The roof must be mended with slate.", "kind": "must include", "note": ""},
    {"quote": "The gutter must be new.", "kind": "must include", "note": ""},
]
BID = page(
    REQUIREMENTS,
    PRICE,
    OFFER,
    inputs="topic: document\ntakeoff: table, optional",
    deliver="docx, md\n# Offer for {client}\n{offer}\n\n## Price\n{pricing.table}\n\n## Matrix\n{requirements.matrix}",
)
NOTE = page("note\nrole: write\nreads: topic\n\nWrite a short note.", deliver="md\n# Note\n{note}")


@pytest.fixture
def firm(stage: Stage) -> Stage:
    stage.file("topic.txt", TENDER)
    stage.file("takeoff.csv", TAKEOFF)
    stage.file("orchestra.toml", "[pricing]\noverhead = 0\nprofit = 0\ntax = 20\n")
    return stage


def total_of(asked: Asked) -> str:
    """The id of the total as the fact sheet in the prompt has it."""
    lines = asked.fenced["facts"].splitlines()
    return next(line.split()[0] for line in reversed(lines) if "294.00" in line)


def offer(asked: Asked) -> Reply:
    return Reply(
        f"## Our offer\n\nWe mend the roof with slate [R1] for [{total_of(asked)}].\n\n## Gutter\n\nIt is new [R2].\n"
    )


def test_document_has_facts_put_in_marks_taken_out_and_the_matrix(firm: Stage) -> None:
    """Ids become figures in the reader's format, item marks vanish, the matrix says which section answers what."""
    firm.recipe(BID)
    firm.script({"List what is asked": ASKED, "Write the offer": offer})
    played = firm.play("topic.txt", "takeoff.csv")
    text = played.result.document
    assert played.result.exit == 0, played.result.findings
    assert "We mend the roof with slate for GBP 294.00." in text
    assert "[R1]" not in text
    assert "| R1 | The roof must be mended with slate. | must include | Our offer |" in text
    assert "| R2 | The gutter must be new. | must include | Gutter |" in text
    assert text.startswith("# Offer for the client")
    assert played.step("pricing").cost_usd == 0


def test_a_list_to_answer_that_came_back_empty_is_no_finished_bid(firm: Stage) -> None:
    """An empty list of requirements is legal JSON and no success: a draft, exit 5, with what is missing named."""
    firm.recipe(BID)
    firm.script({"List what is asked": [], "Write the offer": "## Our offer\n\nWe mend the roof with slate.\n"})
    played = firm.play("topic.txt", "takeoff.csv")
    assert (played.result.status, played.result.exit) == ("flawed", 5)
    assert "requirements: nothing was found that offer could answer" in played.result.missing


def test_requirement_without_an_answer_is_missing_and_blocks(firm: Stage) -> None:
    """What no section answers stands as MISSING in the matrix, and the bid is a draft."""
    firm.recipe(BID)
    firm.script(
        {
            "List what is asked": ASKED,
            "Write the offer": "## Our offer\n\nWe mend the roof with slate [R1].\n\n## Terms\n\nAs you ask.\n",
        }
    )
    played = firm.play("topic.txt", "takeoff.csv")
    assert played.result.exit == 5
    assert "| R2 | The gutter must be new. | must include | MISSING |" in played.result.document
    assert any(
        finding.severity == "block" and "R2" in finding.text + finding.where for finding in played.result.findings
    )


def test_job_without_a_takeoff_has_a_missing_price_and_no_invented_one(firm: Stage) -> None:
    """Nothing to price is MISSING, listed, and no error."""
    firm.recipe(BID)
    firm.script(
        {
            "List what is asked": ASKED,
            "Write the offer": "## Our offer\n\nSlate, as asked [R1].\n\n## Gutter\n\nIt is new [R2].\n",
        }
    )
    (firm.folder / "takeoff.csv").unlink()
    played = firm.play("topic.txt")
    assert "MISSING: no take-off with quantities was given" in played.result.document
    assert any("no take-off" in line for line in played.result.missing)
    assert played.result.exit == 0


def test_missing_required_field_is_exit_5_optional_is_only_listed(firm: Stage) -> None:
    """MISSING in a required field blocks; in an optional one it is listed."""
    step = "data\nrole: extract\nreads: topic\nreturns:\n  owner: text\n  phone: text, optional\n\nFind the owner."
    firm.recipe(page(step, deliver="md\nOwner: {data.owner}, {data.phone}"))
    firm.script({"Find the owner": {"owner": "Ada", "phone": "MISSING: not stated"}})
    played = firm.play("topic.txt")
    assert played.result.exit == 0
    assert played.result.missing[0] == "data.phone: not stated"
    firm.script({"Find the owner": {"owner": "MISSING: nobody is named", "phone": "MISSING: not stated"}})
    played = firm.play("topic.txt")
    assert (played.result.exit, played.result.status) == (5, "flawed")
    assert "data.owner: nobody is named" in played.result.missing
    assert "missing" in played.rules


def test_files_go_where_the_terminal_is_with_names_of_their_own(firm: Stage) -> None:
    """On a terminal the files of the page are written to the current folder; a taken name gets a number."""
    firm.file("clients/acme/client.md", "name: Acme Trust\n\nNotes.\n")
    firm.recipe(NOTE.replace("md\n# Note", "docx, md\n# Note for {client}"))
    firm.script({"Write a short note": "The roof leaks."})
    first = firm.play("topic.txt", client="acme", on_terminal=True)
    assert [Path(path).name for path in first.result.deliverables] == ["job-acme.docx", "job-acme.md"]
    assert [event.path for event in first.said(Delivered)] == list(first.result.deliverables)
    again = firm.play("topic.txt", client="acme", on_terminal=True)
    assert [Path(path).name for path in again.result.deliverables] == ["job-acme-2.docx", "job-acme-2.md"]
    assert "The roof leaks." in (firm.folder / "job-acme.md").read_text()


def test_pipe_and_json_write_no_file(firm: Stage) -> None:
    """In a pipe and with --json the document is in the result only."""
    firm.recipe(NOTE)
    firm.script({"Write a short note": "The roof leaks."})
    assert firm.play("topic.txt").result.deliverables == ()
    assert firm.play("topic.txt", on_terminal=True, json=True).result.deliverables == ()
    assert firm.play("topic.txt", outputs=("-",)).result.deliverables == ()


def test_outputs_are_named_checked_and_filled(firm: Stage) -> None:
    """-o writes what was asked for, `{client}` and `{run}` filled; a taken name is exit 2 unless --force."""
    firm.file("clients/acme/client.md", "name: Acme Trust\n\nNotes.\n")
    firm.recipe(NOTE)
    firm.script({"Write a short note": "The roof leaks."})
    played = firm.play("topic.txt", client="acme", outputs=("{client}-{run}.md", "out.html"))
    assert [Path(path).name for path in played.result.deliverables] == [f"acme-{played.result.run}.md", "out.html"]
    with pytest.raises(InputError, match="exists; add --force"):
        firm.play("topic.txt", outputs=("out.html",))
    assert firm.play("topic.txt", outputs=("out.html",), force=True).result.exit == 0
    with pytest.raises(InputError, match="not written as"):
        firm.play("topic.txt", outputs=("out.xyz",))
    with pytest.raises(InputError, match="No folder"):
        firm.play("topic.txt", outputs=("nowhere/out.md",))


def test_folder_that_cannot_be_written_is_said_before_anything_is_paid(firm: Stage) -> None:
    """A read-only current folder is exit 2, before a run exists."""
    firm.recipe(NOTE)
    firm.patch.setattr("os.access", lambda *args: False)
    with pytest.raises(InputError, match="cannot be written to"):
        firm.play("topic.txt", on_terminal=True)
    assert firm.vendor.seen == []


def test_flawed_document_is_a_draft_with_its_reasons_first(firm: Stage) -> None:
    """A blocking finding never suppresses the file: NAME.DRAFT.ext, reasons on its first page, exit 5."""
    firm.recipe(NOTE)
    firm.script({"Write a short note": "It costs GBP 4,711."})
    played = firm.play("topic.txt", outputs=("note.md",))
    assert played.result.exit == 5
    [path] = played.result.deliverables
    assert Path(path).name == "note.DRAFT.md"
    head = Path(path).read_text().split("# Note")[0]
    assert "GBP 4,711" in head
    [checked] = played.said(Checked)
    assert checked.findings == played.result.findings
    again = firm.play("topic.txt", outputs=("note.md",))
    assert Path(again.result.deliverables[0]).name == "note-2.DRAFT.md"


def test_other_clients_name_withholds_the_file(firm: Stage) -> None:
    """Another client's name in a deliverable keeps the file itself back, also out of the result."""
    firm.file("clients/acme/client.md", "name: Acme Trust\n\nNotes.\n")
    firm.file("clients/borough/client.md", "name: Borough Council of Ely\n\nNotes.\n")
    firm.recipe(NOTE.replace("# Note", "# Note for {client}"))
    firm.script({"Write a short note": "As we did for the Borough Council of Ely, we mend it."})
    played = firm.play("topic.txt", client="acme", outputs=("note.md",))
    assert played.result.exit == 5
    assert (played.result.deliverables, played.result.document) == ((), "")
    assert {"other client", "withheld"} <= set(played.rules)
    assert not list(firm.folder.glob("note*"))


def test_format_whose_extra_is_missing_is_said(firm: Stage) -> None:
    """PDF without its extra: asked for with -o it is exit 2 before anything is sent; else a warning."""
    import importlib.util

    real = importlib.util.find_spec
    firm.patch.setattr("importlib.util.find_spec", lambda name, *rest: None if name == "typst" else real(name, *rest))
    firm.recipe(NOTE.replace("Deliver: md", "Deliver: pdf, md"))
    firm.script({"Write a short note": "The roof leaks."})
    with pytest.raises(InputError, match='extra "pdf"'):
        firm.play("topic.txt", outputs=("note.pdf",))
    assert firm.vendor.seen == []
    played = firm.play("topic.txt", on_terminal=True)
    assert [Path(path).name for path in played.result.deliverables] == ["job.md"]
    assert any('extra "pdf"' in warning for warning in played.result.warnings)


def test_extra_that_went_away_during_the_run_is_an_ending(firm: Stage) -> None:
    """A format that could be written at the start and not at the end keeps the run, which can go on once it can."""
    firm.recipe(NOTE)

    def answer(asked: Asked) -> Reply:
        firm.patch.setattr("orchestra_cli.documents.write.can_write", lambda path: "PDF needs the extra")
        return Reply("The roof leaks.")

    firm.vendor.answer = answer
    played = firm.play("topic.txt", outputs=("note.pdf",))
    assert (played.result.exit, played.result.error.message) == (1, "PDF needs the extra")  # type: ignore[union-attr]
    assert played.result.resume == f"orchestra resume {played.result.run}"


def test_disk_that_says_no_at_the_end_is_resumable(firm: Stage) -> None:
    """A deliverable that cannot be written keeps the run: exit 1, and a resume delivers without asking anybody."""
    firm.recipe(NOTE)
    firm.script({"Write a short note": "The roof leaks."})

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    with firm.patch.context() as patch:
        patch.setattr("orchestra_cli.documents.write.write_bytes", full)
        played = firm.play("topic.txt", outputs=("note.md",))
    assert (played.result.exit, played.result.error.code) == (1, "internal")  # type: ignore[union-attr]
    assert "No space left" in played.result.error.message  # type: ignore[union-attr]
    assert played.statuses == {"note": "done"}
    asked = len(firm.vendor.asked)
    again = firm.resume()
    assert again.result.exit == 0
    assert len(again.result.deliverables) == 1
    assert len(firm.vendor.asked) == asked


def test_unattended_draft_says_it_among_its_reasons(firm: Stage) -> None:
    """What no person approved stands with the reasons where there are some, else at the end."""
    firm.recipe(NOTE.replace("reads: topic\n", "reads: topic\napprove: Send it?\n"))
    firm.script({"Write a short note": "It costs GBP 4,711."})
    played = firm.play("topic.txt", yes=True)
    assert "No person approved: Send it?" in played.result.document.split("# Note")[0]


def test_recipe_without_deliver_gives_its_last_step(firm: Stage) -> None:
    """No Deliver: the last step is the document, under the recipe's title."""
    firm.recipe(page("note\nrole: write\nreads: topic\n\nWrite a short note."))
    firm.script({"Write a short note": "The roof leaks."})
    document = firm.play("topic.txt", on_terminal=True).result.document
    assert document.startswith("# A job")
    assert "The roof leaks." in document


def test_web_sources_may_be_cited_and_others_not(firm: Stage) -> None:
    """Links only to hosts among the run's sources; raw HTML and images are gone."""
    firm.recipe(NOTE)
    firm.script(
        {"Write a short note": 'See [this](http://evil.example/?q=1) <img src="x"> ![p](http://evil.example/p)'}
    )
    document = firm.play("topic.txt").result.document
    assert "](http" not in document
    assert "<img" not in document


def test_american_letters_have_their_date_and_paper(firm: Stage) -> None:
    """Country and language decide paper and date."""
    firm.file("orchestra.toml", 'country = "US"\nlanguage = "en-US"\n')
    firm.recipe(NOTE)
    firm.script({"Write a short note": "The roof leaks."})
    assert firm.plan("topic.txt").world.paper == "letter"
    assert firm.play("topic.txt").result.exit == 0


def test_result_as_json_has_every_field_of_the_contract(firm: Stage) -> None:
    """The object of `--json`, key by key; money is text, unknown cost is null with the worst case beside it."""
    firm.recipe(NOTE)
    firm.script({"Write a short note": (Reply("x", fault="cut"), "The roof leaks.")})
    row = to_json(firm.play("topic.txt").result)
    assert list(row) == [
        *("schema", "run", "recipe", "client", "status", "exit", "error", "deliverables", "document", "steps"),
        *("cost_usd", "cost_unknown", "budget_usd", "seconds", "findings", "missing", "inputs"),
        *("reviewed_by_other_vendor", "waiting_for", "resume", "resume_argv", "cost_at_most_usd"),
    ]
    assert (row["cost_usd"], row["cost_unknown"]) == (None, True)
    assert float(str(row["cost_at_most_usd"])) > 0
    [step] = row["steps"]  # type: ignore[misc]
    assert set(step) == {  # type: ignore[arg-type]
        *("id", "kind", "status", "model_asked", "model", "provider", "vendor", "attempts", "tokens_in"),
        *("tokens_cached", "tokens_out", "cost_usd", "seconds", "agreement", "from_journal"),
    }


def test_person_sees_the_price_before_it_is_used(firm: Stage) -> None:
    """A gate on an action shows its table; only accept, skip, no and quit are offered, and what is accepted stays."""
    firm.recipe(BID.replace("reads: takeoff", "reads: takeoff\napprove: Is this price right?"))
    firm.script({"List what is asked": ASKED, "Write the offer": offer})
    by = person(pricing="accept")
    played = firm.play("topic.txt", "takeoff.csv", by=by)
    assert played.result.exit == 0
    [shown] = by.shown
    assert "294.00" in shown.text
    assert shown.options == ("accept", "skip", "no", "quit")
    assert shown.model == "computed"


def test_folder_as_output_gets_every_format_of_the_page(firm: Stage) -> None:
    """`-o DIR/` writes all formats there, under the recipe's and the client's name; taken names are exit 2."""
    firm.file("clients/acme/client.md", "name: Acme Trust\n\nNotes.\n")
    (firm.folder / "out").mkdir()
    firm.recipe(NOTE.replace("md\n# Note", "docx, md\n# Note for {client}"))
    firm.script({"Write a short note": "The roof leaks."})
    played = firm.play("topic.txt", client="acme", outputs=("out/",))
    assert [Path(path).name for path in played.result.deliverables] == ["job-acme.docx", "job-acme.md"]
    assert sorted(path.name for path in (firm.folder / "out").iterdir()) == ["job-acme.docx", "job-acme.md"]
    with pytest.raises(InputError, match="exists; add --force"):
        firm.play("topic.txt", client="acme", outputs=("out/",))
    firm.recipe(page("note\nrole: write\nreads: topic\n\nWrite a short note."))
    [path] = firm.play("topic.txt", outputs=("out/",)).result.deliverables
    assert Path(path).name == "job.md"
