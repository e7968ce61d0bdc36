"""Before and after a run is played: a polite request to end is what Ctrl-C is."""

from __future__ import annotations

import contextlib
import signal
from types import FrameType


def end_as_ctrl_c() -> None:
    """SIGTERM and a closed terminal end this process like Ctrl-C, with words and exit code 130; `nohup` stays in force.

    While a run is played, the engine takes these signals over.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None:
            with contextlib.suppress(ValueError):  # not in the main thread: somebody else's process
                if signal.getsignal(number) is signal.SIG_DFL:
                    signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
