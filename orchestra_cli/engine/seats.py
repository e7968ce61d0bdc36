"""Who sits where: a model of the frozen cast, its provider and key of today, and what the policy lets it see.

A seat masks, fences and prices for exactly one model; the person who carries prompts has a seat like everybody else.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from orchestra_cli.engine.seat import CARRIED, NoSeat, Ports, Seat
from orchestra_cli.errors import NoModelError
from orchestra_cli.types import DataClass

if TYPE_CHECKING:
    from orchestra_cli.engine.world import FrozenCandidate, World
    from orchestra_cli.models.catalogue import ModelCard
    from orchestra_cli.models.providers import Provider
    from orchestra_cli.privacy.masking import Masker
    from orchestra_cli.privacy.policy import Policy
    from orchestra_cli.store.database import Store


class Seats:
    """Finds a seat for each model of the cast; remembers which providers have failed for good in this run."""

    def __init__(
        self,
        *,
        run: str,
        world: World,
        providers: dict[str, Provider],
        policy: Policy,
        masker: Masker,
        ports: Ports,
        place_in_run: Callable[[str], tuple[int, int]],
    ) -> None:
        from orchestra_cli.models.limits import Limits

        self._run, self._world, self._providers = run, world, providers
        self._policy, self._masker, self._ports = policy, masker, ports
        self._place_in_run = place_in_run
        self._dropped: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        self._refusals: dict[str, tuple[str, ...]] = {}
        self._limits = Limits()

    def drop(self, provider: str, why: str) -> None:
        """Use this provider no more in this run."""
        self._dropped[provider] = why

    def take(self, candidate: FrozenCandidate, data_class: DataClass) -> Seat | NoSeat:
        """The seat of this candidate, or why it has none: no provider, no key, policy, dropped."""
        from orchestra_cli.privacy.policy import Place

        name = candidate.model.split("/", 1)[0]
        provider = self._providers.get(name)
        if provider is None:
            return NoSeat(f"{candidate.model} has no key or is not set up any more")
        if name in self._dropped:
            return NoSeat(f"{candidate.model} left out: {self._dropped[name]}")
        if self._world.local and not (provider.on_computer or name in CARRIED):
            return NoSeat(f"{candidate.model} is not on this computer (--local)")
        place = Place(provider.name, candidate.vendor, provider.region, provider.on_computer)
        seen = self._policy.may_see(place, data_class)
        if not seen.allowed:
            return NoSeat(f"{candidate.model}: {seen.why}")
        try:
            key = self._key(provider)
        except NoModelError as error:
            return NoSeat(error.message)
        return Seat(
            model=candidate.model,
            vendor=candidate.vendor,
            provider=provider,
            key=key,
            card=card_of(candidate),
            world=self._world,
            masker=self._masker if seen.masked else None,
            ports=self._ports,
            refusals=self._refusals,
            place_in_run=self._place_in_run,
            run=self._run,
        )

    def _key(self, provider: Provider) -> str:
        from orchestra_cli.store.keys import find_key

        if not provider.env_names and not provider.needs_key:
            return ""
        if provider.name not in self._keys:
            key = find_key(provider.name, provider.env_names, provider.key_command)
            if key is None and provider.needs_key:
                raise NoModelError(f"no key for {provider.name} any more")
            self._keys[provider.name] = key.value if key else ""
        return self._keys[provider.name]

    @contextlib.asynccontextmanager
    async def slot(self, seat: Seat) -> AsyncIterator[None]:
        """A place in the provider's queue: adaptive concurrency, one person carries one prompt at a time."""
        async with self._limits.slot(seat.provider.name):
            yield

    def audit(self, store: Store, run: str, call_id: str, seat: Seat, data_class: DataClass) -> None:
        """Write down what goes where, before it goes: kinds and counts, no content."""
        from orchestra_cli.store import audit

        entry = audit.AuditEntry(
            run=run,
            call=call_id,
            at=store.now(),
            provider=seat.provider.name,
            vendor=seat.vendor,
            model=seat.model,
            region=seat.provider.region,
            classes=(data_class,),
            masked=dict(seat.masked_counts),
            policy=self._policy.mode,
            client_digest=self._world.client.name if self._world.client else "",
            approved_by="",
        )
        audit.record(store, entry)


def window_of(candidate: FrozenCandidate) -> int:
    """How many tokens a model reads at most; 0 when nobody knows."""
    card = card_of(candidate)
    return card.window if card else 0


def card_of(candidate: FrozenCandidate) -> ModelCard | None:
    """The catalogue entry that was frozen with a candidate, None when the catalogue did not know it."""
    from orchestra_cli.models.catalogue import card_from_json

    return card_from_json(candidate.card) if candidate.card else None
