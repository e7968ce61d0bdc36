"""Before and after a run is played: every polite request to end is what Ctrl-C is."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

from orchestra_cli.errors import InterruptedRunError


@contextlib.contextmanager
def polite_end() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal raise InterruptedRunError; `nohup` stays in force.

    While a run is played, the engine takes these signals over.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None:
            with contextlib.suppress(ValueError):  # not in the main thread: somebody else's process
                if signal.getsignal(number) is signal.SIG_DFL:
                    signal.signal(number, _interrupt)
    try:
        yield
    except KeyboardInterrupt:  # Typer would end with 130 and no word
        raise InterruptedRunError(
            "Interrupted. Nothing that was finished is lost.", "orchestra runs list  shows what is kept."
        ) from None


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
