"""How a command ends: one place that turns an outcome into standard error, standard output and an exit code."""

from __future__ import annotations

from orchestra_cli.console.screen import Screen
from orchestra_cli.console.summary import ending_lines, quiet_lines
from orchestra_cli.engine.result import STATUS_OF_EXIT, ErrorInfo, RunResult, to_json
from orchestra_cli.errors import OrchestraError


def end_run(screen: Screen, result: RunResult, *, to_stdout: bool) -> int:
    """Say the summary, print the result, return the exit code.

    `to_stdout`: the document belongs on standard output (in a pipe without -o, or `-o -`). At any exit but 0 and 5
    standard output stays empty, except that `--json` always prints its one object.
    """
    if screen.quiet:
        screen.insist(*quiet_lines(result))
    else:
        screen.say(*ending_lines(result, screen.width))
    if screen.json:
        screen.out_json(to_json(result))
    elif to_stdout and result.exit in (0, 5) and result.document:
        screen.out(result.document)
    return result.exit


def refusal(error: OrchestraError, recipe: str = "", client: str = "") -> RunResult:
    """The outcome of a command that ended before there was a run."""
    return RunResult(
        run="",
        recipe=recipe,
        client=client,
        status=STATUS_OF_EXIT.get(error.exit, "failed"),
        exit=error.exit,
        error=ErrorInfo.of(error),
    )
