"""One step: in the journal? take it. Not: ask, check, journal. Then a person may decide."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, cast

from orchestra_cli.engine import events
from orchestra_cli.engine.actions import PRICE_TABLE_VERSION, run_action
from orchestra_cli.engine.blocking import all_of
from orchestra_cli.engine.checking import FieldCheck, ProseCheck
from orchestra_cli.engine.conducting import Conducting, Done
from orchestra_cli.engine.journal_keys import key_of, label_of, path_of
from orchestra_cli.engine.places import prompt_text
from orchestra_cli.engine.prompt import Prompt, step_prompt
from orchestra_cli.engine.question import Question, Served
from orchestra_cli.engine.reading import data_class, each_items, facts_of, item_value, read_values
from orchestra_cli.engine.values import Value, decode, digest, encode
from orchestra_cli.errors import StepFailed
from orchestra_cli.store import journal
from orchestra_cli.types import Finding, Json, Usage

if TYPE_CHECKING:
    from orchestra_cli.engine.world import FrozenCandidate
    from orchestra_cli.recipes.model import Step

Reads = tuple[tuple[str, Value], ...]


async def play(run: Conducting, step: Step, answers: Mapping[str, Value]) -> Done:
    """The answer of a `do` or a model step, from the journal where it stands there. Raises OrchestraError."""
    reads = read_values(run.world, run.recipe, step, answers)
    if step.kind == "do":
        return play_action(run, step, reads)
    if step.search and not run.world.casts.get(step.id):
        return Done(Value.absent("no web search"), "no web search, left out")
    if step.each:
        return await play_each(run, step, reads, answers)
    return await play_once(run, step, step.id, reads, prompt_text(run.world, run.recipe, step.body, step))


def play_action(run: Conducting, step: Step, reads: Reads) -> Done:
    """An action in code, journalled like every step: it costs nothing, but its figures must not move on resume."""
    spec: dict[str, Json] = {
        "action": step.action,
        "settings": [list(pair) for pair in step.settings],
        "version": PRICE_TABLE_VERSION,
        "rates": dict(run.world.rates),
    }
    epoch = journal.epoch_of(run.store, run.run, step.id)
    key = key_of(step.id, epoch.epoch, "do", spec, [(name, digest(value)) for name, value in reads])
    row = journal.find_step(run.store, run.run, step.id, key)
    started = time.monotonic()
    value, findings, note = run_action(run.world, step)
    if row is not None:
        return Done(decode(row.value), note, from_journal=True, findings=findings)
    _record_free(run, step, key, epoch.epoch, value, time.monotonic() - started)
    return Done(value, note, findings=findings)


async def play_once(
    run: Conducting,
    step: Step,
    path: str,
    reads: Reads,
    task: str,
    *,
    prompt: Prompt | None = None,
    check: FieldCheck | ProseCheck | None = None,
    cast_of: str = "",
    also_seen_by: Step | None = None,
) -> Done:
    """One answer at one path. `prompt` and `check` replace those of the step (a review, a section redone).

    `also_seen_by` is a step whose answer stands in the prompt: what that step read counts as read here.
    """
    epoch = journal.epoch_of(run.store, run.run, step.id)
    preamble = prompt_text(run.world, run.recipe, run.recipe.preamble)
    asked = prompt or step_prompt(step, task, preamble, run.world.company_name, reads, epoch.note)
    checked = check or check_of(run, step, reads)
    pin = epoch.pin or run.world.pins.get(cast_of or step.id, "")
    key = key_of(path, epoch.epoch, step.kind, _spec(step, asked), [(n, digest(v)) for n, v in reads], pin)
    row = journal.find_step(run.store, run.run, path, key) or _reused(run, path, key, step, epoch.epoch)
    if row is not None:
        value = decode(row.value)
        return Done(value, checked.note(value), from_journal=True)
    cast_ = casts_for(run, cast_of or step.id, epoch.pin)
    run.listen(events.StepStarted(step.id, cast_[0].model if cast_ else "nobody", cast_[0].why if cast_ else ""))
    question = Question(
        step=step.id,
        path=path,
        key=key,
        role=step.role,
        kind=step.kind,
        cast=cast_,
        prompt=asked,
        data_class=data_class(run.recipe, step, *((also_seen_by,) if also_seen_by else ())),
        check=checked.check,
        label=label_of(path, epoch.epoch),
        pinned=bool(pin),
    )
    served = await run.asker.ask(question)
    _record(run, path, key, epoch.epoch, step.kind, served)
    return Done(served.value, checked.note(served.value))


async def play_each(run: Conducting, step: Step, reads: Reads, answers: Mapping[str, Value]) -> Done:
    """Once per item of a list, at once; a failed item is listed as not processed and the step goes on."""
    listed = answers.get(step.each.partition(".")[0])
    if listed is not None and listed.missing:
        return Done(Value.absent(f"nothing to go through: {listed.missing}"), "nothing to go through")
    items = each_items(run.world, step, answers)
    played = await all_of(_one_item(run, step, n, item, reads) for n, item in enumerate(items, 1))
    failed = [one for one in played if not isinstance(one.outcome, Done)]
    if items and len(failed) == len(items):
        raise StepFailed(f'"{step.id}": none of its {len(items)} items could be processed. {failed[0].text}')
    rows: list[Json] = [{"id": one.id, "text": one.text, **one.fields} for one in played]
    text = "\n\n".join(f"## {one.id}\n\n{one.text}" for one in played)
    return Done(
        Value(text, rows, facts_of(reads)),
        f"{len(items) - len(failed)} of {len(items)} items",
        from_journal=bool(items) and all(one.from_journal for one in played),
        findings=tuple(Finding("not processed", "block", f"{step.id}, {one.id}", one.text) for one in failed),
    )


@dataclass(frozen=True, slots=True)
class Item:
    """One item of an `each` step and what became of it."""

    id: str
    outcome: Done | StepFailed

    @property
    def text(self) -> str:
        """Its answer, or why there is none."""
        if isinstance(self.outcome, Done):
            return self.outcome.value.text
        return f"MISSING: not processed ({self.outcome.message})"

    @property
    def fields(self) -> dict[str, Json]:
        """The fields of its answer, {} for prose."""
        data = self.outcome.value.data if isinstance(self.outcome, Done) else None
        return data if isinstance(data, dict) else {}

    @property
    def from_journal(self) -> bool:
        """Whether its answer stood in the journal."""
        return isinstance(self.outcome, Done) and self.outcome.from_journal


async def _one_item(run: Conducting, step: Step, number: int, item: dict[str, Json], reads: Reads) -> Item:
    name = str(item.get("id", number))
    same = {other.id for other in run.recipe.steps if other.each == step.each}
    own: list[tuple[str, Value]] = []
    for read, value in reads:
        if read == step.each:
            own.append((read, item_value(Value("", [{**item, "id": name}]), name)))
        else:
            own.append((read, item_value(value, name) if read in same else value))
    path = path_of(step.id, item=(number, str(item)))
    try:
        task = prompt_text(run.world, run.recipe, step.body, step)
        return Item(name, await play_once(run, step, path, tuple(own), task))
    except StepFailed as error:
        return Item(name, error)


def casts_for(run: Conducting, step: str, pin: str) -> tuple[FrozenCandidate, ...]:
    """The frozen cast of a step, or the one model that a person chose for it."""
    from orchestra_cli.engine.freeze import named_candidate

    cast_ = run.world.casts.get(step, ())
    if not pin:
        return cast_
    known = {candidate.model: candidate for one in run.world.casts.values() for candidate in one}
    return (known.get(pin) or named_candidate(pin, "chosen by a person"),)


def check_of(run: Conducting, step: Step, reads: Reads) -> FieldCheck | ProseCheck:
    """What an answer of this step must pass before it counts."""
    if step.returns is not None:
        return FieldCheck.of(run.world, run.recipe, step, reads)
    return ProseCheck.of(run.world, step, reads)


def _spec(step: Step, prompt: Prompt) -> dict[str, Json]:
    return {
        "role": step.role,
        "system": prompt.system,
        "instructions": prompt.task,
        "returns": cast("Json", asdict(prompt.returns)) if prompt.returns else None,
        "max_words": prompt.max_words,
        "search": step.search,
        "tier": list(step.tier),
    }


def _reused(run: Conducting, path: str, key: str, step: Step, epoch: int) -> journal.StepRow | None:
    if not run.world.reuse:
        return None
    row = journal.find_reusable(run.store, run.world.reuse, path, key)
    if row is None:
        return None
    mine = replace(row, run=run.run, epoch=epoch, cost_usd=None, attempts=0, usage=Usage(0, 0), kind=step.kind)
    journal.record_step(run.store, run.lease, mine, None)
    return mine


def _record(run: Conducting, path: str, key: str, epoch: int, kind: str, served: Served) -> None:
    row = journal.StepRow(
        run=run.run,
        path=path,
        epoch=epoch,
        key=key,
        kind=kind,
        value=encode(served.value),
        model_asked=served.asked,
        model=f"{served.seat.provider.name}/{served.answer.model.split('/', 1)[-1] or served.seat.model}",
        provider=served.seat.provider.name,
        vendor=served.seat.vendor,
        usage=served.answer.usage,
        cost_usd=served.closed.cost_usd,
        seconds=served.seconds,
        attempts=served.attempts,
        by="",
        created=run.store.now(),
    )
    journal.record_step(run.store, run.lease, row, (served.call, served.closed))


def _record_free(run: Conducting, step: Step, key: str, epoch: int, value: Value, seconds: float) -> None:
    row = journal.StepRow(
        run=run.run,
        path=step.id,
        epoch=epoch,
        key=key,
        kind=step.kind,
        value=encode(value),
        model_asked="computed",
        model="computed",
        provider="",
        vendor="",
        usage=Usage(0, 0),
        cost_usd=None,
        seconds=seconds,
        attempts=0,
        by="",
        created=run.store.now(),
    )
    journal.record_step(run.store, run.lease, row, None)
