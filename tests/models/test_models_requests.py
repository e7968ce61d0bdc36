"""What each vendor is sent, to the letter."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from recordings import load

from orchestra_cli.models.catalogue import Catalogue, ModelCard
from orchestra_cli.models.dialects import anthropic, common, gemini, openai_chat, openai_responses
from orchestra_cli.models.providers import Provider, known
from orchestra_cli.models.wire import HttpRequest
from orchestra_cli.settings import Settings
from orchestra_cli.types import Call, Part

SCHEMA: Any = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "number"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
PARTS = (
    Part("brief", "The tender", "<brief 1>The tender</brief 1>"),
    Part("prices", "12.00", "<prices 1>12.00</prices 1>"),
)


def provider(name: str, **changes: Any) -> Provider:
    env = {"AZURE_OPENAI_BASE_URL": "https://acme.openai.azure.com"}
    return replace(known(Settings(), env)[name], **changes)


def call(model: str, **changes: Any) -> Call:
    return replace(Call(model, "draft", "write", "You write bids.", PARTS, "Write the scope.", 900), **changes)


def body(request: HttpRequest) -> dict[str, Any]:
    assert request.body is not None
    made: dict[str, Any] = json.loads(json.dumps(request.body))
    return made


def card(model: str) -> ModelCard:
    found = Catalogue.load().card(model)
    assert found is not None
    return found


def test_responses_prose() -> None:
    """Material first, the step last; streamed; nothing kept at the vendor; no sampling parameters."""
    request = openai_responses.request(call("openai/gpt-5"), provider("openai"), "sk-1")
    assert (request.method, request.url) == ("POST", "https://api.openai.com/v1/responses")
    assert request.headers == {"authorization": "Bearer sk-1"}
    assert "sk-1" not in repr(request)
    assert body(request) == {
        "model": "gpt-5",
        "instructions": "You write bids.",
        "input": [
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "<brief 1>The tender</brief 1>"},
                    {"type": "input_text", "text": "<prices 1>12.00</prices 1>"},
                    {"type": "input_text", "text": "Write the scope."},
                ],
            }
        ],
        "stream": True,
        "store": False,
        "max_output_tokens": 900,
    }


def test_responses_fields_have_the_shape_of_recorded_requests() -> None:
    """JSON schema, strict, as OpenAI and xAI were asked in recorded exchanges."""
    for name, who, model in (
        ("openai-responses-jsonschema-68600ee9", "openai", "openai/gpt-5-nano"),
        ("xai-responses-jsonschema-4715b2a7", "xai", "xai/grok-4.3"),
    ):
        recorded = load(name).request
        assert recorded is not None
        sent = body(openai_responses.request(call(model, schema=SCHEMA), provider(who), "k", card(model)))
        expected = recorded["body"]["text"]
        expected["format"]["name"] = "answer"
        assert sent["text"] == expected
        assert sent["model"] == recorded["body"]["model"]


def test_responses_search_says_where_the_user_is() -> None:
    """OpenAI takes the country as a field; xAI has none and is told in words."""
    asked = call("openai/gpt-5", search=True, country="GB")
    sent = body(openai_responses.request(asked, provider("openai"), "k"))
    assert sent["tools"] == [{"type": "web_search", "user_location": {"type": "approximate", "country": "GB"}}]
    sent = body(openai_responses.request(replace(asked, model="xai/grok-4.3"), provider("xai"), "k"))
    assert sent["tools"] == [{"type": "web_search"}]
    assert "country GB" in sent["input"][0]["content"][-1]["text"]


def test_chat_prose() -> None:
    """One system and one user message; the usage is asked for."""
    request = openai_chat.request(call("deepseek/deepseek-v4-pro"), provider("deepseek"), "sk-1")
    assert request.url == "https://api.deepseek.com/v1/chat/completions"
    assert body(request) == {
        "model": "deepseek-v4-pro",
        "messages": [
            {"role": "system", "content": "You write bids."},
            {
                "role": "user",
                "content": "<brief 1>The tender</brief 1>\n\n<prices 1>12.00</prices 1>\n\nWrite the scope.",
            },
        ],
        "stream": True,
        "max_tokens": 900,
        "stream_options": {"include_usage": True},
    }


def test_chat_fields_have_the_shape_of_recorded_requests() -> None:
    """As Mistral and OpenRouter were asked in recorded exchanges."""
    for name, who, model in (
        ("mistral-chat-jsonschema-571b4ad1", "mistral", "mistral/mistral-small-latest"),
        ("openrouter-chat-jsonschema-69e09118", "openrouter", "openrouter/anthropic/claude-haiku-4.5"),
    ):
        recorded = load(name).request
        assert recorded is not None
        expected = recorded["body"]["response_format"]
        schema = expected["json_schema"]["schema"]
        expected["json_schema"]["name"] = "answer"
        asked = provider(who, structured="json_schema")
        sent = body(openai_chat.request(call(model, schema=schema), asked, "k"))
        assert sent["response_format"] == expected
        assert sent["model"] == recorded["body"]["model"]


def test_models_without_schema_get_it_in_words() -> None:
    """DeepSeek takes only JSON mode, unknown servers nothing: the schema then stands in the prompt."""
    asked = call("deepseek/deepseek-v4-pro", schema=SCHEMA)
    sent = body(openai_chat.request(asked, provider("deepseek"), "k", card("deepseek/deepseek-v4-pro")))
    assert sent["response_format"] == {"type": "json_object"}
    assert sent["messages"][-1]["content"].endswith(common.SCHEMA_WORDS + json.dumps(SCHEMA))
    sent = body(openai_chat.request(replace(asked, model="together/x/y"), provider("together"), "k"))
    assert "response_format" not in sent
    assert sent["messages"][-1]["content"].endswith(json.dumps(SCHEMA))


def test_mistral_is_not_asked_for_usage_and_groq_has_another_limit_field() -> None:
    """Mistral refuses `stream_options` and sends the usage anyway; Groq and Azure call the limit differently."""
    assert "stream_options" not in body(openai_chat.request(call("mistral/x"), provider("mistral"), "k"))
    assert body(openai_chat.request(call("groq/x"), provider("groq"), "k"))["max_completion_tokens"] == 900


def test_search_over_chat() -> None:
    """Perplexity always searches unless told not to, OpenRouter has a plug-in, others cannot."""
    asked = call("perplexity/sonar", search=True, country="GB")
    sent = body(openai_chat.request(asked, provider("perplexity"), "k"))
    assert sent["web_search_options"] == {"user_location": {"country": "GB"}}
    assert sent["messages"][-1]["content"].endswith("Write the scope.")
    sent = body(openai_chat.request(replace(asked, country=""), provider("perplexity"), "k"))
    assert "web_search_options" not in sent
    assert body(openai_chat.request(call("perplexity/sonar"), provider("perplexity"), "k"))["disable_search"] is True
    sent = body(openai_chat.request(replace(asked, model="openrouter/a/b"), provider("openrouter"), "k"))
    assert sent["plugins"] == [{"id": "web"}]
    assert "country GB" in sent["messages"][-1]["content"]
    sent = body(openai_chat.request(replace(asked, model="groq/a"), provider("groq"), "k"))
    assert not {"plugins", "tools", "web_search_options"} & set(sent)


def test_azure_sends_its_own_key_header() -> None:
    """Azure takes the key as `api-key`, at the path of its v1 interface."""
    request = openai_chat.request(call("azure/my-deployment"), provider("azure"), "secret")
    assert request.url == "https://acme.openai.azure.com/openai/v1/chat/completions"
    assert request.headers == {"api-key": "secret"}


def test_anthropic_marks_the_last_of_the_material_for_the_cache() -> None:
    """System, material with one cache mark, the step after it."""
    request = anthropic.request(call("anthropic/claude-sonnet-4-5"), provider("anthropic"), "sk-ant")
    assert request.url == "https://api.anthropic.com/v1/messages"
    assert request.headers == {"x-api-key": "sk-ant", "anthropic-version": "2023-06-01"}
    assert body(request) == {
        "model": "claude-sonnet-4-5",
        "max_tokens": 900,
        "system": "You write bids.",
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "<brief 1>The tender</brief 1>"},
                    {
                        "type": "text",
                        "text": "<prices 1>12.00</prices 1>",
                        "cache_control": {"type": "ephemeral"},
                    },
                    {"type": "text", "text": "Write the scope."},
                ],
            }
        ],
        "stream": True,
    }


def test_anthropic_without_material_marks_nothing() -> None:
    """A step that reads nothing has nothing to cache."""
    sent = body(anthropic.request(call("anthropic/x", parts=(), system=""), provider("anthropic"), "k"))
    assert sent["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Write the scope."}]}]
    assert "system" not in sent


def test_anthropic_fields_have_the_shape_of_recorded_requests() -> None:
    """`output_config.format`, as recorded; with the search tool the schema stands in words (citations exclude it)."""
    recorded = load("anthropic-messages-jsonschema-4966f70c").request
    assert recorded is not None
    model = "anthropic/claude-haiku-4-5-20251001"
    sent = body(anthropic.request(call(model, schema=SCHEMA), provider("anthropic"), "k", card(model)))
    assert sent["output_config"] == recorded["body"]["output_config"]
    searching = call(model, schema=SCHEMA, search=True, country="GB")
    sent = body(anthropic.request(searching, provider("anthropic"), "k", card(model)))
    assert "output_config" not in sent
    assert sent["messages"][0]["content"][-1]["text"].endswith(json.dumps(SCHEMA))
    assert sent["tools"] == [
        {
            "type": "web_search_20250305",
            "name": "web_search",
            "max_uses": 5,
            "user_location": {"type": "approximate", "country": "GB"},
        }
    ]
    sent = body(anthropic.request(replace(searching, country=""), provider("anthropic"), "k"))
    assert "user_location" not in sent["tools"][0]


def test_gemini_prose() -> None:
    """The model in the URL, the key in a header and never in the URL."""
    request = gemini.request(call("gemini/gemini-2.5-pro"), provider("gemini"), "AIza")
    assert request.url == (
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse"
    )
    assert request.headers == {"x-goog-api-key": "AIza"}
    texts = ["<brief 1>The tender</brief 1>", "<prices 1>12.00</prices 1>", "Write the scope."]
    assert body(request) == {
        "contents": [{"role": "user", "parts": [{"text": text} for text in texts]}],
        "systemInstruction": {"parts": [{"text": "You write bids."}]},
        "generationConfig": {"maxOutputTokens": 900},
    }


def test_gemini_fields_and_search_have_the_shape_of_recorded_requests() -> None:
    """`responseJsonSchema`, and `google_search` with the country in words; not both at once."""
    recorded = load("gemini-generatecontent-jsonschema-a5a3ed4b").request
    assert recorded is not None
    asked = call("gemini/gemini-3-flash-preview", schema={"$schema": "x", **SCHEMA})
    sent = body(gemini.request(asked, provider("gemini"), "k"))
    assert sent["generationConfig"] == {**recorded["body"]["generationConfig"], "maxOutputTokens": 900}
    sent = body(gemini.request(replace(asked, search=True, country="GB"), provider("gemini"), "k"))
    assert sent["tools"] == [{"google_search": {}}]
    assert sent["generationConfig"] == {"maxOutputTokens": 900}
    assert "country GB" in sent["contents"][0]["parts"][-1]["text"]


def test_a_model_name_cannot_leave_the_path_of_gemini() -> None:
    """What stands in the URL is escaped."""
    request = gemini.request(call("gemini/../x?y=1#z"), provider("gemini"), "k")
    assert request.url.endswith("/models/..%2Fx%3Fy%3D1%23z:streamGenerateContent?alt=sse")


@pytest.mark.parametrize(
    ("module", "name", "model", "path"),
    [
        (openai_responses, "openai", "openai/gpt-4.1", ("max_output_tokens",)),
        (openai_chat, "mistral", "mistral/mistral-small-latest", ("max_tokens",)),
        (anthropic, "anthropic", "anthropic/claude-sonnet-4-5", ("max_tokens",)),
        (gemini, "gemini", "gemini/gemini-2.5-pro", ("generationConfig", "maxOutputTokens")),
    ],
)
def test_the_output_limit_is_never_above_what_the_model_writes(
    module: Any, name: str, model: str, path: tuple[str, ...]
) -> None:
    """Asked for ten million tokens, a model is asked for its own limit."""
    asked = call(model, max_output_tokens=10_000_000)
    value: Any = body(module.request(asked, provider(name), "k", card(model)))
    for key in path:
        value = value[key]
    assert value == card(model).max_output


@pytest.mark.parametrize("module", [openai_responses, openai_chat, anthropic, gemini])
def test_no_key_sends_no_key_header(module: Any) -> None:
    """A server of one's own that needs no key gets none."""
    headers = module.request(call("office/x"), provider("ollama"), "").headers
    assert not {"authorization", "x-api-key", "x-goog-api-key", "api-key"} & set(headers)


@pytest.mark.parametrize("module", [openai_responses, openai_chat, anthropic, gemini])
def test_untrusted_text_never_enters_a_system_message(module: Any) -> None:
    """Only the recipe author's words are system; material is the user's, inside its fences, before the step."""
    text = json.dumps(module.request(call("x/y"), provider("openai"), "k").body)
    assert text.index("You write bids.") >= 0
    assert text.index("The tender") < text.index("12.00") < text.index("Write the scope.")
    assert "You write bids.<" not in text
