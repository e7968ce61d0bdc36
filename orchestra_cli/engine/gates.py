"""Gates and hand-offs: a person reads an answer before anyone else does, and what they decide is written down.

A decision is bound to the path, the hash of the text and the hash of what was shown: any change voids it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from orchestra_cli.engine import events
from orchestra_cli.engine.blocking import in_thread
from orchestra_cli.engine.conducting import OPEN_FINDING, Conducting, Done
from orchestra_cli.engine.journal_keys import step_of_path
from orchestra_cli.engine.person import Decided, HandOffShown, Kind
from orchestra_cli.engine.reading import step_needs
from orchestra_cli.engine.values import Value, as_table, as_text, canonical_json, decode, digest, encode, sha256
from orchestra_cli.errors import StepFailed, WaitingError
from orchestra_cli.store import gates, journal, ledger
from orchestra_cli.types import Finding

if TYPE_CHECKING:
    from orchestra_cli.recipes.model import Step

MANUAL: tuple[Kind, ...] = ("accept", "edit", "redo", "model", "skip", "quit")
COMPUTED: tuple[Kind, ...] = ("accept", "skip", "quit")
ASKED_AGAIN = frozenset({"redo", "model", "no"})
"""Decisions that settle nothing: the step was played anew, or the run was stopped here and is now gone on with. What a
person said no to only a person may let pass."""


@dataclass(frozen=True, slots=True)
class Again:
    """The step is to be played once more (a new epoch was written)."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The step goes on with `subject`: what was shown, perhaps edited, or why it was skipped."""

    done: Done
    subject: Value


def wants_person(run: Conducting, step: Step) -> bool:
    """Whether somebody stands at this hand-off: a gate of the recipe, or `--handoff manual`."""
    return bool(step.approve) or run.manual


async def hand_off(run: Conducting, step: Step, done: Done, subject: Value) -> Accepted | Again:
    """Let a person decide about `subject` (the answer; at a review the reviewed text), or find what they decided.

    Raises WaitingError when nobody can be asked, StepFailed when they said no.
    """
    if not wants_person(run, step):
        return Accepted(done, subject)
    shown = _shown(run, step, done, subject)
    text_hash, shown_hash = digest(subject), _shown_hash(shown)
    decision = gates.decision_for(run.store, run.run, step.id, text_hash, shown_hash)
    if decision is None or decision.kind in ASKED_AGAIN:
        refused = decision is not None and decision.kind == "no"
        async with run.one_at_a_time:
            decided = await _ask(run, step, shown, refused=refused)
        decision = _written(step, decided, subject, (text_hash, shown_hash), run)
        gates.record_decision(run.store, run.lease, run.run, decision)
        by = "nobody (--yes)" if decision.unattended else decision.by
        run.listen(events.GateDecided(step.id, decision.kind, by))
    return _carried_out(run, step, done, subject, decision)


def _shown_hash(shown: HandOffShown) -> str:
    """The hash of what a person decides on: the text, the question and the findings about it."""
    findings = [[finding.rule, finding.where, finding.text] for finding in shown.findings]
    return sha256(canonical_json([shown.text, shown.question, findings]))


async def _ask(run: Conducting, step: Step, shown: HandOffShown, *, refused: bool) -> Decided:
    if step.approve and run.yes and not step.approve_hard and not run.manual and not refused:
        return Decided("accept", by=run.user, unattended=True)
    run.listen(events.GateOpened(step.id, shown.question))
    problem = ""
    while True:
        asked = replace(shown, summary=problem) if problem else shown
        decided = await in_thread(partial(run.person.decide, asked))
        problem = _problem_with_edit(shown, decided)
        if not problem:
            return decided


def _problem_with_edit(shown: HandOffShown, decided: Decided) -> str:
    if decided.kind != "edit":
        return ""
    if not decided.text.strip():
        return "the edited text is empty; nothing was changed"
    if shown.is_data:
        try:
            json.loads(decided.text)
        except ValueError as error:
            return f"the edited fields are no JSON ({error}); nothing was changed"
    return ""


def _written(step: Step, decided: Decided, subject: Value, hashes: tuple[str, str], run: Conducting) -> gates.Decision:
    if decided.kind == "quit":
        raise WaitingError(f'Kept; "{step.id}" waits for you.')
    return gates.Decision(
        path=step.id,
        key=hashes[0],
        text_hash=hashes[0],
        shown_hash=hashes[1],
        kind=decided.kind,
        by=decided.by or run.user,
        at=run.store.now(),
        unattended=decided.unattended,
        text=encode(_edited(subject, decided.text)) if decided.kind == "edit" else "",
        note=decided.model if decided.kind == "model" else decided.note,
    )


def _edited(value: Value, text: str) -> Value:
    if value.data is None:
        return replace(value, text=text.strip())
    data = json.loads(text)
    return replace(value, text=as_text(data), data=data)


def _carried_out(run: Conducting, step: Step, done: Done, subject: Value, decision: gates.Decision) -> Accepted | Again:
    if decision.kind == "accept" and decision.unattended:
        return Accepted(replace(done, unattended=True), subject)
    if decision.kind == "accept":
        return Accepted(replace(done, findings=_read(done.findings)), subject)
    if decision.kind == "edit":
        note = f"{done.note}, edited by {decision.by}"
        return Accepted(replace(done, note=note, findings=_read(done.findings)), decode(decision.text))
    if decision.kind == "skip":
        skipped = Value.absent(f"{step.id} was skipped by {decision.by}")
        finding = Finding("skipped", "block", "", skipped.missing)
        findings = (*done.findings, finding)
        return Accepted(replace(done, note="skipped", skipped=True, value=skipped, findings=findings), skipped)
    if decision.kind == "no":
        raise StepFailed(
            f'Stopped: {decision.by} said no at "{step.approve or step.id}". Everything done so far is kept.'
        )
    note, pin = (decision.note, "") if decision.kind == "redo" else ("", decision.note)
    journal.add_epoch(run.store, run.lease, step.id, note, pin)
    return Again()


def _read(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What a review left open does not block any more once a person has read it and let the text pass."""
    return tuple(replace(one, severity="warn") if one.rule.startswith(OPEN_FINDING) else one for one in findings)


def _shown(run: Conducting, step: Step, done: Done, subject: Value) -> HandOffShown:
    spent = ledger.spent_of_run(run.store, run.run)
    steps = [one.id for one in run.recipe.steps]
    is_data = subject.data is not None
    options = COMPUTED if step.kind == "do" else MANUAL
    rows = [row for row in journal.steps_of(run.store, run.run) if step_of_path(row.path) == step.id]
    return HandOffShown(
        run=run.run,
        step=step.id,
        position=steps.index(step.id) + 1,
        of=len(steps),
        model=rows[-1].model if rows else "computed",
        question=step.approve,
        text=for_reading(subject, run.world.language),
        editable=json.dumps(subject.data, ensure_ascii=False, indent=2) if is_data else subject.text,
        is_data=is_data,
        summary=done.note,
        findings=done.findings,
        next_steps=_next_steps(run, step),
        options=(*options[:-1], "no", "quit") if step.approve else options,
        models=tuple(candidate.model for candidate in run.world.casts.get(step.id, ())),
        spent_usd=spent.known,
        budget_usd=run.world.caps.get("run"),
        hard=step.approve_hard,
    )


def _next_steps(run: Conducting, step: Step) -> tuple[tuple[str, str, Decimal | None], ...]:
    following = []
    for other in run.recipe.steps:
        if step.id in step_needs(run.recipe, other):
            cast_ = run.world.casts.get(other.id, ())
            who = "computed" if other.kind == "do" else cast_[0].model if cast_ else "nobody"
            following.append((other.id, who, run.world.likely.get(other.id)))
    return tuple(following)


def for_reading(value: Value, language: str) -> str:
    """An answer as a person reads it: facts put in, item marks left as they are."""
    from orchestra_cli.facts.sheet import FactSheet

    if isinstance(value.data, list) and value.data:
        return as_table(value.data)
    text, _ = FactSheet(value.facts).render(value.text, language)
    return text
