"""One request, one exchange: time-outs, breaks, proxies and loopback, without asking twice."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from orchestra_cli.models import http as room
from orchestra_cli.models import providers
from orchestra_cli.models.http import Http
from orchestra_cli.models.wire import HttpRequest, Reply, SseEvent
from orchestra_cli.types import CallFailed

POST = HttpRequest("POST", "https://api.example/v1/chat", {"authorization": "Bearer sk-1"}, {"text": "£"})
SSE = {"content-type": "text/event-stream; charset=utf-8"}
Handler = Callable[[httpx.Request], Awaitable[httpx.Response]]


class Chunks(httpx.AsyncByteStream):
    """A body of chunks; an exception among them is raised, a number is waited for as seconds."""

    def __init__(self, *chunks: bytes | Exception | float) -> None:
        self._chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            if isinstance(chunk, Exception):
                raise chunk
            if isinstance(chunk, bytes):
                yield chunk
            else:
                await asyncio.sleep(chunk)


def exchange(handler: Handler, request: HttpRequest = POST, **options: object) -> tuple[Reply, list[SseEvent]]:
    """The reply and the events of one exchange with a handler in the vendor's place."""
    seen: list[SseEvent] = []

    async def go() -> Reply:
        async with Http(transport=httpx.MockTransport(handler)) as http:
            return await http.stream(request, seen.append, **options)  # type: ignore[arg-type]

    return asyncio.run(go()), seen


def failing(handler: Handler, **options: object) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        exchange(handler, **options)
    return caught.value


def answering(*chunks: bytes | Exception | float, status: int = 200, headers: dict[str, str] | None = None) -> Handler:
    async def handler(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers=SSE if headers is None else headers, stream=Chunks(*chunks))

    return handler


async def sent(request: httpx.Request) -> None:
    """What the real transport tells when the request has been sent."""
    await request.extensions["trace"]("http11.send_request_body.complete", {})


def test_events_come_as_they_arrive() -> None:
    """A stream of events goes to the listener; the reply has headers in lower case and no body."""
    reply, seen = exchange(answering(b"data: 1\n\nda", b"ta: 2\n\n", b"data: [DONE]"))
    assert [event.data for event in seen] == ["1", "2", "[DONE]"]
    assert (reply.status, reply.streamed, reply.body, reply.broken) == (200, True, b"", "")


def test_what_is_sent() -> None:
    """Our name, UTF-8 JSON, no compression, the key only in its header; redirects are not followed."""
    requests: list[httpx.Request] = []

    async def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(307, headers={"location": "https://elsewhere.example/"})

    reply, _ = exchange(handler)
    assert reply.status == 307
    assert len(requests) == 1
    headers = requests[0].headers
    assert headers["user-agent"] == room.user_agent()
    assert headers["user-agent"].startswith("orchestra/")
    assert headers["accept-encoding"] == "identity"
    assert headers["content-type"] == "application/json"
    assert requests[0].content == '{"text": "£"}'.encode()
    assert "sk-1" not in str(requests[0].url)


def test_other_bodies_come_whole() -> None:
    """An error or a plain JSON answer is given back, not streamed, even when an error calls itself a stream."""
    reply, seen = exchange(answering(b'{"a"', b": 1}", headers={"content-type": "application/json"}))
    assert (reply.body, reply.streamed, seen) == (b'{"a": 1}', False, [])
    reply, seen = exchange(answering(b"data: x\n\n", status=500))
    assert (reply.status, reply.body, seen) == (500, b"data: x\n\n", [])


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ConnectTimeout(""), httpx.WriteError("reset"), httpx.PoolTimeout("")]
)
def test_failures_before_the_request_was_sent_are_connect(error: Exception) -> None:
    """Nothing was billed: it may be sent again."""

    async def handler(_request: httpx.Request) -> httpx.Response:
        raise error

    failure = failing(handler)
    assert (failure.kind, failure.billed) == ("connect", "no")
    assert "api.example could not be reached" in failure.message


def test_a_reset_while_sending_is_connect_and_after_it_silent() -> None:
    """The same broken connection means different things before and after the request was fully sent."""

    async def early(_request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("reset")

    async def late(request: httpx.Request) -> httpx.Response:
        await sent(request)
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")

    assert failing(early).kind == "connect"
    failure = failing(late)
    assert (failure.kind, failure.billed) == ("silent", "maybe")


def test_an_error_of_the_proxy_or_address_is_connect() -> None:
    """A proxy that refuses, a scheme nobody speaks, an address that is none: nothing reached the vendor."""

    async def handler(request: httpx.Request) -> httpx.Response:
        await sent(request)
        raise httpx.ProxyError("407")

    assert failing(handler).kind == "connect"
    assert failing(answering(), request=HttpRequest("GET", "https://bad:port/", {})).kind == "connect"


def test_silence_after_the_request_may_be_billed() -> None:
    """No status line in time, or a status line and then nothing."""

    async def never(request: httpx.Request) -> httpx.Response:
        await sent(request)
        await asyncio.sleep(60)
        raise AssertionError

    for handler in (never, answering(60.0)):
        failure = failing(handler, first_event_s=0.02)
        assert (failure.kind, failure.billed) == ("silent", "maybe")
        assert "did not answer in time" in failure.message


def test_an_address_that_does_not_answer_at_all_is_connect() -> None:
    """The clock ran out before anything was sent."""

    async def never(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    assert failing(never, first_event_s=0.02).kind == "connect"


def test_silence_between_events_is_told_apart() -> None:
    """The clock starts anew with each event, and with each sign of life after the first."""
    handler = answering(b"data: 1\n\n", 0.01, b": alive\n\n", 0.01, b"data: 2\n\n", 60.0)
    failure = failing(handler, first_event_s=30.0, between_events_s=0.05)
    assert (failure.kind, failure.billed) == ("silent", "maybe")
    assert "in the middle of its answer" in failure.message


def test_comments_alone_do_not_stop_the_clock() -> None:
    """A server that only says that it is busy has not answered."""
    busy = [part for _ in range(50) for part in (b": PROCESSING\n\n", 0.01)]
    assert failing(answering(*busy), first_event_s=0.1).kind == "silent"


def test_a_stream_that_breaks_is_handed_back_as_broken() -> None:
    """After the first event the dialect decides whether the answer was whole; before it, it is a silence."""
    broken = httpx.RemoteProtocolError("peer closed connection")
    reply, seen = exchange(answering(b"data: 1\n\nda", broken))
    assert [event.data for event in seen] == ["1"]
    assert reply.broken == "peer closed connection"
    assert failing(answering(broken)).kind == "silent"
    reply, _ = exchange(answering(b"data: 1\n\n", httpx.ReadError("")))
    assert reply.broken == "ReadError"


def test_an_endless_answer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing fills our memory: neither a stream, nor a body, nor an error page."""
    monkeypatch.setattr(room, "REPLY_AT_MOST", 1000)
    monkeypatch.setattr(room, "ERROR_AT_MOST", 100)
    reply, _ = exchange(answering(*[b"data: 1\n\n"] * 500))
    assert "longer than" in reply.broken
    reply, _ = exchange(answering(*[b"x" * 90] * 500, headers={}))
    assert len(reply.body) == 1000
    reply, _ = exchange(answering(*[b"x" * 90] * 500, status=500))
    assert len(reply.body) == 100


def test_a_listener_may_end_the_exchange() -> None:
    """What the dialect raises on an error event passes through as it is."""

    def refuse(_event: SseEvent) -> None:
        raise CallFailed("quota", "no money")

    async def go() -> None:
        async with Http(transport=httpx.MockTransport(answering(b"data: 1\n\n", 60.0))) as http:
            await http.stream(POST, refuse)

    with pytest.raises(CallFailed, match="no money"):
        asyncio.run(go())


def test_many_calls_share_clients_of_eight() -> None:
    """Twenty calls at once use three clients, and the next ones use them again."""

    async def slow(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.01)
        return httpx.Response(200, json={})

    async def go() -> int:
        async with Http(transport=httpx.MockTransport(slow)) as http:
            for _ in range(2):
                await asyncio.gather(*(http.fetch(POST) for _ in range(20)))
            return sum(map(len, http._shards.values()))

    assert asyncio.run(go()) == 3


def pinned_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[httpx.Request]:
    """Resolve every name to these addresses; the requests that were then sent."""
    requests: list[httpx.Request] = []
    monkeypatch.setattr(providers, "resolve", lambda _host: list(addresses))

    async def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={})

    async def go() -> None:
        async with Http(local_only=True, transport=httpx.MockTransport(handler)) as http:
            await http.fetch(HttpRequest("GET", "http://models.local:8080/v1/models", {}))

    with contextlib.suppress(CallFailed):
        asyncio.run(go())
    return requests


def test_local_only_connects_to_the_loopback_address_it_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is resolved once and replaced, so that no second look-up can lead elsewhere; the host header stays."""
    (request,) = pinned_to(monkeypatch, "127.0.0.1")
    assert str(request.url) == "http://127.0.0.1:8080/v1/models"
    assert request.headers["host"] == "models.local:8080"
    assert request.extensions["sni_hostname"] == "models.local"
    (request,) = pinned_to(monkeypatch, "::1")
    assert str(request.url) == "http://[::1]:8080/v1/models"


@pytest.mark.parametrize("addresses", [(), ("192.0.2.7",), ("127.0.0.1", "192.0.2.7"), ("::ffff:192.0.2.7",)])
def test_local_only_sends_nothing_to_another_machine(
    addresses: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One far address is enough to refuse."""
    assert pinned_to(monkeypatch, *addresses) == []


def test_a_provider_on_this_computer_is_held_to_it() -> None:
    """`loopback_only` refuses per request what `local_only` refuses for all."""
    failure = failing(answering(), request=HttpRequest("GET", "http://192.0.2.7/v1", {}), loopback_only=True)
    assert failure.kind == "connect"
    assert "not on this computer (192.0.2.7); nothing was sent" in failure.message


def client_for(url: str, *, local_only: bool = False) -> httpx.AsyncClient:
    """The client that carries requests to this address."""

    async def go() -> httpx.AsyncClient:
        async with Http(local_only=local_only) as http:
            direct = local_only or room._is_local_name(httpx.URL(url).host)
            async with http._client(url.startswith("https:"), direct=direct) as client:
                return client

    return asyncio.run(go())


def test_proxies_of_the_environment_are_used_but_never_for_this_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTPS_PROXY counts for vendors; nothing for this computer is ever sent through a proxy."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert any(client_for("https://api.example/")._mounts.values())
    assert not any(client_for("http://127.0.0.1:8080/")._mounts.values())
    assert not any(client_for("http://localhost:8080/")._mounts.values())
    assert not any(client_for("https://box/", local_only=True)._mounts.values())


def test_certificates_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """SSL_CERT_FILE is read, also when it cannot be."""
    monkeypatch.setenv("SSL_CERT_FILE", f"{tmp_path}/missing.pem")
    room._certificates.cache_clear()
    with pytest.raises((OSError, ssl.SSLError)):
        client_for("https://api.example/")
    monkeypatch.delenv("SSL_CERT_FILE")
    room._certificates.cache_clear()
    assert client_for("https://api.example/").follow_redirects is False


def test_a_compressed_body_is_still_read() -> None:
    """We ask for none, but a gateway may compress all the same."""
    body = gzip.compress(b'{"a": 1}')
    reply, _ = exchange(answering(body, headers={"content-encoding": "gzip", "content-type": "application/json"}))
    assert reply.body == b'{"a": 1}'


def test_the_library_is_loaded_on_first_use_and_without_its_command_line() -> None:
    """Importing the room loads no httpx; using it loads httpx, but neither click nor rich nor pygments."""
    script = (
        "import sys, json\n"
        "import orchestra_cli.models.http as room, orchestra_cli.models.ask, orchestra_cli.models.casting\n"
        "before = 'httpx' in sys.modules\n"
        "library = room.load_httpx()\n"
        "again = room.load_httpx() is library and library.AsyncClient is not None\n"
        "heavy = [name for name in ('click', 'rich', 'pygments', 'pydantic', 'keyring') if name in sys.modules]\n"
        "room._stop_looking_for('surely_not_there')\n"
        "gone = 'surely_not_there' in sys.modules and sys.modules['surely_not_there'] is None\n"
        "room._stop_looking_for('json')\n"
        "print(json.dumps([before, again, heavy, 'httpx._main' in sys.modules, gone, sys.modules['json'] is json]))\n"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(found.stdout) == [False, True, [], False, True, True]
