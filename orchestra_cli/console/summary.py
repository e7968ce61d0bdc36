"""What a person reads after a run: who played, what it cost, what to look at, where the files lie, what to type."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from orchestra_cli.console.words import clock, columns, dollars, last_part, one_line, plain, plural, tokens
from orchestra_cli.engine.result import LostTry, RunResult, StepResult, WaitingFor
from orchestra_cli.types import Finding

SHOWN_FINDINGS = 12
RESUMABLE = (1, 3, 4, 75, 130)
HEADING = ("step", "model (served)", "in", "cached", "out", "tries", "seconds", "USD", "")

SAID = {
    "connect": "could not be reached",
    "server": "out of order",
    "silent": "no answer in time",
    "cut": "answer broke off",
    "rate_limited": "asked to wait",
    "quota": "account used up",
    "too_long": "input too long",
    "truncated": "reached its output limit",
    "refused": "refused to answer",
    "invalid": "answer not accepted",
    "key_rejected": "key rejected",
    "model_gone": "model not offered",
    "bad_request": "request not accepted",
}
"""Kinds of failure in a person's words."""
FOR_TOKENS = 100
"""Characters of a line that hold tokens and tries beside the rest."""


def summary_lines(result: RunResult, width: int = 0) -> list[str]:
    """The cost table, the month, what to look at and the files. Unknown cost is shown as unknown, never as 0."""
    lines = cost_lines(result, width)
    lines += [one_line(line) for line in result.month]
    lines += look_at_lines(result)
    return lines + file_lines(result)


def cost_lines(result: RunResult, width: int = 0) -> list[str]:
    """One row a step, one a lost try, and the total. A window of fewer than 100 characters shows no tokens."""
    if not result.steps:
        return []
    rows = [HEADING, *(_step_row(step) for step in result.steps), *(_try_row(lost) for lost in result.tries)]
    rows.append(("total", "", "", "", "", "", clock(result.seconds), _total(result), ""))
    if 0 < width < FOR_TOKENS:
        return columns([(*row[:2], *row[6:]) for row in rows], frozenset({2, 3}), width=width)
    return columns(rows, right=frozenset({2, 3, 4, 5, 6, 7}))


def _step_row(step: StepResult) -> tuple[str, ...]:
    if step.kind == "do" and step.status == "done":
        return (step.id, "computed", "", "", "", "", f"{step.seconds:.0f}", "0", one_line(step.summary, 44))
    if step.status in ("not_run", "skipped", "waiting") and not step.attempts:
        return (step.id, step.status.replace("_", " "), "", "", "", "", "", "-", one_line(step.summary, 44))
    note = one_line(step.summary, 44)
    if step.status in ("failed", "unknown"):
        note = f"{step.status}: {note}".rstrip(": ")
    if step.from_journal:
        note = f"kept from before; {note}".rstrip("; ")
    model = last_part(step.model or step.model_asked) or "-"
    return (
        step.id,
        model,
        tokens(step.tokens_in),
        tokens(step.tokens_cached),
        tokens(step.tokens_out),
        str(step.attempts),
        f"{step.seconds:.0f}",
        dollars(step.cost_usd),
        note,
    )


def _try_row(lost: LostTry) -> tuple[str, ...]:
    cost = dollars(lost.cost_usd)
    what = SAID.get(lost.what, lost.what)
    note = what
    if lost.cost_usd is None:
        note = f"{what}; up to {dollars(lost.at_most_usd)}, may be billed (call {lost.call})"
    return (f"  {lost.step}: lost try", last_part(lost.model), "-", "-", "-", "1", f"{lost.seconds:.0f}", cost, note)


def _total(result: RunResult) -> str:
    known = _known(result)
    if result.cost_unknown:
        unknown = result.cost_at_most_usd - known
        return f"{dollars(known)} + up to {dollars(unknown)} unknown" if unknown > 0 else f"at most {dollars(known)}"
    cap = f" of {dollars(result.budget_usd)}" if result.budget_usd is not None else ""
    return f"{dollars(result.cost_usd)}{cap}"


def _known(result: RunResult) -> Decimal:
    spent = [step.cost_usd for step in result.steps] + [lost.cost_usd for lost in result.tries]
    return sum((amount for amount in spent if amount is not None), Decimal(0))


def look_at_lines(result: RunResult) -> list[str]:
    """What a person should look at: what is MISSING, what a check found (what blocks comes first), warnings."""
    lines = [f"MISSING: {one_line(item)}" for item in result.missing]
    ordered = sorted(result.findings, key=lambda finding: finding.severity != "block")
    lines += [_finding_line(finding) for finding in ordered[:SHOWN_FINDINGS]]
    if len(ordered) > SHOWN_FINDINGS:
        more = len(ordered) - SHOWN_FINDINGS
        lines.append(f"... and {plural(more, 'finding')} more: orchestra runs show {result.run or 'last'} --json")
    lines += [f"! {one_line(warning)}" for warning in result.warnings]
    if result.reviewed_by_other_vendor is False and not any("review" in warning for warning in result.warnings):
        lines.append("! reviewed by the author's own vendor, not by another one")
    return lines


def _finding_line(finding: Finding) -> str:
    mark = "BLOCKS" if finding.severity == "block" else "check"
    nearest = f" (nearest: {one_line(finding.nearest, 70)})" if finding.nearest else ""
    return f"{mark}: {one_line(finding.where)}: {one_line(finding.text)}{nearest}".replace(": : ", ": ")


def file_lines(result: RunResult) -> list[str]:
    """The files that were written, and in one line what is in them."""
    if not result.deliverables:
        return []
    counts = [f"{len(result.missing)} MISSING"] if result.missing else []
    blocking = sum(finding.severity == "block" for finding in result.findings)
    warnings = len(result.findings) - blocking
    counts += [f"{blocking} blocking"] if blocking else []
    counts += [plural(warnings, "warning")] if warnings else []
    lines = [f"wrote {_short(path)}" for path in result.deliverables]
    lines[-1] += f"   {' · '.join(counts)}" if counts else ""
    return lines


def _short(path: str) -> str:
    try:
        return plain(str(Path(path).relative_to(Path.cwd())))
    except (ValueError, OSError):
        return plain(path)


def ending_lines(result: RunResult, width: int = 0) -> list[str]:
    """Everything for standard error after a run: the message first, the exact command to go on last."""
    if result.exit == 0:
        return [*summary_lines(result, width), *_next(result)]
    if result.exit == 5:
        return [_flawed(result), *summary_lines(result, width), *_next(result)]
    return [*message_lines(result), *summary_lines(result, width), *way_on_lines(result)]


def quiet_lines(result: RunResult) -> list[str]:
    """The same for `--quiet`: nothing at 0, else at most three lines."""
    if result.exit == 0:
        return []
    if result.exit == 5:
        return [_flawed(result)]
    advice = result.error.advice.strip() if result.error else ""
    lines = [message_lines(result)[0], *([one_line(advice)] if advice else []), *_resume(result)]
    return lines[:3] if len(lines) <= 3 else [lines[0], lines[1], lines[-1]]


def message_lines(result: RunResult) -> list[str]:
    """What happened, in one line or more; the first line alone suffices."""
    if result.error is not None and result.error.message.strip():
        return plain(result.error.message).strip().splitlines()
    if result.waiting_for is not None:
        return [_waiting(result.waiting_for)]
    return [f"The run {result.run} ended as {result.status}."]


def _waiting(waiting: WaitingFor) -> str:
    if waiting.kind == "person":
        question = f'"{one_line(waiting.question)}"' if waiting.question else f"the hand-off after {waiting.step}"
        return f"Waiting for a person at {question}."
    if waiting.kind == "answer_file":
        return f"Waiting for an answer file: {one_line(waiting.question)}"
    return f"Waiting for a vendor's batch at {waiting.step}."


def way_on_lines(result: RunResult) -> list[str]:
    """The advice, then the exact command to go on as the last line."""
    advice = plain(result.error.advice).strip().splitlines() if result.error else []
    resume = _resume(result)
    return [line for line in advice if line.strip() not in resume] + resume


def _resume(result: RunResult) -> list[str]:
    return [plain(result.resume)] if result.resume and result.exit in RESUMABLE else []


def _flawed(result: RunResult) -> str:
    reasons = [one_line(finding.text) for finding in result.findings if finding.severity == "block"]
    reasons += [f"MISSING {one_line(item)}" for item in result.missing]
    reasons += [
        f"{step.id} {step.status.replace('_', ' ')}" for step in result.steps if step.status not in ("done", "skipped")
    ]
    why = _first(reasons)
    return f"Finished as a DRAFT: {why}" if why else "Finished as a DRAFT: its first page says why."


def _first(reasons: Sequence[str]) -> str:
    if not reasons:
        return ""
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return f"{reasons[0]}{more}"


def _next(result: RunResult) -> list[str]:
    return [f"Look again: orchestra runs show {result.run}"] if result.run else []
