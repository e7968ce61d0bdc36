"""How many calls a provider gets at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from orchestra_cli.models.limits import AT_MOST, START, Gate, Limits
from orchestra_cli.types import CallFailed

NOW = [0.0]


def clock() -> float:
    return NOW[0]


def run(work: Coroutine[Any, Any, Any]) -> Any:
    NOW[0] = 0.0
    return asyncio.run(work)


async def fill(gate: Gate, count: int) -> list[asyncio.Task[None]]:
    """So many callers at the gate, each let run until it waits."""
    tasks = [asyncio.create_task(gate.enter()) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def stop(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def test_starts_at_eight_and_grows_while_nobody_objects() -> None:
    """Callers that have to wait a moment are let in one by one, as long as there was no 429."""

    async def go() -> None:
        gate = Gate(clock)
        tasks = await fill(gate, 20)
        assert (gate.running, gate.limit) == (START, START)
        await asyncio.wait_for(asyncio.gather(*tasks), 5)
        assert gate.running == 20

    run(go())


def test_never_above_the_most() -> None:
    """Growing ends at 64."""

    async def go() -> None:
        gate = Gate(clock)
        gate.limit = AT_MOST
        tasks = await fill(gate, AT_MOST + 1)
        gate._grow()
        assert (gate.running, gate.limit) == (AT_MOST, AT_MOST)
        await stop(tasks)

    run(go())


def test_a_429_halves_once_for_each_wait_told() -> None:
    """Ten refusals of the same burst count once; after the wait the next one counts again."""

    async def go() -> None:
        gate = Gate(clock)
        for _ in range(10):
            gate.told_to_wait(30.0)
        assert gate.limit == 4
        NOW[0] = 30.0
        gate.told_to_wait(None)
        NOW[0] = 30.5
        gate.told_to_wait(None)
        assert gate.limit == 2
        for _ in range(5):
            NOW[0] += 31
            gate.told_to_wait(1.0)
        assert gate.limit == 1

    run(go())


def test_five_good_answers_earn_one_more() -> None:
    """After a 429 the limit grows by answers only, not by waiting."""

    async def go() -> None:
        gate = Gate(clock)
        gate.told_to_wait(1.0)
        tasks = await fill(gate, 6)
        assert gate.running == 4
        gate._grow()
        for good in range(1, 11):
            gate.good()
            assert gate.limit == 4 + good // 5
        assert gate.running == 6
        await stop(tasks)

    run(go())


def test_who_leaves_lets_the_next_one_in() -> None:
    """In order of arrival; who has given up waiting is passed over."""

    async def go() -> None:
        gate = Gate(clock)
        gate.growing = False
        gate.limit = 1
        first, second, third = await fill(gate, 3)
        second.cancel()
        gate.leave()
        await asyncio.wait_for(third, 1)
        assert (first.done(), gate.running) == (True, 1)

    run(go())


def test_a_place_given_to_someone_who_just_gave_up_is_not_lost() -> None:
    """Cancelled in the very moment of being let in."""

    async def go() -> None:
        gate = Gate(clock)
        gate.growing = False
        gate.limit = 1
        _, second = await fill(gate, 2)
        gate.leave()
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        assert gate.running == 0

    run(go())


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "40ms"},
        {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "0.04s"},
        {"anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": "2099-01-01T00:00:00Z"},
    ],
)
def test_a_limit_that_is_used_up_is_respected_before_it_bites(headers: dict[str, str]) -> None:
    """When the headers say that nothing is left, the next call waits for the reset (a minute at most)."""

    async def go() -> None:
        gate = Gate(clock)
        gate.heard(headers)
        (task,) = await fill(gate, 1)
        assert gate.running == 0
        if "2099" in str(headers):
            assert gate._paused_until == 60.0
            await stop([task])
        else:
            await asyncio.wait_for(task, 5)
            assert gate.running == 1

    run(go())


def test_ordinary_headers_hold_nobody_up() -> None:
    """Something left, no reset, or a reset that is no time."""

    async def go() -> None:
        gate = Gate(clock)
        gate.heard({"x-ratelimit-remaining-requests": "4999", "x-ratelimit-reset-requests": "12ms"})
        gate.heard({"x-ratelimit-remaining-requests": "0"})
        gate.heard({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "soon"})
        gate.heard({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "2026-01-01T00:00:00"})
        await asyncio.wait_for(gate.enter(), 1)

    run(go())


def test_each_provider_and_key_has_its_own_gate() -> None:
    """Keys are kept as digests; the same pair finds the same gate."""

    async def go() -> None:
        limits = Limits()
        gate = limits.gate("openai", "sk-secret")
        assert limits.gate("openai", "sk-secret") is gate
        assert limits.gate("openai", "sk-other") is not gate
        assert limits.gate("mistral", "sk-secret") is not gate
        assert "sk-secret" not in str(vars(limits))

    run(go())


def test_a_slot_hears_how_its_call_went() -> None:
    """A good end counts, a 429 halves, other failures change nothing; the place is always given back."""

    async def go() -> None:
        limits = Limits(clock)
        for _ in range(5):
            async with limits.slot("openai") as gate:
                assert gate.running == 1
        for kind in ("server", "rate_limited"):
            with pytest.raises(CallFailed):
                async with limits.slot("openai"):
                    raise CallFailed(kind, "x")  # type: ignore[arg-type]
        gate = limits.gate("openai")
        assert (gate.running, gate.limit) == (0, 4)

    run(go())
