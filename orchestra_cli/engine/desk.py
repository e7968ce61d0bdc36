"""Who could be asked at all, here and now: providers with a key, servers that answer, the model on this computer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestra_cli.models.catalogue import Catalogue
    from orchestra_cli.models.providers import Provider
    from orchestra_cli.settings import Settings


@dataclass(frozen=True, slots=True)
class Desk:
    """The catalogue, every provider that can be asked, and the models of those that the catalogue does not know."""

    catalogue: Catalogue
    providers: Mapping[str, Provider]
    offered: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def open_desk(settings: Settings, *, local: bool) -> Desk:
    """Who can be asked now. Servers of one's own are asked what they offer only when no vendor has a key."""
    from orchestra_cli.models.catalogue import Catalogue

    providers = usable_providers(settings, local=local)
    offered = {} if any(provider.needs_key for provider in providers.values()) else _offered(providers)
    return Desk(_with_weights_at_hand(Catalogue.load(settings.prices)), providers, offered)


def _with_weights_at_hand(catalogue: Catalogue) -> Catalogue:
    """Of the embedded models the best whose weights are here, else the small default, which is fetched on first use.

    It plays from passages that it picks itself, so the size of what a step reads is no limit to it.
    """
    from orchestra_cli.models.embedded import registry, weights

    folder = weights.default_folder()
    here = [name for name in registry.REGISTRY if weights.have(name, folder)]
    chosen = f"embedded/{max(here, key=lambda name: registry.REGISTRY[name].size) if here else registry.DEFAULT}"
    cards = {
        name: replace(card, window=0) if card.provider == "embedded" else card
        for name, card in catalogue.cards_by_id.items()
        if card.provider != "embedded" or name == chosen
    }
    return replace(catalogue, cards_by_id=cards)


def usable_providers(settings: Settings, *, local: bool) -> dict[str, Provider]:
    """Providers with a key, or needing none; with `local` only those on this computer."""
    from orchestra_cli.models.providers import known
    from orchestra_cli.store.keys import find_key

    found = {}
    for name, provider in known(settings, os.environ).items():
        if local and not provider.on_computer:
            continue
        if provider.needs_key and find_key(name, provider.env_names, provider.key_command, quiet=True) is None:
            continue
        found[name] = provider
    return found


def _offered(providers: Mapping[str, Provider]) -> dict[str, tuple[str, ...]]:
    from orchestra_cli.models.providers import reachable_ollama, without_key

    offered: dict[str, tuple[str, ...]] = {}
    for name in without_key(providers):
        if name == "ollama":
            offered[name] = reachable_ollama(providers[name])
        elif name != "embedded":
            offered[name] = _models_of(providers[name])
    return offered


def _models_of(provider: Provider) -> tuple[str, ...]:
    """What a server of one's own offers; () when it does not answer."""
    import asyncio

    from orchestra_cli.models.http import Http
    from orchestra_cli.models.listing import list_models
    from orchestra_cli.types import CallFailed

    async def ask() -> tuple[str, ...]:
        async with Http() as http:
            return tuple(await list_models(provider, "", http))

    try:
        return asyncio.run(ask())
    except CallFailed:
        return ()
