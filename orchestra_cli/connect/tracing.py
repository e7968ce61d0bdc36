"""Traces of runs over OTLP, when OTEL_EXPORTER_OTLP_ENDPOINT is set: one span a run, one a step, no content.

Attributes carry both the `gen_ai.*` names of OpenTelemetry and those of OpenInference. Money is that of our ledger.
A run with `--local` is not traced. A collector that does not answer costs a run at most a few seconds and never its
result.
"""

from __future__ import annotations

import logging
import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from orchestra_cli import __version__
from orchestra_cli.engine import events
from orchestra_cli.errors import UsageError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span

VARIABLE = "OTEL_EXPORTER_OTLP_ENDPOINT"
FLUSH_MS = 3000


def listener() -> Tracing | None:
    """A listener that sends spans, None when no collector is named. Raises UsageError when the extra is missing."""
    if not os.environ.get(VARIABLE):
        return None
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.exporter") is None:
        raise UsageError(
            f"{VARIABLE} is set, but this installation cannot send traces.",
            "pip install 'orchestra-recipes[otel]', or unset it. Nothing was sent.",
        )
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    # A collector that is down must not write over the picture of a run.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    return Tracing(OTLPSpanExporter(timeout=FLUSH_MS / 1000))


class Tracing:
    """Turns the events of a run into spans."""

    def __init__(self, exporter: SpanExporter) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        resource = Resource.create({"service.name": "orchestra", "service.version": __version__})
        self._provider: TracerProvider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("orchestra", __version__)
        self._run: Span | None = None
        self._steps: dict[str, Span] = {}

    def __call__(self, event: events.Event) -> None:
        """Take one event."""
        if isinstance(event, events.RunStarted):
            self._run = self._tracer.start_span(f"recipe {event.recipe}", attributes=_of_run(event))
        elif isinstance(event, events.StepStarted):
            self._step(event.step, event.model)
        elif isinstance(event, events.Attempted):
            self._step(event.step, event.model).add_event("attempt", {"gen_ai.request.model": event.model})
        elif isinstance(event, events.StepFinished):
            self._finish(event)
        elif isinstance(event, events.RunEnded):
            self._end(event)

    def _step(self, step: str, model: str) -> Span:
        if step not in self._steps:
            from opentelemetry.trace import set_span_in_context

            context = set_span_in_context(self._run) if self._run else None
            self._steps[step] = self._tracer.start_span(f"step {step}", context=context, attributes=_of_model(model))
        return self._steps[step]

    def _finish(self, event: events.StepFinished) -> None:
        span = self._step(event.step, event.model)
        span.set_attributes(_of_result(event))
        _set_status(span, event.status == "done", event.status)
        self._steps.pop(event.step).end()

    def _end(self, event: events.RunEnded) -> None:
        for span in self._steps.values():
            span.end()
        self._steps.clear()
        if self._run is not None:
            self._run.set_attributes({"orchestra.status": event.status, "orchestra.exit": event.exit})
            _set_status(self._run, event.exit in (0, 5), event.status)
            self._run.end()
        self._provider.force_flush(FLUSH_MS)
        self._provider.shutdown()


def _set_status(span: Span, ok: bool, words: str) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.set_status(Status(StatusCode.OK) if ok else Status(StatusCode.ERROR, words))


def _of_run(event: events.RunStarted) -> dict[str, Any]:
    return {
        "openinference.span.kind": "CHAIN",
        "orchestra.run": event.run,
        "orchestra.recipe": event.recipe,
        "orchestra.resumed": event.resumed,
    }


def _of_model(model: str) -> dict[str, Any]:
    provider, _, name = model.partition("/")
    if not name:
        return {"openinference.span.kind": "TOOL", "orchestra.played_by": model}
    return {
        "openinference.span.kind": "LLM",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": name,
        "llm.model_name": name,
    }


def _of_result(event: events.StepFinished) -> dict[str, Any]:
    found: dict[str, Any] = {
        "orchestra.step.status": event.status,
        "orchestra.attempts": event.attempts,
        "orchestra.from_journal": event.from_journal,
    }
    if event.cost_usd is not None:
        found["orchestra.cost_usd"] = str(event.cost_usd)
    if event.usage and event.usage.input is not None:
        found["gen_ai.usage.input_tokens"] = found["llm.token_count.prompt"] = event.usage.input
    if event.usage and event.usage.output is not None:
        found["gen_ai.usage.output_tokens"] = found["llm.token_count.completion"] = event.usage.output
    return found
