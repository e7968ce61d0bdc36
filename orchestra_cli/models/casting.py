"""Who plays what: an ordered cast of at most three models for a step, and one line that says why.

Order of what decides: hard constraints (key, abilities, window, end of life, data policy where the caller filtered),
then `--model`, the step's `model`, the step's `tier`, `--tier`, `[roles]`, and last the catalogue's own judgement.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from orchestra_cli.errors import UsageError
from orchestra_cli.models import cost
from orchestra_cli.models.catalogue import TIERS, Catalogue, ModelCard
from orchestra_cli.models.providers import Provider
from orchestra_cli.settings import Settings

CAST_AT_MOST = 3
SOON = timedelta(days=60)
ECONOMY_STRENGTH = 72
"""Below this a cheap model is not worth its price while another is there."""
CHEAP_ROLES = ("extract", "research")
FALLBACK_TIERS = {
    "economy": ("economy", "balanced", "best"),
    "balanced": ("balanced", "best", "economy"),
    "best": ("best", "balanced", "economy"),
}
GATEWAYS = ("openrouter", "together", "huggingface", "groq", "azure")
"""Endpoints that resell: the maker's own endpoint goes before them."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a step needs of its player. `author_vendor` is set for a review: the vendor of what is reviewed, and
    `author_family` its model family. `pin` is a model fixed by the recipe or a person."""

    step: str
    role: str
    tier: tuple[str, ...] = ()
    needs_schema: bool = False
    needs_search: bool = False
    input_tokens: int = 0
    output_tokens: int = 0
    author_vendor: str = ""
    pin: str = ""
    author_family: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says: `--model` (step or role to model), `--tier`, `--local`."""

    models: Mapping[str, str] = field(default_factory=dict)
    tier: str = ""
    local: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """One player: `provider/model`, where it is asked, what is known of it, and why it was chosen."""

    model: str
    provider: Provider
    card: ModelCard | None
    why: str

    @property
    def vendor(self) -> str:
        """Who made the model: reviews and panels count vendors, not providers."""
        return self.card.vendor if self.card else self.provider.vendor_of(self.model)

    @property
    def family(self) -> str:
        """The family of models it belongs to, its own name when the catalogue does not know it."""
        return self.card.family if self.card else self.model.rpartition("/")[2]


def cast(
    need: Need,
    catalogue: Catalogue,
    providers: Mapping[str, Provider],
    settings: Settings,
    options: Options | None = None,
    *,
    offered: Mapping[str, Iterable[str]] | None = None,
    today: date | None = None,
    allowed: Callable[[Candidate], bool] | None = None,
) -> tuple[Candidate, ...]:
    """The ordered cast, at most three; () when nobody can play. A pin is a cast of one.

    `providers` are those that can be asked now; `offered` names models of providers that the catalogue does not hold
    (Ollama, own servers); `allowed` is the data policy's word on a candidate. Raises UsageError for a pinned model that
    nobody knows or can ask.
    """
    options = options or Options()
    day = today or date.fromisoformat(catalogue.version)
    players = {name: each for name, each in providers.items() if each.on_computer or not options.local}
    stage = _Stage(need, catalogue, players, settings, options, offered or {}, day, allowed or _anyone)
    pin = options.models.get(need.step) or need.pin or options.models.get(need.role, "")
    if pin:
        return (stage.pinned(pin, "chosen for this step" if pin == need.pin else "asked for by --model"),)
    chosen = stage.listed()
    if not need.tier and not options.tier and chosen:
        return _spread([*chosen, *stage.ranked()], need, first=chosen)
    return _spread(stage.ranked() or chosen, need)


def vendor_warning(need: Need, chosen: Candidate) -> str:
    """The warning when a review is not played by another vendor than the author, "" when it is."""
    if not need.author_vendor or chosen.vendor != need.author_vendor:
        return ""
    if need.author_family and chosen.family != need.author_family:
        return f"The review is by another model of the same vendor ({need.author_vendor}) as the author."
    return f"The review is by the same model family as the author ({chosen.family})."


def _anyone(_candidate: Candidate) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class _Stage:
    """All that a cast is chosen from."""

    need: Need
    catalogue: Catalogue
    providers: Mapping[str, Provider]
    settings: Settings
    options: Options
    offered: Mapping[str, Iterable[str]]
    today: date
    allowed: Callable[[Candidate], bool]

    def pinned(self, model: str, why: str) -> Candidate:
        """The one candidate of a pin. Raises UsageError with near names, or what to do for a key."""
        found = self._named(model)
        provider = self.providers.get(found.partition("/")[0])
        if provider is None:
            raise self._unknown(model, found)
        return Candidate(found, provider, self.catalogue.card(found), why)

    def _named(self, model: str) -> str:
        """The full name of a model given without its provider, when exactly one can be meant."""
        if model.partition("/")[0] in self.providers or self.catalogue.card(model):
            return model
        known = [
            *self.catalogue.cards_by_id,
            *(f"{name}/{each}" for name in self.offered for each in self.offered[name]),
        ]
        meant = [name for name in known if name.partition("/")[2] == model]
        usable = [name for name in meant if name.partition("/")[0] in self.providers] or meant
        return usable[0] if usable else model

    def _unknown(self, asked: str, found: str) -> UsageError:
        name = found.partition("/")[0]
        if self.catalogue.card(found):
            where = "with --local" if self.options.local else "now: there is no key for it"
            return UsageError(
                f'{self.need.step}: "{found}" cannot be asked {where}.', f"orchestra keys set {name}", provider=name
            )
        known = [card.id for card in self.catalogue.cards()]
        near = difflib.get_close_matches(asked, known, 3, 0.5) or difflib.get_close_matches(
            asked, [each.partition("/")[2] for each in known], 3, 0.5
        )
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        return UsageError(f'{self.need.step}: no provider offers a model "{asked}".{hint}', "orchestra models list")

    def listed(self) -> list[Candidate]:
        """The user's own order for this role, those of them that can play."""
        why = f"your [roles] order for {self.need.role}"
        named = (self._named(model) for model in self.settings.roles.get(self.need.role, ()))
        found = [self._candidate(model, why) for model in named]
        return [each for each in found if each is not None and self._can_play(each)]

    def ranked(self) -> list[Candidate]:
        """Everyone who can play, best first, by the catalogue."""
        return sorted(self._everyone(), key=self._rank)

    def _everyone(self) -> list[Candidate]:
        models = [card.id for card in self.catalogue.cards() if not card.deprecated_by(self.today)]
        models += [f"{name}/{each}" for name, names in self.offered.items() for each in names]
        found = (self._candidate(model, "") for model in dict.fromkeys(models))
        able = [self._explained(each) for each in found if each is not None and self._can_play(each)]
        return _first_kind(able)

    def _candidate(self, model: str, why: str) -> Candidate | None:
        provider = self.providers.get(model.partition("/")[0])
        return Candidate(model, provider, self.catalogue.card(model), why) if provider else None

    def _can_play(self, candidate: Candidate) -> bool:
        card, need = candidate.card, self.need
        if not self.allowed(candidate):
            return False
        if card is None:
            return not need.needs_search
        if need.needs_search and "search" not in card.abilities:
            return False
        if card.window and need.input_tokens + min(need.output_tokens, card.max_output) > card.window:
            return False
        return not card.deprecated_by(self.today)

    def _tiers(self) -> tuple[str, ...]:
        """The wanted tier first, then the others, nearest first."""
        default = "economy" if self.need.role in CHEAP_ROLES else "balanced"
        wanted = (self.need.tier[0] if self.need.tier else "") or self.options.tier or default
        return FALLBACK_TIERS.get(wanted, FALLBACK_TIERS["balanced"])

    def _rank(self, candidate: Candidate) -> tuple[float | str | Decimal, ...]:
        """Smaller is better: other vendor than the author, tier, ability for fields, life left, strength or price."""
        tier, tiers = _tier(candidate), self._tiers()
        economy = tiers[0] == "economy"
        price, strength = (
            self._price(candidate),
            -float(candidate.card.strength(self.need.role) if candidate.card else 40),
        )
        return (
            self._kin(candidate),
            candidate.provider.name != "ollama",
            tiers.index(tier),
            1 if self._lacks_schema(candidate) else 0,
            candidate.card is not None and candidate.card.deprecated_by(self.today + SOON),
            economy and strength > -ECONOMY_STRENGTH,
            price if economy else strength,
            candidate.provider.name in GATEWAYS,
            strength if economy else price,
            candidate.model,
        )

    def _lacks_schema(self, candidate: Candidate) -> bool:
        return self.need.needs_schema and not candidate.provider.takes_schema(candidate.card)

    def _kin(self, candidate: Candidate) -> int:
        """0 for another vendor than the author's, 1 for another family of the same, 2 for the same family."""
        if not self.need.author_vendor or candidate.vendor != self.need.author_vendor:
            return 0
        return 2 if candidate.family == self.need.author_family or not self.need.author_family else 1

    def _price(self, candidate: Candidate) -> Decimal:
        prices = cost.prices_of(candidate.provider, candidate.card)
        tokens_in, tokens_out = self.need.input_tokens or 4000, self.need.output_tokens or 1000
        return cost.worst(prices, tokens_in, tokens_out)[0]

    def _explained(self, candidate: Candidate) -> Candidate:
        return Candidate(candidate.model, candidate.provider, candidate.card, self._why(candidate))

    def _why(self, candidate: Candidate) -> str:
        kin = self._kin(candidate)
        if self.need.author_vendor:
            return ("another vendor than the author", "another model than the author", "the author's own model")[kin]
        if candidate.provider.on_computer:
            return "on this computer, free"
        tier = self._tiers()[0]
        if _tier(candidate) != tier:
            return f"no {tier} model with a key can play"
        ability = (
            " with web search" if self.need.needs_search else " with exact fields" if self.need.needs_schema else ""
        )
        return f"cheapest{ability}" if tier == "economy" else f"strong at {self.need.role}{ability}, {tier} tier"


def _first_kind(able: list[Candidate]) -> list[Candidate]:
    """Vendors with a key; without any, Ollama and the user's own servers; without these, the embedded model."""
    vendors = [each for each in able if each.provider.needs_key]
    servers = [each for each in able if each.provider.name != "embedded"]
    return vendors or servers or able


def _tier(candidate: Candidate) -> str:
    return candidate.card.tier if candidate.card else TIERS[0]


def _spread(ranked: list[Candidate], need: Need, *, first: list[Candidate] | None = None) -> tuple[Candidate, ...]:
    """At most three: the user's list as it stands, else the first; for fall-back other vendors where there are any."""
    listed = list(first or ())
    if need.author_vendor:
        listed.sort(key=lambda each: each.vendor == need.author_vendor)
    chosen = _unique(listed or ranked[:1])[:CAST_AT_MOST]
    rest = [each for each in _unique(ranked) if each.model not in {one.model for one in chosen}]
    while rest and len(chosen) < CAST_AT_MOST:
        vendors = {each.vendor for each in chosen}
        other = next((each for each in rest if each.vendor not in vendors), rest[0])
        rest.remove(other)
        chosen.append(Candidate(other.model, other.provider, other.card, f"stands in if the first cannot: {other.why}"))
    return tuple(chosen)


def _unique(candidates: Iterable[Candidate]) -> list[Candidate]:
    return list({each.model: each for each in reversed(list(candidates))}.values())[::-1]
