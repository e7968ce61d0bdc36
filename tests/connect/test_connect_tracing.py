"""Traces: one span a run, one a step, kinds and counts but no content; nothing where no collector is named."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from support.vendor import FakeVendor

from orchestra_cli.connect import tracing
from orchestra_cli.engine import events
from orchestra_cli.errors import UsageError
from orchestra_cli.types import Usage


def play(exporter: InMemorySpanExporter) -> None:
    listen = tracing.Tracing(exporter)
    listen(events.RunStarted("7k2f", "proposal", "Acme", ("draft", "price"), None, resumed=False))
    listen(events.StepStarted("draft", "openai/gpt-5", "cheapest"))
    listen(events.Delta("draft", "draft", "SECRET TEXT"))
    listen(events.Attempted("draft", "openai/gpt-5", "asked to wait"))
    usage = Usage(input=120, output=30)
    done = events.StepFinished("draft", "done", "30 words", "openai/gpt-5", 1.0, Decimal("0.01"), usage, False, 2)
    listen(done)
    listen(events.StepFinished("price", "failed", "no", "computed", 0.0, None, None, False))
    listen(events.RunEnded("7k2f", "failed", 1))


def test_a_run_is_a_tree_of_spans() -> None:
    """Each step hangs below its run, with model, tokens and money."""
    exporter = InMemorySpanExporter()
    play(exporter)
    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert set(spans) == {"recipe proposal", "step draft", "step price"}
    draft, run = spans["step draft"], spans["recipe proposal"]
    assert draft.parent is not None
    assert draft.parent.span_id == run.context.span_id
    assert draft.attributes is not None
    assert draft.attributes["gen_ai.request.model"] == draft.attributes["llm.model_name"] == "gpt-5"
    assert draft.attributes["gen_ai.usage.input_tokens"] == draft.attributes["llm.token_count.prompt"] == 120
    assert draft.attributes["orchestra.cost_usd"] == "0.01"
    assert [event.name for event in draft.events] == ["attempt"]
    assert not run.status.is_ok
    assert spans["step price"].attributes["openinference.span.kind"] == "TOOL"  # type: ignore[index]


def test_no_content_leaves() -> None:
    """Neither texts nor the client's name stand in any span."""
    exporter = InMemorySpanExporter()
    play(exporter)
    written = " ".join(span.to_json() for span in exporter.get_finished_spans())
    assert "SECRET" not in written
    assert "Acme" not in written


def test_an_interrupted_run_closes_its_spans() -> None:
    """A step that never finished ends with its run."""
    exporter = InMemorySpanExporter()
    listen = tracing.Tracing(exporter)
    listen(events.StepStarted("draft", "openai/gpt-5"))
    listen(events.RunEnded("7k2f", "interrupted", 130))
    assert [span.name for span in exporter.get_finished_spans()] == ["step draft"]


def test_without_a_collector_nothing_listens(home: Path) -> None:
    """No variable, no listener, no import of the library."""
    assert tracing.listener() is None


def test_a_missing_extra_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable without the library is wrong use, with the fix."""
    monkeypatch.setenv(tracing.VARIABLE, "http://127.0.0.1:4318")
    monkeypatch.setattr(tracing, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match="cannot send traces") as caught:
        tracing.listener()
    assert "orchestra-recipes[otel]" in caught.value.advice


class Collector(BaseHTTPRequestHandler):
    """Takes what comes."""

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.slow
@pytest.mark.parametrize("up", [True, False])
def test_a_real_run_reports_to_a_collector(home: Path, tmp_path: Path, vendor: FakeVendor, up: bool) -> None:
    """Spans arrive over HTTP; a collector that is down costs the run nothing but a moment."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    server.bodies = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_port
    if not up:
        server.shutdown()
        server.server_close()
    environment = {**os.environ, **vendor.environment("openai"), tracing.VARIABLE: f"http://127.0.0.1:{port}"}
    command = [sys.executable, "-m", "orchestra_cli"]
    subprocess.run([*command, "init", "demo"], cwd=tmp_path, env=environment, check=True, capture_output=True)
    ran = subprocess.run(
        [*command, "proposal", "--client", "acme", "--yes"],
        cwd=tmp_path / "demo",
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode in (0, 5), ran.stderr
    if up:
        server.shutdown()
        server.server_close()
        sent = b"".join(server.bodies)  # type: ignore[attr-defined]
        assert b"step requirements" in sent
        assert b"recipe proposal" in sent
