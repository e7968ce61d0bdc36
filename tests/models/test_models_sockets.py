"""The same over real connections: what the real transport tells, and what breaks on a real wire."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from orchestra_cli.models.ask import ask
from orchestra_cli.models.casting import Need, cast
from orchestra_cli.models.catalogue import Catalogue
from orchestra_cli.models.http import Http
from orchestra_cli.models.listing import check_key
from orchestra_cli.models.providers import Provider, known, usable
from orchestra_cli.settings import Settings
from orchestra_cli.types import Answer, Call, CallFailed

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
CALL = Call("x/m", "draft", "write", "You write.", (), "Write.", 500)
EVENT = b'data: {"choices":[{"delta":{"content":"Half"}}]}\n\n'
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"


async def read_request(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))


async def asked(port: int) -> Answer:
    provider = Provider("x", "openai-chat", f"http://127.0.0.1:{port}/v1")
    async with Http() as http:
        return await ask(CALL, provider, "", http, lambda _delta: None)


def failing(behave: Behaviour) -> CallFailed:
    """The failure of one call to a server that behaves like this."""

    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await behave(reader, writer)
        writer.close()
        await writer.wait_closed()

    async def go() -> CallFailed:
        async with await asyncio.start_server(closing, "127.0.0.1", 0) as server:
            with pytest.raises(CallFailed) as caught:
                await asked(server.sockets[0].getsockname()[1])
            return caught.value

    return asyncio.run(go())


async def answers_nothing(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await read_request(reader)


async def speaks_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"hello\r\n\r\n")


async def ends_half_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(HEAD + b"\r\n" + EVENT)


async def breaks_half_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(HEAD + b"transfer-encoding: chunked\r\n\r\n" + b"%x\r\n%s\r\n" % (len(EVENT), EVENT))


@pytest.mark.parametrize(
    ("behave", "kind", "billed", "partial"),
    [
        (answers_nothing, "silent", "maybe", ""),
        (speaks_nonsense, "silent", "maybe", ""),
        (ends_half_way, "cut", "yes", "Half"),
        (breaks_half_way, "cut", "yes", "Half"),
    ],
)
def test_servers_that_misbehave(behave: Behaviour, kind: str, billed: str, partial: str) -> None:
    """After the request was fully sent nothing counts as free; half an answer, cleanly ended or not, is a cut."""
    failure = failing(behave)
    assert (failure.kind, failure.billed, failure.partial, failure.provider) == (kind, billed, partial, "x")


def test_nobody_listens() -> None:
    """A refused connection sent nothing."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(CallFailed) as caught:
        asyncio.run(asked(port))
    assert (caught.value.kind, caught.value.billed) == ("connect", "no")


@pytest.mark.parametrize("name", ["openai", "anthropic", "gemini", "mistral", "deepseek", "groq", "xai", "openrouter"])
def test_every_vendor_can_be_stood_in_for(name: str, vendor: Any) -> None:
    """With its key and base URL in the environment, a server on loopback is asked in the vendor's own dialect."""
    providers = usable(known(Settings(), vendor.environment(name)), {name: "sk-test-0001"})
    catalogue = Catalogue.load()
    model = next((card.id for card in catalogue.cards(name)), f"{name}/some-model")
    call = Call(model, "proposal", "write", "You write bids.", (), "Write the proposal.", 500)

    async def go() -> Answer:
        async with Http() as http:
            return await ask(call, providers[name], "sk-test-0001", http, lambda _delta: None, catalogue.card(model))

    answer = asyncio.run(go())
    assert answer.text
    assert len(vendor.calls) == 1
    assert (
        vendor.calls[0]
        .headers.get("user-agent", vendor.calls[0].headers.get("User-Agent", ""))
        .startswith("orchestra/")
    )


def test_keys_are_checked_and_steps_cast_over_vendors(vendor: Any) -> None:
    """Three keys: each works, and a cast of three vendors comes of them."""
    names = ("openai", "anthropic", "gemini")
    providers = usable(known(Settings(), vendor.environment(*names)), dict.fromkeys(names, "sk-test-0001"))

    async def go() -> list[tuple[str, ...]]:
        async with Http() as http:
            return [await check_key(providers[name], "sk-test-0001", http) for name in names]

    assert all(asyncio.run(go()))
    found = cast(Need("draft", "write"), Catalogue.load(), providers, Settings())
    assert {candidate.provider.name for candidate in found} == set(names)
