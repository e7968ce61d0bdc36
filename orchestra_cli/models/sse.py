"""Server-sent events out of bytes, as they come: any chunk size, CR, LF or CRLF, comments, byte-order mark.

Source of the rules: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

from orchestra_cli.models.wire import SseEvent

_BOM = b"\xef\xbb\xbf"


class SseParser:
    """Feed it bytes; it gives back the events that are complete so far."""

    def __init__(self) -> None:
        self._rest = b""
        self._started = False
        self._skip_line_feed = False
        self._name = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[SseEvent]:
        """The events that this chunk completes, in order."""
        data = self._rest + chunk
        if not self._started:
            if len(data) < len(_BOM) and _BOM.startswith(data):
                self._rest = data
                return []
            self._started = True
            data = data.removeprefix(_BOM)
        events: list[SseEvent] = []
        for line in self._lines(data):
            event = self._line(line)
            if event is not None:
                events.append(event)
        return events

    def end(self) -> SseEvent | None:
        """The event that lacked only its closing blank line when the stream ended; a half line is kept as it is."""
        if self._rest:
            self._line(self._rest)
            self._rest = b""
        return self._dispatch()

    def _lines(self, data: bytes) -> list[bytes]:
        """Whole lines; what follows the last line end is kept. A CR at the very end may be half of a CRLF."""
        if self._skip_line_feed and data:
            self._skip_line_feed = False
            data = data.removeprefix(b"\n")
        if b"\r" in data:
            self._skip_line_feed = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, self._rest = data.split(b"\n")
        return lines

    def _line(self, line: bytes) -> SseEvent | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(b":")
        text = value.removeprefix(b" ").decode("utf-8", "replace")
        if name == b"data":
            self._data.append(text)
        elif name == b"event":
            self._name = text
        return None

    def _dispatch(self) -> SseEvent | None:
        name, data = self._name, self._data
        self._name, self._data = "", []
        return SseEvent(name, "\n".join(data)) if data else None
