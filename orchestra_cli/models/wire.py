"""What goes over the wire, before any library: a request, one event of a stream, and a reply. Free of I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestra_cli.types import Json


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as a dialect wants it sent. `headers` may hold a key and are therefore not shown."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: dict[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class SseEvent:
    """One server-sent event: its name ("" when none was given) and its data lines joined by line feeds."""

    event: str
    data: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `body` is empty when the answer was a stream, whose events went to the listener; `broken` says
    how that stream broke, "" when it ended in good order.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    streamed: bool = False
    broken: str = ""
