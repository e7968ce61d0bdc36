"""Server-sent events come out the same however the bytes arrive."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recordings import events, load, streams

from orchestra_cli.models.sse import SseParser
from orchestra_cli.models.wire import SseEvent

ENDS = ("\n", "\r\n", "\r")


@pytest.mark.parametrize("end", ENDS)
def test_every_kind_of_line_end_closes_an_event(end: str) -> None:
    """LF, CRLF and CR all end a line, and two of them an event."""
    raw = f"event: delta{end}data: one{end}data: two{end}{end}data: three{end}{end}".encode()
    assert events(raw) == [SseEvent("delta", "one\ntwo"), SseEvent("", "three")]


def test_comments_marks_and_unknown_fields_are_no_events() -> None:
    """A byte-order mark, comments, ids, and events without data are passed over."""
    raw = b"\xef\xbb\xbf: OPENROUTER PROCESSING\n\nid: 7\nretry: 100\n\nevent: ping\n\ndata:[DONE]\n\n"
    assert events(raw) == [SseEvent("", "[DONE]")]


def test_only_one_space_after_the_colon_is_taken_away() -> None:
    """What follows the first space belongs to the data; a line without colon is a field without value."""
    assert events(b"data:  two spaces\n\ndata\n\n") == [SseEvent("", " two spaces"), SseEvent("", "")]


def test_an_event_without_its_blank_line_comes_at_the_end_only() -> None:
    """A server that forgets the last blank line still gets its last event read, when the stream ends."""
    parser = SseParser()
    assert parser.feed(b"data: [DONE]") == []
    assert parser.end() == SseEvent("", "[DONE]")
    assert parser.end() is None


def test_a_mark_split_over_chunks_is_recognised() -> None:
    """The three bytes of the mark may come one by one."""
    assert events(b"\xef\xbb\xbfdata: x\n\n", size=1) == [SseEvent("", "x")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("name", [name for name in streams() if name != "anthropic-messages-incomplete-8d5a5629"])
def test_recorded_streams_do_not_depend_on_the_size_of_chunks(name: str, size: int) -> None:
    """Chunks down to one byte, also inside characters and blank lines, give the events of the whole."""
    raw = load(name).sse
    assert events(raw, size) == events(raw)


TEXT = st.text(st.characters(blacklist_characters="\r\n", blacklist_categories=["Cs"]), max_size=12)


@given(
    st.lists(st.tuples(TEXT, st.lists(TEXT, min_size=1, max_size=3)), max_size=4),
    st.sampled_from(ENDS),
    st.integers(1, 9),
)
def test_what_is_written_is_what_is_read(written: list[tuple[str, list[str]]], end: str, size: int) -> None:
    """Any events, any line end, any chunk size."""
    lines = [f"event: {name}{end}" + "".join(f"data: {line}{end}" for line in data) + end for name, data in written]
    expected = [SseEvent(name, "\n".join(data)) for name, data in written]
    assert events("".join(lines).encode(), size) == expected
