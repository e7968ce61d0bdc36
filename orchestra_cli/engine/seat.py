"""One model, ready to be asked: what it sees, what it costs, and the asking itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from orchestra_cli.engine.blocking import in_thread
from orchestra_cli.engine.person import Carried, Person
from orchestra_cli.errors import PolicyError, WaitingError
from orchestra_cli.types import Answer, Call, CallFailed, Part, Usage

if TYPE_CHECKING:
    from orchestra_cli.engine.world import World
    from orchestra_cli.models.catalogue import ModelCard
    from orchestra_cli.models.http import Http
    from orchestra_cli.models.providers import Provider
    from orchestra_cli.privacy.masking import Masker


CARRIED = ("paste", "files")
"""Providers that are a person with a chat window of their own."""


@dataclass(frozen=True, slots=True)
class NoSeat:
    """Why this model cannot play."""

    why: str


class AnswerAwaitedError(WaitingError):
    """Saved; the answer to a carried prompt is not there yet."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What a run reaches the outside with."""

    http: Http
    person: Person


class Seat:
    """One model, ready to be asked."""

    def __init__(
        self,
        *,
        model: str,
        vendor: str,
        provider: Provider,
        key: str,
        card: ModelCard | None,
        world: World,
        masker: Masker | None,
        ports: Ports,
        refusals: dict[str, tuple[str, ...]],
        place_in_run: Callable[[str], tuple[int, int]],
        run: str,
    ) -> None:
        self.model, self.vendor, self.provider, self.card = model, vendor, provider, card
        self.is_person = provider.name in CARRIED
        self._key, self._world, self._masker, self._ports = key, world, masker, ports
        self._refusals, self._place_in_run, self._run = refusals, place_in_run, run
        self.masked_counts: dict[str, int] = {}

    @property
    def window(self) -> int:
        """How many tokens the model reads at most; 0 when nobody knows."""
        return self.card.window if self.card else 0

    # -- what it sees ------------------------------------------------------------------------------------------------

    def masked(self, text: str) -> str:
        """The text as this model may see it."""
        if self._masker is None:
            return text
        masked, counts = self._masker.mask(text)
        for kind, count in counts.items():
            self.masked_counts[kind] = self.masked_counts.get(kind, 0) + count
        return masked

    def part(self, name: str, text: str) -> Part:
        """Material as this model may see it: masked, and the same inside a fence with the run's nonce."""
        from orchestra_cli.privacy.fences import fence

        masked = self.masked(text)
        return Part(name, masked, fence(name, masked, self._world.nonce))

    def system(self, text: str) -> str:
        """The system message, with the sentence that says what fences mean."""
        from orchestra_cli.privacy.fences import notice

        return f"{self.masked(text)}\n\n{notice(self._world.nonce)}"

    def unmasked(self, answer: Answer) -> Answer:
        """The answer with the names put back, before anything is validated."""
        if self._masker is None:
            return answer
        return replace(answer, text=self._masker.unmask(answer.text), data=self._masker.unmask_data(answer.data))

    def hold_back(self, call: Call) -> None:
        """In strict mode: raises PolicyError when something that looks personal could not be masked for sure."""
        from orchestra_cli.privacy.patterns import unsure

        if self._masker is None or self._world.policy.mode != "strict":
            return
        text = "\n".join((call.system, *(part.text for part in call.parts), call.task))
        doubtful = unsure(text)
        if doubtful:
            raise PolicyError(
                f'"{call.step}": strict privacy, and it is not sure that everything personal is masked: '
                f"{', '.join(doubtful[:5])}. Nothing of it was sent.",
                "--local, an allowed provider under [policy.personal], or take these out of the input.",
            )

    # -- what it costs -----------------------------------------------------------------------------------------------

    def clamp(self, tokens: int) -> int:
        """The output limit that this model takes."""
        return min(tokens, self.card.max_output) if self.card else tokens

    def worst_case(self, call: Call) -> tuple[Decimal, bool]:
        """The most this call can cost in US dollars, and whether the price is known."""
        from orchestra_cli.models.cost import prices_of, worst_of

        if self.is_person:
            return Decimal(0), True
        return worst_of(call, prices_of(self.provider, self.card))

    def cost(self, answer: Answer) -> Decimal | None:
        """What the call cost: the provider's own figure, else the catalogue's, else unknown (None)."""
        from orchestra_cli.models.cost import cost_of, prices_of

        if self.is_person:
            return Decimal(0)
        return cost_of(answer, self.provider, prices_of(self.provider, self._served(answer.model)))

    def _served(self, name: str) -> ModelCard | None:
        """The card of the model that really served: the frozen one, unless the vendor names another that is known."""
        served = f"{self.provider.name}/{name.removeprefix(f'{self.provider.name}/')}"
        if not name or served.startswith(self.model) or self.provider.on_computer:
            return self.card
        from orchestra_cli.models.catalogue import Catalogue

        return Catalogue.load().card(served) or self.card

    def prices_json(self) -> str:
        """The prices used, for the ledger row."""
        import json

        from orchestra_cli.models.catalogue import prices_to_json

        return json.dumps(prices_to_json(self.card.prices)) if self.card and self.card.prices else ""

    # -- asking ------------------------------------------------------------------------------------------------------

    def refused(self, reasons: tuple[str, ...]) -> None:
        """Remember why the last answer was not accepted, for a person who carries the correction."""
        self._refusals[self.model] = reasons

    async def ask(self, call: Call, on_delta: Callable[[str], None], label: str = "") -> Answer:
        """Ask the model; `label` names a carried prompt. Raises CallFailed, or AnswerAwaitedError for a person."""
        if self.is_person:
            return await self._carry(call, label or call.step)
        if self.provider.dialect == "embedded":
            from orchestra_cli.models.embedded import player, weights

            model_file = Path(self._world.model_file) if self._world.model_file else weights.ready_model(self.model)
            if model_file is None:
                raise CallFailed("model_gone", "the embedded model is not on this computer yet (orchestra models pull)")
            return await player.ask(call, on_delta, model_file=model_file)
        from orchestra_cli.engine.ahead import load_ahead
        from orchestra_cli.models.ask import ask

        load_ahead()

        return await ask(call, self.provider, self._key, self._ports.http, on_delta, self.card)

    async def _carry(self, call: Call, label: str) -> Answer:
        number, of = self._place_in_run(call.step)
        problems = self._refusals.pop(self.model, ())
        prompt = f"{call.parts[-1].fenced}\n\n{call.task}" if problems else paste_text(call)
        carried = Carried(
            run=self._run,
            step=label,
            number=number,
            of=of,
            prompt=prompt,
            folder=self._folder(),
            problems=problems,
            schema=call.schema,
        )
        try:
            text = await in_thread(lambda: self._ports.person.carry(carried))
        except WaitingError as error:
            raise AnswerAwaitedError(error.message, error.advice) from error
        if not text.strip():
            raise CallFailed("invalid", "the answer was empty", provider=self.provider.name)
        return Answer(text, Usage(), self.model, self.provider.name)

    def _folder(self) -> str:
        from orchestra_cli.settings import home

        return self._world.relay or str(home() / "relay" / self._run)


def paste_text(call: Call) -> str:
    """A whole prompt for a chat window: everything a model would get, in one text."""
    import json

    pieces = [call.system, *(part.fenced for part in call.parts), call.task]
    if call.schema:
        pieces.append("The JSON schema of your answer:\n" + json.dumps(call.schema, ensure_ascii=False))
    return "\n\n".join(pieces)
