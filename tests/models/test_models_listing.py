"""Whether a key or a model works, asked of the vendor."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from orchestra_cli.models.http import Http
from orchestra_cli.models.listing import check_key, list_models, one_word
from orchestra_cli.models.providers import Provider, known
from orchestra_cli.settings import Settings
from orchestra_cli.types import CallFailed

ALL = known(Settings(), {})
ANSWER = {"choices": [{"message": {"content": "ready"}, "finish_reason": "stop"}], "model": "sonar"}


def through(handler: Callable[[httpx.Request], httpx.Response], work: Callable[..., Any], *arguments: Any) -> Any:
    async def go() -> Any:
        async with Http(transport=httpx.MockTransport(handler)) as http:
            return await work(*arguments, http)

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("name", "url", "header", "reply"),
    [
        ("openai", "https://api.openai.com/v1/models", "authorization", {"data": [{"id": "a"}, {"id": "b"}, "x"]}),
        (
            "anthropic",
            "https://api.anthropic.com/v1/models?limit=1000",
            "x-api-key",
            {"data": [{"id": "a", "type": "model"}, {"id": "b"}]},
        ),
        (
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000",
            "x-goog-api-key",
            {
                "models": [
                    {"name": "models/a", "supportedGenerationMethods": ["generateContent"]},
                    {"name": "models/embed", "supportedGenerationMethods": ["embedContent"]},
                    {"name": "models/b"},
                ]
            },
        ),
        ("together", "https://api.together.xyz/v1/models", "authorization", [{"id": "a"}, {"id": "b"}]),
    ],
)
def test_lists_of_models(name: str, url: str, header: str, reply: Any) -> None:
    """Every shape of list; the key in the vendor's own header."""
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=reply)

    assert through(handler, list_models, ALL[name], "sk-1") == ("a", "b")
    assert str(seen[0].url) == url
    assert "sk-1" in seen[0].headers[header]
    assert (name == "anthropic") == ("anthropic-version" in seen[0].headers)


def test_the_embedded_models_need_no_network() -> None:
    """They are in the catalogue."""
    who = Provider("embedded", "embedded", "")
    assert "smollm2-135m" in through(lambda _: httpx.Response(500), list_models, who, "")


def failing(
    handler: Callable[[httpx.Request], httpx.Response], work: Callable[..., Any], *arguments: Any
) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        through(handler, work, *arguments)
    return caught.value


def test_a_rejected_key_is_told() -> None:
    """With the vendor's words."""
    reply = httpx.Response(401, json={"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}})
    failure = failing(lambda _: reply, check_key, ALL["openai"], "sk-1")
    assert (failure.kind, failure.provider, failure.words) == ("key_rejected", "openai", "Incorrect API key provided")


def test_no_network_names_the_provider() -> None:
    """Who could not be reached."""

    def refuse(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    assert failing(refuse, check_key, ALL["openai"], "k").provider == "openai"


def test_what_is_no_list_is_told() -> None:
    """A page instead of a list, a list of nothing."""
    assert failing(lambda _: httpx.Response(200, text="<html>"), list_models, ALL["openai"], "k").kind == "invalid"
    assert through(lambda _: httpx.Response(200, json={"data": 7}), list_models, ALL["openai"], "k") == ()


def test_a_provider_without_a_list_is_asked_one_word() -> None:
    """Perplexity lists no models: its cheapest model is asked, so that the key is proved."""
    seen: list[Any] = []

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(404)
        seen.append(json.loads(request.content))
        return httpx.Response(200, json=ANSWER)

    assert "sonar-pro" in through(handler, check_key, ALL["perplexity"], "k")
    assert seen[0]["model"] == "sonar"
    assert failing(handler, check_key, ALL["huggingface"], "k").kind == "model_gone"


def test_one_word() -> None:
    """A model that answers works."""
    answer = through(lambda _: httpx.Response(200, json=ANSWER), one_word_at, ALL["perplexity"])
    assert (answer.text, answer.model) == ("ready", "sonar")


async def one_word_at(provider: Provider, http: Http) -> Any:
    return await one_word("perplexity/sonar", provider, "k", http)
