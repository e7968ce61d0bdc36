"""One question, a cast, and what to do when a model does not answer: attempts, switches, waits, and their ledger rows.

What each failure means stands in `models/failures.py`; here it is carried out. A budget reserve and the intent are
committed before the first byte is sent; every attempt has its own row and price.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from orchestra_cli.engine import events
from orchestra_cli.engine.prompt import REASONS, Prompt, continued, corrected, reasons_text
from orchestra_cli.engine.seats import NoSeat, Seat, Seats, window_of
from orchestra_cli.engine.values import Value
from orchestra_cli.errors import (
    BudgetError,
    CutError,
    InvalidAnswerError,
    KeyRejectedError,
    NetworkError,
    NoModelError,
    OrchestraError,
    RateLimitedError,
    RefusedByVendorError,
    StepFailed,
    WaitingError,
)
from orchestra_cli.store import ledger, partial
from orchestra_cli.types import Answer, Call, CallFailed, DataClass, FailureKind

if TYPE_CHECKING:
    from orchestra_cli.engine.world import FrozenCandidate
    from orchestra_cli.store.database import Store
    from orchestra_cli.store.lease import Lease

MAY_MOVE_DOWN = frozenset({"extract", "research"})
"""Roles that may go to a cheaper model of their cast when the budget is short; the others stop."""


@dataclass(frozen=True, slots=True)
class Problems:
    """Why an answer is not accepted. "fields": once more with the reasons, then the next model. "figures": one redo
    with the list, after that the answer is taken as it is and its figures are marked."""

    kind: Literal["fields", "figures"]
    reasons: tuple[str, ...]
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One answer that is wanted. `check` turns a whole answer into a value, or says what is wrong with it."""

    step: str
    path: str
    key: str
    role: str
    kind: str
    cast: tuple[FrozenCandidate, ...]
    prompt: Prompt
    data_class: DataClass
    check: Callable[[Answer], Value | Problems]
    label: str = ""
    """What a person who carries the prompt sees and finds as the name of its file; empty is the step."""
    pinned: bool = False
    """Whether a person, the recipe or an option fixed the model: then nobody else is asked."""


@dataclass(frozen=True, slots=True)
class Served:
    """A checked answer with the ledger row that its journal entry closes."""

    value: Value
    answer: Answer
    asked: str
    seat: Seat
    call: str
    closed: ledger.Closed
    seconds: float
    attempts: int


@dataclass(slots=True)
class _Tries:
    """What happened so far with one question."""

    attempts: int = 0
    same: int = 0
    waited: float = 0.0
    task: str = ""
    so_far: str = ""
    wrong: str = ""
    figures_redone: bool = False
    later: list[tuple[float, FrozenCandidate]] = field(default_factory=list)
    """Who asked to wait, and until when (monotonic seconds): asked again when nobody else is left."""
    larger: int = 0
    last: CallFailed | None = None
    reasons: list[str] = field(default_factory=list)
    ends: dict[str, CallFailed] = field(default_factory=dict)
    """The last failure of each model that was asked."""

    def next_model(self) -> None:
        self.same, self.task, self.so_far, self.wrong, self.larger = 0, "", "", "", 0


class Asker:
    """Asks the models of one run. Holds what is learnt on the way: dropped providers, told waits."""

    def __init__(
        self,
        *,
        run: str,
        recipe: str,
        client: str,
        user: str,
        store: Store,
        lease: Lease,
        caps: ledger.Caps,
        seats: Seats,
        listen: events.Listener,
        country: str,
        recast: Callable[[str, Prompt], tuple[FrozenCandidate, ...]],
    ) -> None:
        self.run, self.recipe, self.client, self.user = run, recipe, client, user
        self.store, self.lease, self.caps = store, lease, caps
        self.seats, self.listen, self.country = seats, listen, country
        self._recast = recast
        self.notes: list[str] = []

    async def ask(self, question: Question) -> Served:
        """A checked answer from the first of the cast that gives one.

        Raises BudgetError, NoModelError or a StepFailed leaf when nobody is left.
        """
        queue = list(question.cast)
        tries = _Tries()
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
        raise self._nobody_left(question, tries)

    async def _cast_anew(self, question: Question, tries: _Tries) -> Served:
        """The frozen cast cannot play at all (a key is gone, a provider was taken out): who can, today?"""
        anew = self._recast(question.step, question.prompt)
        if not anew:
            raise self._nobody_left(question, tries)
        self.notes.append(f"{question.step} was cast anew: {anew[0].model} (its frozen cast cannot play)")
        self._say(question, anew[0].model, "cast anew, the frozen cast cannot play")
        return await self.ask(replace(question, cast=anew, pinned=True))

    async def _attempt(self, question: Question, seat: Seat, tries: _Tries) -> Served | Problems:
        tries.attempts += 1
        tries.same += 1
        call = self._call(question, seat, tries)
        seat.hold_back(call)
        reserve, known = seat.worst_case(call)
        intent = ledger.Intent(
            run=self.run,
            path=question.path,
            key=question.key,
            attempt=tries.attempts,
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
        async with self.seats.slot(seat):
            with self.store.transaction():  # no intent without its row in the audit, and one wait for the disk
                call_id = ledger.reserve(self.store, self.lease, intent, self.caps)
                self.seats.audit(self.store, self.run, call_id, seat, question.data_class)
            self.say_spent()
            begun = time.monotonic()
            arrived: list[str] = []

            def on_delta(text: str) -> None:
                arrived.append(text)
                self.listen(events.Delta(question.step, question.path, text))

            try:
                answer = await seat.ask(call, on_delta, question.label)
            except WaitingError:
                self._close(call_id, "failed", error="waiting", cost=Decimal(0), known=True)
                raise
            except CallFailed as failure:
                self._close_failed(call_id, seat, failure)
                self._keep_partial(question, tries, failure.partial or "".join(arrived))
                raise
            except asyncio.CancelledError:
                self._close(call_id, "possibly_billed", error="interrupted", cost=None, known=False)
                self._keep_partial(question, tries, "".join(arrived))
                raise
        return self._judge(question, seat, tries, answer, call_id, time.monotonic() - begun)

    def _judge(
        self, question: Question, seat: Seat, tries: _Tries, answer: Answer, call_id: str, seconds: float
    ) -> Served | Problems:
        answer = seat.unmasked(replace(answer, text=tries.so_far + answer.text) if tries.so_far else answer)
        closed = self._closed(seat, answer)
        value = question.check(answer)
        if isinstance(value, Problems) and value.kind == "figures" and tries.figures_redone and value.value is not None:
            value = value.value
        if isinstance(value, Problems):
            ledger.close_call(self.store, self.lease, call_id, replace(closed, state="failed", error="invalid"))
            self.say_spent()
            return value
        return Served(value, answer, question.cast[0].model, seat, call_id, closed, seconds, tries.attempts)

    def _call(self, question: Question, seat: Seat, tries: _Tries) -> Call:
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
        self, question: Question, seat: Seat, tries: _Tries, failure: CallFailed, queue: list[FrozenCandidate]
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

    async def _come_back(self, question: Question, tries: _Tries, queue: list[FrozenCandidate]) -> bool:
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

    async def _wait(self, question: Question, model: str, tries: _Tries, seconds: float) -> None:
        if seconds >= 1:
            self.listen(events.Waiting(question.step, model, seconds))
        tries.waited += seconds
        await asyncio.sleep(seconds)

    def _after_refusal(
        self, question: Question, seat: Seat, tries: _Tries, problems: Problems, queue: list[FrozenCandidate]
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

    def _nobody_left(self, question: Question, tries: _Tries) -> OrchestraError:
        failure = tries.last
        by_hand = f"orchestra resume {self.run} --handoff paste"
        if failure is None:
            why = tries.reasons[-1] if tries.reasons else "no model can play it"
            message = f'"{question.step}" could not be finished: {why}'
            return NoModelError(message, f"orchestra keys set openai  or carry it by hand: {by_hand}")
        message = f'"{question.step}" could not be finished: {_why(tries)}'
        kinds: dict[FailureKind, type[OrchestraError]] = {
            "connect": NetworkError,
            "server": NetworkError,
            "silent": NetworkError,
            "cut": CutError,
            "truncated": CutError,
            "too_long": InvalidAnswerError,
            "rate_limited": RateLimitedError,
            "quota": RateLimitedError,
            "refused": RefusedByVendorError,
            "invalid": InvalidAnswerError,
            "key_rejected": KeyRejectedError,
            "model_gone": NoModelError,
            "bad_request": StepFailed,
        }
        advice = _ways_on(question.step, tries, self.run)
        return kinds[failure.kind](message, advice, provider=failure.provider, retry_after_s=failure.retry_after_s)

    # -- the ledger --------------------------------------------------------------------------------------------------

    def _closed(self, seat: Seat, answer: Answer) -> ledger.Closed:
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

    def _close_failed(self, call_id: str, seat: Seat, failure: CallFailed) -> None:
        """What is not billed cost nothing; what was billed costs what its usage says; else it may be anything."""
        cost = Decimal(0) if failure.billed == "no" or seat.is_person else _cost_of_failed(seat, failure)
        if cost is not None:
            self._close(call_id, "failed", error=failure.kind, cost=cost, known=True, failure=failure)
        else:
            self._close(call_id, "possibly_billed", error=failure.kind, cost=None, known=False, failure=failure)

    def _close(
        self,
        call_id: str,
        state: Literal["failed", "possibly_billed"],
        *,
        error: str,
        cost: Decimal | None,
        known: bool,
        failure: CallFailed | None = None,
    ) -> None:
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

    def _keep_partial(self, question: Question, tries: _Tries, text: str) -> None:
        if text:
            partial.keep_partial(self.store, self.lease, question.path, tries.attempts, text)

    def _say(self, question: Question, model: str, what: str) -> None:
        self.listen(events.Attempted(question.step, model, what))

    def say_spent(self) -> None:
        """Tell the listeners what the run has cost so far."""
        spent = ledger.spent_of_run(self.store, self.run)
        self.listen(events.Spent(spent.known, spent.at_most))


def _why(tries: _Tries) -> str:
    """What each model that was asked answered in the end; with the vendor's own words when it was only one."""
    if len(tries.ends) == 1:
        return tries.reasons[-1]
    said = (
        failure.message.rstrip(".").removesuffix(f": {failure.words.rstrip('.')}") for failure in tries.ends.values()
    )
    return "; ".join(f"{model}: {what}" for model, what in zip(tries.ends, said, strict=True))


def _ways_on(step: str, tries: _Tries, run: str) -> str:
    """What to type when every model failed; going on with the run is said apart."""
    last = next(reversed(tries.ends.values()))
    rejected = [failure.provider for failure in tries.ends.values() if failure.kind == "key_rejected"]
    if last.kind == "key_rejected":
        return " and ".join(f"orchestra keys set {provider}" for provider in dict.fromkeys(rejected))
    by_hand = f"or carry it by hand: orchestra resume {run} --handoff paste"
    if last.kind in ("connect", "server", "silent"):
        return f"orchestra models test  shows who can be reached; {by_hand}"
    if last.kind == "quota":
        return f"Top up the account, or orchestra keys set PROVIDER for another one; {by_hand}"
    if last.kind == "rate_limited":
        return f"Wait a little, {by_hand}"
    return f"Another model: orchestra resume {run} --model {step}=PROVIDER/MODEL  {by_hand}"


def _cost_of_failed(seat: Seat, failure: CallFailed) -> Decimal | None:
    """What an answer cost that came whole but cannot be used; None when the vendor did not say how much it was."""
    if failure.billed != "yes" or failure.kind == "cut" or failure.usage is None:
        return None
    return seat.cost(Answer(failure.partial, failure.usage, seat.model, seat.provider.name))
