"""The only place that talks to vendors over the network, and the only importer of httpx.

It sends one request and hands on what comes back, event by event. It never asks twice: what a failure means for the
run is decided in `failures.py`. `httpx` is imported on first use: `--help` never pays for it.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from orchestra_cli.models import providers
from orchestra_cli.models.limits import Limits
from orchestra_cli.models.sse import SseParser
from orchestra_cli.models.wire import HttpRequest, Reply, SseEvent
from orchestra_cli.types import CallFailed

if TYPE_CHECKING:
    import httpx

CONNECT_S = 10.0
WRITE_S = 10.0
FIRST_EVENT_S = 60.0
SLOW_START_S = 600.0
BETWEEN_EVENTS_S = 60.0
IDLE_KEPT_S = 4.0
CALLS_PER_CLIENT = 8
REPLY_AT_MOST = 32 * 1024 * 1024
ERROR_AT_MOST = 64 * 1024


@dataclass
class _Shard:
    """One client and how many calls it carries; a client is slow beyond a few at once."""

    client: httpx.AsyncClient
    running: int = 0


@dataclass
class _Progress:
    """How far one exchange came, for saying what a failure means."""

    sent: bool = False
    first_event: bool = False

    async def trace(self, name: str, _info: Any) -> None:
        """Told by the transport what it does."""
        if name.endswith("send_request_body.complete"):
            self.sent = True


def load_httpx() -> Any:
    """The library, without the command-line tool that it imports when it can (0.1 s of processor time for nothing)."""
    if "httpx" not in sys.modules:
        hidden = "httpx._main" not in sys.modules
        if hidden:
            sys.modules["httpx._main"] = None  # type: ignore[assignment]
        try:
            importlib.import_module("httpx")
        finally:
            if hidden:
                del sys.modules["httpx._main"]
        _stop_looking_for("sniffio")
    return sys.modules["httpx"]


def _stop_looking_for(name: str) -> None:
    """Say once that an optional module is not there: httpcore looks for it in every folder, six times a request."""
    if name not in sys.modules and find_spec(name) is None:
        sys.modules[name] = None  # type: ignore[assignment]


@cache
def user_agent() -> str:
    """`orchestra/VERSION`."""
    from orchestra_cli import __version__

    return f"orchestra/{__version__}"


class Http:
    """Clients for one run; an async context manager.

    With `local_only` every address must be this computer's own after name resolution. `transport` stands in for the
    network in tests. `limits` is shared by all calls made through it.
    """

    def __init__(
        self,
        *,
        local_only: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.local_only = local_only
        self.limits = limits or Limits()
        self._transport = transport
        self._shards: dict[str, list[_Shard]] = {}

    async def __aenter__(self) -> Http:
        return self

    async def __aexit__(self, *_: object) -> None:
        shards = [shard for group in self._shards.values() for shard in group]
        self._shards.clear()
        for shard in shards:
            await shard.client.aclose()

    async def stream(
        self,
        request: HttpRequest,
        on_event: Callable[[SseEvent], None],
        *,
        first_event_s: float = FIRST_EVENT_S,
        between_events_s: float = BETWEEN_EVENTS_S,
        loopback_only: bool = False,
    ) -> Reply:
        """Send a request; give each event of a streamed answer to `on_event`, and other bodies back whole.

        Raises CallFailed for everything that keeps the exchange from ending. An exception of `on_event` ends the
        exchange and is passed on.
        """
        progress = _Progress()
        httpx = load_httpx()
        try:
            async with asyncio.timeout(first_event_s) as clock:
                async with self._send(request, progress, loopback_only=loopback_only) as response:
                    return await _receive(response, on_event, clock, between_events_s, progress)
        except TimeoutError as error:
            raise _late(progress, request) from error
        except httpx.HTTPError as error:
            raise _broken(error, progress, request) from error
        except httpx.InvalidURL as error:
            raise CallFailed("connect", f"{request.url} is no usable web address: {error}.") from error

    async def fetch(self, request: HttpRequest, *, within_s: float = 20.0, loopback_only: bool = False) -> Reply:
        """Send a small request, such as a list of models, and give its body back whole."""
        return await self.stream(request, _ignore, first_event_s=within_s, loopback_only=loopback_only)

    @asynccontextmanager
    async def _send(
        self, request: HttpRequest, progress: _Progress, *, loopback_only: bool
    ) -> AsyncIterator[httpx.Response]:
        url, headers = request.url, _headers(request)
        extensions: dict[str, Any] = {"trace": progress.trace}
        if loopback_only or self.local_only:
            url, pinned, name = await _pinned(request.url)
            headers |= pinned
            extensions["sni_hostname"] = name
        content = None if request.body is None else json.dumps(request.body, ensure_ascii=False).encode()
        direct = loopback_only or self.local_only or _is_local_name(urlsplit(url).hostname or "")
        async with (
            self._client(url.startswith("https:"), direct=direct) as client,
            client.stream(request.method, url, headers=headers, content=content, extensions=extensions) as response,
        ):
            progress.sent = True
            yield response

    @asynccontextmanager
    async def _client(self, secure: bool, *, direct: bool) -> AsyncIterator[httpx.AsyncClient]:
        """The first client with a free place, so that open connections are used again."""
        group = self._shards.setdefault(f"{secure}{direct}", [])
        shard = next((each for each in group if each.running < CALLS_PER_CLIENT), None)
        if shard is None:
            shard = _Shard(self._new_client(secure, direct=direct))
            group.append(shard)
        shard.running += 1
        try:
            yield shard.client
        finally:
            shard.running -= 1

    def _new_client(self, secure: bool, *, direct: bool) -> httpx.AsyncClient:
        library = load_httpx()
        client: httpx.AsyncClient = library.AsyncClient(
            verify=_certificates() if secure or not direct else _no_certificates(),
            timeout=library.Timeout(None, connect=CONNECT_S, write=WRITE_S),
            limits=library.Limits(max_connections=CALLS_PER_CLIENT, keepalive_expiry=IDLE_KEPT_S),
            follow_redirects=False,
            trust_env=not direct,
            transport=self._transport,
        )
        return client


@cache
def _certificates() -> Any:
    """The certificates to trust (SSL_CERT_FILE, else those httpx brings), read once for all clients."""
    return load_httpx().create_ssl_context(trust_env=True)


@cache
def _no_certificates() -> Any:
    """A context that trusts nobody, for plain http on this computer: reading certificates costs 40 ms."""
    import ssl

    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _ignore(_event: SseEvent) -> None:
    return None


def _headers(request: HttpRequest) -> dict[str, str]:
    headers = {"user-agent": user_agent(), "accept-encoding": "identity", **request.headers}
    if request.body is not None:
        headers["content-type"] = "application/json"
        headers["accept"] = "text/event-stream, application/json"
    return headers


def _is_local_name(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


async def _pinned(url: str) -> tuple[str, dict[str, str], str]:
    """The URL with its host replaced by the loopback address it resolves to, so that no second look-up can differ.

    Raises CallFailed("connect") when any of its addresses is not this computer's own.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    addresses = await asyncio.get_running_loop().run_in_executor(None, providers.resolve, host)
    if not addresses or not all(providers.is_loopback_address(address) for address in addresses):
        found = ", ".join(addresses) or "no address"
        raise CallFailed("connect", f"{host} is not on this computer ({found}); nothing was sent.")
    address = f"[{addresses[0]}]" if ":" in addresses[0] else addresses[0]
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=address + port).geturl(), {"host": parts.netloc.rpartition("@")[2]}, host


async def _receive(
    response: httpx.Response,
    on_event: Callable[[SseEvent], None],
    clock: asyncio.Timeout,
    between_s: float,
    progress: _Progress,
) -> Reply:
    headers = {name.lower(): value for name, value in response.headers.items()}
    if response.status_code >= 300 or "text/event-stream" not in headers.get("content-type", ""):
        return Reply(response.status_code, headers, await _body(response))
    broken = await _events(response, on_event, clock, between_s, progress)
    return Reply(response.status_code, headers, streamed=True, broken=broken)


async def _body(response: httpx.Response) -> bytes:
    """A body that is no stream of events. One that is too large is cut: its JSON will then not be whole."""
    at_most = REPLY_AT_MOST if response.status_code < 300 else ERROR_AT_MOST
    pieces = bytearray()
    async for chunk in response.aiter_bytes():
        pieces += chunk
        if len(pieces) > at_most:
            break
    return bytes(pieces[:at_most])


async def _events(
    response: httpx.Response,
    on_event: Callable[[SseEvent], None],
    clock: asyncio.Timeout,
    between_s: float,
    progress: _Progress,
) -> str:
    """Hand on the events. Gives back how the connection broke, "" when it was closed in order."""
    httpx = load_httpx()
    now = asyncio.get_running_loop().time
    parser, size = SseParser(), 0
    try:
        async for chunk in response.aiter_bytes():
            size += len(chunk)
            if size > REPLY_AT_MOST:
                return f"the answer is longer than {REPLY_AT_MOST // 1024 // 1024} MB"
            events = parser.feed(chunk)
            for event in events:
                on_event(event)
            if events or progress.first_event:
                progress.first_event = True
                clock.reschedule(now() + between_s)
    except httpx.TransportError as error:
        if not progress.first_event:
            raise
        return str(error) or type(error).__name__
    last = parser.end()
    if last is not None:
        on_event(last)
    return ""


def _late(progress: _Progress, request: HttpRequest) -> CallFailed:
    host = urlsplit(request.url).hostname
    if not progress.sent:
        return CallFailed("connect", f"{host} could not be reached in time.")
    when = "stopped in the middle of its answer" if progress.first_event else "did not answer in time"
    return CallFailed("silent", f"{host} {when}.", billed="maybe")


def _broken(error: httpx.HTTPError, progress: _Progress, request: HttpRequest) -> CallFailed:
    """What a failed exchange means: before the request was fully sent nothing is billed, after it something may be."""
    httpx = load_httpx()
    host = urlsplit(request.url).hostname
    before = (httpx.ConnectError, httpx.ConnectTimeout, httpx.WriteError, httpx.WriteTimeout, httpx.PoolTimeout)
    never = (httpx.ProxyError, httpx.UnsupportedProtocol, httpx.LocalProtocolError)
    words = re.sub(r"^\[Errno -?\d+\] ", "", str(error) or type(error).__name__).rstrip(".")
    if not progress.sent or isinstance(error, (*before, *never)):
        return CallFailed("connect", f"{host} could not be reached: {words}.", words=words)
    return CallFailed(
        "silent", f"{host} closed the connection without an answer: {words}.", billed="maybe", words=words
    )
