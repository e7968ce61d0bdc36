"""What stops a run and what does not: a person's no, a mistake of ours, a name that was taken meanwhile."""

from __future__ import annotations

import asyncio

import pytest
from support.runs import Stage, page, person

from orchestra_cli.engine import graph
from orchestra_cli.store import journal

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
