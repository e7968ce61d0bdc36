"""The ledger rows of a run's calls: opened with the reserve before the first byte, closed with what it came to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from orchestra_cli.engine import events
from orchestra_cli.engine.seat import Seat
from orchestra_cli.store import ledger, partial
from orchestra_cli.types import Answer, Call, CallFailed, DataClass

if TYPE_CHECKING:
    from orchestra_cli.engine.question import Question
    from orchestra_cli.store.database import Store
    from orchestra_cli.store.lease import Lease

Audit = Callable[["Store", str, str, Seat, DataClass], None]


@dataclass(frozen=True, slots=True)
class Accounts:
    """The books of one run. `client` and `user` are who the money is counted for."""

    run: str
    recipe: str
    client: str
    user: str
    store: Store
    lease: Lease
    caps: ledger.Caps
    listen: events.Listener

    def open(self, question: Question, seat: Seat, call: Call, attempt: int, audit: Audit) -> str:
        """Reserve the worst case and write the intent and its audit row; gives the id of the call.

        Raises BudgetError when a cap would be passed: then nothing was written.
        """
        reserve, known = seat.worst_case(call)
        intent = ledger.Intent(
            run=self.run,
            path=question.path,
            key=question.key,
            attempt=attempt,
            provider=seat.provider.name,
            model=seat.model,
            client=self.client,
            user=self.user,
            recipe=self.recipe,
            reserve_usd=reserve,
            price_known=known,
            prices=seat.prices_json(),
            local=seat.provider.on_computer or seat.is_person,
        )
        with self.store.transaction():  # no intent without its row in the audit, and one wait for the disk
            call_id = ledger.reserve(self.store, self.lease, intent, self.caps)
            audit(self.store, self.run, call_id, seat, question.data_class)
        return call_id

    def refuse(self, call_id: str, closed: ledger.Closed) -> None:
        """End the row of an answer that came whole and was paid for, but is not what was asked for."""
        ledger.close_call(self.store, self.lease, call_id, replace(closed, state="failed", error="invalid"))
        self.say_spent()

    def closed(self, seat: Seat, answer: Answer) -> ledger.Closed:
        """How the row of a whole answer ends; its journal entry closes it in the same transaction."""
        cost = seat.cost(answer)
        return ledger.Closed(
            state="done",
            usage=answer.usage,
            cost_usd=cost,
            cost_known=cost is not None,
            model_served=answer.model,
            error="",
            status=200,
            request_id=answer.request_id,
        )

    def close_failed(self, call_id: str, seat: Seat, failure: CallFailed) -> None:
        """What is not billed cost nothing; what was billed costs what its usage says; else it may be anything."""
        cost = Decimal(0) if failure.billed == "no" or seat.is_person else _cost_of_failed(seat, failure)
        if cost is not None:
            self.close(call_id, "failed", error=failure.kind, cost=cost, known=True, failure=failure)
        else:
            self.close(call_id, "possibly_billed", error=failure.kind, cost=None, known=False, failure=failure)

    def close(
        self,
        call_id: str,
        state: Literal["failed", "possibly_billed"],
        *,
        error: str,
        cost: Decimal | None,
        known: bool,
        failure: CallFailed | None = None,
    ) -> None:
        """End the row of a call that gave nothing usable."""
        closed = ledger.Closed(
            state=state,
            usage=failure.usage if failure else None,
            cost_usd=cost if known else None,
            cost_known=known,
            model_served="",
            error=error,
            status=failure.status if failure else None,
            request_id=failure.request_id if failure else "",
        )
        ledger.close_call(self.store, self.lease, call_id, closed)
        self.say_spent()

    def keep_partial(self, path: str, attempt: int, text: str) -> None:
        """Keep the text of a cut answer for a person to look at; it satisfies nothing."""
        if text:
            partial.keep_partial(self.store, self.lease, path, attempt, text)

    def say_spent(self) -> None:
        """Tell the listeners what the run has cost so far."""
        spent = ledger.spent_of_run(self.store, self.run)
        self.listen(events.Spent(spent.known, spent.at_most))


def _cost_of_failed(seat: Seat, failure: CallFailed) -> Decimal | None:
    """What an answer cost that came whole but cannot be used; None when the vendor did not say how much it was."""
    if failure.billed != "yes" or failure.kind == "cut" or failure.usage is None:
        return None
    return seat.cost(Answer(failure.partial, failure.usage, seat.model, seat.provider.name))
