"""When nobody is left to ask: which error it is, what every model said, and what to type."""

from __future__ import annotations

from orchestra_cli.engine.question import Question, Tries
from orchestra_cli.errors import (
    CutError,
    InvalidAnswerError,
    KeyRejectedError,
    NetworkError,
    NoModelError,
    OrchestraError,
    RateLimitedError,
    RefusedByVendorError,
    StepFailed,
)
from orchestra_cli.types import FailureKind

ERRORS: dict[FailureKind, type[OrchestraError]] = {
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
"""What a run ends with when the last model that was asked failed in this way."""


def nobody_left(question: Question, tries: Tries, run: str) -> OrchestraError:
    """The error of a question that nobody of its cast has answered."""
    failure = tries.last
    by_hand = f"orchestra resume {run} --handoff paste"
    if failure is None:
        why = tries.reasons[-1] if tries.reasons else "no model can play it"
        message = f'"{question.step}" could not be finished: {why}'
        return NoModelError(message, f"orchestra keys set openai  or carry it by hand: {by_hand}")
    message = f'"{question.step}" could not be finished: {_why(tries)}'
    advice = _ways_on(question.step, tries, run)
    return ERRORS[failure.kind](message, advice, provider=failure.provider, retry_after_s=failure.retry_after_s)


def _why(tries: Tries) -> str:
    """What each model that was asked answered in the end; with the vendor's own words when it was only one."""
    if len(tries.ends) == 1:
        return tries.reasons[-1]
    said = (
        failure.message.rstrip(".").removesuffix(f": {failure.words.rstrip('.')}") for failure in tries.ends.values()
    )
    return "; ".join(f"{model}: {what}" for model, what in zip(tries.ends, said, strict=True))


def _ways_on(step: str, tries: Tries, run: str) -> str:
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
