"""How well models did in this firm's own runs, so that casting can learn. No content, no client."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from orchestra_cli.store.database import Row, Store


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one answer: `outcome` such as "accepted", "edited", "redone"; `score` 0 to 1 where reviewed."""

    run: str
    step: str
    role: str
    model: str
    outcome: str
    recipe: str = ""
    score: float | None = None
    retries: int = 0
    cost_usd: Decimal | None = None
    seconds: float = 0.0
    at: str = ""


def save_outcome(
    store: Store,
    run: str,
    step: str,
    role: str,
    model: str,
    outcome: str,
    *,
    recipe: str = "",
    score: float | None = None,
    retries: int = 0,
    cost_usd: Decimal | None = None,
    seconds: float = 0.0,
) -> None:
    """Keeps what became of one answer."""
    cost = None if cost_usd is None else str(cost_usd)
    with store.transaction() as db:
        db.execute(
            "INSERT INTO outcomes (run, step, role, model, outcome, recipe, score, retries, cost_usd, seconds, at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (run, step, role, model, outcome, recipe, score, retries, cost, seconds, store.now()),
        )


def outcomes(store: Store, *, role: str = "", model: str = "") -> list[Outcome]:
    """What became of answers, oldest first, of all roles and models or of one."""
    rows = store.rows(
        "SELECT run, step, role, model, outcome, recipe, score, retries, cost_usd, seconds, at FROM outcomes "
        "WHERE (?1 = '' OR role = ?1) AND (?2 = '' OR model = ?2) ORDER BY seq",
        *(role, model),
    )
    return [_outcome(row) for row in rows]


def _outcome(row: Row) -> Outcome:
    columns = list(row)
    columns[8] = None if columns[8] is None else Decimal(columns[8])
    return Outcome(*columns)
