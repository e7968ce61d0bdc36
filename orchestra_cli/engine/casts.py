"""Who plays a step: the cast of a plan, of a resumed run, and why a step has nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestra_cli.engine.desk import Desk, open_desk
from orchestra_cli.engine.freeze import policy_of
from orchestra_cli.engine.guesses import likely_words, unknown_words
from orchestra_cli.engine.prepare import Prepared
from orchestra_cli.engine.prompt import Prompt
from orchestra_cli.engine.reading import data_class
from orchestra_cli.engine.seat import CARRIED
from orchestra_cli.engine.world import FrozenCandidate, World

if TYPE_CHECKING:
    from orchestra_cli.models.casting import Candidate
    from orchestra_cli.models.providers import Provider
    from orchestra_cli.privacy.policy import Verdict
    from orchestra_cli.recipes.model import Step
    from orchestra_cli.settings import Settings


FORBIDDEN = "privacy policy: "
"""How the reason begins where the policy lets nobody play a step."""


def cast_step(
    prepared: Prepared, desk: Desk, step: Step, prompt: Prompt | None, author: Candidate | None
) -> tuple[Candidate, ...]:
    """The cast of a step, best first; () when nobody can play it. A carried step has its carrier."""
    from orchestra_cli.models.casting import Need, cast
    from orchestra_cli.models.cost import tokens_upper_bound

    if prompt is None:
        return ()
    pin = pin_of(prepared, step)
    if pin.split("/")[0] in CARRIED or (not pin and prepared.request.handoff in CARRIED):
        return (_carried(pin.split("/")[0] or prepared.request.handoff),)
    need = Need(
        step=step.id,
        role=step.role or ("review" if step.kind == "review" else ""),
        tier=step.tier or ((prepared.request.tier,) if prepared.request.tier else ()),
        needs_schema=step.returns is not None or step.kind == "review",
        needs_search=step.search,
        input_tokens=tokens_upper_bound(prompt.size()) + 2 * unknown_words(prepared, step),
        output_tokens=likely_words(step) * 2,
        author_vendor=author.vendor if author else "",
        author_family=author.family if author else "",
        pin=pin,
    )
    return cast(
        need,
        desk.catalogue,
        desk.providers,
        prepared.settings,
        offered=desk.offered,
        allowed=lambda candidate: _may_see(prepared, step, candidate),
    )


def pin_of(prepared: Prepared, step: Step) -> str:
    """A model fixed by `--model STEP=`, `--model ROLE=` or the recipe; empty when free."""
    models = prepared.request.models
    return models.get(step.id) or models.get(step.role) or step.model


def recast(world: World, step: Step, prompt: Prompt, settings: Settings) -> tuple[FrozenCandidate, ...]:
    """Who could play a step now, at today's prices; for a run whose frozen cast is gone."""
    from orchestra_cli.engine.freeze import frozen_candidate
    from orchestra_cli.models.casting import Need, Options, cast
    from orchestra_cli.models.cost import tokens_upper_bound

    desk = open_desk(settings, local=world.local)
    need = Need(
        step=step.id,
        role=step.role,
        tier=step.tier or ((world.tier,) if world.tier else ()),
        needs_schema=prompt.schema is not None,
        needs_search=step.search,
        input_tokens=tokens_upper_bound(prompt.size()),
        output_tokens=prompt.max_output_tokens,
    )
    found = cast(need, desk.catalogue, desk.providers, settings, Options(local=world.local), offered=desk.offered)
    return tuple(frozen_candidate(candidate) for candidate in found)


def _carried(name: str) -> Candidate:
    from orchestra_cli.engine.carriers import carrier
    from orchestra_cli.models.casting import Candidate

    return Candidate(f"{name}/chat", carrier(name), None, "you carry the prompt")


def _may_see(prepared: Prepared, step: Step, candidate: Candidate) -> bool:
    return _verdict(prepared, step, candidate.provider, candidate.vendor).allowed


def _verdict(prepared: Prepared, step: Step, provider: Provider, vendor: str) -> Verdict:
    from orchestra_cli.privacy.policy import Place

    place = Place(provider.name, vendor, provider.region, provider.on_computer)
    return policy_of(prepared).may_see(place, data_class(prepared.recipe, step))


def why_nobody(prepared: Prepared, desk: Desk, step: Step) -> str:
    """Why a step has no cast: what the policy says where it forbids every provider at hand, else that none is there."""
    verdicts = [_verdict(prepared, step, each, each.vendor) for each in desk.providers.values()]
    if verdicts and not any(verdict.allowed for verdict in verdicts):
        return f"{FORBIDDEN}{verdicts[0].why}"
    return "no usable key or model"
