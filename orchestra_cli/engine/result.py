"""How a run ended: the values behind the JSON object of the command contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from orchestra_cli.errors import OrchestraError
from orchestra_cli.types import Finding, Json

RunStatus = Literal["done", "flawed", "failed", "refused", "no_model", "budget", "waiting", "interrupted"]
EXIT: dict[str, int] = {
    "done": 0, "flawed": 5, "failed": 1, "refused": 2, "no_model": 3, "budget": 4, "waiting": 75, "interrupted": 130,
}  # fmt: skip
STATUS_OF_EXIT: dict[int, RunStatus] = {
    0: "done", 5: "flawed", 1: "failed", 2: "refused", 3: "no_model", 4: "budget", 75: "waiting", 130: "interrupted",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """`error` of the JSON object."""

    code: str
    message: str
    advice: str = ""
    provider: str = ""
    retry_after_s: float | None = None

    @classmethod
    def of(cls, error: OrchestraError) -> ErrorInfo:
        """The same words that a person reads."""
        return cls(error.code, error.message, error.advice, error.provider, error.retry_after_s)


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step of the run, in the order of the page. Tokens None: the vendor did not say."""

    id: str
    kind: str
    status: str
    model_asked: str = ""
    model: str = ""
    provider: str = ""
    vendor: str = ""
    attempts: int = 0
    tokens_in: int | None = None
    tokens_cached: int | None = None
    tokens_out: int | None = None
    cost_usd: Decimal | None = Decimal(0)
    seconds: float = 0.0
    agreement: float | None = None
    from_journal: bool = False
    summary: str = ""


@dataclass(frozen=True, slots=True)
class InputInfo:
    """One input as it was read."""

    name: str
    path: str
    rows_read: int
    rows_refused: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitingFor:
    """What a waiting run waits for."""

    kind: Literal["person", "answer_file", "vendor_batch"]
    step: str
    question: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LostTry:
    """A paid-for or failed try, for the cost summary. `cost_usd` None: unknown, at most `at_most_usd`."""

    call: str
    step: str
    model: str
    what: str
    seconds: float
    cost_usd: Decimal | None
    at_most_usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class RunResult:
    """The whole outcome. `document` is Markdown; `deliverables` are absolute paths of files written.

    `cost_at_most_usd` holds the worst case when `cost_unknown`; `warnings` are lines for the end of the summary
    ("a step not played by its first choice", "reviewed by the author's vendor")."""

    run: str
    recipe: str
    client: str
    status: RunStatus
    exit: int
    error: ErrorInfo | None = None
    deliverables: tuple[str, ...] = ()
    document: str = ""
    steps: tuple[StepResult, ...] = ()
    cost_usd: Decimal | None = Decimal(0)
    cost_unknown: bool = False
    cost_at_most_usd: Decimal = Decimal(0)
    budget_usd: Decimal | None = None
    seconds: float = 0.0
    findings: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = ()
    inputs: tuple[InputInfo, ...] = ()
    reviewed_by_other_vendor: bool | None = None
    waiting_for: WaitingFor | None = None
    resume: str = ""
    resume_argv: tuple[str, ...] = ()
    tries: tuple[LostTry, ...] = ()
    warnings: tuple[str, ...] = ()
    month: tuple[str, ...] = field(default=())
    """Lines about this month's money ("acme this month 0.63 of 40.00")."""


def to_json(result: RunResult) -> dict[str, Json]:
    """The object of the command contract: money as decimal strings, unknown cost null."""
    row: dict[str, Json] = {
        "schema": 1,
        "run": result.run,
        "recipe": result.recipe,
        "client": result.client,
        "status": result.status,
        "exit": result.exit,
        "error": _error(result.error),
        "deliverables": list(result.deliverables),
        "document": result.document,
        "steps": [_step(step) for step in result.steps],
        "cost_usd": None if result.cost_unknown else money(result.cost_usd),
        "cost_unknown": result.cost_unknown,
        "budget_usd": money(result.budget_usd),
        "seconds": round(result.seconds, 3),
        "findings": [
            {"rule": f.rule, "severity": f.severity, "where": f.where, "text": f.text} for f in result.findings
        ],
        "missing": list(result.missing),
        "inputs": [
            {
                "name": item.name,
                "path": item.path,
                "rows_read": item.rows_read,
                "rows_refused": item.rows_refused,
                "warnings": list(item.warnings),
            }
            for item in result.inputs
        ],
        "reviewed_by_other_vendor": result.reviewed_by_other_vendor,
        "waiting_for": _waiting(result.waiting_for),
        "resume": result.resume,
        "resume_argv": list(result.resume_argv),
    }
    if result.cost_unknown:
        row["cost_at_most_usd"] = money(result.cost_at_most_usd)
    return row


def money(amount: Decimal | None) -> str | None:
    """A decimal string without an exponent; None stays None."""
    return None if amount is None else f"{amount.normalize():f}" if amount else "0"


def _error(error: ErrorInfo | None) -> Json:
    if error is None:
        return None
    return {
        "code": error.code,
        "message": error.message,
        "advice": error.advice,
        "provider": error.provider,
        "retry_after_s": error.retry_after_s,
    }


def _step(step: StepResult) -> Json:
    return {
        "id": step.id,
        "kind": step.kind,
        "status": step.status,
        "model_asked": step.model_asked,
        "model": step.model,
        "provider": step.provider,
        "vendor": step.vendor,
        "attempts": step.attempts,
        "tokens_in": step.tokens_in,
        "tokens_cached": step.tokens_cached,
        "tokens_out": step.tokens_out,
        "cost_usd": money(step.cost_usd),
        "seconds": round(step.seconds, 3),
        "agreement": step.agreement,
        "from_journal": step.from_journal,
    }


def _waiting(waiting: WaitingFor | None) -> Json:
    if waiting is None:
        return None
    return {
        "kind": waiting.kind,
        "step": waiting.step,
        "question": waiting.question,
        "options": list(waiting.options),
    }
