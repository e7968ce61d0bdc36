"""The end of a run that was played: the document, its files, and the result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestra_cli.engine import deliver, events, output_files
from orchestra_cli.engine.conducting import Conducting, Done
from orchestra_cli.engine.graph import Settled, answers_of
from orchestra_cli.engine.outcome import RunParts, ended, ending_of
from orchestra_cli.engine.result import EXIT, RunResult
from orchestra_cli.types import Finding

if TYPE_CHECKING:
    pass


def close_run(parts: RunParts, run: Conducting, settled: dict[str, Settled], listen: events.Listener) -> RunResult:
    """Put the document together when every step has settled well, else say how it ended."""
    stopping = ending_of(settled)
    if stopping is not None:
        return ended(parts, settled, stopping, notes=tuple(run.asker.notes), run_steps=run)
    answers = answers_of(run, settled)
    finished = deliver.finish(
        parts.world,
        parts.recipe,
        answers,
        _findings(settled),
        small_model=_small_model_wrote(parts),
        unattended=tuple(
            step.approve
            for step in parts.recipe.steps
            if isinstance(outcome := settled[step.id].outcome, Done) and outcome.unattended
        ),
    )
    listen(events.Checked(finished.findings))
    flawed = finished.flawed
    if finished.withheld:
        note = Finding("withheld", "block", "", "The file is withheld: it holds what another reader must not see.")
        finished = replace(finished, findings=(*finished.findings, note))
        written: tuple[str, ...] = ()
        warnings: tuple[str, ...] = ()
    else:
        written, warnings = output_files.write_files(parts.world, parts.recipe, parts.run, finished, flawed)
    for path in written:
        listen(events.Delivered(path))
    return ended(
        parts,
        settled,
        None,
        finished=finished,
        written=written,
        notes=(*run.asker.notes, *warnings),
        run_steps=run,
        exit_=EXIT["flawed"] if flawed else EXIT["done"],
    )


def _findings(settled: dict[str, Settled]) -> tuple[Finding, ...]:
    return tuple(
        finding for one in settled.values() if isinstance(one.outcome, Done) for finding in one.outcome.findings
    )


def _small_model_wrote(parts: RunParts) -> bool:
    from orchestra_cli.store import journal

    return any(row.provider == "embedded" for row in journal.steps_of(parts.store, parts.run))
