"""What stops a run and what does not: a person's no, a mistake of ours, a name that was taken meanwhile."""

from __future__ import annotations

import asyncio
import traceback

import pytest
from support.runs import Stage, page, person

from orchestra_cli.engine import graph
from orchestra_cli.errors import StoreError
from orchestra_cli.store import audit, journal

NOTE = "note\nrole: write\nreads: topic\napprove: Send it?\n\nWrite a note."
GATED = page(NOTE, deliver="md\n{note}")


def test_a_no_can_be_thought_over(stage: Stage) -> None:
    """Resuming a run that a person stopped asks the same question again, and nobody else's --yes answers it."""
    stage.recipe(GATED)
    stage.script({"Write a note.": "The roof leaks."})
    stopped = stage.play("topic.txt", by=person(note="no"))
    assert (stopped.result.exit, stopped.result.status) == (1, "failed")
    assert stage.resume(by=person(), yes=True).result.exit == 75
    assert stage.resume(by=person(note="accept")).result.exit == 0
    assert len(stage.vendor.asked) == 1


def test_approval_is_void_when_the_findings_change(stage: Stage) -> None:
    """What a reviewer found belongs to what was shown: other findings on the same text are asked about again."""
    check = "check\nreview: note\nrole: review\nrounds: 1\napprove: Send it?\n\nCheck it."
    stage.recipe(page(NOTE.replace("approve: Send it?\n", ""), check, deliver="md\n{note}"))
    finding = {"section": "(opening)", "rule": "true", "quote": "MISSING: none", "fix": "Say where."}
    stage.script({"Write a note.": "The roof leaks.", "Check it.": ([], [finding])})
    waiting = stage.play("topic.txt", by=person(check="accept"), deadline_s=None)
    assert waiting.result.exit == 0
    with stage.store() as store:
        from orchestra_cli.store.lease import release, take_lease
        from orchestra_cli.store.runs import restart_run

        lease = take_lease(store, waiting.result.run)
        journal.add_epoch(store, lease, "check", "", "")
        restart_run(store, lease)
        release(store, lease)
    by = person(check="quit")
    assert stage.resume(by=by).result.exit == 75
    assert [shown.findings[0].text for shown in by.shown] == ["Say where."]


def test_mistake_of_ours_lets_paid_siblings_finish(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that nobody foresaw in one step is raised only after the others are journalled."""
    other = "other\nrole: write\nreads: topic\n\nWrite the other."
    stage.recipe(page(NOTE.replace("approve: Send it?\n", ""), other, deliver="md\n{note} {other}"))
    stage.script({"Write the other.": "The kitchen is wet."})
    play = graph.play

    async def broken(run, step, answers):  # type: ignore[no-untyped-def]
        if step.id == "note":
            await asyncio.sleep(0)
            raise ZeroDivisionError("a mistake")
        return await play(run, step, answers)

    monkeypatch.setattr(graph, "play", broken)
    with pytest.raises(ZeroDivisionError, match="a mistake"):
        stage.play("topic.txt")
    monkeypatch.setattr(graph, "play", play)
    script = stage.script({"Write a note.": "The roof leaks."})
    done = stage.resume()
    assert done.result.exit == 0
    assert list(script.asked) == ["Write a note."]


def test_name_that_was_taken_while_the_run_waited_is_left_alone(stage: Stage) -> None:
    """A file that somebody made under the name of -o before the run was resumed is not written over."""
    stage.recipe(GATED)
    stage.script({"Write a note.": "The roof leaks."})
    wanted = stage.folder / "out.md"
    assert stage.play("topic.txt", outputs=(str(wanted),)).result.exit == 75
    wanted.write_text("Mine.", encoding="utf-8")
    done = stage.resume(by=person(note="accept"))
    assert done.result.exit == 0
    assert wanted.read_text(encoding="utf-8") == "Mine."
    assert done.result.deliverables == (str(stage.folder / "out-2.md"),)
    assert "out.md exists by now" in " ".join(done.result.warnings)


def test_run_of_another_version_says_how_to_go_on(stage: Stage) -> None:
    """A frozen world that cannot be read is an error with advice, and nothing of what it holds is shown."""
    stage.recipe(GATED)
    stage.script({"Write a note.": "The roof leaks."})
    run = stage.play("topic.txt").result.run
    stage.patch.setattr("orchestra_cli.store.runs.world", lambda *_: '{"recipe": "SECRET-TEXT"}')
    with pytest.raises(StoreError, match="another version") as caught:
        stage.resume(run)
    assert "--reuse" in caught.value.advice
    assert "SECRET-TEXT" not in "".join(traceback.format_exception(caught.value))


def test_fields_bring_no_picture_html_or_far_link_into_the_document(stage: Stage) -> None:
    """A document fetches nothing when it is opened, whatever stands in fields and quotes."""
    points = "points\nrole: extract\nreads: topic\nreturns:\n  - point: text\n\nList the points."
    stage.recipe(page(points, deliver="md\n[us](https://us.example/a)\n{points}"))
    bad = "![x](http://evil.example/x.png) <img src=http://evil.example> [here](http://evil.example/y)"
    stage.script({"List the points.": [{"point": bad}]})
    document = stage.play("topic.txt").result.document
    assert "![" not in document
    assert "<img" not in document
    assert "](http://evil" not in document
    assert "[us](https://us.example/a)" in document


def test_prose_for_each_item_is_checked_like_other_prose(stage: Stage) -> None:
    """A figure that nobody gave is marked and blocks also where a step writes once for each item of a list."""
    points = "points\nrole: extract\nreads: topic\nreturns:\n  - point: text\n\nList the points."
    each = "notes\nrole: write\nreads: topic\neach: points\n\nWrite a note."
    stage.recipe(page(points, each, deliver="md\n{notes}"))
    stage.script({"List the points.": [{"point": "The roof."}], "Write a note.": "It costs 4711 pounds."})
    played = stage.play("topic.txt")
    assert played.result.exit == 5
    assert "[unverified: 4711" in played.result.document


def test_masked_values_are_counted_once(stage: Stage) -> None:
    """The audit says how many values were masked in what was sent."""
    stage.file("topic.txt", "Write to ada@acme.example about the roof.\n")
    stage.recipe(page(NOTE.replace("approve: Send it?\n", ""), deliver="md\n{note}"))
    stage.script({"Write a note.": "The roof leaks."})
    stage.play("topic.txt", privacy="strict")
    with stage.store() as store:
        [entry] = audit.entries(store)
    assert entry.masked == {"email": 1}


def test_what_of_a_mail_or_letterhead_cannot_be_used_is_told(stage: Stage) -> None:
    """An attachment that cannot be read is a warning of its mail, a logo that is no picture a note."""
    stage.recipe(GATED)
    stage.file("company.md", "legal name: Firm Ltd\n")
    stage.file("brand/logo.png", "no picture")
    picture = "--x\nContent-Type: image/png\nContent-Disposition: attachment; filename=site.png\n\n\x89PNG\n--x--\n"
    head = 'From: a@b.example\nTo: c@d.example\nSubject: Roof\nContent-Type: multipart/mixed; boundary="x"\n\n'
    stage.file("mail.eml", f"{head}--x\nContent-Type: text/plain\n\nThe roof leaks.\n{picture}")
    prepared = stage.prepare("mail.eml")
    [line] = prepared.report
    assert any("attachment left out: site.png" in warning for warning in line.warnings)
    assert any("logo" in note for note in prepared.notes)


def test_run_that_is_there_is_never_refused(stage: Stage) -> None:
    """Settings that cannot be read any more stop a resumed run as failed, with the command to go on."""
    stage.recipe(GATED)
    stage.script({"Write a note.": "The roof leaks."})
    run = stage.play("topic.txt").result.run
    settings = (stage.folder / "orchestra.toml").read_text(encoding="utf-8")
    stage.file("orchestra.toml", "company = \n")
    stopped = stage.resume(run).result
    assert (stopped.exit, stopped.status, stopped.error.code) == (1, "failed", "input")  # type: ignore[union-attr]
    assert stopped.resume == f"orchestra resume {run}"
    stage.file("orchestra.toml", settings)
    assert stage.resume("", by=person(note="accept")).result.exit == 0
