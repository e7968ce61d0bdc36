"""`resume` and `approve`: go on with a run. The same two stand under `runs`."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestra_cli.cli import values
from orchestra_cli.cli.options import Budget, HandOff, Json, Models, NoInput, Quiet, Yes, example, new_app

app = new_app("Go on with a run.")
Run = Annotated[
    str, typer.Argument(metavar="[RUN]", help="An id, a unique beginning of one, or last.", show_default=False)
]


@app.command(epilog=example("orchestra resume 7k2f", "orchestra resume --budget 0.70"))
def resume(
    run: Run = "",
    budget: Budget = None,
    models: Models = [],  # noqa: B006  Typer copies it
    handoff: HandOff = "",
    yes: Yes = False,
    no_input: NoInput = False,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Go on with a run where it stopped; nothing finished is paid for again.

    A finished run is printed again. Without RUN: the only run that can go on, else the latest.
    """
    return _go_on(run, budget, models, handoff, yes=yes, no_input=no_input, json=json, quiet=quiet, approve=False)


@app.command(epilog=example("orchestra approve 7k2f", "orchestra approve 7k2f --no-input"))
def approve(
    run: Run = "",
    budget: Budget = None,
    models: Models = [],  # noqa: B006  Typer copies it
    handoff: HandOff = "",
    yes: Yes = False,
    no_input: NoInput = False,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Decide at the gate a run waits at, then go on.

    On a terminal you see the answer and choose; without one this accepts it as it stands.
    """
    return _go_on(run, budget, models, handoff, yes=yes, no_input=no_input, json=json, quiet=quiet, approve=True)


def _go_on(
    run: str,
    budget: str | None,
    models: list[str],
    handoff: str,
    *,
    yes: bool,
    no_input: bool,
    json: bool,
    quiet: bool,
    approve: bool,
) -> int:
    from orchestra_cli.cli.signals import polite_end
    from orchestra_cli.connect import tracing
    from orchestra_cli.console.conduct import resume as go_on
    from orchestra_cli.console.screen import open_screen
    from orchestra_cli.engine.request import ResumeRequest

    request = ResumeRequest(
        run=run,
        approve=approve,
        budget=values.budget(budget),
        models=values.pairs("--model", models, "write=openai/gpt-5"),
        handoff=values.choice("--handoff", handoff) or None,  # type: ignore[arg-type]
        yes=yes,
        json=json,
        quiet=quiet,
    )
    with polite_end():
        return go_on(request, open_screen(json=json, quiet=quiet, no_input=no_input), also=tracing.listener())
