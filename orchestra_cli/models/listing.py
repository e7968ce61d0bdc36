"""What a provider offers now, and whether a key or a model works: for `keys test`, `models list` and `models test`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from orchestra_cli.models import errors
from orchestra_cli.models.ask import ask
from orchestra_cli.models.catalogue import Catalogue, ModelCard
from orchestra_cli.models.dialects.anthropic import VERSION
from orchestra_cli.models.http import Http
from orchestra_cli.models.providers import Provider
from orchestra_cli.models.wire import HttpRequest
from orchestra_cli.types import Answer, Call, CallFailed

ONE_WORD_TOKENS = 2048
"""Room for one word and for the thoughts that some models have before it."""
_PATHS = {"anthropic": "/models?limit=1000", "gemini": "/models?pageSize=1000"}


async def list_models(provider: Provider, key: str, http: Http) -> tuple[str, ...]:
    """The names of the models this key may use, as the provider names them, in its order. Costs nothing.

    Raises CallFailed.
    """
    if provider.dialect == "embedded":
        return tuple(card.id.partition("/")[2] for card in Catalogue.load().cards("embedded"))
    headers = provider.headers(key)
    if provider.dialect == "anthropic":
        headers["anthropic-version"] = VERSION
    request = HttpRequest("GET", provider.base_url + _PATHS.get(provider.dialect, "/models"), headers)
    try:
        reply = await http.fetch(request, loopback_only=provider.on_computer)
    except CallFailed as failure:
        failure.provider = provider.name
        raise
    if reply.status >= 300:
        raise errors.classify(reply.status, reply.headers, reply.body, provider=provider.name)
    return _names(reply.body, provider)


async def check_key(provider: Provider, key: str, http: Http) -> tuple[str, ...]:
    """The models a key may use, so the key works. A provider that lists none is asked one word. Raises CallFailed."""
    try:
        return await list_models(provider, key, http)
    except CallFailed as failure:
        cards = Catalogue.load().cards(provider.name)
        if failure.kind != "model_gone" or not cards:
            raise
    for card in cards[:1]:
        await one_word(card.id, provider, key, http, card)
    return tuple(card.id.partition("/")[2] for card in cards)


async def one_word(model: str, provider: Provider, key: str, http: Http, card: ModelCard | None = None) -> Answer:
    """The answer of `provider/model` to a question of one word. Raises CallFailed."""
    call = Call(model, "test", "write", "", (), "Answer with the one word: ready", ONE_WORD_TOKENS)
    return await ask(call, provider, key, http, _unseen, card)


def _unseen(_delta: str) -> None:
    return None


def _names(body: bytes, provider: Provider) -> tuple[str, ...]:
    try:
        data = json.loads(body)
    except ValueError as error:
        raise CallFailed("invalid", f"{provider.name} sent no list of models.", provider=provider.name) from error
    rows = data.get("data", data.get("models")) if isinstance(data, dict) else data
    found = (_name(row) for row in rows if isinstance(row, dict)) if isinstance(rows, list) else ()
    return tuple(name for name in found if name)


def _name(row: Mapping[str, Any]) -> str:
    methods = row.get("supportedGenerationMethods")
    if isinstance(methods, list) and "generateContent" not in methods:
        return ""
    return str(row.get("id") or row.get("name") or "").removeprefix("models/")
