"""Asks a provider which models it offers now: a free request that also tells whether the key works."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestra_cli.models.providers import Provider
    from orchestra_cli.models.wire import Reply

ANTHROPIC_VERSION = "2023-06-01"


@dataclass(frozen=True, slots=True)
class Probe:
    """What came back. `state` is "works", "rejected", "unreachable" or "untested"; `words` say it to a person."""

    provider: str
    state: str
    words: str
    models: tuple[str, ...] = ()


def probe(provider: Provider, key: str, last4: str = "") -> Probe:
    """One provider's answer now. Never raises for what a vendor or a network does."""
    from orchestra_cli.types import CallFailed

    if provider.dialect == "embedded":
        return _embedded(provider)
    try:
        reply = asyncio.run(_models(provider, key))
    except CallFailed as error:
        return Probe(provider.name, "unreachable", error.message)
    return read_reply(provider.name, reply, last4)


async def _models(provider: Provider, key: str) -> Reply:
    from orchestra_cli.models.http import Http
    from orchestra_cli.models.wire import HttpRequest

    headers = provider.headers(key)
    if provider.dialect == "anthropic":
        headers["anthropic-version"] = ANTHROPIC_VERSION
    async with Http() as http:
        return await http.fetch(HttpRequest("GET", f"{provider.base_url}/models", headers))


def read_reply(name: str, reply: Reply, last4: str) -> Probe:
    """What a reply to the list of models means."""
    if reply.status == 200:
        models = _names(reply.body)
        count = f" ({len(models)} models)" if models else ""
        return Probe(name, "works", f"works{count}", models)
    words = reply.body.decode("utf-8", errors="replace")
    if reply.status in (401, 403) or (reply.status == 400 and "key" in words.lower()):
        ending = f" ending ...{last4}" if last4 else ""
        return Probe(name, "rejected", f"the vendor rejected the key{ending} ({reply.status})")
    if reply.status in (404, 405):
        return Probe(name, "untested", "this provider lists no models, so the key could not be tried for free")
    return Probe(name, "unreachable", f"answered with status {reply.status}")


def _names(body: bytes) -> tuple[str, ...]:
    """The model names in the shapes that vendors use: data[].id, models[].name, or a bare list."""
    try:
        data = json.loads(body)
    except ValueError:
        return ()
    rows = (data.get("data") or data.get("models") or []) if isinstance(data, dict) else data
    if not isinstance(rows, list):
        return ()
    found = [row.get("id") or row.get("name") for row in rows if isinstance(row, dict)]
    return tuple(str(name).removeprefix("models/") for name in found if name)


def _embedded(provider: Provider) -> Probe:
    from orchestra_cli.models.embedded.registry import REGISTRY
    from orchestra_cli.models.embedded.weights import default_folder, have

    there = tuple(name for name in REGISTRY if have(name, default_folder()) is not None)
    if there:
        return Probe(provider.name, "works", f"ready: {', '.join(there)}", there)
    return Probe(provider.name, "untested", "its weights are fetched on first use, or now: orchestra models pull")
