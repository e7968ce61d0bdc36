"""The fact sheet: figures that code vouches for, under ids that models write and code renders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from orchestra_cli.facts.dates import format_date
from orchestra_cli.facts.money import SYMBOLS, format_money, format_number
from orchestra_cli.types import Fact, Finding, Money

_MARK = re.compile(r"\[\s*(F\d+(?:\s*[,;]\s*F\d+)*)\s*\]")
_ID = re.compile(r"\bF\d+\b")


@dataclass(frozen=True, slots=True)
class FactSheet:
    """Facts in order, F1, F2, ..."""

    facts: tuple[Fact, ...] = ()

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> FactSheet:
        """Give ids in order; the ids that formulas name are changed with them.

        Facts of several tables may follow each other: a formula means the facts of its own table (a new table begins
        where an id comes a second time).
        """
        result: list[Fact] = []
        for group in _groups(facts):
            result += _renamed(group, len(result))
        return cls(tuple(result))

    def get(self, fact_id: str) -> Fact | None:
        """The fact of an id such as "F12"."""
        number = int(fact_id[1:]) if re.fullmatch(r"F\d+", fact_id) else 0
        return self.facts[number - 1] if 0 < number <= len(self.facts) else None

    def ids(self) -> frozenset[str]:
        """All ids."""
        return frozenset(fact.id for fact in self.facts)

    def compact(self, language: str = "en-GB") -> str:
        """One line a fact, for prompts: "F12 revenue, Q2 2025, GBP 48,210.00"."""
        return "\n".join(
            f"{fact.id} {', '.join(part for part in (fact.label, fact.period, shown(fact, language)) if part)}"
            for fact in self.facts
        )

    def render(self, text: str, language: str = "en-GB") -> tuple[str, tuple[Finding, ...]]:
        """Put the figures where a text says [F12]. A unit or currency that already stands next to the mark is not
        repeated. An id that no fact has becomes "[unknown fact F99]" and a blocking finding."""
        findings: list[Finding] = []
        parts: list[str] = []
        end = 0
        for mark in _MARK.finditer(text):
            before, after = text[end : mark.start()], text[mark.end() :]
            figures = []
            for fact_id in _ID.findall(mark.group(1)):
                fact = self.get(fact_id)
                if fact is None:
                    findings.append(_unknown(fact_id, text, mark.start()))
                    figures.append(f"[unknown fact {fact_id}]")
                else:
                    figures.append(_fitted(fact, before if not figures else "", after, language))
            parts += [before, ", ".join(figures)]
            end = mark.end()
        return "".join([*parts, text[end:]]), tuple(findings)


def _groups(facts: Iterable[Fact]) -> list[list[Fact]]:
    groups: list[list[Fact]] = [[]]
    seen: set[str] = set()
    for fact in facts:
        if fact.id in seen:
            groups.append([])
            seen = set()
        groups[-1].append(fact)
        seen |= {fact.id} - {""}
    return groups


def _renamed(group: list[Fact], before: int) -> list[Fact]:
    names = {fact.id: f"F{before + n}" for n, fact in enumerate(group, 1) if fact.id}
    return [
        replace(
            fact,
            id=f"F{before + n}",
            formula=_ID.sub(lambda match: names.get(match.group(), match.group()), fact.formula),
        )
        for n, fact in enumerate(group, 1)
    ]


def _unknown(fact_id: str, text: str, start: int) -> Finding:
    around = " ".join(text[max(0, start - 60) : start + 20].split())
    return Finding("fact", "block", around, f"[{fact_id}] is no fact of this run")


def shown(fact: Fact, language: str = "en-GB") -> str:
    """The figure as a reader sees it, with currency or unit."""
    if isinstance(fact.value, date):
        return format_date(fact.value, language)
    if not isinstance(fact.value, Decimal):
        return fact.value
    if fact.currency:
        return format_money(Money(fact.value, fact.currency), language)
    number = format_number(fact.value, language, fact.decimals)
    return f"{number} {fact.unit}".strip()


def _fitted(fact: Fact, before: str, after: str, language: str) -> str:
    """The figure without the currency or unit that the sentence itself already writes next to it."""
    figure = shown(fact, language)
    if fact.currency and re.search(rf"(?:\b{fact.currency}\s?|[{''.join(SYMBOLS)}])$", before):
        return re.sub(rf"^(?:{fact.currency} |[{''.join(SYMBOLS)}])", "", figure)
    if fact.unit and re.match(
        rf"\s*(?:{re.escape(fact.unit)}(?!\w)|{'per ?cent' if fact.unit == '%' else '(?!)'})", after, re.IGNORECASE
    ):
        return figure.removesuffix(fact.unit).rstrip()
    return figure


def allowed_figures(facts: Sequence[Fact], language: str = "en-GB") -> tuple[str, ...]:
    """All facts as shown, for checks that look figures up."""
    return tuple(shown(fact, language) for fact in facts)
