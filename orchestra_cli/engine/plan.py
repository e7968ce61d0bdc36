"""Who will play each step, what it will cost at most, and what leaves this computer. Nothing is sent.

`--estimate` stops here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from orchestra_cli.engine import archive
from orchestra_cli.engine.actions import run_action
from orchestra_cli.engine.casts import cast_step, why_nobody
from orchestra_cli.engine.desk import Desk, open_desk
from orchestra_cli.engine.freeze import draft_world
from orchestra_cli.engine.guesses import likely_words, unknown_words
from orchestra_cli.engine.places import prompt_text
from orchestra_cli.engine.prepare import Prepared
from orchestra_cli.engine.prompt import Prompt, step_prompt
from orchestra_cli.engine.reading import read_values
from orchestra_cli.engine.result import money
from orchestra_cli.engine.seat import CARRIED
from orchestra_cli.engine.values import Value
from orchestra_cli.engine.world import Passage, World
from orchestra_cli.types import Json

if TYPE_CHECKING:
    from orchestra_cli.models.casting import Candidate
    from orchestra_cli.recipes.model import Step


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step: who plays it and why, tokens and US dollars. `who` is "computed", "paste", "files" or "nobody" where no
    model does; costs are None when a price is unknown."""

    id: str
    kind: str
    who: str
    why: str
    tokens_in: int
    tokens_out: int
    likely_usd: Decimal | None
    at_most_usd: Decimal | None
    cast: tuple[str, ...] = ()
    prompt_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole plan. `ways` are ways to play when a step has nobody; `leaves` says what would leave this computer."""

    recipe: str
    steps: tuple[PlannedStep, ...]
    likely_usd: Decimal | None
    at_most_usd: Decimal | None
    cap_usd: Decimal | None
    gates: tuple[str, ...]
    leaves: tuple[str, ...]
    ways: tuple[str, ...]
    warnings: tuple[str, ...]
    needs_weights: bool
    paid: bool
    world: World = field(repr=False)

    @property
    def nobody(self) -> tuple[str, ...]:
        """The steps that nobody can play."""
        return tuple(step.id for step in self.steps if step.who == "nobody")


def make_plan(prepared: Prepared) -> Plan:
    """Cast every step and price it. Raises PolicyError when the privacy policy forbids every way on."""
    world = draft_world(prepared, _passages(prepared))
    desk = open_desk(prepared.settings, local=world.local)
    values = _known_values(world, prepared)
    steps: list[PlannedStep] = []
    casts: dict[str, tuple[Candidate, ...]] = {}
    for step in prepared.recipe.steps:
        author = casts.get(step.review, ()) if step.kind == "review" else ()
        prompt = _prompt(prepared, world, step, values)
        casts[step.id] = cast_step(prepared, desk, step, prompt, author[0] if author else None)
        steps.append(_planned(prepared, desk, step, prompt, casts[step.id]))
    from orchestra_cli.engine.freeze import with_casts

    frozen = replace(
        with_casts(world, prepared, casts, desk.catalogue), likely={step.id: step.likely_usd for step in steps}
    )
    return _plan(prepared, frozen, tuple(steps), casts)


def _passages(prepared: Prepared) -> tuple[Passage, ...]:
    count = archive.wanted(prepared.recipe)
    if not count or prepared.workspace is None:
        return ()
    query = " ".join(material.text for _, material in prepared.placed)[:20_000]
    title = prepared.client.title if prepared.client else ""
    return archive.search(prepared.workspace / "archive", f"{title} {query}", count)


def _known_values(world: World, prepared: Prepared) -> dict[str, Value]:
    """What actions in code yield is known already; answers of models are not."""
    values = {}
    for step in prepared.recipe.steps:
        if step.kind == "do":
            values[step.id], _, _ = run_action(world, step)
    return values


def _prompt(prepared: Prepared, world: World, step: Step, values: Mapping[str, Value]) -> Prompt | None:
    if step.kind == "do":
        return None
    recipe = prepared.recipe
    reads = read_values(world, recipe, step, values)
    preamble = prompt_text(world, recipe, recipe.preamble)
    return step_prompt(step, prompt_text(world, recipe, step.body, step), preamble, world.company_name, reads)


def _planned(
    prepared: Prepared, desk: Desk, step: Step, prompt: Prompt | None, cast_: tuple[Candidate, ...]
) -> PlannedStep:
    if prompt is None:
        return PlannedStep(step.id, step.kind, "computed", "", 0, 0, Decimal(0), Decimal(0))
    from orchestra_cli.models.cost import tokens_upper_bound

    size = len(prompt.size().encode()) + 6 * unknown_words(prepared, step)
    tokens_in = tokens_upper_bound(prompt.size()) + 2 * unknown_words(prepared, step)
    tokens_out = int(likely_words(step) * 1.6)
    if not cast_:
        who, why = ("left out", "no web search") if step.search else ("nobody", why_nobody(prepared, desk, step))
        free = Decimal(0)
        return PlannedStep(step.id, step.kind, who, why, tokens_in, tokens_out, free, free, (), size)
    first = cast_[0]
    who = first.provider.name if first.provider.name in CARRIED else first.model
    likely = _likely(first, tokens_in, tokens_out)
    most = _most(first, tokens_in, prompt.max_output_tokens)
    if step.kind == "review" and step.rounds > 1 and most is not None:
        most *= step.rounds
    names = tuple(candidate.model for candidate in cast_)
    return PlannedStep(step.id, step.kind, who, first.why, tokens_in, tokens_out, likely, most, names, size)


def _free(candidate: Candidate) -> bool:
    return candidate.provider.on_computer or candidate.provider.name in CARRIED


def _likely(candidate: Candidate, tokens_in: int, tokens_out: int) -> Decimal | None:
    from orchestra_cli.models.cost import cost
    from orchestra_cli.types import Usage

    if _free(candidate):
        return Decimal(0)
    if candidate.card is None or candidate.card.prices is None:
        return None
    return cost(candidate.card.prices, Usage(int(tokens_in * 0.8), tokens_out))


def _most(candidate: Candidate, tokens_in: int, max_output: int) -> Decimal | None:
    from orchestra_cli.models.cost import worst

    if _free(candidate):
        return Decimal(0)
    prices = candidate.card.prices if candidate.card else None
    limit = min(max_output, candidate.card.max_output) if candidate.card else max_output
    amount, known = worst(prices, tokens_in, limit)
    return amount if known else None


def _sum(costs: list[Decimal | None]) -> Decimal | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if len(known) == len(costs) else None


def _plan(
    prepared: Prepared, world: World, steps: tuple[PlannedStep, ...], casts: Mapping[str, tuple[Candidate, ...]]
) -> Plan:
    from orchestra_cli.models.embedded import weights

    firsts = [cast_[0] for cast_ in casts.values() if cast_]
    embedded = [first.model for first in firsts if first.provider.dialect == "embedded"]
    needs_weights = bool(embedded) and not world.model_file and weights.ready_model(embedded[0]) is None
    nobody = any(step.who == "nobody" for step in steps)
    return Plan(
        recipe=prepared.recipe.name,
        steps=steps,
        likely_usd=_sum([step.likely_usd for step in steps]),
        at_most_usd=_sum([step.at_most_usd for step in steps]),
        cap_usd=world.caps.get("run"),
        gates=tuple(step.approve for step in prepared.recipe.steps if step.approve),
        leaves=_leaves(steps, firsts),
        ways=_ways(steps) if nobody else (),
        warnings=_warnings(prepared, casts),
        needs_weights=needs_weights,
        paid=any(not _free(first) for first in firsts),
        world=world,
    )


def _leaves(steps: tuple[PlannedStep, ...], firsts: list[Candidate]) -> tuple[str, ...]:
    away = [first for first in firsts if not first.provider.on_computer]
    if not away:
        return ("nothing leaves this computer",)
    tokens = sum(step.tokens_in for step in steps if step.cast and step.who != "computed")
    places = sorted({f"{first.provider.name} ({first.provider.region or 'region unknown'})" for first in away})
    return (f"about {tokens:,} tokens leave this computer, to {', '.join(places)}",)


def _ways(steps: tuple[PlannedStep, ...]) -> tuple[str, ...]:
    from orchestra_cli.models.embedded import llama

    sizes = [f"{max(1, step.prompt_bytes // 1024)}" for step in steps if step.who == "nobody"]
    local = "" if llama.available() else "pip install 'orchestra-recipes[local]'   rough draft on this computer, $0"
    return tuple(
        way
        for way in (
            f"--handoff paste   {len(sizes)} prompts ({', '.join(sizes)} KB), you carry them to any chat, $0",
            local,
            "orchestra keys set openai   (or anthropic, gemini, ...)",
        )
        if way
    )


def _warnings(prepared: Prepared, casts: Mapping[str, tuple[Candidate, ...]]) -> tuple[str, ...]:
    found = []
    for step in prepared.recipe.steps:
        cast_ = casts[step.id]
        if step.kind == "review" and cast_ and casts.get(step.review):
            author = casts[step.review][0]
            if author.vendor == cast_[0].vendor and cast_[0].provider.name not in CARRIED:
                found.append(
                    f"{step.id}: reviewed by the author's vendor ({author.vendor}); a second key makes it independent"
                )
        if step.search and not cast_:
            found.append(f"{step.id}: MISSING: no web search, so it is left out")
    return tuple(found)


def plan_json(plan: Plan, prepared: Prepared) -> dict[str, Json]:
    """The object that `--estimate --json` prints."""
    return {
        "schema": 1,
        "recipe": plan.recipe,
        "steps": [
            {
                "id": step.id,
                "model": step.who,
                "why": step.why,
                "tokens_in": step.tokens_in,
                "tokens_out": step.tokens_out,
                "likely_usd": _money(step.likely_usd),
                "at_most_usd": _money(step.at_most_usd),
            }
            for step in plan.steps
        ],
        "likely_usd": _money(plan.likely_usd),
        "at_most_usd": _money(plan.at_most_usd),
        "inputs": [
            {
                "name": line.name,
                "path": line.path,
                "rows_read": line.rows_read,
                "rows_refused": line.rows_refused,
                "warnings": list(line.warnings),
            }
            for line in prepared.report
        ],
        "leaves": list(plan.leaves),
        "gates": list(plan.gates),
    }


def _money(amount: Decimal | None) -> str | None:
    return money(amount.quantize(Decimal("0.000001")) if amount is not None else None)
