"""The files hand-off: prompts go out and answers come back through a folder; an answer counts when it lies still."""

from __future__ import annotations

import time
from collections.abc import Callable

from orchestra_cli.console.relay import RelayFiles
from orchestra_cli.engine.person import Carried
from orchestra_cli.errors import WaitingError

STILL_S = 2.0
LOOK_EVERY_S = 0.5


class FilesCarrier:
    """Writes prompts and takes answers. `wait`: stay until the answer is there, for a person at a terminal."""

    def __init__(
        self,
        say: Callable[[str], None],
        *,
        wait: bool,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._say, self._wait, self._now, self._sleep = say, wait, now, sleep

    def carry(self, carried: Carried) -> str:
        """The answer from the folder. Raises WaitingError when it is not there and nobody waits for it."""
        files = RelayFiles.of(carried)
        if carried.problems or not files.asks(carried) or not files.read_answer():
            files.write_prompt(carried)
            self._say(f"[{carried.number}/{carried.of}] {carried.step}: prompt in {files.prompt}")
            for problem in carried.problems:
                self._say(f"      refused: {problem}")
            self._say(f"      put the answer into {files.answer}")
        return self._when_still(carried, files)

    def _when_still(self, carried: Carried, files: RelayFiles) -> str:
        while True:
            age = files.answer_age(self._now())
            if age is not None and age >= STILL_S:
                answer = files.read_answer()
                if answer:
                    return answer
            if age is None and not self._wait:
                raise WaitingError(f"Waiting for the answer file {files.answer}.", f"orchestra resume {carried.run}")
            self._sleep(LOOK_EVERY_S)
