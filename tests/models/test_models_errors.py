"""What a vendor's error means, whatever shape it comes in."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from recordings import all_recordings, load

from orchestra_cli.models import errors
from orchestra_cli.models.errors import classify
from orchestra_cli.types import CallFailed

RECORDED = {
    "anthropic-messages-err400-3259b048": "too_long",
    "anthropic-messages-err401-c73a631c": "key_rejected",
    "anthropic-messages-err404-e13ab489": "model_gone",
    "azure-chat-err404-bd6828bb": "model_gone",
    "azure-chat-err429-d9931645": "rate_limited",
    "deepseek-chat-err401-90325d02": "key_rejected",
    "gemini-generatecontent-err400-851fb10d": "key_rejected",
    "gemini-generatecontent-err404-0f1b4c8c": "model_gone",
    "gemini-generatecontent-err429-ba966117": "rate_limited",
    "groq-chat-err400-edbfb1d9": "bad_request",
    "groq-chat-err404-eeaf507e": "model_gone",
    "mistral-chat-err401-d9c156a9": "key_rejected",
    "ollama-chat-err400-70b4027d": "too_long",
    "ollama-chat-err404-cf944ea8": "model_gone",
    "openai-chat-err400-282e7a20": "bad_request",
    "openai-chat-err401-1ad1ac47": "key_rejected",
    "openai-chat-err404-02c9eb35": "model_gone",
    "openai-responses-err400-281677b6": "bad_request",
    "openai-responses-err400-94f4f55f": "too_long",
    "openai-responses-err401-3e28deef": "key_rejected",
    "openrouter-chat-err401-1f66a393": "key_rejected",
    "openrouter-chat-err429-fbb0e84d": "rate_limited",
    "perplexity-chat-err401-c132fcc0": "key_rejected",
    "vertex-generatecontent-err400-918024cf": "too_long",
    "vertex-generatecontent-err404-16f08e35": "model_gone",
}


def test_every_recorded_error_is_judged_here() -> None:
    """No recorded error is left out of the table above."""
    assert {each.id for each in all_recordings() if each.status >= 400} == set(RECORDED)


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_errors(name: str) -> None:
    """Each recorded error has its kind, its words, and is not billed."""
    recording = load(name)
    failure = recording.dialect.error(recording.status, recording.headers, recording.body, recording.provider)
    assert failure.kind == RECORDED[name]
    assert (failure.billed, failure.status, failure.provider) == ("no", recording.status, recording.provider)
    assert failure.words
    assert failure.words in failure.message


@pytest.mark.parametrize("name", ["gemini-generatecontent-err429-ba966117", "azure-chat-err429-d9931645"])
def test_a_429_that_no_waiting_can_cure_is_too_long(name: str) -> None:
    """Gemini and Azure answer 429 to a prompt that is longer than the model takes: to wait would loop for ever."""
    recording = load(name)
    sent = {"sent_tokens": 1_300_000, "window": 1_048_576}
    failure = recording.dialect.error(recording.status, recording.headers, recording.body, "x", **sent)
    assert failure.kind == "too_long"


def test_a_prompt_over_the_limit_a_minute_is_too_long() -> None:
    """Gemini states the limit that was hit; a prompt that alone is longer than it never fits."""
    recording = load("gemini-generatecontent-err429-ba966117")
    failure = classify(429, {}, recording.body, sent_tokens=1_000_001)
    assert failure.kind == "too_long"
    assert classify(429, {}, recording.body, sent_tokens=999_999).kind == "rate_limited"


def test_openai_says_itself_what_was_asked_for() -> None:
    """ "Limit 30000, Requested 41234" never fits; "Limit 30000, Used 29000, Requested 2000" fits later."""
    text = "Rate limit reached for gpt-5 on tokens per min (TPM): Limit 30000, Requested {}. Please try again in 6m0s."
    assert classify(429, {}, json.dumps({"error": {"message": text.format(41234)}})).kind == "too_long"
    later = classify(429, {}, json.dumps({"error": {"message": text.format(2000)}}))
    assert (later.kind, later.retry_after_s) == ("rate_limited", 360.0)


def test_gemini_says_how_long_to_wait_in_the_body() -> None:
    """RetryInfo holds the wait; there is no header."""
    recording = load("gemini-generatecontent-err429-ba966117")
    assert classify(429, recording.headers, recording.body).retry_after_s == 48.0


SHAPES = [
    ({"error": {"message": "Bad thing", "type": "invalid_request_error", "code": "x"}}, "Bad thing"),
    ({"type": "error", "error": {"type": "invalid_request_error", "message": "Bad thing"}}, "Bad thing"),
    ([{"error": {"code": 400, "message": "Bad thing", "status": "INVALID_ARGUMENT"}}], "Bad thing"),
    ({"error": "Bad thing"}, "Bad thing"),
    ({"code": "Client specified an invalid argument", "error": "Bad thing"}, "Bad thing"),
    ({"detail": "Bad thing"}, "Bad thing"),
    ({"detail": [{"loc": ["body", "x"], "msg": "Bad thing"}, "and another"]}, "Bad thing; and another"),
    ({"object": "error", "message": {"detail": [{"msg": "Bad thing"}]}}, "Bad thing"),
    ({"message": "Bad thing"}, "Bad thing"),
    ({"errors": [{"message": "Bad thing"}]}, "Bad thing"),
    ({"Message": "Bad thing"}, "Bad thing"),
    ("Bad thing", "Bad thing"),
    ({}, ""),
    ([], "[]"),
]


@pytest.mark.parametrize(("body", "words"), SHAPES)
def test_seven_shapes_of_body_say_the_same(body: object, words: str) -> None:
    """Whatever the shape, the vendor's sentence is found."""
    failure = classify(400, {}, json.dumps(body), provider="acme")
    assert (failure.kind, failure.words) == ("bad_request", words)
    assert failure.message.startswith("acme does not accept our request (HTTP 400)")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, "{}", "server"),
        (502, "<html><h1>Bad   gateway</h1></html>", "server"),
        (503, "", "server"),
        (529, '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', "server"),
        (504, "upstream timed out", "server"),
        (408, "", "server"),
        (413, '{"error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}', "too_long"),
        (413, "<html>Payload Too Large</html>", "too_long"),
        (500, '{"error":{"message":"This model\'s maximum context length is 8192 tokens"}}', "too_long"),
        (402, '{"error":{"message":"Insufficient Balance"}}', "quota"),
        (429, '{"error":{"type":"insufficient_quota","code":"insufficient_quota","message":"x"}}', "quota"),
        (429, '{"error":{"message":"You exceeded your current quota, please check your plan and billing"}}', "quota"),
        (
            429,
            '{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed"}}',
            "rate_limited",
        ),
        (400, '{"error":{"message":"Your credit balance is too low to access the API"}}', "quota"),
        (403, '{"error":"You have exceeded your monthly included credits"}', "quota"),
        (403, '{"error":{"message":"Country, region, or territory not supported"}}', "key_rejected"),
        (
            403,
            '{"error":{"message":"Project does not have access to model gpt-5", "code":"model_not_found"}}',
            "model_gone",
        ),
        (403, '{"error":{"message":"Violates our usage policies"}}', "refused"),
        (400, '{"code":"x","error":"Incorrect API key provided: xa***. Obtain one at the console."}', "key_rejected"),
        (400, '{"error":{"code":"model_not_found","message":"The requested model does not exist."}}', "model_gone"),
        (400, '{"error":{"message":"mistral-9 is not a valid model ID"}}', "model_gone"),
        (400, '{"error":{"code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}', "refused"),
        (400, '{"error":{"code":"invalid_prompt","message":"flagged as potentially violating"}}', "refused"),
        (400, '{"error":{"code":"string_above_max_length","message":"Expected a shorter string"}}', "too_long"),
        (400, '{"error":{"message":"thinking.budget_tokens must be at least 1024"}}', "bad_request"),
        (422, '{"detail":[{"msg":"Extra inputs are not permitted"}]}', "bad_request"),
    ],
)
def test_what_a_status_and_its_words_mean(status: int, body: str, kind: str) -> None:
    """The same status means different things; the words decide."""
    assert classify(status, {}, body).kind == kind


NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "1", "retry-after-ms": "0"}, 1.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sat, 21 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "2m"}, 120.0),
        ({"retry-after": "soon"}, 0.0),
        ({}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, milliseconds, dates and spans; the longest of what was told."""
    assert classify(429, headers, "{}", now=NOW).retry_after_s == seconds


def test_a_wait_of_days_is_a_spending_limit_in_disguise() -> None:
    """A retry-after of a day or more means money, not patience."""
    assert classify(429, {"retry-after": "864000"}, "{}").kind == "quota"
    assert classify(429, {"retry-after": "3600"}, "{}").kind == "rate_limited"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("6m0s", 360.0), ("1h2m3.5s", 3723.5), ("120ms", 0.12), ("7", 7.0), ("", None), ("soon", None)],
)
def test_spans(text: str, seconds: float | None) -> None:
    """Vendors write spans of time in their own ways."""
    assert errors.span(text) == seconds


def test_vendors_words_are_cleaned() -> None:
    """Terminal escapes, direction marks and line ends are taken out; long texts are cut."""
    body = json.dumps({"error": {"message": "\x1b[31mred\x1b[0m\nand \u202ehidden\x07 " + "x" * 900}})
    words = classify(400, {}, body).words
    assert words.startswith("red and hidden xxx")
    assert len(words) == errors.WORDS_AT_MOST


def test_the_vendors_id_of_the_exchange_is_kept() -> None:
    """Whatever the header is called."""
    for name in errors.REQUEST_ID_HEADERS:
        assert classify(500, {name: "req_1"}, "{}").request_id == "req_1"


def test_a_gateway_time_out_may_be_billed() -> None:
    """504 comes from a gateway that had sent the request on."""
    failure = classify(504, {}, "")
    assert isinstance(failure, CallFailed)
    assert failure.billed == "maybe"
