"""The values of the ledger: what a call may cost, how it ended, what it cost, and the limits. No I/O."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from orchestra_cli.types import Usage

CallState = Literal["open", "done", "failed", "possibly_billed"]


@dataclass(frozen=True, slots=True)
class Intent:
    """A call about to be made. `reserve_usd` is its worst case, also when the price is not known; `prices` is JSON;
    `local` says that nobody can bill it: a model on this computer plays, or a person."""

    run: str
    path: str
    key: str
    attempt: int
    provider: str
    model: str
    client: str
    user: str
    recipe: str
    reserve_usd: Decimal
    price_known: bool
    prices: str
    local: bool


@dataclass(frozen=True, slots=True)
class Caps:
    """Limits in US dollars; None is no limit. A month is a calendar month in UTC."""

    run: Decimal | None = None
    client_month: Decimal | None = None
    user_month: Decimal | None = None
    month: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """How a call ended. `error` is a FailureKind or ""; without a known cost it counts at worst case."""

    state: Literal["done", "failed", "possibly_billed"]
    usage: Usage | None = None
    cost_usd: Decimal | None = None
    cost_known: bool = False
    model_served: str = ""
    error: str = ""
    status: int | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Spent:
    """`known` is what is known to be spent, `at_most` adds the worst case of every call that is open, possibly billed
    or of unknown cost (`unknown` of the `calls`)."""

    known: Decimal
    at_most: Decimal
    calls: int
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class CallRow:
    """One row of the ledger: the intent, and how it ended. `settled` is "", "paid" or "unpaid"."""

    id: str
    run: str
    path: str
    key: str
    attempt: int
    provider: str
    model: str
    client: str
    user: str
    recipe: str
    month: str
    reserve_usd: Decimal
    price_known: bool
    prices: str
    local: bool
    state: CallState
    opened: str
    closed: str
    usage: Usage | None
    cost_usd: Decimal | None
    model_served: str
    error: str
    status: int | None
    request_id: str
    settled: str

    @property
    def at_most(self) -> Decimal:
        """Its cost, or its worst case while that is not known."""
        return self.reserve_usd if self.cost_usd is None else self.cost_usd


def usage_json(usage: Usage | None) -> str | None:
    """Usage as it is kept."""
    if usage is None:
        return None
    return json.dumps({name: getattr(usage, name) for name in Usage.__dataclass_fields__})


def usage_from(text: str | None) -> Usage | None:
    """The inverse of `usage_json`."""
    return None if text is None else Usage(**json.loads(text))
