"""A vendor on loopback that speaks four dialects: a pytest fixture, and a program for subprocess tests and manual play.

    python tests/support/vendor.py --port 0 --script proposal

prints its address and the environment variables that send Orchestra to it. Standard library only.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support.answers import SCRIPTS, hostile, proposal
from support.asked import HTTP_FAULTS, Asked, Reply, read_request
from support.errors import error
from support.routes import ENVIRONMENT, MODELS, Seen, dialect_of, key_in, model_list
from support.wire import plain, stream

__all__ = ["Asked", "FakeVendor", "Reply", "Seen", "hostile", "proposal"]


@dataclass
class FakeVendor:
    """The server. `answer` may be replaced at any time; `seen` holds every request in order of arrival.

    With `keys` set, only these keys are accepted; `models` (per dialect) fills the lists of models.
    """

    answer: Callable[[Asked], Reply] = proposal
    port: int = 0
    keys: frozenset[str] | None = None
    models: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(MODELS))
    seen: list[Seen] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.stopping = threading.Event()
        self._in_flight = 0
        self._server = _Server(("127.0.0.1", self.port), _Handler)
        self._server.vendor = self
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def start(self) -> FakeVendor:
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ends every connection, also stalled ones, and waits for the threads."""
        self.stopping.set()
        self._server.shutdown()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            _shut(connection)
        self._server.server_close()
        self._thread.join()

    __enter__ = start

    def __exit__(self, *_: object) -> None:
        self.stop()

    def environment(self, *providers: str, key: str = "sk-test-0001") -> dict[str, str]:
        """The variables that send these providers (all by default) here."""
        chosen = providers or tuple(ENVIRONMENT)
        made = {}
        for name in chosen:
            prefix, path = ENVIRONMENT[name]
            made[f"{prefix}_API_KEY"] = key
            made[f"{prefix}_BASE_URL"] = self.url + path
        return made

    @property
    def calls(self) -> list[Seen]:
        """The questions to models, without lists of models and unknown paths."""
        return [seen for seen in self.seen if seen.asked is not None]

    @property
    def asked(self) -> list[Asked]:
        return [seen.asked for seen in self.seen if seen.asked is not None]

    @property
    def most_in_flight(self) -> int:
        return max((seen.in_flight for seen in self.calls), default=0)

    def arrive(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> Seen:
        with self._lock:
            self._in_flight += 1
            seen = Seen(method, path, headers, raw, time.monotonic(), self._in_flight)
            dialect = dialect_of(path)
            if dialect and method == "POST":
                body = json.loads(raw or b"{}")
                seen.asked = read_request(dialect, path, body, len(self.calls) + 1)
            self.seen.append(seen)
            return seen

    def finish(self, seen: Seen) -> None:
        with self._lock:
            self._in_flight -= 1
            seen.finished = time.monotonic()

    def track(self, connection: socket.socket, *, is_open: bool) -> None:
        with self._lock:
            (self._open.add if is_open else self._open.discard)(connection)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    vendor: FakeVendor

    def handle_error(self, request: Any, client_address: Any) -> None:
        caught = sys.exc_info()[1]
        if caught is not None and not isinstance(caught, OSError):
            self.vendor.errors.append(caught)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def vendor(self) -> FakeVendor:
        return cast(_Server, self.server).vendor

    def setup(self) -> None:
        super().setup()
        self.vendor.track(self.connection, is_open=True)

    def finish(self) -> None:
        self.vendor.track(self.connection, is_open=False)
        super().finish()

    def log_message(self, *args: object) -> None:
        """Quiet: standard error belongs to the test."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = self.vendor.arrive(self.command, self.path, headers, raw)
        try:
            self._respond(seen)
        finally:
            self.vendor.finish(seen)

    def _respond(self, seen: Seen) -> None:
        dialect = dialect_of(seen.path) or ("gemini" if "/v1beta" in seen.path else "openai-chat")
        if self.vendor.keys is not None and key_in(seen) not in self.vendor.keys:
            self._json(*error(dialect, "401", ""))
        elif seen.asked is not None:
            seen.reply = self._ask(seen.asked)
            self._answer(seen.asked, seen.reply)
        elif seen.method == "GET" and seen.path.partition("?")[0].endswith("/models"):
            self._json(200, model_list(self.vendor.models, seen))
        else:
            self._json(404, {"error": {"message": f"Unknown path {seen.path}", "type": "invalid_request_error"}})

    def _ask(self, asked: Asked) -> Reply:
        try:
            return self.vendor.answer(asked)
        except Exception as caught:  # noqa: BLE001  a mistake in a test's answerer must be seen, not hang the client
            self.vendor.errors.append(caught)
            return Reply(fault="500")

    def _answer(self, asked: Asked, reply: Reply) -> None:
        if reply.delay_s:
            self.vendor.stopping.wait(reply.delay_s)
        if reply.fault == "stall":
            self.vendor.stopping.wait()
            self._drop()
        elif reply.fault in HTTP_FAULTS or reply.status != 200:
            fault = reply.fault if reply.fault in HTTP_FAULTS else str(reply.status)
            self._json(*error(asked.dialect, fault, reply.retry_after), reply)
        elif reply.fault == "html":
            self._bytes(200, b"<html><body>Sign in to the network</body></html>", "text/html", reply)
        elif asked.stream:
            self._stream(asked, _worded(reply))
        else:
            self._plain(asked, _worded(reply))

    def _stream(self, asked: Asked, reply: Reply) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("transfer-encoding", "chunked")
        self._more_headers(asked, reply)
        self.end_headers()
        for event in stream(asked, reply):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
        if reply.fault == "stall_mid":
            self.vendor.stopping.wait()
        if reply.fault in ("cut", "stall_mid"):
            self._drop()
        else:
            self.wfile.write(b"0\r\n\r\n")

    def _plain(self, asked: Asked, reply: Reply) -> None:
        body = json.dumps(plain(asked, reply), ensure_ascii=False).encode()
        if reply.fault in ("cut", "stall_mid"):
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            self._drop()
        else:
            self._bytes(200, body, "application/json", reply)

    def _more_headers(self, asked: Asked, reply: Reply) -> None:
        self.send_header("request-id" if asked.dialect == "anthropic" else "x-request-id", f"req_{asked.number:04}")
        for name, value in reply.headers.items():
            self.send_header(name, value)

    def _json(self, status: int, body: dict[str, Any], reply: Reply | None = None) -> None:
        self._bytes(status, json.dumps(body).encode(), "application/json", reply)

    def _bytes(self, status: int, body: bytes, kind: str, reply: Reply | None = None) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        if reply and reply.retry_after and status >= 400:
            self.send_header("retry-after", reply.retry_after)
        for name, value in (reply.headers if reply else {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drop(self) -> None:
        self.close_connection = True
        _shut(self.connection)


def _worded(reply: Reply) -> Reply:
    if reply.fault != "not_json":
        return reply
    return Reply("I have read the material with care, and here is my answer in words.", model=reply.model)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was faster


def in_turn(replies: Sequence[Reply], then: Callable[[Asked], Reply] = proposal) -> Callable[[Asked], Reply]:
    """An answerer that gives these replies first, in order of arrival, and then answers as `then`."""
    waiting: Iterator[Reply] = iter(replies)
    lock = threading.Lock()

    def answer(asked: Asked) -> Reply:
        with lock:
            reply = next(waiting, None)
        return reply if reply is not None else then(asked)

    return answer


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until standard input closes or Ctrl-C; the first line printed is the address."""
    parser = argparse.ArgumentParser(description="A test vendor on loopback.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--script", default="proposal", choices=sorted(SCRIPTS))
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    options = parser.parse_args(argv)
    script = SCRIPTS[options.script]

    def answer(asked: Asked) -> Reply:
        reply = script(asked)
        return Reply(reply.text, delay_s=options.delay, fault=reply.fault)

    with FakeVendor(answer=answer, port=options.port) as vendor:
        print(vendor.url, flush=True)
        for name, value in vendor.environment().items():
            print(f"export {name}={value}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
