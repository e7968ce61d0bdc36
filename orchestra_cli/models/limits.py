"""How many calls a provider gets at once: starts at 8, grows until the first 429, then feels its way.

The limit belongs to a provider and key. Until the first 429 a caller that has to wait a moment is let in as one more;
a 429 halves the limit, once for each wait told; after each five good answers it grows by one.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from orchestra_cli.models import errors
from orchestra_cli.types import CallFailed

START = 8
AT_MOST = 64
GOOD_FOR_ONE_MORE = 5
GROW_EVERY_S = 0.001
PAUSE_AT_MOST_S = 60.0
_LEFT = (
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
    ("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"),
    ("anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"),
    ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
)


class Gate:
    """The calls of one provider and key. `limit` is how many may run at once now."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.limit = START
        self.running = 0
        self.growing = True
        self._good = 0
        self._halved_until = float("-inf")
        self._paused_until = float("-inf")
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> None:
        """Wait for a place."""
        pause = self._paused_until - self._clock()
        if pause > 0:
            await asyncio.sleep(pause)
        if self.running < self.limit:
            self.running += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        self._grow_soon()
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Give the place back."""
        self.running -= 1
        self._admit()

    def heard(self, headers: Mapping[str, str]) -> None:
        """The headers of an answer came; where they say that nothing is left, new calls wait for the reset."""
        waits = [_reset(headers[reset]) for left, reset in _LEFT if headers.get(left) == "0" and headers.get(reset)]
        if waits:
            self._paused_until = self._clock() + min(PAUSE_AT_MOST_S, max(waits))

    def good(self) -> None:
        """A call was answered."""
        self._good += 1
        if not self.growing and self._good % GOOD_FOR_ONE_MORE == 0:
            self.limit = min(AT_MOST, self.limit + 1)
            self._admit()

    def told_to_wait(self, seconds: float | None) -> None:
        """A 429 came."""
        now = self._clock()
        self.growing, self._good = False, 0
        if now < self._halved_until:
            return
        self.limit = max(1, self.limit // 2)
        self._halved_until = now + (1.0 if seconds is None else seconds)

    def _grow_soon(self) -> None:
        if self.growing:
            asyncio.get_running_loop().call_later(GROW_EVERY_S * len(self._waiting), self._grow)

    def _grow(self) -> None:
        if self.growing and self._waiting and self.limit < AT_MOST:
            self.limit += 1
            self._admit()

    def _admit(self) -> None:
        while self._waiting and self.running < self.limit:
            place = self._waiting.popleft()
            if not place.done():
                self.running += 1
                place.set_result(None)


def _reset(text: str) -> float:
    """Seconds until a limit starts anew: a span ("6m0s", "120ms", "7") or a time (ISO)."""
    try:
        until = datetime.fromisoformat(text)
    except ValueError:
        return errors.span(text) or 0.0
    return max(0.0, (until - datetime.now(UTC)).total_seconds()) if until.tzinfo else 0.0


class Limits:
    """The gates of all providers and keys in this process. Keys are kept as digests only."""

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock
        self._gates: dict[tuple[str, str], Gate] = {}

    def gate(self, provider: str, key: str = "") -> Gate:
        """The gate of one provider and key."""
        name = (provider, hashlib.sha256(key.encode()).hexdigest())
        if name not in self._gates:
            self._gates[name] = Gate(self._clock or asyncio.get_running_loop().time)
        return self._gates[name]

    @asynccontextmanager
    async def slot(self, provider: str, key: str = "") -> AsyncIterator[Gate]:
        """A place for one call. Its good end counts for growing; a CallFailed that passes through tells of a 429."""
        gate = self.gate(provider, key)
        await gate.enter()
        try:
            yield gate
            gate.good()
        except CallFailed as failure:
            if failure.kind == "rate_limited":
                gate.told_to_wait(failure.retry_after_s)
            raise
        finally:
            gate.leave()
