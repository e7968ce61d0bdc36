"""What recorded answers mean: every quirk of every vendor, on what it really sent."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from recordings import all_recordings, events, load, plains, read, read_plain, streams

from orchestra_cli.models.dialects import anthropic, gemini, openai_chat, openai_responses
from orchestra_cli.models.wire import SseEvent
from orchestra_cli.types import Answer, CallFailed, Usage

# input, output, cached, cache_write, reasoning, searches as the vendor's own usage object says
WHOLE = {
    "anthropic-messages-citations-stream-6f32f77c": ("The latest stable", Usage(9447, 114, searches=1), None),
    "anthropic-messages-jsonschema-stream-30473d44": ('{"name": "Luna"', Usage(231, 101), None),
    "anthropic-messages-reasoning-stream-17220581": ("I'd ask:", Usage(80, 638, reasoning=353), None),
    "anthropic-messages-stream-e2c0ce6c": ("The weather in Paris", Usage(934, 53), None),
    "anthropic-messages-cached-085e7281": ("According to CRAN", Usage(13947, 155, 2836, 11107, 26, 1), None),
    "azure-chat-stream-5cb8fffc": ("**Ruby** is the best", Usage(377, 69, 377), None),
    "azure-responses-stream-1f8f6850": ("4", Usage(18, 120, reasoning=64), None),
    "deepseek-chat-reasoning-stream-3476d1f0": ("2024-01-01", Usage(368, 19, 256, reasoning=12), None),
    "deepseek-chat-jsonmode-ea03f2e5": ('{\n  "result": 8\n}', Usage(44, 9), None),
    "gemini-generatecontent-citations-stream-76ea2338": ("According to", Usage(1737, 294, reasoning=250), None),
    "gemini-generatecontent-stream-3faaaf2b": ("To see your future", Usage(44, 1510, reasoning=902), None),
    "gemini-generatecontent-citations-be175203": ("The latest", Usage(83, 139, reasoning=109, searches=1), None),
    "gemini-generatecontent-cached-74e95764": ("The latest", Usage(568, 1332, 217, reasoning=1027, searches=3), None),
    "gemini-generatecontent-jsonschema-stream-ac2209c3": ('{"name":"Carol"', Usage(16, 606, reasoning=552), None),
    "groq-chat-stream-2d99968b": ("A joke about", Usage(18, 73), None),
    "huggingface-chat-stream-4ac9cedb": ("The person's name", Usage(200, 9), None),
    "mistral-chat-stream-16e68f8c": ("144", Usage(31, 66), None),
    "mistral-chat-reasoning-stream-e2490ca1": ("2 + 2 = 4", Usage(10, 46), None),
    "mistral-chat-reasoning-4f382034": ("144", Usage(31, 66), None),
    "ollama-chat-stream-0cd5320a": ("The current weather", Usage(380, 45), None),
    "openai-chat-jsonschema-stream-4425f578": ('{"author":', Usage(156, 820, reasoning=768), None),
    "openai-chat-stream-f86b5384": ("Hi! How can I help?", Usage(7, 10), None),
    "openai-responses-stream-9c59a175": ("Berlin", Usage(458, 306, reasoning=256), None),
    "openai-responses-citations-stream-84684f79": ("Here is the release", Usage(17508, 201, searches=1), None),
    "openai-responses-cachewrite-33c3e410": ("1889", Usage(8576, 52, 0, 4418, 32, 1), None),
    "openai-responses-cached-4a264c7b": ("OK", Usage(4565, 5, 4352), None),
    "openrouter-chat-stream-cost-5732e2ef": ("The current weather", Usage(754, 28), "0.000894"),
    "openrouter-chat-plain-cost-1e275535": ("The latest", Usage(16924, 485, reasoning=449, searches=3), "0.066407"),
    "perplexity-chat-stream-citations-6921b974": ("The current population", Usage(10, 336), None),
    "perplexity-chat-stream-citations-db826b2d": ("1 2 3", Usage(8, 5), "0.00501"),
    "perplexity-chat-plain-citations-3937b73e": ("**Ruby** is a", Usage(8, 178), "0.00519"),
    "vertex-generatecontent-stream-c6a423a6": ("To see my future", Usage(43, 1375, reasoning=757), None),
    "xai-chat-stream-061affe6": ("Olá!", Usage(213, 200, 192, reasoning=198), "0.00030804"),
    "xai-responses-stream-678cc07e": ("The current weather", Usage(731, 109, 576, reasoning=77), "0.00058145"),
    "xai-responses-citations-496bd8fa": ("**The latest", Usage(5913, 364, 2048, 0, 263, 2), "0.01615085"),
    "zai-chat-stream-7f671818": ("I've calculated", Usage(395, 79, 251, reasoning=41), None),
}
FAILED = {
    "anthropic-messages-incomplete-8d5a5629": "cut",
    "anthropic-messages-refusal-6e9832f5": "refused",
    "anthropic-messages-truncated-d159faec": "truncated",
    "azure-chat-refusal-9b0a50cf": "refused",
    "gemini-generatecontent-truncated-d1c3a2aa": "truncated",
    "huggingface-chat-truncated-29041f7a": "truncated",
    "mistral-chat-truncated-520dfc93": "truncated",
    "openai-chat-refusal-bcd54a56": "refused",
    "openai-chat-truncated-846b2e82": "truncated",
    "openai-responses-stream-error-ed95626b": "quota",
    "openai-responses-truncated-55f85d13": "truncated",
    "openrouter-chat-cachewrite-ffc9412d": "truncated",
    "openrouter-chat-truncated-09d40383": "truncated",
}


def outcome(name: str) -> Answer | CallFailed:
    recording = load(name)
    return read(recording) if recording.sse else read_plain(recording)


@pytest.mark.parametrize("name", WHOLE)
def test_whole_answers_are_read_with_their_usage_and_cost(name: str) -> None:
    """Text without thoughts, usage with cached and thinking tokens inside, the model that served, the stated price."""
    start, usage, cost = WHOLE[name]
    answer = outcome(name)
    assert isinstance(answer, Answer)
    assert answer.text.startswith(start)
    assert answer.usage == usage
    assert answer.cost_usd == (None if cost is None else Decimal(cost))
    assert answer.model
    assert answer.provider == load(name).provider


@pytest.mark.parametrize("name", FAILED)
def test_half_answers_are_failures_with_a_name(name: str) -> None:
    """Truncated, refused, paused and failed answers come with status 200 and are never answers."""
    failure = outcome(name)
    assert isinstance(failure, CallFailed)
    assert failure.kind == FAILED[name]


@pytest.mark.parametrize("name", [each.id for each in all_recordings() if "tool" in each.case and each.status == 200])
def test_a_tool_that_nobody_offered_is_no_answer(name: str) -> None:
    """We offer no tools of our own: a call of one, even after some words, is not what was asked for."""
    recording, result = load(name), outcome(name)
    asked_for = (
        b'"tool_calls": [{' in recording.body or b"functionCall" in recording.body or b"tool_use" in recording.body
    )
    if asked_for or b"tool" in recording.sse[-900:]:
        assert isinstance(result, CallFailed)
        assert (result.kind, result.billed) == ("invalid", "yes")


@pytest.mark.parametrize("name", [name for name in streams() if FAILED.get(name) != "quota"])
def test_a_stream_cut_at_any_event_is_never_an_answer(name: str) -> None:
    """No finish reason is not an answer: every beginning of every stream is cut, and what had come is kept.

    The one cut that loses nothing is that of the "[DONE]" line after finish reason and usage: some servers send none.
    """
    recording = load(name)
    found = [event for event in events(recording.sse) if event.data != "[DONE]"]
    shown, reader = "", recording.dialect.Reader(recording.provider)
    step = max(1, len(found) // 100)
    for end, event in enumerate(found):
        if end % step == 0 or end > len(found) - 5:
            failure = read(recording, found[:end])
            assert isinstance(failure, CallFailed), f"cut before event {end}"
            assert (failure.kind, failure.billed, failure.partial) == ("cut", "yes", shown)
        shown += reader.feed(event)


@pytest.mark.parametrize("name", [name for name in streams() if name in WHOLE])
def test_the_deltas_are_the_text(name: str) -> None:
    """What was shown piece by piece is what the answer holds."""
    recording = load(name)
    reader = recording.dialect.Reader(recording.provider)
    shown = "".join(reader.feed(event) for event in events(recording.sse))
    assert shown == reader.finish().text


@pytest.mark.parametrize("name", [name for name in streams() if FAILED.get(name) != "quota"])
def test_the_last_event_broken_anywhere_is_never_an_answer(name: str) -> None:
    """A stream that ends in the middle of its closing event has no finish reason yet."""
    recording = load(name)
    found = [event for event in events(recording.sse) if event.data != "[DONE]"]
    decisive = _decisive(recording.id, found)
    broken = SseEvent(found[decisive].event, found[decisive].data[:-1])
    failure = read(recording, [*found[:decisive], broken])
    assert isinstance(failure, CallFailed)
    assert failure.kind == "cut"


def _decisive(name: str, found: list[SseEvent]) -> int:
    """The first event after which the outcome is no longer a cut."""
    recording = load(name)
    for end in range(1, len(found) + 1):
        result = read(recording, found[:end])
        if isinstance(result, Answer) or result.kind != "cut":
            return end - 1
    return len(found) - 1


@pytest.mark.parametrize("name", plains())
def test_a_plain_body_cut_anywhere_is_never_an_answer(name: str) -> None:
    """Half a JSON body is a cut answer."""
    recording = load(name)
    for end in (1, len(recording.body) // 2, len(recording.body) - 1):
        with pytest.raises(CallFailed) as caught:
            recording.dialect.read_plain(recording.body[:end], "x")
        assert caught.value.kind == "cut"


def test_anthropic_counts_are_cumulative_and_not_added() -> None:
    """`message_start` says 2225 and 25, the last `message_delta` 9447 and 114: the last ones count."""
    answer = outcome("anthropic-messages-citations-stream-6f32f77c")
    assert isinstance(answer, Answer)
    assert (answer.usage.input, answer.usage.output) == (9447, 114)


def test_fields_are_parsed_when_they_were_asked_for() -> None:
    """With `wants_data` a JSON answer comes as data; anything else is left to whoever checks the fields."""
    recording = load("gemini-generatecontent-jsonschema-a5a3ed4b")
    assert gemini.read_plain(recording.body, wants_data=True).data == {"name": "Alice", "age": 28}
    prose = load("openai-chat-plain-5e0ac07e")
    assert openai_chat.read_plain(prose.body, wants_data=True).data is None


@pytest.mark.parametrize(
    ("name", "count", "first"),
    [
        ("anthropic-messages-cached-085e7281", 8, "https://tidyverse.org/blog/2025/09/ggplot2-4-0-0/"),
        ("openai-responses-citations-c49e5255", 1, "https://www.ruby-lang.org/en/downloads/?utm_source=openai"),
        ("perplexity-chat-plain-citations-3937b73e", 6, "https://en.wikipedia.org/wiki/Ruby_(programming_language)"),
        ("perplexity-chat-stream-citations-6921b974", 7, "https://populationstat.com/united-states/san-francisco"),
        ("openrouter-chat-citations-26d65aa9", 10, "https://en.wikipedia.org/wiki/Ruby_(programming_language)"),
        ("gemini-generatecontent-citations-be175203", 3, "https://vertexaisearch.cloud.google.com/"),
        ("xai-responses-citations-496bd8fa", 1, "https://www.ruby-lang.org/"),
    ],
)
def test_sources_of_every_vendor_look_alike(name: str, count: int, first: str) -> None:
    """Numbered from 1 in order of appearance, each address once, with the provider that found it."""
    answer = outcome(name)
    assert isinstance(answer, Answer)
    assert [source.n for source in answer.sources] == list(range(1, count + 1))
    assert len({source.url for source in answer.sources}) == count
    assert answer.sources[0].url.startswith(first)
    assert {source.provider for source in answer.sources} == {answer.provider}


def test_sources_keep_title_date_and_quote() -> None:
    """What the vendor tells of a page is kept: Perplexity its date and snippet, Gemini the words it supports."""
    perplexity = outcome("perplexity-chat-plain-citations-3937b73e")
    assert isinstance(perplexity, Answer)
    source = perplexity.sources[0]
    assert (source.title, source.date) == ("Ruby (programming language) - Wikipedia", "2001-10-17")
    assert source.quote.startswith("Ruby is a general-purpose")
    google = outcome("gemini-generatecontent-citations-be175203")
    assert isinstance(google, Answer)
    assert google.sources[0].title == "ruby-lang.org"


def failure_of(reader: Any, *found: object) -> CallFailed:
    """The failure that these JSON events (or raw texts) are."""

    def feed_all() -> None:
        for each in found:
            reader.feed(SseEvent("", each if isinstance(each, str) else json.dumps(each)))
        reader.finish()

    with pytest.raises(CallFailed) as caught:
        feed_all()
    return caught.value


def test_a_blocked_prompt_of_gemini_is_refused() -> None:
    """Status 200, no candidate, a block reason."""
    failure = failure_of(gemini.Reader("gemini"), {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})
    assert (failure.kind, failure.words) == ("refused", "the prompt was blocked: PROHIBITED_CONTENT")


@pytest.mark.parametrize("reason", ["SAFETY", "RECITATION", "SPII", "SOMETHING_NEW"])
def test_other_ends_of_gemini_are_refusals(reason: str) -> None:
    """Only STOP and MAX_TOKENS are ends of an answer; every other reason is the vendor's no, with its word."""
    candidate = {"content": {"parts": [{"text": "Half"}]}, "finishReason": reason}
    failure = failure_of(gemini.Reader("gemini"), {"candidates": [candidate]})
    assert failure.kind == "refused"
    assert reason in failure.words


def test_content_filter_and_refusal_of_responses() -> None:
    """An incomplete response may be filtered, a completed one may hold a refusal."""
    filtered = {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}, "output": []}
    event = {"type": "response.incomplete", "response": filtered}
    assert failure_of(openai_responses.Reader("openai"), event).kind == "refused"
    content = [{"type": "refusal", "refusal": "I cannot help."}]
    refused = {"status": "completed", "output": [{"type": "message", "content": content}]}
    failure = failure_of(openai_responses.Reader("openai"), {"type": "response.completed", "response": refused})
    assert (failure.kind, failure.words) == ("refused", "I cannot help.")


DELTAS = {
    "anthropic": {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Half an"}},
    "openai_chat": {"choices": [{"delta": {"content": "Half an"}}]},
    "openai_responses": {"type": "response.output_text.delta", "delta": "Half an"},
    "gemini": {"candidates": [{"content": {"parts": [{"text": "Half an"}]}}]},
}
OVERLOADS = {
    "anthropic": {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
    "openai_chat": {"error": {"message": "Upstream overloaded", "code": 502}},
    "openai_responses": {"type": "error", "code": "server_error", "message": "The server had an error"},
    "gemini": {"error": {"code": 503, "status": "UNAVAILABLE", "message": "The model is overloaded."}},
}
MODULES = {"anthropic": anthropic, "openai_chat": openai_chat, "openai_responses": openai_responses, "gemini": gemini}


@pytest.mark.parametrize("name", MODULES)
def test_an_overload_before_any_text_is_the_server_out_of_order(name: str) -> None:
    """An error event as the first event is what the same error with a status line would be."""
    failure = failure_of(MODULES[name].Reader("x"), OVERLOADS[name])
    assert (failure.kind, failure.billed) == ("server", "no")


@pytest.mark.parametrize("name", MODULES)
def test_an_overload_in_the_middle_of_the_text_is_a_cut_that_is_billed(name: str) -> None:
    """Once text had come, the answer is cut; the text is kept for a person, the vendor's words for the message."""
    failure = failure_of(MODULES[name].Reader("x"), DELTAS[name], OVERLOADS[name])
    assert (failure.kind, failure.billed, failure.partial) == ("cut", "yes", "Half an")
    assert failure.words


@pytest.mark.parametrize("name", MODULES)
def test_an_answer_without_a_word_is_no_answer(name: str) -> None:
    """A finish reason alone is not enough."""
    empty = {
        "anthropic": [{"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, {"type": "message_stop"}],
        "openai_chat": [{"choices": [{"delta": {"content": "  "}, "finish_reason": "stop"}]}, "[DONE]"],
        "openai_responses": [{"type": "response.completed", "response": {"status": "completed", "output": []}}],
        "gemini": [{"candidates": [{"finishReason": "STOP"}]}],
    }[name]
    failure = failure_of(MODULES[name].Reader("x"), *empty)
    assert failure.kind == "cut"
    assert "without a word" in failure.message


@pytest.mark.parametrize("name", MODULES)
def test_what_is_no_json_object_is_passed_over(name: str) -> None:
    """Comments, numbers and half lines in the data are no events; the answer is then simply not whole."""
    assert failure_of(MODULES[name].Reader("x"), "hello", "7", '{"broken', "[1]").kind == "cut"


@pytest.mark.parametrize("name", MODULES)
def test_a_body_that_is_json_but_no_answer_is_a_cut(name: str) -> None:
    """A list, a number or an empty object is no answer either."""
    for body in (b"[]", b"7", b"{}"):
        with pytest.raises(CallFailed) as caught:
            MODULES[name].read_plain(body, "x")
        assert caught.value.kind == "cut"


@pytest.mark.parametrize("name", MODULES)
def test_usage_that_is_not_stated_is_unknown_and_never_zero(name: str) -> None:
    """An empty usage object says nothing: unknown counts must not cost nothing."""
    bodies = {
        "anthropic": {"content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn", "usage": {"x": 1}},
        "openai_chat": {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}], "usage": {"x": 1}},
        "openai_responses": {
            "status": "completed",
            "output": [{"content": [{"type": "output_text", "text": "Hi"}]}],
            "usage": {"x": 1},
        },
        "gemini": {
            "candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}],
            "usageMetadata": {"trafficType": "ON_DEMAND"},
        },
    }
    answer = MODULES[name].read_plain(json.dumps(bodies[name]), "x")
    assert (answer.usage.input, answer.usage.output) == (None, None)


def test_a_quota_error_in_a_stream_of_chat_is_a_quota() -> None:
    """Codes of errors inside streams tell what their status would have been."""
    inner = {"error": {"type": "insufficient_quota", "message": "You exceeded your current quota", "code": None}}
    assert failure_of(openai_chat.Reader("x"), inner).kind == "quota"
    limited = {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}
    assert failure_of(openai_chat.Reader("x"), limited).kind == "rate_limited"
    assert failure_of(openai_chat.Reader("x"), {"error": {"code": "429", "message": "slow"}}).kind == "rate_limited"
    assert failure_of(openai_chat.Reader("x"), {"error": "invalid something"}).kind == "server"


def test_own_key_at_openrouter_adds_what_the_vendor_bills() -> None:
    """With an own key at the vendor `cost` is only OpenRouter's fee; without the vendor's figure it is unknown."""
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2, "cost": 0.001, "is_byok": True}
    choice = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}
    body = {**choice, "usage": {**usage, "cost_details": {"upstream_inference_cost": 0.02}}}
    assert openai_chat.read_plain(json.dumps(body), "openrouter").cost_usd == Decimal("0.021")
    assert openai_chat.read_plain(json.dumps({**choice, "usage": usage}), "openrouter").cost_usd is None


@pytest.mark.parametrize("cost", [True, "free", float("nan"), -1, None])
def test_a_price_that_is_none_is_unknown(cost: object) -> None:
    """Only a real amount is a price."""
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2, "cost": cost}
    body = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}], "usage": usage}
    assert openai_chat.read_plain(json.dumps(body), "openrouter").cost_usd is None


def test_the_finished_text_of_responses_counts() -> None:
    """When the finished response holds more than what was shown, its text is the answer and the rest is shown too."""
    reader = openai_responses.Reader("openai")
    shown = reader.feed(SseEvent("", json.dumps(DELTAS["openai_responses"])))
    done = {"status": "completed", "output": [{"content": [{"type": "output_text", "text": "Half an answer"}]}]}
    shown += reader.feed(SseEvent("", json.dumps({"type": "response.completed", "response": done})))
    assert shown == reader.finish().text == "Half an answer"
