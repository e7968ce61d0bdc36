"""The test vendor itself: what it says in each dialect, and how it misbehaves."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from support.answers import HOSTILE
from support.vendor import FakeVendor, Reply, hostile, in_turn

NONCE = "0" * 32
TENDER = "Notice of tender.\n\nThe supplier shall provide a fence.\nPrices must exclude VAT.\n\nWe like trees.\n"
PROMPT = f'<material-{NONCE} name="brief">\n{TENDER}</material-{NONCE}>\n\nWrite Understanding. R1 R2 F1'
SCHEMA = {
    "type": "object",
    "properties": {
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "quote": {"type": "string"},
                    "kind": {"type": "string", "enum": ["deadline", "must include", "price rule"]},
                    "note": {"type": ["string", "null"]},
                },
            },
        }
    },
}
PATHS = {
    "openai-responses": "/v1/responses",
    "openai-chat": "/v1/chat/completions",
    "anthropic": "/v1/messages",
    "gemini": "/v1beta/models/g:streamGenerateContent?alt=sse",
}


def body(dialect: str, *, schema: dict[str, Any] | None = None, stream: bool = True) -> dict[str, Any]:
    common: dict[str, Any] = {"model": "m", "stream": stream}
    if dialect == "openai-responses":
        form = {"text": {"format": {"type": "json_schema", "schema": schema}}} if schema else {}
        content = [{"type": "input_text", "text": PROMPT}]
        return {**common, "instructions": "SYS", "input": [{"role": "user", "content": content}], **form}
    if dialect == "openai-chat":
        form = {"response_format": {"type": "json_schema", "json_schema": {"schema": schema}}} if schema else {}
        messages = [{"role": "system", "content": "SYS"}, {"role": "user", "content": PROMPT}]
        return {**common, "messages": messages, "stream_options": {"include_usage": True}, **form}
    if dialect == "anthropic":
        form = {"output_config": {"format": {"type": "json_schema", "schema": schema}}} if schema else {}
        content = [{"type": "text", "text": PROMPT}]
        return {
            **common,
            "system": [{"type": "text", "text": "SYS"}],
            "messages": [{"role": "user", "content": content}],
            **form,
        }
    config = {"generationConfig": {"responseJsonSchema": schema}} if schema else {}
    instruction = {"parts": [{"text": "SYS"}]}
    return {"systemInstruction": instruction, "contents": [{"role": "user", "parts": [{"text": PROMPT}]}], **config}


def post(vendor: FakeVendor, dialect: str, *, stream: bool = True, **more: Any) -> tuple[int, bytes, dict[str, str]]:
    path = PATHS[dialect] if stream else PATHS[dialect].replace(":streamGenerateContent?alt=sse", ":generateContent")
    connection = http.client.HTTPConnection(urlsplit(vendor.url).netloc, timeout=5)
    try:
        connection.request("POST", path, json.dumps(body(dialect, stream=stream, **more)), {"x-api-key": "k"})
        response = connection.getresponse()
        return response.status, response.read(), dict(response.getheaders())
    finally:
        connection.close()


def text_of(dialect: str, raw: bytes) -> str:
    """The text a reader of the stream puts together."""
    said = []
    for line in raw.decode().splitlines():
        if not line.startswith("data: {"):
            continue
        event = json.loads(line[6:])
        if dialect == "openai-responses" and event["type"] == "response.output_text.delta":
            said.append(event["delta"])
        elif dialect == "openai-chat" and event.get("choices"):
            said.append(event["choices"][0]["delta"].get("content") or "")
        elif dialect == "anthropic" and event["type"] == "content_block_delta":
            said.append(event["delta"]["text"])
        elif dialect == "gemini" and "candidates" in event:
            said.append(event["candidates"][0]["content"]["parts"][0]["text"])
    return "".join(said)


@pytest.mark.parametrize("dialect", PATHS)
def test_every_dialect_gives_the_requirements_word_for_word(vendor: FakeVendor, dialect: str) -> None:
    """Whatever the dialect, the schema is found and the binding sentences come back verbatim."""
    _, raw, _ = post(vendor, dialect, schema=SCHEMA)
    items = json.loads(text_of(dialect, raw))["items"]
    assert [item["quote"] for item in items] == ["The supplier shall provide a fence.", "Prices must exclude VAT."]
    assert items[1]["kind"] == "price rule"
    assert vendor.asked[0].system == "SYS"
    assert vendor.asked[0].fenced == {"brief": TENDER.rstrip("\n")}


@pytest.mark.parametrize("dialect", PATHS)
def test_plain_answers_hold_the_same_prose_as_streams(vendor: FakeVendor, dialect: str) -> None:
    """Streamed or not, the prose has the four sections and cites what was shown."""
    _, raw, _ = post(vendor, dialect)
    text = text_of(dialect, raw)
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Understanding",
        "## Scope of work",
        "## Programme",
        "## Why us",
    ]
    assert "[R1]" in text
    assert "[R2]" in text
    assert "[R3]" not in text
    assert "[F1]" in text
    _, plain, _ = post(vendor, dialect, stream=False)
    assert "## Why us" in json.loads(plain).__repr__()


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize("fault", ["401", "404", "429", "500", "503", "529", "quota", "too_long"])
def test_errors_have_the_status_of_the_vendor(vendor: FakeVendor, dialect: str, fault: str) -> None:
    """An error is JSON with an `error` and the wait, as that vendor sends it."""
    vendor.answer = in_turn([Reply(fault=fault, retry_after="7")])
    status, raw, headers = post(vendor, dialect)
    assert status >= 400
    assert json.loads(raw)["error"]["message"]
    assert headers["retry-after"] == "7"
    assert post(vendor, dialect)[0] == 200


@pytest.mark.parametrize("dialect", PATHS)
def test_a_clean_cut_ends_without_a_finish_reason(vendor: FakeVendor, dialect: str) -> None:
    """Half the text arrives, the connection ends properly and nothing says that it is whole."""
    _, whole, _ = post(vendor, dialect)
    vendor.answer = lambda asked: Reply(text_of(dialect, whole), fault="clean_cut")
    _, raw, _ = post(vendor, dialect)
    assert 0 < len(text_of(dialect, raw)) < len(text_of(dialect, whole))
    for mark in (b'"stop"', b"end_turn", b"STOP", b"response.completed", b"message_stop", b"[DONE]"):
        assert mark not in raw


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize("stream", [True, False])
def test_a_cut_breaks_the_connection(vendor: FakeVendor, dialect: str, stream: bool) -> None:
    """A cut connection is an error for the client, never a short answer."""
    vendor.answer = lambda asked: Reply("word " * 100, fault="cut")
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        post(vendor, dialect, stream=stream)


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize(
    ("fault", "mark"), [("length", "length|max_|MAX_"), ("refusal", "refus|PROHIB"), ("overload", "overloaded")]
)
def test_bad_endings_are_marked_as_the_vendor_marks_them(
    vendor: FakeVendor, dialect: str, fault: str, mark: str
) -> None:
    """Length, refusal and an overload in mid-stream each carry the vendor's own mark."""
    vendor.answer = lambda asked: Reply("word " * 100, fault=fault)
    _, raw, _ = post(vendor, dialect)
    assert any(part in raw.decode() or part in raw.decode().lower() for part in mark.split("|"))


def test_a_stalled_connection_ends_when_the_vendor_stops() -> None:
    """A stall holds the client until the vendor stops; no thread is left."""
    with FakeVendor(answer=lambda asked: Reply("x", fault="stall")) as vendor:
        connection = http.client.HTTPConnection(urlsplit(vendor.url).netloc, timeout=0.2)
        connection.request("POST", "/v1/messages", json.dumps(body("anthropic")))
        with pytest.raises(TimeoutError):
            connection.getresponse()
        connection.close()
    assert vendor.calls[0].reply is not None


def test_only_listed_keys_are_accepted_when_keys_are_set(vendor: FakeVendor) -> None:
    """With `keys` set another key is rejected and counted as no call's answer."""
    vendor.keys = frozenset({"other"})
    assert post(vendor, "anthropic")[0] == 401
    vendor.keys = frozenset({"k"})
    assert post(vendor, "anthropic")[0] == 200


def test_lists_of_models_have_each_vendors_shape(vendor: FakeVendor) -> None:
    """OpenAI, Anthropic and Gemini list their own models; unknown paths are 404."""
    connection = http.client.HTTPConnection(urlsplit(vendor.url).netloc, timeout=5)
    got = []
    for path, headers in (
        ("/v1/models", {}),
        ("/v1/models", {"anthropic-version": "2023-06-01"}),
        ("/v1beta/models", {}),
        ("/nowhere", {}),
    ):
        connection.request("GET", path, headers=headers)
        got.append(json.loads(connection.getresponse().read()))
    connection.close()
    assert got[0]["data"][0]["id"] == "gpt-5"
    assert got[1]["data"][0]["id"] == "claude-sonnet-4-5"
    assert got[2]["models"][0]["name"] == "models/gemini-2.5-pro"
    assert got[3]["error"]
    assert vendor.calls == []


@pytest.mark.parametrize("mode", HOSTILE)
def test_hostile_modes_differ_from_the_good_answer(vendor: FakeVendor, mode: str) -> None:
    """Each hostile mode changes the prose or the data, or both."""
    good = [text_of("anthropic", post(vendor, "anthropic", schema=s)[1]) for s in (None, SCHEMA)]
    vendor.answer = hostile(mode)
    bad = [text_of("anthropic", post(vendor, "anthropic", schema=s)[1]) for s in (None, SCHEMA)]
    assert good != bad


def test_the_vendor_runs_as_a_program() -> None:
    """`python vendor.py --port 0` prints its address first and then the environment to use."""
    script = Path(__file__).with_name("vendor.py")
    with subprocess.Popen(
        [sys.executable, script, "--script", "proposal"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        assert process.stdout.readline().startswith("export OPENAI_API_KEY=")
        process.terminate()
