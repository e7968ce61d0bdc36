"""Who may see what: modes, rules by class of data, and the client card's own limits. The strictest always holds.

Modes: "off" masks nothing; "standard" masks personal data for whoever may not see it; "strict" masks for everyone not
on this computer. Rules (`[policy.CLASS] allow, region`) are enforced in every mode. Masking takes personal data out of
a text, so it opens the way for class `personal` only; nothing makes a `secret` text fit to send.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from orchestra_cli.errors import InputError, UsageError
from orchestra_cli.settings import Settings
from orchestra_cli.store.clients import ClientCard
from orchestra_cli.types import DataClass

Mode = Literal["off", "standard", "strict"]
MODES: tuple[Mode, ...] = ("off", "standard", "strict")
CLASSES: tuple[DataClass, ...] = ("public", "internal", "personal", "secret")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call would go: the provider (endpoint and key), who made the model, where data is kept."""

    provider: str
    vendor: str
    region: str
    on_computer: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """Providers and regions that may see a class of data; both empty: nobody."""

    allow: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    def admits(self, place: Place) -> bool:
        """Whether the place is named, or lies in a named region. Only what runs here is in region "computer"."""
        region = "computer" if place.on_computer else place.region.lower()
        in_region = region in self.regions and (place.on_computer or region != "computer")
        return place.provider.lower() in self.allow or in_region


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the text may go, whether it must be masked first, and why, in words for `--estimate` and errors."""

    allowed: bool
    masked: bool
    why: str


@dataclass(frozen=True, slots=True)
class Policy:
    """What is in force for one run. `client` is the card's own limit, None when it sets none."""

    mode: Mode
    rules: Mapping[DataClass, Rule] = field(default_factory=dict)
    client: Rule | None = None
    client_name: str = ""

    @classmethod
    def of(cls, settings: Settings, card: ClientCard | None, recipe_privacy: str = "", option: str = "") -> Policy:
        """The strictest of settings, card and recipe; `option` (the command line) may only tighten it.

        Raises UsageError when it would loosen, InputError for an unknown mode, class or key in settings or recipe.
        """
        stated = [settings.privacy, card.privacy if card else "", recipe_privacy]
        modes: list[Mode] = [_mode(text) for text in stated if text]
        mode: Mode = max(modes, key=MODES.index, default="standard")
        if option:
            mode = _tightened(mode, option)
        rules = {_class(name): _rule(name, given) for name, given in settings.policy.items()}
        limit = Rule(_lower(card.allow), _lower(card.regions)) if card and (card.allow or card.regions) else None
        return cls(mode, rules, limit, card.name if card else "")

    def may_see(self, place: Place, data_class: DataClass) -> Verdict:
        """Whether a text of this class may go to this place, and whether masked."""
        if data_class != "public" and self.client and not place.on_computer and not self.client.admits(place):
            return Verdict(
                False, False, f"{place.provider} is not among the places the card of {self.client_name} allows"
            )
        if data_class == "personal":
            return self._personal(place)
        rule = self.rules.get(data_class)
        admitted = rule.admits(place) if rule else place.on_computer or data_class != "secret"
        if not admitted:
            return Verdict(
                False, False, f"{_named(rule, data_class)} does not let {place.provider} see {data_class} data"
            )
        return self._open(place, f"{place.provider} may see {data_class} data")

    def _personal(self, place: Place) -> Verdict:
        rule = self.rules.get("personal")
        if rule is None and (place.on_computer or self.mode == "off"):
            return self._open(place, f"{place.provider} may see personal data")
        if rule is not None and rule.admits(place):
            return self._open(place, f"{_named(rule, 'personal')} lets {place.provider} see personal data")
        why = f"{_named(rule, 'personal')} does not let {place.provider} see personal data"
        if self.mode == "off":
            return Verdict(False, False, f"{why}, and masking is off")
        return Verdict(True, True, f"{why}: masked")

    def _open(self, place: Place, why: str) -> Verdict:
        strict = self.mode == "strict" and not place.on_computer
        return Verdict(True, strict, f"{why}; strict: masked" if strict else why)

    def __str__(self) -> str:
        rules = "; ".join(
            f"{name}: {', '.join((*rule.allow, *rule.regions)) or 'nobody'}" for name, rule in self.rules.items()
        )
        own = f"; client: {', '.join((*self.client.allow, *self.client.regions))}" if self.client else ""
        return f"{self.mode}{f'; {rules}' if rules else ''}{own}"


def highest(classes: tuple[DataClass, ...]) -> DataClass:
    """The class of a step: the highest it reads; "public" when it reads nothing."""
    return max(classes, key=CLASSES.index, default="public")


def _tightened(mode: Mode, option: str) -> Mode:
    wanted: Mode | None = next((known for known in MODES if known == option), None)
    if wanted is None:
        raise UsageError(f'--privacy "{option}" is unknown; use strict, standard or off.')
    if MODES.index(wanted) < MODES.index(mode):
        raise UsageError(
            f"--privacy {option} would loosen what is in force ({mode}); the command line may only tighten it.",
            "Leave --privacy out, or change privacy in the client card, the recipe or orchestra.toml.",
        )
    return wanted


def _mode(text: str) -> Mode:
    for known in MODES:
        if known == text:
            return known
    raise InputError(f'privacy "{text}" is unknown; use strict, standard or off.')


def _class(name: str) -> DataClass:
    for known in CLASSES:
        if known == name:
            return known
    raise InputError(f"orchestra.toml: [policy.{name}] is no class of data; use {', '.join(CLASSES)}.")


def _rule(name: str, given: Mapping[str, tuple[str, ...]]) -> Rule:
    unknown = sorted(set(given) - {"allow", "region"})
    if unknown:
        raise InputError(f'orchestra.toml: [policy.{name}] has no "{unknown[0]}"; use allow and region.')
    return Rule(_lower(given.get("allow", ())), _lower(given.get("region", ())))


def _lower(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.strip().lower() for word in words)


def _named(rule: Rule | None, data_class: DataClass) -> str:
    return f"[policy.{data_class}]" if rule else "the policy"
