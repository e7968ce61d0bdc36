"""What a key looks like: cleaning what was pasted along with it, and noticing the key of another vendor."""

from __future__ import annotations

import re
from collections.abc import Mapping

from orchestra_cli.errors import InputError

AROUND = " \t\r\n\v\f\u00a0\u200b\u2060\ufeff\"'`“”‘’„«»"
REMOVED = "[key removed]"
_PREFIXES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("sk-ant-", ("anthropic",)),
    ("sk-or-", ("openrouter",)),
    ("sk-proj-", ("openai",)),
    ("AIza", ("gemini", "google")),
    ("xai-", ("xai",)),
    ("gsk_", ("groq",)),
    ("pplx-", ("perplexity",)),
    ("hf_", ("huggingface", "hf")),
)
_KNOWN = frozenset(name for _, names in _PREFIXES for name in names) | {
    "mistral", "deepseek", "cohere", "together", "azure", "azure_openai", "bedrock", "ollama",
}  # fmt: skip


_STARTS = "|".join(re.escape(prefix) for prefix, _ in _PREFIXES)
_SHAPES = re.compile(rf"(?:Bearer\s+|\b(?:{_STARTS}|sk-))[A-Za-z0-9_.~+/=-]{{8,}}")
_KEY_VARIABLE = re.compile(r"(?:_KEY|_TOKEN|_SECRET|_PASSWORD|_BEDROCK)$")


def without_keys(text: str, environment: Mapping[str, str]) -> str:
    """The text without anything that is or looks like a key, for what is written down when something breaks."""
    values = {value.strip(AROUND) for name, value in environment.items() if _KEY_VARIABLE.search(name)}
    for value in sorted((value for value in values if len(value) >= 8), key=len, reverse=True):
        text = text.replace(value, REMOVED)
    return _SHAPES.sub(REMOVED, text)


def cleaned_key(provider: str, raw: str, where: str = "The key") -> tuple[str, tuple[str, ...]]:
    """The key without what was copied along with it, and sentences for the person. InputError for what is no key."""
    value = re.sub(r"^(?:export\s+)?[A-Z][A-Z0-9_]*_API_KEY\s*=\s*", "", raw.strip(AROUND)).strip(AROUND)
    advice = f"Copy it once more from the vendor's page: orchestra keys set {provider}"
    if not value:
        raise InputError(f"{where} for {provider} is empty.", advice)
    if re.search(r"\s", value):
        raise InputError(f"{where} for {provider} has a space or line break inside; it is more than one key.", advice)
    if not (value.isascii() and value.isprintable()):
        raise InputError(f"{where} for {provider} has characters that no key has.", advice)
    notes = [f"{where}: spaces, line breaks or quotes around it were taken off."] if value != raw else []
    other = _looks_like(provider, value)
    if other:
        notes.append(f"{where} looks like a key of {other}, not of {provider}. Try it: orchestra keys test {provider}")
    return value, tuple(notes)


def _looks_like(provider: str, value: str) -> str:
    """The other vendor whose keys begin like this one; "" for none, and for providers we do not know."""
    if provider not in _KNOWN:
        return ""
    owners = next((names for prefix, names in _PREFIXES if value.startswith(prefix)), ())
    return owners[0] if owners and provider not in owners else ""


def last4(value: str) -> str:
    """The part of a key that may be shown; of a short one, nothing."""
    return value[-4:] if len(value) >= 12 else "****"
