"""What a call cost, and what it can cost at most. Exact decimals; an unknown price is never zero."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache

from orchestra_cli.models.catalogue import FREE, Catalogue, ModelCard, Prices
from orchestra_cli.models.providers import Provider
from orchestra_cli.types import Answer, Call, Usage

MILLION = Decimal(1_000_000)
SCHEMA_FRAME = 400
"""Tokens of instructions that vendors put around a schema (Anthropic: some 170 for two fields)."""
TOKENS_OF_FRAME = 24
"""What vendors add around a prompt for its roles and turns, at most."""
SEARCHES_AT_WORST = 5
SEARCH_READS_AT_WORST = 100_000
"""Tokens of web pages that a vendor's search tool may feed to the model (recorded: 9,000 to 40,000 a search)."""


def cost(prices: Prices, usage: Usage) -> Decimal:
    """US dollars for what was used. Raises ValueError when the vendor did not say how much that was.

    A part without a price of its own costs what the whole it belongs to costs; a search without a price costs the
    dearest that is known.
    """
    if usage.input is None or usage.output is None:
        raise ValueError("the vendor did not say what was used; count it at worst case")
    at = prices.at(usage.input)
    cached = at.input if at.cached is None else at.cached
    written = at.input if at.cache_write_5m is None else at.cache_write_5m
    plain = max(0, usage.input - usage.cached - usage.cache_write)
    tokens = plain * at.input + usage.cached * cached + usage.cache_write * written + usage.output * at.output
    searches = Decimal(0) if not usage.searches else usage.searches * _per_search(at)
    return tokens / MILLION + searches + (at.per_request or Decimal(0))


def worst(prices: Prices | None, input_tokens: int, max_output: int, *, search: bool = False) -> tuple[Decimal, bool]:
    """The most US dollars a call can cost, and whether the price is known. Without one, the dearest known counts."""
    known = prices is not None
    if search:
        input_tokens += SEARCH_READS_AT_WORST
    at = (prices or dearest()).at(input_tokens)
    per_input = max(price for price in (at.input, at.cache_write_5m, at.cached) if price is not None)
    tokens = (input_tokens * per_input + max_output * at.output) / MILLION
    searches = SEARCHES_AT_WORST * _per_search(at) if search else Decimal(0)
    return tokens + searches + (at.per_request or Decimal(0)), known


def tokens_of(call: Call) -> int:
    """More tokens than a vendor counts for this call before it answers, the schema of its fields included."""
    texts = (call.system, *(part.fenced for part in call.parts), call.task)
    schema = json.dumps(call.schema, ensure_ascii=False) if call.schema else ""
    return sum(map(tokens_upper_bound, texts)) + (SCHEMA_FRAME + tokens_upper_bound(schema) if schema else 0)


def worst_of(call: Call, prices: Prices | None) -> tuple[Decimal, bool]:
    """The most US dollars this call can cost: its texts, its schema, its search, its whole output limit."""
    return worst(prices, tokens_of(call), call.max_output_tokens, search=call.search)


def prices_of(provider: Provider, card: ModelCard | None) -> Prices | None:
    """The prices of a model at a provider: nothing on this computer, else the catalogue's, None when unknown."""
    if provider.on_computer:
        return FREE
    return card.prices if card else None


def cost_of(answer: Answer, provider: Provider, prices: Prices | None) -> Decimal | None:
    """What an answer cost: the provider's own figure, else by the prices, None when neither tells."""
    if provider.on_computer:
        return Decimal(0)
    if answer.cost_usd is not None:
        return answer.cost_usd
    if prices is None or answer.usage.input is None or answer.usage.output is None:
        return None
    return cost(prices, answer.usage)


@cache
def dearest() -> Prices:
    """The dearest price of each kind in the catalogue, long inputs included."""
    every = [each for card in Catalogue.load().cards() if card.prices for each in _steps(card.prices)]
    return Prices(
        input=max(each.input for each in every),
        output=max(each.output for each in every),
        cache_write_5m=max(each.cache_write_5m or Decimal(0) for each in every),
        per_search=max(each.per_search or Decimal(0) for each in every),
        per_request=max(each.per_request or Decimal(0) for each in every),
    )


def _steps(prices: Prices) -> list[Prices]:
    return [prices, *(each for _, each in prices.above)]


def _per_search(prices: Prices) -> Decimal:
    if prices.per_search is not None:
        return prices.per_search
    return dearest().per_search or Decimal(0)


def tokens_upper_bound(text: str) -> int:
    """More tokens than any vendor's tokenizer makes of this text, without one.

    Small Latin letters and spaces go at least two to a token in any real text; capitals, figures, punctuation and
    everything beyond ASCII may take one token a byte, as byte-level tokenizers do in the worst case.
    """
    return TOKENS_OF_FRAME + (_weight(text) + 3) // 4


def _weight(text: str) -> int:
    """Quarter tokens: 2 for a small ASCII letter or space, 4 for each other byte."""
    if text.isascii():
        light = _light(text)
        return 2 * light + 4 * (len(text) - light)
    raw = text.encode("utf-8", "surrogatepass")
    light = _light(raw.decode("latin-1"))
    return 2 * light + 4 * (len(raw) - light)


def _light(text: str) -> int:
    return len(text) - len(text.translate(_WITHOUT_LIGHT))


_WITHOUT_LIGHT = dict.fromkeys(map(ord, "abcdefghijklmnopqrstuvwxyz "))
