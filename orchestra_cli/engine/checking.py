"""What an answer must pass before it counts: fields against their kinds, prose against the facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from orchestra_cli.engine.actions import started_on
from orchestra_cli.engine.question import Problems
from orchestra_cli.engine.reading import facts_of, source_texts
from orchestra_cli.engine.values import Value, as_text, items_of
from orchestra_cli.types import Answer, Fact, Field, Json

if TYPE_CHECKING:
    from orchestra_cli.engine.world import World
    from orchestra_cli.recipes.model import Recipe, Step

MOST_BARE_FIGURES = 12


@dataclass(frozen=True, slots=True)
class FieldCheck:
    """Fields: JSON, kinds, choices, exact quotes; a list's items get their ids here."""

    step: str
    returns: Field
    sources: Mapping[str, str]
    facts: tuple[Fact, ...]
    letters: str

    @classmethod
    def of(cls, world: World, recipe: Recipe, step: Step, reads: tuple[tuple[str, Value], ...]) -> FieldCheck:
        """The check of a step's `returns`; a quote must stand in what the step was shown or in an input."""
        from orchestra_cli.recipes.fields import item_letters

        sources = {**dict(source_texts(world)), **{name: value.text for name, value in reads}}
        returns = step.returns or Field("answer", "text")
        return cls(step.id, returns, sources, facts_of(reads), item_letters(recipe).get(step.id, ""))

    def check(self, answer: Answer) -> Value | Problems:
        """The fields as a value, or the reasons that go back to the model."""
        from orchestra_cli.recipes.fields import parse_json_answer, validate, with_ids

        try:
            data: Json = answer.data if answer.data is not None else parse_json_answer(answer.text)
        except ValueError as error:
            return Problems("fields", (f"the answer is not one JSON object: {error}",))
        cleaned, problems = validate(self.returns, data, self.sources, frozenset(fact.id for fact in self.facts))
        if problems:
            return Problems("fields", tuple(problems))
        named = with_ids(self.letters, cleaned)
        return Value(as_text(named), named, self.facts, sources=answer.sources)

    def note(self, value: Value) -> str:
        """A few words for a person."""
        rows = items_of(value.data)
        if not rows:
            return "answered" if value.data else "none found"
        quotes = sum(1 for row in rows if row.get("quote"))
        return f"{len(rows)} found" + (f", {quotes} quotes true" if quotes else "")


@dataclass(frozen=True, slots=True)
class ProseCheck:
    """Prose: not empty, cites only facts that it was shown, writes no figure that nobody gave."""

    step: str
    sources: tuple[tuple[str, str], ...]
    facts: tuple[Fact, ...]
    reads: tuple[tuple[str, str], ...]
    today: date

    @classmethod
    def of(cls, world: World, step: Step, reads: tuple[tuple[str, Value], ...]) -> ProseCheck:
        """The check of a prose step."""
        shown = tuple((name, value.text) for name, value in reads)
        return cls(step.id, source_texts(world), facts_of(reads), shown, started_on(world))

    def check(self, answer: Answer) -> Value | Problems:
        """The prose as a value, or what is wrong with it."""
        from orchestra_cli.facts.checks import bare_numbers
        from orchestra_cli.facts.sheet import FactSheet
        from orchestra_cli.privacy.clean import clean_answer, host_of

        hosts = frozenset(filter(None, (host_of(source.url) for source in answer.sources)))
        text = clean_answer(answer.text, hosts).strip()
        if not text:
            return Problems("fields", ("the answer is empty",))
        _, unknown = FactSheet(self.facts).render(text)
        if unknown:
            return Problems("fields", tuple(finding.text for finding in unknown))
        value = Value(text, None, self.facts, sources=answer.sources)
        known = tuple(text for _, text in (*self.sources, *self.reads))
        bare = bare_numbers(text, known, self.facts, self.today)
        if bare:
            reasons = tuple(
                f'"{figure}" stands in no input and no fact; leave it out or use a fact id' for figure in bare
            )
            return Problems("figures", reasons[:MOST_BARE_FIGURES], value)
        return value

    def note(self, value: Value) -> str:
        """A few words for a person."""
        return f"{len(value.text.split())} words"
