"""Shows who can play: models with prices, one model in full, or the cast of a recipe."""

from __future__ import annotations

import os
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from orchestra_cli.console.screen import Screen
from orchestra_cli.console.words import columns, one_line
from orchestra_cli.errors import InputError
from orchestra_cli.settings import find_workspace, load

if TYPE_CHECKING:
    from orchestra_cli.models.catalogue import Catalogue, ModelCard


def reachable() -> dict[str, str]:
    """Provider name -> why it can be asked: the source of its key, or "no key needed"."""
    from orchestra_cli.models.providers import known
    from orchestra_cli.store.keys import find_key

    found: dict[str, str] = {}
    for name, provider in known(load(find_workspace()), os.environ).items():
        key = find_key(name, provider.env_names, provider.key_command, quiet=True) if provider.needs_key else None
        if key is not None:
            found[name] = f"key from {key.source}"
        elif not provider.needs_key and (name != "ollama" or _ollama_answers(provider)):
            found[name] = "no key needed"
    return found


def _ollama_answers(provider: Any) -> bool:
    from orchestra_cli.models.providers import reachable_ollama

    return bool(reachable_ollama(provider))


def catalogue_here() -> Catalogue:
    """The catalogue with the user's own prices."""
    from orchestra_cli.models.catalogue import Catalogue

    return Catalogue.load(load(find_workspace()).prices)


def list_models(screen: Screen, *, everything: bool) -> int:
    """The models that can play now, or all the catalogue knows."""
    providers = reachable()
    cards = sorted(catalogue_here().cards(), key=lambda card: card.id)
    shown = [card for card in cards if everything or card.provider in providers]
    if screen.json:
        screen.out_json([model_json(card, playable=card.provider in providers) for card in shown])
        return 0
    if shown:
        heading = ("model", "vendor", "tier", "in", "out", "window", "kept in", "")
        rows = [(*_row(card), "" if card.provider in providers else "no key") for card in shown]
        screen.out("\n".join(columns([heading, *rows], right=frozenset({3, 4, 5}))))
    if providers:
        screen.say("Can be asked: " + " · ".join(f"{name} ({why})" for name, why in providers.items()))
    else:
        screen.say(
            "No model can play: no key is set.",
            "orchestra keys set openai   ·   all models: orchestra models list --all",
        )
    return 0


def _row(card: ModelCard) -> tuple[str, ...]:
    price_in = _price(card.prices.input if card.prices else None)
    price_out = _price(card.prices.output if card.prices else None)
    return (card.id, card.vendor, card.tier, price_in, price_out, f"{card.window:,}", card.region or "?")


def _price(amount: Decimal | None) -> str:
    return "unknown" if amount is None else f"{amount:.2f}"


def model_json(card: ModelCard, *, playable: bool) -> dict[str, Any]:
    """One model, flat; prices in US dollars per million tokens, null when unknown."""
    return {
        "model": card.id,
        "provider": card.provider,
        "vendor": card.vendor,
        "tier": card.tier,
        "input_usd": None if card.prices is None else str(card.prices.input),
        "output_usd": None if card.prices is None else str(card.prices.output),
        "window": card.window,
        "max_output": card.max_output,
        "region": card.region,
        "deprecated": card.deprecated,
        "playable": playable,
    }


def show_model(screen: Screen, name: str) -> int:
    """One model in full, or the cast of a recipe."""
    if "/" not in name and name in _recipe_names():
        return show_cast(screen, name)
    card = catalogue_here().card(name)
    if card is None:
        raise _unknown(name)
    providers = reachable()
    row = model_json(card, playable=card.provider in providers)
    if screen.json:
        screen.out_json({**row, "abilities": sorted(card.abilities), "strengths": dict(card.strengths)})
        return 0
    strengths = ", ".join(
        f"{role} {score}" for role, score in sorted(card.strengths.items(), key=lambda item: -item[1])
    )
    lines = [(key, "unknown" if value is None else str(value)) for key, value in row.items() if value != ""]
    more = [("abilities", ", ".join(sorted(card.abilities)) or "-"), ("strengths", strengths or "-")]
    screen.out("\n".join(columns([*lines, *more, ("can be asked", providers.get(card.provider, "no: no key"))])))
    return 0


def _recipe_names() -> list[str]:
    from orchestra_cli.recipes.load import list_recipes

    return [info.name for info in list_recipes(find_workspace())]


def _unknown(name: str) -> InputError:
    import difflib

    ids = [card.id for card in catalogue_here().cards()]
    ends = [model for model in ids if model.rpartition("/")[2] == name]
    near = ends or difflib.get_close_matches(name, [*ids, *_recipe_names()], 3, 0.5)
    hint = f" Did you mean {' or '.join(near[:3])}?" if near else ""
    return InputError(
        f'"{name}" is neither a model of the catalogue nor a recipe.{hint}', "orchestra models list --all"
    )


def show_cast(screen: Screen, name: str) -> int:
    """Who would play each model step of a recipe now, first choice first, and why."""
    from orchestra_cli.models.casting import Need, cast
    from orchestra_cli.models.providers import known
    from orchestra_cli.recipes.load import load_recipe

    settings = load(find_workspace())
    names = reachable()
    providers = {name: each for name, each in known(settings, os.environ).items() if name in names}
    catalogue, rows = catalogue_here(), []
    vendors: dict[str, str] = {}
    for step in load_recipe(name, find_workspace()).steps:
        if step.kind == "do":
            rows.append({"step": step.id, "role": "", "model": "computed", "why": "", "then": ""})
            continue
        need = Need(
            step=step.id, role=step.role or "review", tier=step.tier, needs_schema=step.returns is not None,
            needs_search=step.search, author_vendor=vendors.get(step.review, ""), pin=step.model,
        )  # fmt: skip
        found = cast(need, catalogue, providers, settings)
        vendors[step.id] = found[0].vendor if found else ""
        then = ", ".join(candidate.model for candidate in found[1:])
        first, why = (found[0].model, found[0].why) if found else ("nobody", "no usable key or model")
        rows.append({"step": step.id, "role": need.role, "model": first, "why": why, "then": then})
    if screen.json:
        screen.out_json(rows)
    else:
        table = [("step", "role", "who", "why", "then"), *(tuple(row.values()) for row in rows)]
        screen.out("\n".join(columns([[one_line(cell) for cell in row] for row in table])))
    return 0


def pull_weights(screen: Screen, name: str) -> int:
    """Fetch weights and say where they lie."""
    from orchestra_cli.console.weights import pull
    from orchestra_cli.models.embedded.registry import DEFAULT, weights

    wanted = weights(name or DEFAULT)
    path = pull(wanted.name, screen)
    if screen.json:
        screen.out_json({"model": f"embedded/{wanted.name}", "path": path})
    else:
        screen.say(f"Ready: {path}")
    return 0
