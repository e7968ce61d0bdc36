"""The providers: an endpoint and a key each. Those we know are data (`providers.toml`); settings may add more.

A provider is *on this computer* only when it is the embedded model, Ollama, or a `[providers.NAME]` entry with
`region = "computer"`, and its name resolves to loopback addresses only; anything else stays a vendor.
"""

from __future__ import annotations

import ipaddress
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from orchestra_cli.errors import InputError
from orchestra_cli.settings import Settings

if TYPE_CHECKING:
    from orchestra_cli.models.catalogue import ModelCard

DIALECTS = ("openai-responses", "openai-chat", "anthropic", "gemini")
OWN_PATH = {"gemini": "/v1beta"}
LOCAL_NAMES = ("embedded", "ollama")
OLLAMA_TIMEOUT_S = 0.3
OLLAMA_BILLIONS = 3.0
OWN_SERVER_TIMEOUT_S = 1.0
_VERSION_TWICE = re.compile(r"(/v\d+(?:beta\d*|alpha\d*)?)(?:\1)+(?=/|$)")
_SETTINGS = {
    "base_url": str,
    "dialect": str,
    "region": str,
    "vendor": str,
    "auth": str,
    "limit_field": str,
    "structured": str,
    "search_style": str,
    "key_command": list,
    "stream_usage": bool,
    "search_country": bool,
}


@dataclass(frozen=True, slots=True)
class Provider:
    """One endpoint: how it is spoken to, where it is, which variables hold its key, where it keeps data."""

    name: str
    dialect: str
    base_url: str
    env_names: tuple[str, ...] = ()
    base_url_env: str = ""
    vendor: str = ""
    region: str = ""
    on_computer: bool = False
    key_command: tuple[str, ...] = ()
    needs_key: bool = True
    auth: str = "authorization"
    limit_field: str = "max_tokens"
    structured: str = ""
    search_style: str = ""
    search_country: bool = False
    stream_usage: bool = True

    def headers(self, key: str) -> dict[str, str]:
        """The headers that carry the key; none when there is no key."""
        if not key:
            return {}
        return {self.auth: f"Bearer {key}" if self.auth == "authorization" else key}

    def takes_schema(self, card: ModelCard | None) -> bool:
        """Whether fields are asked for by JSON Schema, in the vendor's own way."""
        return self.structured_for(card) == "json_schema"

    def structured_for(self, card: ModelCard | None) -> str:
        """ "json_schema", "json_object", or "" when the schema can only stand in the prompt."""
        if card is None or not (card.abilities or card.window):
            return self.structured
        if "schema" in card.abilities:
            return "json_schema"
        return "json_object" if self.structured == "json_object" else ""

    def clamp(self, tokens: int, card: ModelCard | None) -> int:
        """The output limit, at most what the model can write."""
        return min(tokens, card.max_output) if card and card.max_output else tokens

    def vendor_of(self, model: str) -> str:
        """Who made a model that the catalogue does not know, as far as its name tells."""
        return self.vendor or (model.split("/")[1].lower() if model.count("/") > 1 else self.name)


@dataclass(frozen=True, slots=True)
class _Given:
    """Where the values of one provider come from: our data, the settings, the environment."""

    name: str
    data: Mapping[str, Any]
    own: Mapping[str, Any]
    env: Mapping[str, str]
    where: str = field(default="")


@cache
def _known_data() -> dict[str, dict[str, Any]]:
    text = files("orchestra_cli.models").joinpath("providers.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def known(settings: Settings, env: Mapping[str, str]) -> dict[str, Provider]:
    """Every provider that could be asked, whether or not there is a key, by name.

    Raises InputError for a `[providers.NAME]` entry that cannot be used. A provider without an address is left out.
    """
    where = settings.origin.get("providers", "orchestra.toml")
    data = _known_data()
    found: dict[str, Provider] = {}
    for name in (*data, *(name for name in settings.providers if name not in data)):
        own = settings.providers.get(name, {})
        _check(name, own, where)
        provider = _provider(_Given(name, data.get(name, {}), own, env, where))
        if provider is not None:
            found[name] = provider
    return found


def usable(providers: Mapping[str, Provider], keys: Mapping[str, str]) -> dict[str, Provider]:
    """Those that can be asked: with a key, or needing none. A base URL without its key makes no provider."""
    return {name: each for name, each in providers.items() if keys.get(name) or not each.needs_key}


def _provider(given: _Given) -> Provider | None:
    name, data, own = given.name, given.data, given.own
    if name == "embedded":
        return _embedded(data) if find_spec("xllamacpp") else None
    dialect = str(own.get("dialect", data.get("dialect", "openai-chat")))
    variable, url = _address(given, dialect)
    if not url:
        return None
    here = _may_be_here(name, own) and is_loopback(url)
    region = str(own.get("region", data.get("region", "")))
    return Provider(
        name=name,
        dialect=dialect,
        base_url=url,
        env_names=tuple(data.get("key_env", [_variable(name)] if not data else [])),
        base_url_env=variable,
        vendor=str(own.get("vendor", data.get("vendor", ""))),
        region=region if here or region != "computer" else "",
        on_computer=here,
        key_command=tuple(own.get("key_command", ())),
        needs_key=bool(data) and data.get("needs_key", True) is True,
        auth=str(own.get("auth", data.get("auth", "authorization"))).lower(),
        limit_field=str(own.get("limit_field", data.get("limit_field", "max_tokens"))),
        structured=str(own.get("structured", data.get("structured", "" if data else "json_schema"))),
        search_style=str(own.get("search_style", data.get("search_style", ""))),
        search_country=bool(own.get("search_country", data.get("search_country", False))),
        stream_usage=bool(own.get("stream_usage", data.get("stream_usage", True))),
    )


def _embedded(data: Mapping[str, Any]) -> Provider:
    return Provider(
        "embedded",
        "embedded",
        "",
        region="computer",
        on_computer=True,
        needs_key=False,
        structured=str(data["structured"]),
    )


def _may_be_here(name: str, own: Mapping[str, Any]) -> bool:
    return name in LOCAL_NAMES or (name not in _known_data() and own.get("region") == "computer")


def _variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper()) + "_API_KEY"


def _address(given: _Given, dialect: str) -> tuple[str, str]:
    """The variable that named the address ("" when none did), and the address."""
    default = str(given.data.get("base_url", ""))
    for variable in given.data.get("base_env", ()):
        raw = given.env.get(variable, "").strip()
        if raw:
            if variable == "OLLAMA_HOST":
                raw = ollama_url(raw)
            return variable, base_url(raw, dialect, default, where=variable)
    raw = str(given.own.get("base_url", "")).strip()
    if raw:
        where = f"{given.where}: [providers.{given.name}] base_url"
        return "", base_url(raw, dialect, default, where=where)
    return "", default


def base_url(raw: str, dialect: str, default: str = "", *, where: str = "base URL") -> str:
    """The address that paths are appended to, without a slash at its end.

    An empty path gets the dialect's own (`/v1`, Gemini `/v1beta`), or the vendor's when it is the vendor's own host;
    any other path is kept; a doubled version part or slash is cut. Raises InputError for what is no http(s) address.
    """
    wrong = InputError(f'{where}: "{raw}" is no web address.', "Write it such as https://example.com/v1")
    try:
        parts = urlsplit(raw.strip() if "://" in raw else f"https://{raw.strip()}")
        usable_port = parts.port is None or parts.port > 0
    except ValueError as error:
        raise wrong from error
    if parts.scheme not in ("http", "https") or not parts.hostname or not usable_port:
        raise wrong
    path = re.sub(r"/{2,}", "/", parts.path).rstrip("/")
    path = _VERSION_TWICE.sub(r"\1", path)
    if not path:
        path = _own_path(parts.hostname, dialect, default)
    return f"{parts.scheme}://{parts.netloc}{path}"


def _own_path(host: str, dialect: str, default: str) -> str:
    vendor = urlsplit(default)
    if vendor.hostname == host:
        return vendor.path
    if host.endswith((".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com")):
        return "/openai/v1"
    return OWN_PATH.get(dialect, "/v1")


def ollama_url(raw: str) -> str:
    """OLLAMA_HOST as Ollama reads it: `host`, `host:port`, `:port` or an address; 0.0.0.0 means this computer."""
    text = raw if "://" in raw else f"http://{raw}"
    try:
        parts = urlsplit(text)
        port = parts.port or (443 if parts.scheme == "https" else 80 if "://" in raw else 11434)
    except ValueError:
        return raw
    host = parts.hostname or "127.0.0.1"
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  a server's word for "everywhere"
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}:{port}{parts.path}"


def is_loopback(url: str) -> bool:
    """Whether every address that the host of `url` resolves to is this computer's own."""
    addresses = resolve(urlsplit(url).hostname or "")
    return bool(addresses) and all(is_loopback_address(address) for address in addresses)


def resolve(host: str) -> list[str]:
    """The addresses of a host, [] when it has none."""
    import socket

    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_loopback_address(address: str) -> bool:
    """Whether an IP address, also one mapped from IPv4, is this computer's own."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback


def _check(name: str, own: Mapping[str, Any], where: str) -> None:
    import difflib

    place = f"{where}: [providers.{name}]"
    if not isinstance(own, Mapping):
        raise InputError(f"{place} must be a section.")
    for key, value in own.items():
        if key not in _SETTINGS:
            near = difflib.get_close_matches(key, _SETTINGS, 1)
            hint = f' Did you mean "{near[0]}"?' if near else f" It may hold {', '.join(_SETTINGS)}."
            raise InputError(f'{place}: unknown setting "{key}".{hint}')
        if not isinstance(value, _SETTINGS[key]):
            raise InputError(f"{place}: {key} must be {_TYPE_WORDS[_SETTINGS[key]]}.")
    if not own:
        return
    if own.get("dialect", DIALECTS[0]) not in DIALECTS:
        raise InputError(f'{place}: unknown dialect "{own["dialect"]}"; use one of {", ".join(DIALECTS)}.')
    if name not in _known_data() and not own.get("base_url"):
        raise InputError(f"{place} has no base_url.", 'Add a line such as base_url = "http://127.0.0.1:8080/v1"')
    if name in _known_data() and name not in LOCAL_NAMES and own.get("region") == "computer":
        raise InputError(f'{place}: {name} is a vendor; region "computer" is for your own servers.')


_TYPE_WORDS = {str: "text in quotes", list: 'a list such as ["pass", "show", "openai"]', bool: "true or false"}


def reachable_ollama(provider: Provider) -> tuple[str, ...]:
    """The models of 3B or more that this Ollama offers now, largest first; () when it does not answer within 300 ms."""
    return _large_enough(_get_json(provider.base_url.removesuffix("/v1") + "/api/tags", OLLAMA_TIMEOUT_S))


def reachable_models(provider: Provider, key: str = "") -> tuple[str, ...]:
    """The models that a server of the user's own offers now, as it orders them; () when it does not answer in 1 s."""
    if provider.name == "ollama":
        return reachable_ollama(provider)
    data = _get_json(provider.base_url + "/models", OWN_SERVER_TIMEOUT_S, provider.headers(key))
    models = data.get("data") if isinstance(data, dict) else None
    found = (model.get("id") for model in models if isinstance(model, dict)) if isinstance(models, list) else ()
    return tuple(name for name in found if isinstance(name, str))


def _get_json(url: str, timeout_s: float, headers: Mapping[str, str] | None = None) -> Any:
    """A small JSON answer of a server that may not be there; None when there is none in time.

    With the standard library, so that looking for a server costs no import of a client.
    """
    import http.client

    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        connection.request("GET", parts.path, headers=dict(headers or {}))
        reply = connection.getresponse()
        return json.loads(reply.read(4_000_000)) if reply.status == 200 else None
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _large_enough(data: Any) -> tuple[str, ...]:
    models = data.get("models") if isinstance(data, dict) else None
    sizes: dict[str, float] = {}
    for model in models if isinstance(models, list) else ():
        if isinstance(model, dict) and isinstance(model.get("name"), str):
            sizes[model["name"]] = _billions(model)
    return tuple(sorted((name for name in sizes if sizes[name] >= OLLAMA_BILLIONS), key=lambda name: -sizes[name]))


def _billions(model: Mapping[str, Any]) -> float:
    """Parameters in billions, as its details or its name say ("3.2B", "qwen2.5:7b"); 0 when neither does."""
    details = model.get("details")
    stated = str(details.get("parameter_size", "")) if isinstance(details, Mapping) else ""
    for text in (stated, str(model.get("name", ""))):
        match = re.search(r"(\d+(?:\.\d+)?)\s*([bBmM])\b", text)
        if match:
            return float(match.group(1)) / (1000 if match.group(2) in "mM" else 1)
    return 0.0


def without_key(providers: Mapping[str, Provider]) -> tuple[str, ...]:
    """Names in the order in which they are tried when no vendor has a key: Ollama, own servers, the embedded model."""
    own = [name for name in providers if name not in _known_data()]
    return tuple(name for name in ("ollama", *own, "embedded") if name in providers)
