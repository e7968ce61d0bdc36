"""Providers are data; where they are, and whether they are on this computer, is decided here."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest

from orchestra_cli.errors import InputError
from orchestra_cli.models import providers
from orchestra_cli.models.providers import base_url, known, ollama_url, reachable_models, usable
from orchestra_cli.settings import Settings

OFFICE = {"base_url": "http://127.0.0.1:8080/v1", "region": "uk"}


def of(**entries: Any) -> Settings:
    return Settings(providers=entries)


@pytest.mark.parametrize(
    ("raw", "dialect", "expected"),
    [
        ("https://gw.example", "openai-chat", "https://gw.example/v1"),
        ("https://gw.example/", "openai-responses", "https://gw.example/v1"),
        ("https://gw.example//", "anthropic", "https://gw.example/v1"),
        ("https://gw.example", "gemini", "https://gw.example/v1beta"),
        ("https://gw.example/v1", "openai-chat", "https://gw.example/v1"),
        ("https://gw.example/v1/", "openai-chat", "https://gw.example/v1"),
        ("https://gw.example/v1/v1", "openai-chat", "https://gw.example/v1"),
        ("https://gw.example/v1//v1/", "anthropic", "https://gw.example/v1"),
        ("https://gw.example/v1beta/v1beta", "gemini", "https://gw.example/v1beta"),
        ("https://gw.example/v1", "gemini", "https://gw.example/v1"),
        ("https://gw.example//v1", "openai-chat", "https://gw.example/v1"),
        ("https://gw.example/openai", "openai-chat", "https://gw.example/openai"),
        ("https://gw.example/team-a/v1/v1", "openai-chat", "https://gw.example/team-a/v1"),
        ("https://gw.example/v1/v11", "openai-chat", "https://gw.example/v1/v11"),
        ("https://gw.example/v1/v2", "openai-chat", "https://gw.example/v1/v2"),
        ("http://127.0.0.1:8080", "openai-chat", "http://127.0.0.1:8080/v1"),
        ("http://[::1]:8080/", "openai-chat", "http://[::1]:8080/v1"),
        ("gw.example", "openai-chat", "https://gw.example/v1"),
        ("gw.example:8443/x", "openai-chat", "https://gw.example:8443/x"),
        ("  https://gw.example  ", "openai-chat", "https://gw.example/v1"),
        ("https://user:pw@gw.example", "openai-chat", "https://user:pw@gw.example/v1"),
        ("https://gw.example/v1?x=1#y", "openai-chat", "https://gw.example/v1"),
        ("https://acme.openai.azure.com/", "openai-chat", "https://acme.openai.azure.com/openai/v1"),
        ("https://acme.services.ai.azure.com/models", "openai-chat", "https://acme.services.ai.azure.com/models"),
    ],
)
def test_base_urls(raw: str, dialect: str, expected: str) -> None:
    """An empty path gets the dialect's own, other paths are kept, doubled versions and slashes are cut."""
    assert base_url(raw, dialect) == expected


def test_the_vendors_own_host_gets_the_vendors_own_path() -> None:
    """Perplexity and Groq do not live under /v1."""
    assert (
        base_url("https://api.perplexity.ai", "openai-chat", "https://api.perplexity.ai") == "https://api.perplexity.ai"
    )
    own = "https://api.groq.com/openai/v1"
    assert base_url("https://api.groq.com/", "openai-chat", own) == own


@pytest.mark.parametrize(
    "raw", ["ftp://gw.example", "https://", "http:///v1", "https://[x", "http://x:port", "http://x:0"]
)
def test_what_is_no_web_address_is_refused(raw: str) -> None:
    """The message names where it stands."""
    with pytest.raises(InputError, match="OPENAI_BASE_URL"):
        known(Settings(), {"OPENAI_BASE_URL": raw})


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("10.0.0.5", "http://10.0.0.5:11434"),
        ("box:9999", "http://box:9999"),
        (":9999", "http://127.0.0.1:9999"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("http://[::]:11434", "http://[::1]:11434"),
        ("https://box", "https://box:443"),
        ("http://box", "http://box:80"),
        ("http://box:1234/ollama", "http://box:1234/ollama"),
    ],
)
def test_ollama_host_is_read_as_ollama_reads_it(raw: str, expected: str) -> None:
    """Host, port, both or an address; "everywhere" means this computer."""
    assert ollama_url(raw) == expected


def test_an_ollama_host_that_is_no_address_is_refused() -> None:
    """The message names the variable."""
    with pytest.raises(InputError, match="OLLAMA_HOST"):
        known(Settings(), {"OLLAMA_HOST": "http://box:port"})


def test_every_vendor_of_the_design_is_known() -> None:
    """Names, dialects and the vendors' own variables."""
    found = known(Settings(), {"AZURE_OPENAI_ENDPOINT": "https://acme.openai.azure.com"})
    assert {name: each.env_names for name, each in found.items() if each.needs_key} == {
        "openai": ("OPENAI_API_KEY",),
        "anthropic": ("ANTHROPIC_API_KEY",),
        "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        "perplexity": ("PERPLEXITY_API_KEY",),
        "xai": ("XAI_API_KEY",),
        "mistral": ("MISTRAL_API_KEY",),
        "deepseek": ("DEEPSEEK_API_KEY",),
        "groq": ("GROQ_API_KEY",),
        "openrouter": ("OPENROUTER_API_KEY",),
        "together": ("TOGETHER_API_KEY",),
        "huggingface": ("HF_API_KEY", "HF_TOKEN"),
        "azure": ("AZURE_OPENAI_API_KEY",),
    }
    assert found["azure"].base_url == "https://acme.openai.azure.com/openai/v1"
    assert found["azure"].base_url_env == "AZURE_OPENAI_ENDPOINT"
    assert all(each.dialect in (*providers.DIALECTS, "embedded") for each in found.values())


def test_azure_without_an_address_is_no_provider() -> None:
    """Azure has no address of its own."""
    assert "azure" not in known(Settings(), {"AZURE_OPENAI_API_KEY": "x"})


def test_the_environment_moves_a_vendor_and_keeps_it_a_vendor() -> None:
    """A gateway or test server stands in, even on loopback, but price, policy and --local still see the vendor."""
    found = known(Settings(), {"OPENAI_BASE_URL": "http://127.0.0.1:9999"})["openai"]
    assert (found.base_url, found.base_url_env) == ("http://127.0.0.1:9999/v1", "OPENAI_BASE_URL")
    assert (found.on_computer, found.region, found.vendor) == (False, "us", "openai")


def test_a_base_url_without_its_key_makes_no_provider() -> None:
    """Only a key, or needing none, makes a provider usable."""
    found = known(of(office=OFFICE), {"OPENAI_BASE_URL": "http://127.0.0.1:9999"})
    assert "openai" not in usable(found, {})
    assert set(usable(found, {"mistral": "k"})) == {"mistral", "ollama", "office"} | ({"embedded"} & set(found))


def test_own_servers_are_providers() -> None:
    """A [providers.NAME] entry needs no key, but one from NAME_API_KEY is sent."""
    own = known(of(**{"my-office": {**OFFICE, "key_command": ["pass", "x"]}}), {})["my-office"]
    assert own.env_names == ("MY_OFFICE_API_KEY",)
    assert (own.needs_key, own.on_computer, own.region, own.dialect) == (False, False, "uk", "openai-chat")
    assert own.key_command == ("pass", "x")
    assert own.headers("k") == {"authorization": "Bearer k"}
    assert own.headers("") == {}


def test_an_own_server_is_on_this_computer_only_when_it_says_so_and_is() -> None:
    """Region "computer" and loopback, both; a far address that claims it has no region at all."""
    here = known(of(office={**OFFICE, "region": "computer"}), {})["office"]
    assert (here.on_computer, here.region) == (True, "computer")
    far = known(of(office={"base_url": "http://192.0.2.7/v1", "region": "computer"}), {})["office"]
    assert (far.on_computer, far.region) == (False, "")


def test_ollama_elsewhere_is_not_on_this_computer() -> None:
    """OLLAMA_HOST may point to another machine."""
    assert known(Settings(), {})["ollama"].on_computer is True
    far = known(Settings(), {"OLLAMA_HOST": "192.0.2.7"})["ollama"]
    assert (far.base_url, far.on_computer, far.region) == ("http://192.0.2.7:11434/v1", False, "")


def test_a_name_with_one_far_address_is_not_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every address counts, mapped ones too; a name without address is nowhere."""
    table = {"both": ["127.0.0.1", "192.0.2.7"], "mapped": ["::ffff:127.0.0.1"], "scoped": ["fe80::1%eth0"], "gone": []}
    monkeypatch.setattr(providers, "resolve", lambda host: table[host])
    verdicts = {name: providers.is_loopback(f"http://{name}/v1") for name in table}
    assert verdicts == {"both": False, "mapped": True, "scoped": False, "gone": False}


def test_names_that_do_not_resolve_have_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing look-up is an empty list."""

    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror("no such host")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert providers.resolve("nowhere.invalid") == []


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"office": {"base_ur": "x"}}, 'unknown setting "base_ur". Did you mean "base_url"'),
        ({"office": {"zzz": "x"}}, "It may hold base_url"),
        ({"office": {}}, None),
        ({"office": {"region": "uk"}}, "has no base_url"),
        ({"office": {"base_url": 7}}, "base_url must be text in quotes"),
        ({"office": {**OFFICE, "key_command": "pass"}}, "key_command must be a list"),
        ({"office": {**OFFICE, "dialect": "cohere"}}, 'unknown dialect "cohere"'),
        ({"openai": {"region": "computer"}}, "openai is a vendor"),
        ({"office": "http://x"}, "must be a section"),
    ],
)
def test_entries_that_cannot_be_used_say_why(entry: dict[str, Any], words: str | None) -> None:
    """Each mistake names its place and the fix; an empty entry is no provider."""
    if words is None:
        assert "office" not in known(of(**entry), {})
        return
    with pytest.raises(InputError) as caught:
        known(of(**entry), {})
    assert words in str(caught.value)


def test_settings_change_a_known_vendor() -> None:
    """A key command, a region or a gateway of the firm; the environment's address goes before the settings'."""
    entry = {"key_command": ["pass", "show"], "region": "eea", "base_url": "https://eu.api.openai.com"}
    found = known(of(openai=entry), {})["openai"]
    assert (found.key_command, found.region, found.base_url) == (
        ("pass", "show"),
        "eea",
        "https://eu.api.openai.com/v1",
    )
    moved = known(of(openai=entry), {"OPENAI_BASE_URL": "https://gw.example"})["openai"]
    assert moved.base_url == "https://gw.example/v1"


def test_the_embedded_model_needs_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without xllamacpp there is no embedded model; with it, it is on this computer."""
    monkeypatch.setattr(providers, "find_spec", lambda _name: None)
    assert "embedded" not in known(Settings(), {})
    monkeypatch.setattr(providers, "find_spec", lambda _name: object())
    found = known(Settings(), {})["embedded"]
    assert (found.on_computer, found.needs_key, found.region) == (True, False, "computer")


def test_order_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ollama, then the user's own servers, then the embedded model."""
    monkeypatch.setattr(providers, "find_spec", lambda _name: object())
    found = known(of(office=OFFICE), {})
    assert providers.without_key(found) == ("ollama", "office", "embedded")


def test_vendors_of_models_nobody_knows() -> None:
    """A reseller's model names its maker; else the provider is the vendor."""
    found = known(of(office=OFFICE), {})
    assert found["openrouter"].vendor_of("openrouter/Anthropic/claude-9") == "anthropic"
    assert found["office"].vendor_of("office/llama") == "office"
    assert found["gemini"].vendor_of("gemini/x") == "google"


class _Server(BaseHTTPRequestHandler):
    replies: ClassVar[dict[str, Any]] = {}
    seen: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        type(self).seen.append((self.path, self.headers.get("authorization")))
        reply = self.replies.get(self.path)
        data = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        self.send_response(200 if reply is not None else 404)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def server() -> Iterator[str]:
    _Server.replies, _Server.seen = {}, []
    running = HTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_address[1]}"
    running.shutdown()
    running.server_close()
    thread.join()


def test_ollama_offers_its_large_models_largest_first(server: str) -> None:
    """Models under 3B are left out; size as stated, else as the name says."""
    _Server.replies["/api/tags"] = {
        "models": [
            {"name": "llama3.2:3b", "details": {"parameter_size": "3.2B"}},
            {"name": "smollm:135m", "details": {"parameter_size": "134.52M"}},
            {"name": "qwen2.5:7b"},
            {"name": "mystery"},
            {"name": "gemma3:270m"},
            "broken",
        ]
    }
    ollama = known(Settings(), {"OLLAMA_HOST": server})["ollama"]
    assert reachable_models(ollama) == ("qwen2.5:7b", "llama3.2:3b")


@pytest.mark.parametrize("reply", [None, b"not json", [], {"models": 7}, {"models": [{"name": 7}]}])
def test_an_ollama_that_answers_nonsense_offers_nothing(server: str, reply: Any) -> None:
    """No reply is trusted to have a shape."""
    _Server.replies["/api/tags"] = reply
    assert reachable_models(known(Settings(), {"OLLAMA_HOST": server})["ollama"]) == ()


def test_an_ollama_that_is_not_there_offers_nothing() -> None:
    """A refused connection is quick and silent."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert reachable_models(known(Settings(), {"OLLAMA_HOST": f"127.0.0.1:{port}"})["ollama"]) == ()


def test_own_servers_tell_their_models(server: str) -> None:
    """GET models, with the key if there is one."""
    _Server.replies["/v1/models"] = {"data": [{"id": "llama-3"}, {"id": 7}, "x"]}
    office = known(of(office={"base_url": server}), {})["office"]
    assert reachable_models(office, "k") == ("llama-3",)
    assert _Server.seen == [("/v1/models", "Bearer k")]
    _Server.replies["/v1/models"] = {"data": None}
    assert reachable_models(office) == ()


def test_a_secure_server_that_is_none_offers_nothing(server: str) -> None:
    """A failing handshake is an answer too."""
    office = known(of(office={"base_url": server.replace("http:", "https:")}), {})["office"]
    assert reachable_models(office) == ()
