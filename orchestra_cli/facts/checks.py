"""What code can decide about a finished text: one function a rule, one shape, `CheckInput` -> findings.

To add a check, write a function and put it into `CHECKS`. A finding's text starts with the figure, quote or name
exactly as it was written; the nearest true one stands in `nearest`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal

from orchestra_cli.facts import invention, seams
from orchestra_cli.facts.check_input import CheckInput, block
from orchestra_cli.facts.dates import WEEKDAYS, wrong_weekdays
from orchestra_cli.facts.figures import Figure, figures_in
from orchestra_cli.facts.known import Known, bare_numbers, mark_unverified, unknown_moments, without_references
from orchestra_cli.facts.money import format_money
from orchestra_cli.facts.quotes import stands
from orchestra_cli.facts.tender_checks import (
    check_deadline,
    check_forbidden,
    check_length,
    check_requirements,
    check_validity,
)
from orchestra_cli.types import Fact, Finding, Severity

__all__ = ["CHECKS", "CheckInput", "bare_numbers", "mark_unverified", "run_checks"]


def run_checks(given: CheckInput) -> tuple[Finding, ...]:
    """All findings, blocking ones first, each once; a figure that two rules flag stands under the first."""
    found: dict[tuple[str, ...], Finding] = {}
    for check in CHECKS:
        for finding in check(given):
            rule = "figure" if finding.rule in _OF_FIGURES else finding.rule
            subject = finding.text.split(": ")[0] if rule == "figure" else finding.text
            found.setdefault((rule, subject, "" if rule == "figure" else finding.where), finding)
    return tuple(sorted(found.values(), key=lambda finding: finding.severity != "block"))


_OF_FIGURES = ("total", "figure", "date", "unverified")


def check_figures(given: CheckInput) -> Iterable[Finding]:
    """figure: every figure stands in an input or is a fact, with its unit."""
    known = Known(given.source_texts(), given.facts)
    masked = without_references(given.text)
    for figure in figures_in(masked):
        if not known.has(figure):
            yield block("figure", given.text, figure.start, figure.text, _NO_SOURCE, known.nearest(figure))


_NO_SOURCE = "stands in no input and is no computed fact"


def check_dates(given: CheckInput) -> Iterable[Finding]:
    """date: every date and time stands in an input, is a fact, or is today."""
    extra = (given.today,) if given.today else ()
    for moment in unknown_moments(given.text, Known(given.source_texts(), given.facts, extra)):
        yield block("date", given.text, given.text.find(moment), moment, _NO_SOURCE)


def check_weekdays(given: CheckInput) -> Iterable[Finding]:
    """weekday: a day named with a date is that date's day."""
    for said, day, start in wrong_weekdays(given.text, given.language):
        yield block("weekday", given.text, start, said, "is another day of the week", WEEKDAYS[day.weekday()])


_TOTAL_WORDS = re.compile(
    r"\b(?:grand |over)?totals?\b|\bprices?\b|\bpriced\b|\b(?:lump|contract|tender|overall) sum\b|\bsum of\b"
    r"|\b(?:our|the) (?:offer|bid|quotation|quote|fee)\b",
    re.IGNORECASE,
)
_LIMIT_WORDS = re.compile(
    r"\b(?:budget|limit|not exceed\w*|up to|maximum|minimum|insur\w*|indemnity|liability|turnover|threshold|cover)\b",
    re.IGNORECASE,
)
_NEAR = 60


def check_totals(given: CheckInput) -> Iterable[Finding]:
    """total: an amount next to "total", "price" or "sum" is one of the computed totals or parts of the total."""
    facts = [fact for fact in given.facts if fact.currency and isinstance(fact.value, Decimal)]
    if given.gross is None and not facts:
        return
    totals = {fact.value for fact in facts if fact.source is None} | ({given.gross.amount} if given.gross else set())
    nearest = format_money(given.gross, given.language) if given.gross else ""
    for figure in figures_in(given.text):
        if _is_money(figure, given.text) and not _rounds_to(figure, totals):
            near = f"{figure.before[-_NEAR:]} {figure.text} {figure.after[:_NEAR]}"
            if _TOTAL_WORDS.search(near) and not _another_amount(figure, near, facts, given):
                yield block("total", given.text, figure.start, figure.text, "is no total of this offer", nearest)


def _is_money(figure: Figure, text: str) -> bool:
    return bool(re.fullmatch(r"[A-Z]{3}", figure.unit)) or (
        not figure.unit and figure.value >= 100 and bool(re.search(r",\d{3}|\.\d\d$", text[figure.start : figure.end]))
    )


def _rounds_to(figure: Figure, amounts: Iterable[object]) -> bool:
    step = Decimal(1).scaleb(min(figure.exponent, 0))
    return any(isinstance(amount, Decimal) and amount.quantize(step) == figure.value for amount in amounts)


def _another_amount(figure: Figure, near: str, facts: Iterable[Fact], given: CheckInput) -> bool:
    """Whether the amount is a line's, which the sentence names, or a limit of the tender's."""
    words = _words(near) - {"total", "price", "amount", "quantity"}
    lines = (fact for fact in facts if fact.source is not None and _rounds_to(figure, (fact.value,)))
    if any(words & _words(fact.label) for fact in lines):
        return True
    return bool(_LIMIT_WORDS.search(near)) and Known(given.source_texts(), ()).has(figure)


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{4,}", text.casefold()))


def check_quotes(given: CheckInput) -> Iterable[Finding]:
    """quote: every quote stands word for word in the source it names."""
    by_name = dict(given.sources)
    for quote, name in given.quotes:
        texts = (by_name[name],) if name in by_name else given.source_texts()
        if not any(stands(quote, text) for text in texts):
            yield Finding("quote", "block", name or "quotes", f'"{quote}": does not stand in {name or "any input"}')


_IN_MARKS = re.compile(r"[\"“«]([^\"“”«»\n]{12,}?)[\"”»]")


def check_quoted_words(given: CheckInput) -> Iterable[Finding]:
    """quoted words: five words or more in quotation marks stand in some source."""
    for match in _IN_MARKS.finditer(given.text):
        words = match.group(1)
        if len(words.split()) >= 5 and not any(stands(words, text) for text in given.source_texts()):
            yield block("quoted words", given.text, match.start(), f'"{words}"', "stands in no input")


def check_inventions(given: CheckInput) -> Iterable[Finding]:
    """name, e-mail, link, telephone, reference: all stand in an input."""
    sources = (*given.source_texts(), *(fact.label for fact in given.facts))
    text = _without_marks(given.text)
    for rule, find in _INVENTIONS:
        for found in find(text, sources):
            yield block(rule, given.text, given.text.find(found), found, "stands in no input")


_INVENTIONS: tuple[tuple[str, Callable[[str, tuple[str, ...]], tuple[str, ...]]], ...] = (
    ("name", invention.unknown_names),
    ("e-mail", invention.unknown_emails),
    ("link", invention.unknown_urls),
    ("telephone", invention.unknown_phones),
    ("reference", invention.unknown_references),
)


def check_other_clients(given: CheckInput) -> Iterable[Finding]:
    """other client: no other client's name stands in the document."""
    for name in given.other_clients:
        match = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", given.whole(), re.IGNORECASE) if name.strip() else None
        if match:
            yield block("other client", given.whole(), match.start(), match.group(), "is another client's name")


def check_repetition(given: CheckInput) -> Iterable[Finding]:
    """repetition: sections do not repeat each other's runs of eight words."""
    share, run, headings = seams.repeated(given.text)
    if share > seams.FLAG:
        severity: Severity = "block" if share > seams.BLOCK else "warn"
        nearest = f"{(share * 100).__floor__()} % of all runs of eight words"
        yield Finding("repetition", severity, ", ".join(headings), f'"{run}": stands in more than one section', nearest)


def check_missing(given: CheckInput) -> Iterable[Finding]:
    """missing: what is marked MISSING is listed; what is marked unverified or unknown blocks."""
    for match in re.finditer(r"\bMISSING\b:?[^\n|]*", given.text):
        yield Finding("missing", "warn", seams.section_of(given.text, match.start()), match.group().strip())
    for match in re.finditer(r"\[(?:unverified: |unknown fact )([^\]]*)\]", given.whole()):
        yield block("unverified", given.whole(), match.start(), match.group(1), "was never verified")
    for match in re.finditer(r"\[F\d+\]", given.document):
        yield block("mark", given.document, match.start(), match.group(), "is a mark no reader understands")


CHECKS: tuple[Callable[[CheckInput], Iterable[Finding]], ...] = (
    check_totals,
    check_figures,
    check_dates,
    check_weekdays,
    check_quotes,
    check_quoted_words,
    check_requirements,
    check_inventions,
    check_other_clients,
    check_forbidden,
    check_validity,
    check_deadline,
    check_length,
    check_repetition,
    check_missing,
)


def _without_marks(text: str) -> str:
    return re.sub(r"\[(?:unverified|unknown fact)[^\]]*\]|\bMISSING:[^\n|]*", " ", text)
