"""Work beside other work: several awaited at once; blocking work (a person reading, a model computing) in threads.

Daemon threads, not the loop's executor: a Ctrl-C must end the process although a thread still waits for a key.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def all_of(work: Iterable[Awaitable[T]]) -> list[T]:
    """All results in order. Everything is played to its end, since it may be paid; then the first error is raised."""
    results = await asyncio.gather(*work, return_exceptions=True)
    done: list[T] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        done.append(result)
    return done


async def in_thread(work: Callable[[], T]) -> T:
    """The result of `work`, run in a thread of its own; its exception is raised here."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # T itself may be None

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001  carried over to the caller, whatever it is
            _call(loop, lambda caught=error: settle(None, caught))  # type: ignore[misc]
        else:
            _call(loop, lambda: settle(result, None))

    threading.Thread(target=run, daemon=True).start()
    return await future


def _call(loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(work)
