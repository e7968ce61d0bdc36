"""Make orchestra_cli/models/catalogue.json anew: prices from genai-prices, limits and abilities from the litellm wheel.

    pip download --no-deps --dest wheels litellm
    python tools/update_catalogue.py --litellm wheels/litellm-*.whl

Which models are offered, and what each is good at, is judged by hand here: `MODELS`. Everything else is looked up.
Both sources are MIT. Prices are those of the day this is run; models without a price stay out.
"""

from __future__ import annotations

import argparse
import json
import sys
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "orchestra_cli" / "models" / "catalogue.json"
TABLE = "litellm/model_prices_and_context_window_backup.json"
ROLES = ("extract", "research", "analyse", "write", "review", "coordinate", "code")

GENAI = {"gemini": "google", "xai": "x-ai"}
"""Our names of providers where genai-prices has another."""
LITELLM = {
    "openai": "",
    "anthropic": "",
    "gemini": "gemini/",
    "xai": "xai/",
    "mistral": "mistral/",
    "deepseek": "deepseek/",
    "groq": "groq/",
    "perplexity": "perplexity/",
}
REGION = {"mistral": "eea", "deepseek": "cn"}
VENDOR = {"gemini": "google"}
SEARCHES_WITH_US = ("openai", "anthropic", "gemini", "xai", "perplexity")
"""Providers whose search tool our dialects use; the sources say "search" for others too."""
NO_SCHEMA = ("deepseek", "groq/qwen")
SCHEMA = ("perplexity",)


@dataclass(frozen=True)
class Judged:
    """A model, its tier, its strengths in the order of ROLES, its family, and whether it thinks long before a word."""

    id: str
    tier: str
    strengths: str
    family: str
    slow_start: bool = False
    vendor: str = ""


MODELS = (
    Judged("openai/gpt-6-astra", "best", "90 88 96 90 95 94 96", "gpt-6", slow_start=True),
    Judged("openai/gpt-6.1-sol", "best", "90 88 93 87 92 91 94", "gpt-6"),
    Judged("openai/gpt-6.1-terra", "balanced", "88 84 88 84 88 87 89", "gpt-6"),
    Judged("openai/gpt-6-luna", "economy", "80 72 70 68 68 70 70", "gpt-6"),
    Judged("openai/gpt-5.6-sol", "best", "89 86 91 86 91 90 92", "gpt-5"),
    Judged("openai/gpt-5.6-terra", "balanced", "87 83 86 83 86 85 88", "gpt-5"),
    Judged("openai/gpt-5.6-luna", "economy", "79 71 69 67 67 69 69", "gpt-5"),
    Judged("openai/gpt-5.4-mini", "economy", "78 70 68 66 67 67 68", "gpt-5"),
    Judged("openai/gpt-5.2", "balanced", "85 81 84 81 84 83 85", "gpt-5"),
    Judged("openai/gpt-5", "balanced", "84 80 83 80 83 82 83", "gpt-5"),
    Judged("openai/gpt-5-mini", "economy", "77 69 67 66 66 66 66", "gpt-5"),
    Judged("openai/gpt-5-nano", "economy", "68 58 54 54 52 52 54", "gpt-5"),
    Judged("openai/gpt-4.1", "balanced", "80 74 74 78 74 74 76", "gpt-4"),
    Judged("openai/gpt-4.1-mini", "economy", "74 64 60 66 60 60 62", "gpt-4"),
    Judged("anthropic/claude-opus-5-5", "best", "90 86 94 95 95 93 96", "claude-opus"),
    Judged("anthropic/claude-opus-4-8", "best", "88 84 91 92 92 91 93", "claude-opus"),
    Judged("anthropic/claude-sonnet-5-5", "balanced", "89 85 90 92 90 89 93", "claude-sonnet"),
    Judged("anthropic/claude-sonnet-4-6", "balanced", "86 82 86 89 87 86 89", "claude-sonnet"),
    Judged("anthropic/claude-sonnet-4-5", "balanced", "85 81 84 88 85 84 87", "claude-sonnet"),
    Judged("anthropic/claude-haiku-5-5", "economy", "82 74 74 78 74 74 76", "claude-haiku"),
    Judged("anthropic/claude-haiku-4-5", "economy", "80 72 71 76 71 71 73", "claude-haiku"),
    Judged("gemini/gemini-4-argon", "best", "91 91 93 88 91 90 92", "gemini-4"),
    Judged("gemini/gemini-3.1-pro-preview", "best", "89 89 90 85 88 87 88", "gemini-3", slow_start=True),
    Judged("gemini/gemini-3.8-flash", "balanced", "88 87 85 82 84 84 85", "gemini-3"),
    Judged("gemini/gemini-3.5-flash-lite", "economy", "79 76 68 67 66 67 67", "gemini-3"),
    Judged("gemini/gemini-3.1-flash-lite", "economy", "77 74 66 65 64 65 64", "gemini-3"),
    Judged("gemini/gemini-2.5-pro", "balanced", "85 84 83 80 82 81 82", "gemini-2"),
    Judged("gemini/gemini-2.5-flash", "economy", "78 75 67 67 65 66 66", "gemini-2"),
    Judged("gemini/gemini-2.5-flash-lite", "economy", "70 66 56 58 54 55 55", "gemini-2"),
    Judged("xai/grok-4.7", "best", "85 86 88 80 84 84 87", "grok"),
    Judged("xai/grok-4.3", "balanced", "82 83 83 77 79 79 82", "grok"),
    Judged("mistral/mistral-large-4", "balanced", "83 76 81 81 79 79 81", "mistral-large"),
    Judged("mistral/mistral-medium-latest", "balanced", "80 73 77 78 75 75 78", "mistral-medium"),
    Judged("mistral/mistral-small-latest", "economy", "74 66 64 68 62 62 65", "mistral-small"),
    Judged("deepseek/deepseek-v4-pro", "balanced", "81 75 84 77 80 79 85", "deepseek"),
    Judged("deepseek/deepseek-v4-flash", "economy", "74 67 70 68 66 66 72", "deepseek"),
    Judged("groq/openai/gpt-oss-120b", "economy", "75 66 68 65 65 66 70", "gpt-oss", vendor="openai"),
    Judged("groq/openai/gpt-oss-20b", "economy", "66 56 56 56 53 54 58", "gpt-oss", vendor="openai"),
    Judged("perplexity/sonar", "economy", "60 84 60 62 50 50 40", "sonar"),
    Judged("perplexity/sonar-pro", "balanced", "66 90 70 70 60 58 48", "sonar"),
    Judged("perplexity/sonar-reasoning-pro", "best", "66 91 76 70 64 60 52", "sonar", slow_start=True),
)


EMBEDDED = (
    Judged("embedded/smollm2-135m", "economy", "20 0 10 15 5 5 5", "smollm2", vendor="huggingface"),
    Judged("embedded/qwen2.5-coder-1.5b", "economy", "35 0 25 30 20 15 30", "qwen2.5", vendor="alibaba"),
)
"""The models that run in this process: free, small, and best at nothing."""
EMBEDDED_WINDOW, EMBEDDED_OUTPUT = 8192, 2048


def main() -> None:
    """Write the catalogue; print what changed in number."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--litellm", type=Path, required=True, help="the wheel, or the table inside it as a file")
    options.add_argument("--out", type=Path, default=TARGET)
    given = options.parse_args()
    catalogue = make(read_table(given.litellm), datetime.now(UTC))
    given.out.write_text(json.dumps(catalogue, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(catalogue['models'])} models as of {catalogue['version']} in {given.out}")


def read_table(path: Path) -> dict[str, Any]:
    """The table of models inside the wheel, or a copy of it."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            table: dict[str, Any] = json.loads(wheel.read(TABLE))
            return table
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def make(table: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The catalogue as JSON."""
    models = [card for judged in MODELS if (card := make_card(judged, table, now)) is not None]
    missing = {judged.id for judged in MODELS} - {card["id"] for card in models}
    if missing:
        print(f"left out, without a price: {', '.join(sorted(missing))}", file=sys.stderr)
    return {"version": now.date().isoformat(), "models": [*models, *map(embedded_card, EMBEDDED)]}


def embedded_card(judged: Judged) -> dict[str, Any]:
    """The card of a model in this process."""
    return {
        "id": judged.id,
        "provider": "embedded",
        "vendor": judged.vendor,
        "family": judged.family,
        "tier": judged.tier,
        "window": EMBEDDED_WINDOW,
        "max_output": EMBEDDED_OUTPUT,
        "abilities": ["schema"],
        "region": "computer",
        "deprecated": "",
        "slow_start": True,
        "strengths": dict(zip(ROLES, map(int, judged.strengths.split()), strict=True)),
        "prices": {name: "0" for name, _ in _FIELDS},
    }


def make_card(judged: Judged, table: dict[str, Any], now: datetime) -> dict[str, Any] | None:
    """One card, None when no source prices the model."""
    provider, _, name = judged.id.partition("/")
    prices = find_prices(provider, name, now)
    facts = table.get(LITELLM[provider] + name) or table.get(name)
    if prices is None or facts is None:
        return None
    output = int(facts["max_output_tokens"])
    return {
        "id": judged.id,
        "provider": provider,
        "vendor": judged.vendor or VENDOR.get(provider, provider),
        "family": judged.family,
        "tier": judged.tier,
        "window": int(facts["max_input_tokens"]),
        "max_output": output,
        "abilities": abilities(judged.id, provider, facts),
        "region": REGION.get(provider, "us"),
        "deprecated": facts.get("deprecation_date") or "",
        "slow_start": judged.slow_start,
        "strengths": dict(zip(ROLES, map(int, judged.strengths.split()), strict=True)),
        "prices": prices,
    }


def abilities(model: str, provider: str, facts: dict[str, Any]) -> list[str]:
    """What the model can do in ways that our dialects use."""
    found = set()
    if (facts.get("supports_response_schema") or provider in SCHEMA) and not model.startswith(NO_SCHEMA):
        found.add("schema")
    if provider in SEARCHES_WITH_US:
        found.add("search")
    if facts.get("supports_vision"):
        found.add("images")
    if provider in ("mistral", "deepseek", "groq", "perplexity") or "gpt-4" in model:
        found.add("temperature")
    return sorted(found)


def find_prices(provider: str, name: str, now: datetime) -> dict[str, Any] | None:
    """The prices of today as our JSON: US dollars per million tokens, per search and per request."""
    from genai_prices import data

    wanted = GENAI.get(provider, provider)
    vendor = next(each for each in data.providers if each.id == wanted)
    model = vendor.find_model(name)
    if model is None:
        return None
    prices = model.get_prices(now)
    if prices.input_mtok is None or prices.output_mtok is None:
        return None
    starts = sorted({tier.start for _, key in _FIELDS for tier in getattr(getattr(prices, key), "tiers", ())})
    found: dict[str, Any] = at(prices, 0)
    if starts:
        found["above"] = [{"start": start, **at(prices, start + 1)} for start in starts]
    return found


_FIELDS = (
    ("input", "input_mtok"),
    ("output", "output_mtok"),
    ("cached", "cache_read_mtok"),
    ("cache_write_5m", "cache_write_mtok"),
    ("cache_write_1h", "cache_write_1h_mtok"),
    ("per_search", "web_searches_kcount"),
    ("per_request", "requests_kcount"),
)


def at(prices: Any, tokens: int) -> dict[str, str]:
    """The prices that hold at this much input."""
    found: dict[str, str] = {}
    for ours, theirs in _FIELDS:
        price = getattr(prices, theirs)
        for tier in getattr(price, "tiers", ()):
            if tokens > tier.start:
                found[ours] = plain(tier.price)
        if ours not in found and price is not None:
            found[ours] = plain(getattr(price, "base", price))
        if ours in found and theirs.endswith("kcount"):
            found[ours] = plain(Decimal(found[ours]) / 1000)
    return found


def plain(amount: Decimal) -> str:
    """A decimal without exponent or trailing zeros."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


if __name__ == "__main__":
    main()
