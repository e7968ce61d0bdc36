"""From what was prepared to the frozen world of a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from orchestra_cli.engine.prepare import Prepared
from orchestra_cli.engine.values import canonical_json, sha256
from orchestra_cli.engine.world import (
    FrozenCandidate,
    FrozenClient,
    FrozenPolicy,
    FrozenReport,
    FrozenRule,
    Passage,
    World,
)
from orchestra_cli.types import Letterhead

if TYPE_CHECKING:
    from orchestra_cli.models.casting import Candidate
    from orchestra_cli.models.catalogue import Catalogue
    from orchestra_cli.privacy.policy import Policy
    from orchestra_cli.store.clients import ClientCard

HOUSE_STYLE = "house-style.md"
US_LETTER = frozenset({"US", "CA", "MX", "PH", "CL", "CO"})


def draft_world(prepared: Prepared, passages: tuple[Passage, ...]) -> World:
    """The world of a run that is about to be planned; its casts are still empty."""
    from orchestra_cli.privacy.fences import new_nonce

    request, settings, client, company = prepared.request, prepared.settings, prepared.client, prepared.company
    return World(
        recipe=prepared.recipe.name,
        recipe_file=prepared.recipe.file,
        recipe_text=prepared.recipe.text,
        started=prepared.now.isoformat(timespec="seconds"),
        nonce=new_nonce(),
        workspace=str(prepared.workspace or ""),
        user=prepared.user,
        client=_client(client) if client else None,
        company_name=_company_name(prepared),
        company_text=company.text if company else "",
        house_style=_house_style(prepared.workspace),
        letterhead=company.letterhead if company else Letterhead(company=settings.company),
        other_clients=tuple((card.title, _names(card)) for card in prepared.others),
        inputs=prepared.placed,
        texts=dict(prepared.texts),
        rates=dict(prepared.rates),
        mapping=dict(prepared.mapping),
        report=tuple(
            FrozenReport(line.name, line.path, line.rows_read, line.rows_refused, tuple(line.warnings), line.summary)
            for line in prepared.report
        ),
        archive=passages,
        casts={},
        likely={},
        pins={},
        catalogue="",
        masks=_masks(prepared, passages),
        policy=_frozen_policy(policy_of(prepared)),
        caps=caps_of(prepared),
        outputs=tuple(output for path in request.outputs for output in _outputs(prepared, path)),
        force=request.force,
        to_folder=str(Path.cwd()) if request.on_terminal and not request.outputs and not request.json else "",
        handoff=request.handoff,
        relay=str(Path(request.relay).expanduser().absolute()) if request.relay else "",
        yes=request.yes,
        local=request.local,
        tier=request.tier,
        currency=settings.currency,
        language=prepared.recipe.language or settings.language,
        country=settings.country,
        paper="letter" if settings.country in US_LETTER else "a4",
        model_file=request.model_file,
        deadline_s=request.deadline_s,
        reuse=request.reuse,
        notes=prepared.notes,
        gaps=prepared.gaps,
    )


def _outputs(prepared: Prepared, path: str) -> tuple[str, ...]:
    """The absolute paths that one -o asks for; a folder (with a slash at its end) gets every format of the page."""
    if path == "-":
        return ("-",)
    whole = Path(path).expanduser().absolute()
    if not path.endswith(("/", os.sep)):
        return (str(whole),)
    formats = prepared.recipe.deliver.formats if prepared.recipe.deliver else ("md",)
    stem = file_stem(prepared.recipe.name, prepared.client.name if prepared.client else "")
    return tuple(str(whole / f"{stem}.{ending}") for ending in formats)


def file_stem(recipe: str, client: str) -> str:
    """The name of a deliverable that was given none, without its ending."""
    return f"{recipe}-{client}" if client else recipe


def _client(card: ClientCard) -> FrozenClient:
    return FrozenClient(card.name, card.title, card.aliases, card.text, card.privacy, card.allow, card.regions)


def _names(card: ClientCard) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in (card.title, *card.aliases) if name))


def _house_style(workspace: Path | None) -> str:
    from orchestra_cli.documents.read import read

    path = workspace / HOUSE_STYLE if workspace else None
    return read(path).text if path and path.is_file() else ""


def _company_name(prepared: Prepared) -> str:
    company = prepared.company
    return (company.letterhead.company if company else "") or prepared.settings.company


def _masks(prepared: Prepared, passages: tuple[Passage, ...]) -> str:
    """Names to mask are numbered now, so that a resumed run masks alike."""
    from orchestra_cli.privacy.masking import Masker

    names = [name for card in ((prepared.client,) if prepared.client else ()) for name in _names(card)]
    names += [prepared.client.contact] if prepared.client and prepared.client.contact else []
    texts = [material.text for _, material in prepared.placed] + list(prepared.texts.values())
    texts += [prepared.client.text] if prepared.client else []
    texts += [passage.text for passage in passages]
    return Masker.plan(names, texts).to_json()


def policy_of(prepared: Prepared) -> Policy:
    """What is in force: the strictest of settings, card, recipe and option."""
    from orchestra_cli.privacy.policy import Policy

    return Policy.of(prepared.settings, prepared.client, prepared.recipe.privacy, prepared.request.privacy)


def _frozen_policy(policy: Policy) -> FrozenPolicy:
    rules = {name: FrozenRule(rule.allow, rule.regions) for name, rule in policy.rules.items()}
    client = FrozenRule(policy.client.allow, policy.client.regions) if policy.client else None
    return FrozenPolicy(policy.mode, rules, client, policy.client_name)


def thaw_policy(frozen: FrozenPolicy) -> Policy:
    """The policy as it was when the run was created."""
    from orchestra_cli.privacy.policy import Policy, Rule

    rules = {name: Rule(rule.allow, rule.regions) for name, rule in frozen.rules.items()}
    client = Rule(frozen.client.allow, frozen.client.regions) if frozen.client else None
    return Policy(frozen.mode, rules, client, frozen.client_name)


def caps_of(prepared: Prepared) -> dict[str, Decimal]:
    """For the run the option's cap, else the recipe's, never above the settings'; the months' caps of the settings."""
    caps = dict(prepared.settings.budget_usd)
    asked = prepared.recipe.budget if prepared.request.budget is None else prepared.request.budget
    runs = [cap for cap in (caps.get("run"), asked) if cap is not None]
    if runs:
        caps["run"] = min(runs)
    return caps


def with_casts(
    world: World, prepared: Prepared, casts: Mapping[str, tuple[Candidate, ...]], catalogue: Catalogue
) -> World:
    """The world with the cast of every step and the prices of today."""
    from orchestra_cli.engine.casts import pin_of

    frozen = {step: tuple(frozen_candidate(candidate) for candidate in cast) for step, cast in casts.items()}
    pins = {step.id: pin_of(prepared, step) for step in prepared.recipe.steps if pin_of(prepared, step)}
    return replace(world, casts=frozen, pins=pins, catalogue=catalogue.version)


def frozen_candidate(candidate: Candidate) -> FrozenCandidate:
    """A candidate with its card and prices of today."""
    from orchestra_cli.models.catalogue import card_to_json

    card = card_to_json(candidate.card) if candidate.card else ""
    return FrozenCandidate(candidate.model, candidate.vendor, candidate.why, card)


def named_candidate(model: str, why: str) -> FrozenCandidate:
    """A model that somebody named while the run was on, at today's prices where the catalogue knows it."""
    from orchestra_cli.models.catalogue import Catalogue, card_to_json

    card = Catalogue.load().card(model)
    vendor = card.vendor if card else model.partition("/")[0]
    return FrozenCandidate(model, vendor, why, card_to_json(card) if card else "")


def twin_of(prepared: Prepared) -> str:
    """The same recipe, client, period and inputs give the same hash, whatever else differs."""
    return sha256(
        canonical_json(
            [
                prepared.recipe.name,
                prepared.client.name if prepared.client else "",
                [[slot, material.sha256] for slot, material in prepared.placed],
                dict(prepared.texts),
            ]
        )
    )
