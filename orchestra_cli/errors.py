"""Every way it can go wrong: one tree, each leaf with its exit code and its advice.

    OrchestraError                    exit  error.code
    ├── UsageError                       2  usage              wrong words on the command line
    │   └── MissingInputError            2  usage              a required input was neither given nor found
    ├── InputError                       2  input              a file, folder, client or recipe that cannot be used
    │   └── RecipeError                  2  input              all mistakes of a recipe, each with file and line
    ├── NoModelError                     3  no_model           nobody can play a step
    │   ├── KeyMissingError              3  key_missing
    │   ├── KeyRejectedError             3  key_rejected
    │   └── PolicyError                  3  policy             the data may not go where it would have to go
    ├── BudgetError                      4  budget             the cap would be passed; nothing was sent beyond it
    ├── StepFailed                       1  (one of the next)
    │   ├── RateLimitedError             1  rate_limited
    │   ├── CutError                     1  cut                cut, truncated or empty: half an answer
    │   ├── RefusedByVendorError         1  refused_by_vendor
    │   ├── InvalidAnswerError           1  invalid_answer
    │   └── NetworkError                 1  network
    ├── StoreError                       1  internal           full disk, unreadable home, broken database
    │   └── RunBusyError                 1  internal           another process owns the run
    ├── WaitingError                    75  waiting            a person, an answer file or a batch is waited for
    └── InterruptedRunError            130  interrupted

`message` says what happened and where; its first line alone must suffice. `advice` is the next command to type.
Caught once, in `cli/main.py`; nothing in the product catches `OrchestraError` only to print it.
"""

from __future__ import annotations

from typing import ClassVar


class OrchestraError(Exception):
    """What happened (`message`), what to type next (`advice`); `exit` and `code` are those of the contract."""

    exit: ClassVar[int] = 1
    code: str = "internal"

    def __init__(
        self, message: str, advice: str = "", *, provider: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.provider = provider
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return f"{self.message}\n{self.advice}" if self.advice else self.message


class UsageError(OrchestraError):
    """Wrong words on the command line."""

    exit = 2
    code = "usage"


class MissingInputError(UsageError):
    """A required input was neither given nor found; standard input may still bring it."""


class InputError(OrchestraError):
    """A file, folder, client or setting that cannot be used; nothing was sent."""

    exit = 2
    code = "input"


class RecipeError(InputError):
    """All mistakes of one recipe together; `problems` are lines of the form `file:line: what, and the fix`."""

    def __init__(self, problems: list[str]) -> None:
        count = len(problems)
        head = (
            problems[0] if count == 1 else f"{count} mistakes in the recipe; nothing was sent.\n" + "\n".join(problems)
        )
        super().__init__(head, "orchestra recipes check NAME  shows them again after each change.")
        self.problems = problems


class NoModelError(OrchestraError):
    """Nobody can play a step."""

    exit = 3
    code = "no_model"


class KeyMissingError(NoModelError):
    """No key where one is needed; the message names every place that was looked at."""

    code = "key_missing"


class KeyRejectedError(NoModelError):
    """The vendor did not accept the key; the message names its last four characters only."""

    code = "key_rejected"


class PolicyError(NoModelError):
    """The privacy policy forbids every way on."""

    code = "policy"


class BudgetError(OrchestraError):
    """The cap would be passed; nothing was sent beyond it."""

    exit = 4
    code = "budget"


class StepFailed(OrchestraError):  # noqa: N818  the word of the contract: a step "failed"
    """A step that could not be finished; everything finished before it is kept."""


class RateLimitedError(StepFailed):
    """Every model asked us to wait longer than we may."""

    code = "rate_limited"


class CutError(StepFailed):
    """Half an answer: cut, truncated or empty."""

    code = "cut"


class RefusedByVendorError(StepFailed):
    """A vendor refused to answer; the message holds its words."""

    code = "refused_by_vendor"


class InvalidAnswerError(StepFailed):
    """Answers that do not pass the checks of their fields."""

    code = "invalid_answer"


class NetworkError(StepFailed):
    """No vendor could be reached."""

    code = "network"


class StoreError(OrchestraError):
    """Full disk, unreadable home, broken database."""


class RunBusyError(StoreError):
    """Another living process owns the run."""


class WaitingError(OrchestraError):
    """Saved; a person, an answer file or a vendor's batch is waited for."""

    exit = 75
    code = "waiting"


class InterruptedRunError(OrchestraError):
    """Ctrl-C, SIGTERM, a closed terminal or a deadline; everything finished is kept."""

    exit = 130
    code = "interrupted"
