"""When a call goes wrong: one table, one place. Nothing underneath retries."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from orchestra_cli.types import CallFailed, FailureKind

WAIT_AT_MOST_S = 60.0
UNTOLD_WAIT_S = 5.0
BACK_OFF_S = 0.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do after a failed attempt.

    `again_same`: ask the same model once more, after `wait_s` seconds; with `continue_prose` by letting it go on where
    it stopped, with `larger_limit` with more room. `switch`: ask the next of the cast (`other_vendor`: of another
    vendor; `larger_window`: one that takes more). `drop_provider`: ask this provider no more in this run.
    `ask_person`: a person must decide. None of them: the step cannot go on now. `billed`: what the attempt counts as.
    """

    again_same: bool = False
    switch: bool = False
    wait_s: float | None = None
    drop_provider: bool = False
    other_vendor: bool = False
    ask_person: bool = False
    billed: Literal["no", "maybe", "yes"] = "no"
    larger_window: bool = False
    larger_limit: bool = False
    continue_prose: bool = False

    @property
    def give_up(self) -> bool:
        """Whether nothing is left to do."""
        return not (self.again_same or self.switch or self.ask_person)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table.

    `again`: how often the same model may be asked once more before others are; `again_alone`: how often when there is
    no other. `wait`: "" at once, "jitter" a short random pause, "told" as long as the vendor said.
    """

    again: int = 0
    again_alone: int = 0
    wait: Literal["", "jitter", "told"] = ""
    switch: bool = True
    drop_provider: bool = False
    other_vendor: bool = False
    larger_window: bool = False
    person: bool = False


TABLE: dict[FailureKind, Rule] = {
    "connect": Rule(again=1, again_alone=1, wait="jitter"),
    "server": Rule(again=1, again_alone=1, wait="jitter"),
    "silent": Rule(),
    "cut": Rule(again_alone=1),
    "rate_limited": Rule(again_alone=1000, wait="told"),
    "quota": Rule(drop_provider=True),
    "too_long": Rule(larger_window=True, person=True),
    "truncated": Rule(again=1, again_alone=1),
    "refused": Rule(other_vendor=True, person=True),
    "invalid": Rule(again=1, again_alone=1, person=True),
    "key_rejected": Rule(drop_provider=True),
    "model_gone": Rule(),
    "bad_request": Rule(),
}


def verdict(
    failure: CallFailed,
    *,
    others_left: bool,
    tries_same: int,
    waited_s: float = 0.0,
    prose: bool = False,
    jitter: float | None = None,
) -> Verdict:
    """What to do now.

    `tries_same` counts how often this model has been asked once more already (0 after its first attempt), `waited_s`
    the seconds this step has waited in all; `others_left` says whether the cast has another usable model. `jitter`
    (0-1) stands in for chance.
    """
    rule = TABLE[failure.kind]
    if failure.kind == "truncated":
        return _truncated(failure, others_left=others_left, tries_same=tries_same, prose=prose)
    if tries_same < rule.again or (not others_left and tries_same < rule.again_alone):
        wait = _wait(rule, failure, tries_same, random.random() if jitter is None else jitter)
        if waited_s + wait <= WAIT_AT_MOST_S:
            return Verdict(again_same=True, wait_s=wait, billed=failure.billed)
    switch = rule.switch and others_left
    return Verdict(
        switch=switch,
        drop_provider=rule.drop_provider,
        other_vendor=switch and rule.other_vendor,
        larger_window=switch and rule.larger_window,
        ask_person=rule.person and not switch,
        billed=failure.billed,
    )


def _truncated(failure: CallFailed, *, others_left: bool, tries_same: int, prose: bool) -> Verdict:
    """Prose goes on once where it stopped; then more room; then the next of the cast."""
    if prose and tries_same == 0:
        return Verdict(again_same=True, wait_s=0.0, continue_prose=True, billed=failure.billed)
    if tries_same < (2 if prose else 1):
        return Verdict(again_same=True, wait_s=0.0, larger_limit=True, billed=failure.billed)
    return Verdict(switch=others_left, billed=failure.billed)


def _wait(rule: Rule, failure: CallFailed, tries_same: int, jitter: float) -> float:
    """Seconds to wait before the same model is asked again."""
    if rule.wait == "told":
        untold = UNTOLD_WAIT_S * 2.0**tries_same
        return (untold if failure.retry_after_s is None else failure.retry_after_s) + jitter * BACK_OFF_S
    if rule.wait == "jitter":
        return (failure.retry_after_s or 0.0) + BACK_OFF_S * (0.5 + jitter)
    return 0.0
