"""Caps, reserves, and what calls cost."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from store_builders import NO_CAPS, Clock, begin, call, child, dead, done, intent, owned_by

from orchestra_cli.errors import BudgetError, RunBusyError, StoreError
from orchestra_cli.store.database import Store
from orchestra_cli.store.lease import take_lease
from orchestra_cli.store.ledger import (
    CallRow,
    Caps,
    Closed,
    Spent,
    calls_of,
    close_call,
    reserve,
    settle,
    spent_month,
    spent_of_run,
)
from orchestra_cli.types import Usage

ZERO = Decimal(0)


def usd(text: str) -> Decimal:
    return Decimal(text)


class TestReserve:
    def test_an_intent_is_kept_whole(self, store: Store) -> None:
        """An open call holds who is asked for what, at which prices and at what worst case."""
        lease = begin(store)
        assert call(store, lease, "0.25", path="check#2/scope", attempt=3) == f"{lease.run}-1"
        row = calls_of(store, lease.run)[0]
        assert row == CallRow(
            *(f"{lease.run}-1", lease.run, "check#2/scope", "k1", 3, "openai", "openai/gpt-5", "acme", "tom"),
            *("proposal", "2026-10", usd("0.25"), True, '{"input": "1.25"}', False, "open", store.now(), ""),
            *(None, None, "", "", None, "", ""),
        )
        assert row.at_most == usd("0.25")

    def test_calls_are_numbered_within_their_run(self, store: Store) -> None:
        """The ids of calls count up in each run."""
        one, two = begin(store), begin(store)
        ids = [call(store, lease, path=path) for lease in (one, two) for path in "ab"]
        assert ids == [f"{one.run}-1", f"{one.run}-2", f"{two.run}-1", f"{two.run}-2"]

    def test_the_same_question_is_not_asked_twice_at_once(self, store: Store) -> None:
        """While a call of a key is open, a second call of it is refused; another key of the path is not."""
        lease = begin(store)
        first = call(store, lease)
        with pytest.raises(RunBusyError, match=f'"draft" of run {lease.run} is being asked already .call {first}.'):
            call(store, lease, attempt=2)
        call(store, lease, key="k2")
        close_call(store, lease, first, done())
        call(store, lease, attempt=2)

    def test_an_intent_of_another_run_is_a_mistake(self, store: Store) -> None:
        """A lease reserves for its own run only."""
        lease = begin(store)
        with pytest.raises(ValueError, match="the intent of run other"):
            reserve(store, lease, intent(lease, run="other"), NO_CAPS)


class TestCaps:
    def test_the_message_says_it_all(self, store: Store) -> None:
        """The refusal names what is spent, who needs how much, and the cap; nothing is written."""
        lease = begin(store)
        close_call(store, lease, call(store, lease, "0.50"), done("0.41"))
        with pytest.raises(BudgetError) as caught:
            call(store, lease, "0.22", Caps(usd("0.50"), None, None, None), path="check#2/scope")
        assert caught.value.message == 'Budget: spent $0.41, "check" needs up to $0.22, cap $0.50.'
        assert caught.value.advice == f"orchestra resume {lease.run} --budget 0.63"
        assert (caught.value.exit, caught.value.code) == (4, "budget")
        assert len(calls_of(store, lease.run)) == 1

    def test_what_may_be_billed_is_told_apart(self, store: Store) -> None:
        """Money that is only reserved or possibly billed counts, and is told apart from what is spent."""
        lease = begin(store)
        call(store, lease, "0.30", path="brief")
        with pytest.raises(BudgetError) as caught:
            call(store, lease, "0.22", Caps(run=usd("0.50")))
        assert caught.value.message == (
            'Budget: spent $0.00 (up to $0.30 with what is open or possibly billed), "draft" needs up to $0.22, '
            "cap $0.50."
        )

    @pytest.mark.parametrize(
        ("caps", "words", "setting"),
        [
            (Caps(client_month=usd("0.15")), "Budget of client acme this month: spent $0.10", "client_month"),
            (Caps(user_month=usd("0.15")), "Budget of user tom this month: spent $0.10", "user_month"),
            (Caps(month=usd("0.15")), "Budget of this month: spent $0.10", "month"),
        ],
    )
    def test_each_scope_has_its_name(self, store: Store, caps: Caps, words: str, setting: str) -> None:
        """A monthly cap counts the calls of other runs, and its refusal names the scope and its setting."""
        call(store, begin(store))
        lease = begin(store)
        with pytest.raises(BudgetError) as caught:
            call(store, lease, caps=caps)
        assert caught.value.message.startswith(words)
        assert f"budget_usd.{setting} in" in caught.value.advice

    def test_others_are_not_counted(self, store: Store) -> None:
        """Caps of a client, a user and a run count no other client, user or run."""
        lease = begin(store)
        call(store, lease, "1.00", client="hartwell", user="ann")
        caps = Caps(run=usd("0.10"), client_month=usd("0.10"), user_month=usd("0.10"))
        call(store, begin(store), "0.10", caps)

    def test_a_run_without_a_client(self, store: Store) -> None:
        """Where there is no client, the cap of clients holds nobody back."""
        lease = begin(store, client="")
        for path in "ab":
            call(store, lease, "1.00", Caps(client_month=usd("0.10")), path=path, client="")

    def test_exactly_the_cap_may_be_spent(self, store: Store) -> None:
        """A call that reaches the cap to the last digit is let through, the next smallest one is not."""
        lease, caps = begin(store), Caps(*[usd("0.30")] * 4)
        for path in "abc":
            call(store, lease, "0.10", caps, path=path)
        call(store, lease, "0", caps, path="free")
        with pytest.raises(BudgetError, match=r'"d" needs up to \$0\.0001, cap \$0\.30'):
            call(store, lease, "0.0000001", caps, path="d")

    def test_a_month_ends(self, store: Store, clock: Clock) -> None:
        """A new month in UTC starts at nothing; what the old one reserved is closed in the old one."""
        lease, caps = begin(store), Caps(month=usd("0.10"))
        first = call(store, lease, "0.10", caps, path="a")
        clock.move(days=17)
        call(store, lease, "0.10", caps, path="b")
        close_call(store, lease, first, done("0.02"))
        assert spent_month(store) == Spent(ZERO, usd("0.10"), 1, 1)
        with pytest.raises(BudgetError):
            call(store, lease, "0.01", caps, path="c")
        clock.move(days=-17)
        call(store, lease, "0.08", caps, path="d")

    def test_large_amounts_in_cents(self, store: Store) -> None:
        """Amounts from a dollar up are told in cents, rounded up."""
        with pytest.raises(BudgetError, match=r"needs up to \$12\.35, cap \$3\.00"):
            call(store, begin(store), "12.3401", Caps(run=usd("3")))


class TestClose:
    def test_the_rest_of_the_reserve_is_given_back(self, store: Store) -> None:
        """A closed call counts at its cost, and keeps how it ended."""
        lease = begin(store)
        call_id = call(store, lease, "0.50")
        assert spent_of_run(store, lease.run) == Spent(ZERO, usd("0.50"), 1, 1)
        close_call(store, lease, call_id, done("0.04", usage=Usage(10, None, 3)))
        row = calls_of(store, lease.run)[0]
        assert (row.state, row.cost_usd, row.at_most, row.usage) == (
            "done",
            usd("0.04"),
            usd("0.04"),
            Usage(10, None, 3),
        )
        assert (row.model_served, row.status, row.request_id) == ("gpt-5-2026", 200, "req-1")
        assert row.closed == store.now()
        expected = Spent(usd("0.04"), usd("0.04"), 1)
        assert spent_of_run(store, lease.run) == spent_month(store) == expected
        assert spent_month(store, client="acme") == spent_month(store, user="tom") == expected
        assert (
            spent_month(store, client="hartwell")
            == spent_month(store, client="acme", user="ann")
            == Spent(ZERO, ZERO, 0)
        )

    @pytest.mark.parametrize(
        "closed",
        [
            done(None),
            done("0.04", cost_known=False),
            Closed("failed", error="server"),
            Closed("possibly_billed", cost_usd=Decimal("0.04"), cost_known=True, error="silent"),
        ],
    )
    def test_unknown_is_never_nothing(self, store: Store, closed: Closed) -> None:
        """A cost that is not known counts at worst case, and shows as unknown."""
        lease = begin(store)
        close_call(store, lease, call(store, lease, "0.50", price_known=False), closed)
        assert spent_of_run(store, lease.run) == Spent(ZERO, usd("0.50"), 1, 1)
        assert calls_of(store, lease.run)[0].cost_usd is None
        with pytest.raises(BudgetError):
            call(store, lease, "0.01", Caps(run=usd("0.50")), path="next")

    def test_a_failure_that_cost_nothing(self, store: Store) -> None:
        """A failed call that the vendor does not charge gives its whole reserve back."""
        lease = begin(store)
        close_call(
            store, lease, call(store, lease), Closed("failed", None, ZERO, True, error="rate_limited", status=429)
        )
        assert spent_of_run(store, lease.run) == Spent(ZERO, ZERO, 1)
        row = calls_of(store, lease.run)[0]
        assert (row.state, row.error, row.status, row.usage) == ("failed", "rate_limited", 429, None)

    def test_on_this_computer_is_free(self, store: Store) -> None:
        """A call on this computer costs nothing, whether or not anybody says so."""
        lease = begin(store)
        close_call(store, lease, call(store, lease, "0", local=True), done(None))
        assert spent_of_run(store, lease.run) == Spent(ZERO, ZERO, 1)

    def test_a_call_is_closed_once(self, store: Store) -> None:
        """Closing a call again, or one of another run, is refused and changes no total."""
        lease, other = begin(store), begin(store)
        call_id = call(store, lease)
        close_call(store, lease, call_id, done())
        for wrong in (call_id, f"{lease.run}-7"):
            with pytest.raises(StoreError, match="is not open"):
                close_call(store, lease, wrong, done())
        for wrong in (call(store, other), f"{lease.run}-x", "nonsense"):
            with pytest.raises(StoreError, match="is not one of run"):
                close_call(store, lease, wrong, done())
        assert spent_of_run(store, lease.run) == Spent(usd("0.04"), usd("0.04"), 1)


class TestSettle:
    def possibly_billed(self, store: Store) -> str:
        old = begin(store)
        call_id = call(store, old, "0.50")
        owned_by(store, old.run, dead(), store.now())
        take_lease(store, old.run)
        return call_id

    @pytest.mark.parametrize(
        ("paid", "amount", "cost", "word"),
        [(True, None, "0.50", "paid"), (True, "0.07", "0.07", "paid"), (False, None, "0", "unpaid")],
    )
    def test_a_person_says_what_it_was(
        self, store: Store, paid: bool, amount: str | None, cost: str, word: str
    ) -> None:
        """A call that may have been billed counts at worst case until a person says whether it was paid."""
        call_id = self.possibly_billed(store)
        assert spent_month(store) == Spent(ZERO, usd("0.50"), 1, 1)
        row = settle(store, call_id, paid, usd(amount) if amount else None)
        assert (row.cost_usd, row.settled, row.state) == (usd(cost), word, "possibly_billed")
        assert spent_month(store) == spent_of_run(store, row.run) == Spent(usd(cost), usd(cost), 1)
        with pytest.raises(StoreError, match="needs no settling"):
            settle(store, call_id, paid)

    def test_only_what_is_there_and_unknown(self, store: Store) -> None:
        """An open call, a call of known cost and no call at all cannot be settled."""
        lease = begin(store)
        opened, closed = call(store, lease, path="a"), call(store, lease, path="b")
        close_call(store, lease, closed, done())
        for call_id in (opened, closed):
            with pytest.raises(StoreError, match="needs no settling"):
                settle(store, call_id, True)
        for wrong in (f"{lease.run}-9", "nonsense"):
            with pytest.raises(StoreError, match="There is no call"):
                settle(store, wrong, True)


SHARED = """
import sys; from pathlib import Path; from decimal import Decimal
sys.path.insert(0, sys.argv[2])
from store_builders import begin, call
from orchestra_cli.errors import BudgetError
from orchestra_cli.store.database import Store
from orchestra_cli.store.ledger import Caps, Closed, close_call
store = Store.open(Path(sys.argv[1])); lease = begin(store); caps = Caps(month=Decimal("0.30"))
print("ready", flush=True); sys.stdin.readline()
while True:
    try:
        id = call(store, lease, "0.10", caps, key=sys.stdin.name)
        print("sent", flush=True)
    except BudgetError as error:
        id = ""
        print(error.message, flush=True)
    if sys.stdin.readline() == "stop\\n":
        break
    if id:
        close_call(store, lease, id, Closed("failed", None, Decimal(0), True))
    print("closed", flush=True); sys.stdin.readline()
"""


def test_twenty_processes_share_a_cap_for_three(tmp_path: Path) -> None:
    """Of twenty processes that reserve at once under a cap for three calls exactly three may; when these give their
    reserve back, exactly three may again."""
    workers = [child(SHARED, tmp_path, Path(__file__).parent) for _ in range(20)]

    def all_say(word: str) -> list[str]:
        for worker in workers:
            assert worker.stdin
            worker.stdin.write(f"{word}\n")
            worker.stdin.flush()
        return [worker.stdout.readline().strip() for worker in workers if worker.stdout]

    assert [worker.stdout.readline() for worker in workers if worker.stdout] == ["ready\n"] * 20
    for _ in range(2):
        said = all_say("reserve")
        assert said.count("sent") == 3
        refused = {line for line in said if line != "sent"}
        assert refused == {'Budget of this month: spent $0.30, "draft" needs up to $0.10, cap $0.30.'}
        assert all_say("close") == ["closed"] * 20
    all_say("reserve")
    all_say("stop")
    assert [worker.communicate(timeout=60)[1] for worker in workers] == [""] * 20
    with Store.open(tmp_path) as store:
        assert spent_month(store).at_most == usd("0.30")
