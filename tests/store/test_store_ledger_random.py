"""Whatever happens to calls, what is spent and reserved never passes a cap, and the running totals are the sums."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_builders import Clock, begin, dead, intent, owned_by

from orchestra_cli.errors import BudgetError, RunBusyError
from orchestra_cli.store.audit import client_digest
from orchestra_cli.store.database import Store
from orchestra_cli.store.lease import Lease, take_lease
from orchestra_cli.store.ledger import (
    Caps,
    Closed,
    Intent,
    calls_of,
    close_call,
    reserve,
    settle,
    spent_month,
    spent_of_run,
)

CENTS = st.decimals(Decimal("0"), Decimal("0.60"), places=6)
ENDS = st.sampled_from(["known", "unknown price", "failed free", "failed unknown", "cut", "crash", "left open"])
MOVES = st.tuples(
    st.integers(0, 3),  # which run
    st.sampled_from(["a", "b", "c"]),  # which step
    st.sampled_from(["openai", "anthropic", "gemini"]),  # switches
    CENTS,  # worst case
    st.fractions(0, 1),  # part of it that it cost
    ENDS,
    st.sampled_from(["", "", "", "month", "settle paid", "settle unpaid"]),
)
RUNS = (("acme", "tom"), ("acme", "ann"), ("hartwell", "tom"), ("", "ann"))
CAPS = Caps(Decimal("0.90"), Decimal("1.20"), Decimal("1.30"), Decimal("1.70"))
LIMITS = {"run": CAPS.run, "client": CAPS.client_month, "user": CAPS.user_month, "month": CAPS.month, "nobody": 99}


def end_of(kind: str, worst: Decimal, part: Decimal) -> Closed:
    cost = (worst * part).quantize(Decimal("0.0000001"))
    return {
        "known": Closed("done", None, min(cost, worst), True),
        "unknown price": Closed("done", None, None, False),
        "failed free": Closed("failed", None, Decimal(0), True, error="server"),
        "failed unknown": Closed("failed", None, None, False, error="cut"),
        "cut": Closed("possibly_billed", None, None, False, error="silent"),
    }[kind]


def over(store: Store, leases: list[Lease], wanted: Intent | None = None) -> list[str]:
    """The scopes whose spent and reserved money passes its cap, summed anew from the rows, with a wanted call."""
    rows = [row for lease in leases for row in calls_of(store, lease.run)]
    counted = [(row.run, row.client, row.user, row.month, row.at_most) for row in rows]
    if wanted:
        counted.append((wanted.run, wanted.client, wanted.user, store.month(), wanted.reserve_usd))
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for run, client, user, month, amount in counted:
        sums["run", run] += amount
        if month == store.month():
            sums["user", user] += amount
            sums["month", ""] += amount
            sums["client" if client else "nobody", client] += amount
    return [f"{scope} {name}" for (scope, name), amount in sums.items() if amount > LIMITS[scope]]


def totals_agree(store: Store, leases: list[Lease]) -> None:
    """The running totals are the sums of the rows, in every scope."""
    for lease in leases:
        rows, spent = calls_of(store, lease.run), spent_of_run(store, lease.run)
        assert spent.at_most == sum(row.at_most for row in rows)
        assert spent.known == sum(row.cost_usd for row in rows if row.cost_usd is not None)
        assert (spent.calls, spent.unknown) == (len(rows), sum(row.cost_usd is None for row in rows))
    kept = {
        (scope, name): Decimal(most)
        for scope, name, most in store.rows("SELECT scope, name, at_most FROM spend WHERE month = ?", store.month())
    }
    assert kept.get(("month", ""), 0) == spent_month(store).at_most
    for client, user in RUNS:
        assert kept.get(("user", user), 0) == spent_month(store, user=user).at_most
        if client:
            assert kept.get(("client", client_digest(store, client)), 0) == spent_month(store, client=client).at_most


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(MOVES, min_size=3, max_size=14))
def test_no_ledger_passes_its_cap(moves: list[tuple[int, str, str, Decimal, Decimal, str, str]]) -> None:
    """After retries, switches, crashes, unknown prices, settlements and new months, spent plus reserved is within
    every cap, and nothing that fits is refused."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder), clock) as store:
        store.rows("PRAGMA synchronous = OFF")  # no power is cut in this test
        leases = [begin(store, client=client, user=user) for client, user in RUNS]
        for number, (which, path, provider, worst, part, kind, after) in enumerate(moves):
            lease, (client, user) = leases[which], RUNS[which]
            wanted = intent(lease, str(worst), path=path, client=client, user=user, provider=provider, attempt=number)
            try:
                call_id = reserve(store, lease, wanted, CAPS)
            except BudgetError:
                assert over(store, leases, wanted) != []
                continue
            except RunBusyError:
                assert ("open", path) in [(row.state, row.path) for row in calls_of(store, lease.run)]
                continue
            assert over(store, leases) == []
            if kind == "crash":
                owned_by(store, lease.run, dead(), store.now())
                leases[which] = take_lease(store, lease.run)
            elif kind != "left open":
                close_call(store, lease, call_id, end_of(kind, worst, Decimal(part.numerator) / part.denominator))
            if after == "month":
                clock.move(days=31)
            unknown = [row for row in calls_of(store, lease.run) if row.cost_usd is None and row.state != "open"]
            if after.startswith("settle") and unknown:
                settle(store, unknown[0].id, after == "settle paid")
            assert over(store, leases) == []
        totals_agree(store, leases)
