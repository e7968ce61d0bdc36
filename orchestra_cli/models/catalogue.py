"""The models we know: prices, limits, abilities, and what each is good at. Data in `catalogue.json`, made by
`tools/update_catalogue.py`; users override any price in `[prices]` of orchestra.toml."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast

from orchestra_cli.errors import InputError

Tier = Literal["economy", "balanced", "best"]
UNKNOWN_OUTPUT = 1_000_000
"""The output limit of a model of which only the price is known: none that we could clamp to."""
TIERS: tuple[Tier, ...] = ("economy", "balanced", "best")


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars per million tokens; `per_search` and `per_request` per one. None means not stated.

    `above` holds other prices for the whole call when its input is longer than so many tokens, shortest first.
    """

    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    cache_write_5m: Decimal | None = None
    cache_write_1h: Decimal | None = None
    per_search: Decimal | None = None
    per_request: Decimal | None = None
    above: tuple[tuple[int, Prices], ...] = ()

    def at(self, input_tokens: int) -> Prices:
        """The prices that hold for a call with this much input."""
        found = self
        for start, prices in self.above:
            if input_tokens > start:
                found = prices
        return found


FREE = Prices(Decimal(0), Decimal(0), Decimal(0), Decimal(0), Decimal(0), Decimal(0), Decimal(0))
_PRICE_NAMES = tuple(each.name for each in fields(Prices) if each.name != "above")


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model at one provider. `window` (0 when unknown) and `max_output` are tokens; `strengths` are 0-100 for each
    role; `deprecated` is the day it ends (ISO), "" while none is known."""

    id: str
    provider: str
    vendor: str
    family: str
    prices: Prices | None
    window: int
    max_output: int
    abilities: frozenset[str] = frozenset()
    region: str = ""
    deprecated: str = ""
    strengths: Mapping[str, int] = field(default_factory=dict)
    tier: Tier = "balanced"
    slow_start: bool = False

    def deprecated_by(self, day: date) -> bool:
        """Whether the model has ended by that day."""
        return bool(self.deprecated) and self.deprecated <= day.isoformat()

    def strength(self, role: str) -> int:
        """How well it plays a role, 0-100; the mean of what is known for a role nobody has judged."""
        if role in self.strengths:
            return self.strengths[role]
        return sum(self.strengths.values()) // len(self.strengths) if self.strengths else 50


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All cards, by id, and the day they were made (ISO)."""

    version: str
    cards_by_id: Mapping[str, ModelCard]

    @classmethod
    def load(cls, overrides: Mapping[str, Mapping[str, str]] | None = None) -> Catalogue:
        """The catalogue of this package with the user's own prices. Raises InputError for a price that is none."""
        catalogue = _packaged()
        return catalogue.with_prices(overrides) if overrides else catalogue

    def card(self, model: str) -> ModelCard | None:
        """The card of `provider/model`, None when it is not known; dated names find their undated card."""
        found = self.cards_by_id.get(model)
        if found is None and "-20" in model:
            found = self.cards_by_id.get(_undated(model))
        return found

    def cards(self, provider: str = "") -> tuple[ModelCard, ...]:
        """All cards of a provider, or all there are."""
        return tuple(card for card in self.cards_by_id.values() if provider in ("", card.provider))

    def with_prices(self, overrides: Mapping[str, Mapping[str, str]]) -> Catalogue:
        """This catalogue with some prices replaced; a price for an unknown model makes a card for it."""
        cards = dict(self.cards_by_id)
        for model, given in overrides.items():
            old = self.card(model) or _unknown(model)
            cards[model] = replace(old, id=model, prices=_override(model, old.prices, given))
        return replace(self, cards_by_id=cards)

    def to_json(self, models: Iterable[str] | None = None) -> dict[str, Any]:
        """A JSON object that `from_json` reads, of all cards or of these models; frozen in a run."""
        wanted = list(self.cards_by_id) if models is None else [model for model in models if self.card(model)]
        return {
            "version": self.version,
            "models": [_card_to_json(replace(cast(ModelCard, self.card(model)), id=model)) for model in wanted],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Catalogue:
        """The catalogue that `to_json` wrote."""
        cards = (_card_from_json(each) for each in data["models"])
        return cls(str(data["version"]), {card.id: card for card in cards})


@cache
def _packaged() -> Catalogue:
    text = files("orchestra_cli.models").joinpath("catalogue.json").read_text(encoding="utf-8")
    return Catalogue.from_json(json.loads(text))


def _undated(model: str) -> str:
    import re

    return re.sub(r"-20\d\d-?\d\d-?\d\d$", "", model)


def _unknown(model: str) -> ModelCard:
    provider, _, name = model.partition("/")
    vendor = name.partition("/")[0] if "/" in name else provider
    return ModelCard(model, provider, vendor, name, None, window=0, max_output=UNKNOWN_OUTPUT)


def _override(model: str, old: Prices | None, given: Mapping[str, str]) -> Prices:
    values = {} if old is None else {name: getattr(old, name) for name in _PRICE_NAMES}
    for name, text in given.items():
        if name not in _PRICE_NAMES:
            raise InputError(f'[prices."{model}"]: unknown price "{name}"; use {", ".join(_PRICE_NAMES)}.')
        values[name] = _amount(text, f'[prices."{model}"] {name}')
    missing = [name for name in ("input", "output") if values.get(name) is None]
    if missing:
        raise InputError(f'[prices."{model}"] has no {missing[0]} price (US dollars per million tokens).')
    return Prices(**values)


def _amount(text: str, where: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise InputError(f'{where}: "{text}" is no price; write it such as 2.50 (US dollars per million tokens).')
    return amount


def card_to_json(card: ModelCard) -> str:
    """One card as JSON text, as it is frozen in a run."""
    return json.dumps(_card_to_json(card))


def card_from_json(text: str) -> ModelCard:
    """The card that `card_to_json` wrote."""
    return _card_from_json(json.loads(text))


def _card_to_json(card: ModelCard) -> dict[str, Any]:
    return {
        "id": card.id,
        "provider": card.provider,
        "vendor": card.vendor,
        "family": card.family,
        "tier": card.tier,
        "window": card.window,
        "max_output": card.max_output,
        "abilities": sorted(card.abilities),
        "region": card.region,
        "deprecated": card.deprecated,
        "slow_start": card.slow_start,
        "strengths": dict(card.strengths),
        "prices": prices_to_json(card.prices) if card.prices else None,
    }


def prices_to_json(prices: Prices) -> dict[str, Any]:
    """Prices as JSON, amounts as text; what is not stated is left out."""
    data: dict[str, Any] = {
        name: str(getattr(prices, name)) for name in _PRICE_NAMES if getattr(prices, name) is not None
    }
    if prices.above:
        data["above"] = [{"start": start, **prices_to_json(each)} for start, each in prices.above]
    return data


def prices_from_json(data: Mapping[str, Any]) -> Prices:
    """The prices that `prices_to_json` wrote."""
    above = tuple((int(each["start"]), prices_from_json(each)) for each in data.get("above", ()))
    return Prices(**{name: Decimal(data[name]) for name in _PRICE_NAMES if name in data}, above=above)


def _card_from_json(data: Mapping[str, Any]) -> ModelCard:
    return ModelCard(
        id=data["id"],
        provider=data["provider"],
        vendor=data["vendor"],
        family=data["family"],
        prices=prices_from_json(data["prices"]) if data["prices"] else None,
        window=data["window"],
        max_output=data["max_output"],
        abilities=frozenset(data["abilities"]),
        region=data["region"],
        deprecated=data["deprecated"],
        strengths=dict(data["strengths"]),
        tier=data["tier"],
        slow_start=data["slow_start"],
    )
