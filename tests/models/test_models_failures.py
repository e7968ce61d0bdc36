"""The table of what to do when a call goes wrong, row by row."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestra_cli.models.failures import TABLE, WAIT_AT_MOST_S, Verdict, verdict
from orchestra_cli.types import CallFailed, FailureKind

KINDS = get_args(FailureKind)


def after(kind: str, tries: int = 0, *, others: bool = True, **more: object) -> Verdict:
    wait = more.pop("retry_after_s", None)
    failure = CallFailed(kind, "x", retry_after_s=wait, billed=more.pop("billed", "no"))  # type: ignore[arg-type]
    return verdict(failure, others_left=others, tries_same=tries, jitter=0.5, **more)  # type: ignore[arg-type]


def test_every_kind_of_failure_has_its_row() -> None:
    """The table knows all kinds and no others."""
    assert set(TABLE) == set(KINDS)


@pytest.mark.parametrize("kind", ["connect", "server"])
def test_unsent_or_out_of_order_is_tried_once_more_then_switched(kind: str) -> None:
    """Same model once more after a jittered pause, then the next of the cast, then nothing."""
    first = after(kind)
    assert (first.again_same, first.switch, first.wait_s) == (True, False, 0.5)
    assert after(kind, 1) == Verdict(switch=True)
    assert after(kind, 0, others=False).again_same
    assert after(kind, 1, others=False).give_up


def test_the_pause_of_a_server_is_added_to_what_it_told() -> None:
    """A 503 with retry-after is not asked sooner."""
    assert after("server", retry_after_s=3.0).wait_s == 3.5


def test_silence_is_never_sent_a_second_time_to_the_same_model() -> None:
    """It may be billed: next of the cast, else stop."""
    assert after("silent", billed="maybe") == Verdict(switch=True, billed="maybe")
    assert after("silent", others=False, billed="maybe").give_up


def test_a_cut_goes_to_the_next_and_only_alone_once_more() -> None:
    """It counts as billed; with nobody else the same model is asked once more."""
    assert after("cut", billed="yes") == Verdict(switch=True, billed="yes")
    alone = after("cut", others=False, billed="yes")
    assert (alone.again_same, alone.wait_s) == (True, 0.0)
    assert after("cut", 1, others=False).give_up


def test_a_rate_limit_switches_at_once_or_waits_as_told() -> None:
    """With another model now; with none as long as told, at most a minute in all."""
    assert after("rate_limited", retry_after_s=5.0) == Verdict(switch=True)
    alone = after("rate_limited", others=False, retry_after_s=5.0)
    assert (alone.again_same, alone.wait_s) == (True, 5.25)
    assert after("rate_limited", 3, others=False, retry_after_s=5.0, waited_s=50.0).again_same
    assert after("rate_limited", 4, others=False, retry_after_s=5.0, waited_s=55.5).give_up
    assert after("rate_limited", others=False, retry_after_s=61.0).give_up


def test_a_rate_limit_without_a_time_waits_longer_each_time() -> None:
    """5, 10, 20 seconds, until the minute is used up."""
    waits = [after("rate_limited", tries, others=False).wait_s for tries in range(3)]
    assert waits == [5.25, 10.25, 20.25]
    assert after("rate_limited", 4, others=False).give_up


def test_money_and_keys_end_the_use_of_a_provider() -> None:
    """Quota and a rejected key: not this provider again in this run."""
    for kind in ("quota", "key_rejected"):
        assert after(kind) == Verdict(switch=True, drop_provider=True)
        assert after(kind, others=False) == Verdict(drop_provider=True)
        assert after(kind, others=False).give_up


def test_too_long_wants_a_larger_window_or_a_person() -> None:
    """Never cut silently."""
    assert after("too_long") == Verdict(switch=True, larger_window=True)
    assert after("too_long", others=False) == Verdict(ask_person=True)


def test_truncated_prose_goes_on_once_then_gets_more_room_then_another_model() -> None:
    """Fields cannot go on in the middle: they get more room at once."""
    assert after("truncated", prose=True).continue_prose
    assert after("truncated", 1, prose=True).larger_limit
    assert after("truncated", 2, prose=True) == Verdict(switch=True)
    assert after("truncated").larger_limit
    assert after("truncated", 1) == Verdict(switch=True)
    assert after("truncated", 1, others=False).give_up


def test_a_refusal_goes_to_another_vendor_then_to_a_person() -> None:
    """The same vendor would refuse again."""
    assert after("refused") == Verdict(switch=True, other_vendor=True)
    assert after("refused", others=False) == Verdict(ask_person=True)


def test_invalid_fields_are_asked_again_then_of_another_then_of_a_person() -> None:
    """Once more with the reasons, next of the cast, a person."""
    assert after("invalid").again_same
    assert after("invalid", 1) == Verdict(switch=True)
    assert after("invalid", 1, others=False) == Verdict(ask_person=True)


def test_a_model_that_is_gone_or_does_not_take_our_request_is_switched() -> None:
    """Means switch, never retry."""
    for kind in ("model_gone", "bad_request"):
        assert after(kind) == Verdict(switch=True)
        assert after(kind, others=False).give_up


@given(st.sampled_from(KINDS), st.booleans(), st.booleans(), st.none() | st.floats(0, 1e6), st.floats(0, 1))
def test_every_row_ends(kind: FailureKind, others: bool, prose: bool, wait: float | None, jitter: float) -> None:
    """Whatever a vendor answers for ever, one model is asked a few times only, and the step waits a minute at most."""
    waited, tries = 0.0, 0
    while True:
        failure = CallFailed(kind, "x", retry_after_s=wait)
        said = verdict(failure, others_left=others, tries_same=tries, waited_s=waited, prose=prose, jitter=jitter)
        if not said.again_same:
            break
        waited += said.wait_s or 0.0
        tries += 1
        assert tries <= 1000
    assert waited <= WAIT_AT_MOST_S
    assert kind == "rate_limited" or tries <= 2


def test_chance_stands_in_when_none_is_given() -> None:
    """Without a fixed jitter the pause lies between half and one and a half times the back-off."""
    failure = CallFailed("connect", "x")
    assert 0.25 <= (verdict(failure, others_left=False, tries_same=0).wait_s or 0) <= 0.75
