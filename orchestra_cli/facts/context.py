"""Small whole numbers stand everywhere in a long source; they count as found only where the words around them agree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from orchestra_cli.facts.layouts import unit_key
from orchestra_cli.facts.quotes import normal, normal_source

_SMALL = re.compile(r"(?<![\d.])(?:(?<=,)\d{1,2}(?![\d.])|\d{1,2}(?!\d|\.\d|,\d{3}))")
_WORD = re.compile(r"[^\W\d_]+(?:['’][a-z]+)?|[a-z]+[²³23]|%")
_CLAUSE_END = re.compile(r"[.;!?](?:\s|$)|\n\s*\n|\n\s*[-*#|]")
_REACH = 80  # characters on each side
_AHEAD = 5  # words after a number in a source among which the counted thing stands
_SAME = {
    "person": "people staff personnel operative worker employee member fte person crew",
    "day": "day",
    "week": "week",
}
_SYNONYMS = {word: name for name, words in _SAME.items() for word in words.split()}
_EMPTY = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "for",
        "to",
        "in",
        "on",
        "at",
        "by",
        "or",
        "and",
        "with",
        "within",
        "from",
        "after",
        "before",
        "than",
        "more",
        "less",
        "most",
        "least",
        "no",
        "not",
        "up",
        "over",
        "about",
        "around",
        "only",
        "each",
        "per",
        "every",
        "all",
        "both",
        "any",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "will",
        "shall",
        "must",
        "may",
        "can",
        "has",
        "have",
        "had",
        "it",
        "its",
        "this",
        "that",
        "these",
        "those",
        "we",
        "our",
        "us",
        "you",
        "your",
        "they",
        "their",
        "working",
        "business",
        "calendar",
        "full",
        "consecutive",
        "additional",
        "further",
        "total",
        "new",
        "other",
        "such",
        "same",
        "different",
        "main",
        "separate",
        "as",
        "into",
        "under",
        "during",
        "between",
        "until",
        "including",
        "plus",
        "minus",
        "approximately",
        "roughly",
        "nearly",
        "almost",
        "just",
        "out",
        "off",
        "short",
        "complete",
        "completed",
        "clear",
        "net",
        "gross",
        "further",
        "initial",
        "final",
        "first",
        "second",
        "which",
        "who",
        "where",
        "when",
        "if",
        "then",
        "also",
        "so",
    ]
)


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """One form for a word's singular and plural, and for words that count the same thing."""
    plain = unit_key(word)
    if len(plain) > 3:
        plain = re.sub(r"(?<=[^aeiou])ies$", "y", plain)
        plain = re.sub(r"(?<=s|x|z|h)es$|(?<=[^su])s$", "", plain)
    return _SYNONYMS.get(plain, plain)


def content(text: str) -> list[str]:
    """The stems of the words that say something, in order."""
    return [
        stem(word) for word in _WORD.findall(text.casefold()) if (word not in _EMPTY and len(word) > 1) or word == "%"
    ]


def clause_after(text: str, end: int) -> str:
    """What follows a number within its clause."""
    rest = text[end : end + _REACH]
    stop = _CLAUSE_END.search(rest)
    return rest[: stop.start()] if stop else rest


def clause_before(text: str, start: int) -> str:
    """What precedes a number within its clause."""
    rest = text[max(0, start - _REACH) : start]
    stops = list(_CLAUSE_END.finditer(rest))
    return rest[stops[-1].end() :] if stops else rest


_FRAME = 3  # words on each side
_LEAST = 4  # words in all, or the frame says too little
_DIGITS = re.compile(r"\d(?:[\d,]*\d)?(?:\.\d+)?")


def said_in_same_words(before: str, after: str, sources: Sequence[str]) -> frozenset[str]:
    """The numbers that sources have where the text has its own: between the very same words."""
    left, right = _tail(before), _head(after)
    if len(left.split()) + len(right.split()) < _LEAST or not left.strip():
        return frozenset()
    return frozenset(number for source in sources for number in _between(left, right, normal_source(source)))


def _between(left: str, right: str, text: str) -> Iterator[str]:
    start = text.find(left)
    while start >= 0:
        number = _DIGITS.match(text, start + len(left))
        if number and text.startswith(right, number.end()):
            yield number.group()
        start = text.find(left, start + 1)


def _tail(before: str) -> str:
    """The last words before a number, with the space that parts them from it."""
    words = normal(before).split(" ")[-_FRAME:]
    return " ".join(words) + (" " if before[-1:].isspace() and words != [""] else "")


def _head(after: str) -> str:
    words = normal(after).split(" ")[:_FRAME]
    return (" " if after[:1].isspace() and words != [""] else "") + " ".join(words)


@lru_cache(maxsize=2048)
def _places(text: str) -> dict[int, tuple[tuple[int, int], ...]]:
    """Where each whole number below 100 stands in a source."""
    found: dict[int, list[tuple[int, int]]] = {}
    for match in _SMALL.finditer(text):
        found.setdefault(int(match.group()), []).append(match.span())
    return {number: tuple(spans) for number, spans in found.items()}


def stands_with_its_words(number: int, before: str, after: str, sources: Sequence[str]) -> bool:
    """Whether a source has this number next to the thing that the text counts, or amid the text's own words."""
    ahead, behind = content(after), content(before)
    thing = ahead[0] if ahead else (behind[-1] if behind else "")
    words = set(ahead) | set(behind)
    return any(_agrees(thing, bool(ahead), words, window) for text in sources for window in _windows(number, text))


def _agrees(thing: str, follows: bool, words: set[str], window: tuple[list[str], list[str], bool]) -> bool:
    earlier, later, row = window
    if not thing:
        return True
    nearby = set(earlier) | set(later)
    if row:
        return thing in nearby or len(words & nearby) > 1
    if thing in (later[:_AHEAD] if follows else earlier[-_AHEAD:]):
        return True
    return len(words & (set(earlier[-_AHEAD:]) | set(later[:_AHEAD]))) > 2


def _windows(number: int, source: str) -> Iterator[tuple[list[str], list[str], bool]]:
    """(words before, words after, whether it is a row of a table) of each place of the number."""
    for start, end in _places(source).get(number, ()):
        line_start = source.rfind("\n", 0, start) + 1
        if _is_list_number(source, line_start, start, end):
            continue
        line_end = source.find("\n", end)
        line = source[line_start : line_end if line_end >= 0 else len(source)]
        if _is_row(line):
            yield content(_heading(source, line_start)) + content(line), [], True
        else:
            yield content(clause_before(source, start)), content(clause_after(source, end)), False


def _is_list_number(source: str, line_start: int, start: int, end: int) -> bool:
    return not source[line_start:start].strip(" \t#*->(") and source[end : end + 1] in (".", ")")


def _is_row(line: str) -> bool:
    if "|" in line or "\t" in line:
        return True
    return len(re.findall(r"[,;](?=\S)", line)) > 1 and len(re.findall(r"[,;]\s", line)) < 3


def _heading(source: str, line_start: int) -> str:
    """The first line of the table that the row belongs to."""
    top = source.rfind("\n\n", 0, line_start)
    top = top + 2 if top >= 0 else 0
    return source[top : source.find("\n", top)]
