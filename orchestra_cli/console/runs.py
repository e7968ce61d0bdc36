"""Lists runs and shows one again."""

from __future__ import annotations

import json
from datetime import datetime

from orchestra_cli.console.screen import Screen
from orchestra_cli.console.words import columns, one_line
from orchestra_cli.settings import home
from orchestra_cli.store.database import Store
from orchestra_cli.store.runs import RunRow
from orchestra_cli.store.runs import list_runs as stored_runs

SHOWN = 20


def list_runs(screen: Screen, *, client: str, recipe: str, status: str, everything: bool) -> int:
    """The runs as a table, or as an array of flat objects."""
    limit = SHOWN if screen.on_terminal and not everything and not screen.json else None
    with Store.open(home()) as store:
        rows = stored_runs(store, status=status, recipe=recipe, client=client, limit=limit)
    if screen.json:
        screen.out_json([run_json(row) for row in rows])
    elif rows:
        screen.out("\n".join(run_lines(rows)))
        if limit is not None and len(rows) == limit:
            screen.say(f"The latest {limit}. All of them: orchestra runs list --all")
    else:
        screen.say("No runs yet. orchestra --help  shows how to start one.")
    return 0


def run_json(row: RunRow) -> dict[str, str | None]:
    """One run as the contract lists it: flat, money as a decimal string, unknown cost null."""
    cost = None if row.cost_usd is None else f"{row.cost_usd.normalize():f}" if row.cost_usd else "0"
    return {
        "run": row.id,
        "recipe": row.recipe,
        "client": row.client,
        "status": row.status,
        "started": row.started,
        "cost_usd": cost,
        "waiting_for": waiting_words(row.waiting_for) or None,
    }


def run_lines(rows: list[RunRow]) -> list[str]:
    """The table for a person."""
    heading = ("run", "recipe", "client", "status", "started", "USD", "")
    table = [heading, *(_row(row) for row in rows)]
    return columns(table, right=frozenset({5}))


def _row(row: RunRow) -> tuple[str, ...]:
    cost = "unknown" if row.cost_usd is None else f"{row.cost_usd:.2f}"
    waits = waiting_words(row.waiting_for)
    return (
        row.id,
        row.recipe,
        row.client or "-",
        row.status,
        _day(row.started),
        cost,
        f"waits for: {waits}" if waits else "",
    )


def waiting_words(waiting_for: str) -> str:
    """What a run waits for, in words: it is kept as JSON."""
    if not waiting_for:
        return ""
    try:
        kept = json.loads(waiting_for)
    except ValueError:
        return one_line(waiting_for)
    if not isinstance(kept, dict):
        return one_line(waiting_for)
    return one_line(str(kept.get("question") or kept.get("step") or kept.get("kind") or ""))


def _day(stamp: str) -> str:
    """A moment in the reader's own time."""
    try:
        return datetime.fromisoformat(stamp).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return stamp[:16]


def show_run(screen: Screen, ref: str, *, document: bool) -> int:
    """A past run as it ended; exits 0 whatever its own exit was, since showing it worked."""
    from orchestra_cli.console import ports
    from orchestra_cli.console.summary import ending_lines
    from orchestra_cli.console.terminal import line_width
    from orchestra_cli.engine.result import to_json

    result = ports.load_result(ref)
    if screen.json:
        screen.out_json(to_json(result))
    elif document:
        screen.out(result.document)
    else:
        whom = f" for {one_line(result.client)}" if result.client else ""
        head = f"run {result.run}: {result.recipe}{whom}, {result.status} (exit {result.exit})"
        screen.out("\n".join([head, *ending_lines(result, line_width(screen.out_stream))]))
    return 0
