"""One question, a cast, and what to do when a model does not answer: attempts, switches, waits, and their ledger rows.

What each failure means stands in `models/failures.py`; here it is carried out. A budget reserve and the intent are
committed before the first byte is sent; every attempt has its own row and price.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from orchestra_cli.engine import events
from orchestra_cli.engine.accounts import Accounts
from orchestra_cli.engine.giving_up import nobody_left
from orchestra_cli.engine.prompt import REASONS, Prompt, continued, corrected, reasons_text
from orchestra_cli.engine.question import Problems, Question, Served, Tries
from orchestra_cli.engine.seat import NoSeat, Seat
from orchestra_cli.engine.seats import Seats, window_of
from orchestra_cli.errors import BudgetError, WaitingError
from orchestra_cli.types import Answer, Call, CallFailed

if TYPE_CHECKING:
    from orchestra_cli.engine.world import FrozenCandidate

MAY_MOVE_DOWN = frozenset({"extract", "research"})
"""Roles that may go to a cheaper model of their cast when the budget is short; the others stop."""


class Asker:
    """Asks the models of one run. Holds what is learnt on the way: dropped providers, told waits."""

    def __init__(
        self,
        accounts: Accounts,
        seats: Seats,
        listen: events.Listener,
        country: str,
        recast: Callable[[str, Prompt], tuple[FrozenCandidate, ...]],
    ) -> None:
        self.accounts, self.seats, self.listen, self.country = accounts, seats, listen, country
        self.run = accounts.run
        self._recast = recast
        self.notes: list[str] = []

    async def ask(self, question: Question) -> Served:
        """A checked answer from the first of the cast that gives one.

        Raises BudgetError, NoModelError or a StepFailed leaf when nobody is left.
        """
        queue = list(question.cast)
        tries = Tries()
        started = time.monotonic()
        while queue or await self._come_back(question, tries, queue):
            seat = self.seats.take(queue[0], question.data_class)
            if isinstance(seat, NoSeat):
                tries.reasons.append(seat.why)
                self._say(question, queue.pop(0).model, seat.why)
                continue
            try:
                outcome = await self._attempt(question, seat, tries)
            except BudgetError:
                if question.role not in MAY_MOVE_DOWN or len(queue) == 1:
                    raise
                self._say(question, queue.pop(0).model, "too dear for what is left of the budget")
                tries.next_model()
                continue
            except CallFailed as failure:
                await self._after_failure(question, seat, tries, failure, queue)
                continue
            if isinstance(outcome, Served):
                return replace(outcome, seconds=time.monotonic() - started)
            self._after_refusal(question, seat, tries, outcome, queue)
        if tries.attempts == 0 and not question.pinned:
            return await self._cast_anew(question, tries)
        raise nobody_left(question, tries, self.run)

    async def _cast_anew(self, question: Question, tries: Tries) -> Served:
        """The frozen cast cannot play at all (a key is gone, a provider was taken out): who can, today?"""
        anew = self._recast(question.step, question.prompt)
        if not anew:
            raise nobody_left(question, tries, self.run)
        self.notes.append(f"{question.step} was cast anew: {anew[0].model} (its frozen cast cannot play)")
        self._say(question, anew[0].model, "cast anew, the frozen cast cannot play")
        return await self.ask(replace(question, cast=anew, pinned=True))

    async def _attempt(self, question: Question, seat: Seat, tries: Tries) -> Served | Problems:
        tries.attempts += 1
        tries.same += 1
        call = self._call(question, seat, tries)
        seat.hold_back(call)
        async with self.seats.slot(seat):
            call_id = self.accounts.open(question, seat, call, tries.attempts, self.seats.audit)
            begun = time.monotonic()
            arrived: list[str] = []

            def on_delta(text: str) -> None:
                if not arrived:  # told now and not before: the request does not wait for the telling
                    self.accounts.say_spent()
                arrived.append(text)
                self.listen(events.Delta(question.step, question.path, text))

            try:
                answer = await seat.ask(call, on_delta, question.label)
            except WaitingError:
                self.accounts.close(call_id, "failed", error="waiting", cost=Decimal(0), known=True)
                raise
            except CallFailed as failure:
                self.accounts.close_failed(call_id, seat, failure)
                self.accounts.keep_partial(question.path, tries.attempts, failure.partial or "".join(arrived))
                raise
            except asyncio.CancelledError:
                self.accounts.close(call_id, "possibly_billed", error="interrupted", cost=None, known=False)
                self.accounts.keep_partial(question.path, tries.attempts, "".join(arrived))
                raise
        return self._judge(question, seat, tries, answer, call_id, time.monotonic() - begun)

    def _judge(
        self, question: Question, seat: Seat, tries: Tries, answer: Answer, call_id: str, seconds: float
    ) -> Served | Problems:
        answer = seat.unmasked(replace(answer, text=tries.so_far + answer.text) if tries.so_far else answer)
        closed = self.accounts.closed(seat, answer)
        value = question.check(answer)
        if isinstance(value, Problems) and value.kind == "figures" and tries.figures_redone and value.value is not None:
            value = value.value
        if isinstance(value, Problems):
            self.accounts.refuse(call_id, closed)
            return value
        return Served(value, answer, question.cast[0].model, seat, call_id, closed, seconds, tries.attempts)

    def _call(self, question: Question, seat: Seat, tries: Tries) -> Call:
        prompt = question.prompt
        learnt = (("your answer so far", tries.so_far), (REASONS, tries.wrong))
        parts = [*prompt.parts, *((name, text) for name, text in learnt if text)]
        return Call(
            model=seat.model,
            step=question.step,
            role=question.role,
            system=seat.system(prompt.system),
            parts=tuple(seat.part(name, text) for name, text in parts),
            task=seat.masked(tries.task or prompt.task),
            max_output_tokens=seat.clamp(prompt.max_output_tokens * 2**tries.larger),
            returns=prompt.returns,
            schema=prompt.schema,
            max_words=prompt.max_words,
            search=prompt.search,
            country=self.country,
            answers=tuple((item, seat.masked(text)) for item, text in prompt.answers),
        )

    # -- after an attempt that gave nothing -------------------------------------------------------------------------

    async def _after_failure(
        self, question: Question, seat: Seat, tries: Tries, failure: CallFailed, queue: list[FrozenCandidate]
    ) -> None:
        """Do what the table says: once more, wait, go on where it stopped, or the next of the cast."""
        from orchestra_cli.models.failures import UNTOLD_WAIT_S, verdict

        tries.last = tries.ends[seat.model] = failure
        tries.reasons.append(f"{seat.model}: {failure.message}")
        prose = question.prompt.schema is None
        others = self._others_left(question, queue) or bool(tries.later)
        decided = verdict(failure, others_left=others, tries_same=tries.same - 1, waited_s=tries.waited, prose=prose)
        if decided.drop_provider:
            self.seats.drop(seat.provider.name, failure.message)
            fix = f"; to fix it: orchestra keys set {seat.provider.name}" if failure.kind == "key_rejected" else ""
            self.notes.append(failure.message.rstrip(".") + fix)
        if decided.again_same:
            if decided.continue_prose and failure.partial:
                tries.so_far += failure.partial
                tries.task = continued(question.prompt)
            elif decided.larger_limit:
                tries.larger += 1
            await self._wait(question, seat.model, tries, decided.wait_s or 0.0)
            self._say(question, seat.model, f"{failure.message.rstrip('.')}; once more")
            return
        left = queue.pop(0)
        if failure.kind == "rate_limited" and decided.switch:
            tries.later.append((time.monotonic() + (failure.retry_after_s or UNTOLD_WAIT_S), left))
        if decided.other_vendor:
            queue[:] = [candidate for candidate in queue if candidate.vendor != seat.vendor]
        if decided.larger_window:
            queue[:] = [candidate for candidate in queue if seat.window < (window_of(candidate) or seat.window + 1)]
        tries.next_model()
        if not decided.switch:
            queue.clear()
        then = f"; switched to {queue[0].model}" if queue else ""
        self._say(question, seat.model, failure.message.rstrip(".") + then)

    async def _come_back(self, question: Question, tries: Tries, queue: list[FrozenCandidate]) -> bool:
        """Put whoever asked to wait back into the queue once their time is over; False when nobody did, or too long."""
        from orchestra_cli.models.failures import WAIT_AT_MOST_S

        if not tries.later:
            return False
        until, candidate = first = min(tries.later, key=lambda one: one[0])
        tries.later.remove(first)
        wait = max(0.0, until - time.monotonic())
        if tries.waited + wait > WAIT_AT_MOST_S:
            return False
        await self._wait(question, candidate.model, tries, wait)
        self._say(question, candidate.model, "its time to wait is over; asked again")
        queue.append(candidate)
        return True

    def _others_left(self, question: Question, queue: list[FrozenCandidate]) -> bool:
        """Whether anybody after the first of the queue could be asked."""
        return any(isinstance(self.seats.take(other, question.data_class), Seat) for other in queue[1:])

    async def _wait(self, question: Question, model: str, tries: Tries, seconds: float) -> None:
        if seconds >= 1:
            self.listen(events.Waiting(question.step, model, seconds))
        tries.waited += seconds
        await asyncio.sleep(seconds)

    def _after_refusal(
        self, question: Question, seat: Seat, tries: Tries, problems: Problems, queue: list[FrozenCandidate]
    ) -> None:
        """An answer that came whole but is not what was asked for."""
        from orchestra_cli.models.failures import verdict

        reason = problems.reasons[0] if problems.reasons else "not usable"
        tries.reasons.append(f"{seat.model}: {reason}")
        tries.last = CallFailed("invalid", "; ".join(problems.reasons[:3]), provider=seat.provider.name)
        tries.ends[seat.model] = tries.last
        tries.so_far = ""
        if problems.kind == "figures":
            tries.figures_redone = True
            tries.task, tries.wrong = corrected(question.prompt), reasons_text(problems.reasons)
            self._say(question, seat.model, f"{len(problems.reasons)} figures that nobody gave; asked once more")
            return
        others = self._others_left(question, queue)
        decided = verdict(tries.last, others_left=others, tries_same=tries.same - 1)
        if decided.again_same or seat.is_person:
            tries.task, tries.wrong = corrected(question.prompt), reasons_text(problems.reasons)
            seat.refused(problems.reasons)
            self._say(question, seat.model, f"not accepted ({reason}); asked once more")
            return
        queue.pop(0)
        tries.next_model()
        self._say(question, seat.model, "not accepted twice" + (f"; switched to {queue[0].model}" if queue else ""))

    def _say(self, question: Question, model: str, what: str) -> None:
        self.listen(events.Attempted(question.step, model, what))
