"""What a person reads before anything is sent: the inputs as they were read, the exact price, who plays what."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from orchestra_cli.console.words import columns, dollars, one_line, plural, short_tokens, with_sign, wrapped

if TYPE_CHECKING:
    from orchestra_cli.engine.plan import Plan, PlannedStep
    from orchestra_cli.engine.prepare import Prepared


def report_lines(prepared: Prepared, width: int = 0) -> list[str]:
    """The placing of the files, one line an input with its counts and warnings, and the price as code computed it.

    With a `width` no line is longer.
    """
    rows = [(item.name, _place(item.path, prepared.workspace), item.summary) for item in prepared.report]
    told = {f"{name} found: {place}" for name, place, _ in rows}
    lines = [one_line(note) for note in prepared.notes if note not in told]
    lines += columns(rows, width=width)
    lines += [f"  ! {_told(warning, item.path)}" for item in prepared.report for warning in item.warnings]
    if prepared.sheet is not None:
        lines.append(f"price: {one_line(prepared.sheet.summary)}")
        said = {warning for item in prepared.report for warning in item.warnings}
        lines += [f"  ! {one_line(warning)}" for warning in prepared.sheet.warnings if warning not in said]
    lines = list(dict.fromkeys(lines))
    return [part for line in lines for part in wrapped(line, width)] if width else lines


def _told(warning: str, path: str) -> str:
    """A warning with its file in front, unless it names one itself."""
    name = Path(path).name
    return one_line(warning if name in warning else f"{name}: {warning}")


def _place(path: str, workspace: Path | None) -> str:
    """Where a file lies: from the workspace when it is inside, else its name."""
    file = Path(path)
    inside = workspace is not None and file.is_relative_to(workspace)
    return str(file.relative_to(workspace)) if inside and workspace else file.name


def estimate_lines(plan: Plan, prepared: Prepared) -> list[str]:
    """The plan as a table: who plays each step, why, how much text, likely and at most in US dollars."""
    whom = prepared.client.title if prepared.client else ""
    lines = [f"{plan.recipe}{f' for {one_line(whom)}' if whom else ''} · nothing has been sent"]
    heading = ("step", "who", "why", "tokens in/out", "likely", "at most")
    lines += columns([heading, *(_row(step) for step in plan.steps)], right=frozenset({3, 4, 5}))
    lines.append(f"total  likely {with_sign(plan.likely_usd)} · at most {with_sign(plan.at_most_usd)} · {_cap(plan)}")
    lines += [one_line(line) for line in plan.leaves]
    if plan.gates:
        lines.append("will stop for you: " + ", ".join(f'"{one_line(gate)}"' for gate in plan.gates))
    lines += [f"  ! {one_line(warning)}" for warning in plan.warnings]
    return lines + ways_lines(plan) + _by_hand(plan)


def _row(step: PlannedStep) -> tuple[str, ...]:
    if step.who == "computed":
        return (step.id, "computed", "-", "-", "0", "0")
    if step.who == "left out":
        return (step.id, step.who, step.why, "-", "0", "0")
    who = "nobody can play it" if step.who == "nobody" else step.who
    size = f"{short_tokens(step.tokens_in)} / {short_tokens(step.tokens_out)}"
    return (step.id, who, step.why or "-", size, dollars(step.likely_usd), dollars(step.at_most_usd))


def _cap(plan: Plan) -> str:
    return "no cap is set" if plan.cap_usd is None else f"cap {with_sign(plan.cap_usd)}"


def ways_lines(plan: Plan) -> list[str]:
    """The ways on when some step has nobody to play it; no lines otherwise."""
    if not any(step.who == "nobody" for step in plan.steps):
        return []
    return ["No model can play every step. Ways to play:", *(f"  {one_line(way)}" for way in plan.ways)]


def _by_hand(plan: Plan) -> list[str]:
    asked = [step for step in plan.steps if step.who not in ("computed", "left out", "nobody")]
    sizes = ", ".join(str(max(1, step.prompt_bytes // 1024)) for step in asked)
    if not asked or any(step.who in ("nobody", "paste", "files") for step in plan.steps):
        return []
    return [f"without a key: --handoff paste, {plural(len(asked), 'prompt')} ({sizes} KB)"]


def price_line(plan: Plan) -> str:
    """The price range in one sentence, before the first call."""
    if plan.likely_usd is None:
        likely = f"Price unknown, at most {with_sign(plan.at_most_usd)}"
    elif plan.at_most_usd is not None and plan.at_most_usd == Decimal(0):
        likely = "Costs nothing"
    else:
        likely = f"Likely {with_sign(plan.likely_usd)}, at most {with_sign(plan.at_most_usd)}"
    cap = "" if plan.cap_usd is None else f", never above {with_sign(plan.cap_usd)}"
    return f"{likely}{cap}."


def cast_lines(plan: Plan) -> list[str]:
    """Who plays what, one line a step, for the moment before the run starts."""
    rows = [(step.id, "computed" if step.who == "computed" else step.who, step.why) for step in plan.steps]
    return columns([("step", "who", "why"), *rows])
