"""Whether a quote stands in its source, word for word; white space, quotation marks, dashes and emphasis may differ."""

from __future__ import annotations

import re
from functools import lru_cache

_QUOTES_SINGLE = "'‘’‚‛′`´"
_QUOTES_DOUBLE = '"“”„‟″«»'
_DASHES = "-\u2010\u2011‒–—―−"
_DROPPED = "*\u00ad\u200b\u200c\u200d\ufeff"
_TABLE = str.maketrans(
    {
        **dict.fromkeys(_QUOTES_SINGLE, "'"),
        **dict.fromkeys(_QUOTES_DOUBLE, '"'),
        **dict.fromkeys(_DASHES, "-"),
        **dict.fromkeys(_DROPPED, ""),
        "…": "...",
        "ﬁ": "fi",
        "ﬂ": "fl",
    }
)
_HYPHEN_BREAK = re.compile(r"(?<=\w)-[ \t]*\n\s*(?=\w)")
_LINE_MARKS = re.compile(r"\n[ \t]*(?:[>#|]+[ \t]*)+")


_SOURCES = 2048  # how many sources are kept in their normal form


def normal(text: str) -> str:
    """The text with one kind of quotation mark, dash and space, without emphasis marks."""
    text = _LINE_MARKS.sub("\n", text) if ">" in text or "#" in text or "|" in text else text
    return " ".join(_HYPHEN_BREAK.sub("-", text.translate(_TABLE)).split())


_IN_WORD = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")


@lru_cache(maxsize=_SOURCES)
def normal_source(text: str) -> str:
    """`normal`, remembered: sources are asked many times."""
    return normal(text)


def _joined(text: str) -> str:
    """As `normal`, without hyphens inside words: a line break may have put one there, or hidden one."""
    return _IN_WORD.sub("", normal(text))


@lru_cache(maxsize=_SOURCES)
def _joined_source(text: str) -> str:
    return _IN_WORD.sub("", normal_source(text))


def find_quote(quote: str, source_text: str) -> str | None:
    """The exact words of the source, as they stand there, or None when the quote does not.

    Quotation marks around the quote and a full stop at its end that the source lacks are forgiven; not one word is.
    """
    plain = _standing(quote, source_text)
    return _as_written(plain, source_text) if plain else None


def stands(quote: str, source_text: str) -> bool:
    """Whether `find_quote` finds the quote; faster, where the words of the source are not needed."""
    return bool(_standing(quote, source_text))


def _standing(quote: str, source_text: str) -> str:
    """The normal form under which the quote stands in the source, "" when it does not."""
    wanted = normal(quote)
    bare = wanted.strip("\" '")
    for words in dict.fromkeys((wanted, bare, bare.rstrip(". "))):
        for reading, source in ((normal, normal_source), (_joined, _joined_source)):
            plain = reading(words)
            if plain and _bounded(plain, source(source_text)):
                return plain
    return ""


def _bounded(words: str, text: str) -> bool:
    """Whether the words stand in the text as whole words."""
    start = text.find(words)
    while start >= 0:
        end = start + len(words)
        cut_before = start > 0 and text[start - 1].isalnum() and words[0].isalnum()
        cut_after = end < len(text) and text[end].isalnum() and words[-1].isalnum()
        if not cut_before and not cut_after:
            return True
        start = text.find(words, start + 1)
    return False


def _as_written(words: str, source_text: str) -> str:
    """The stretch of the source that reads like these normalised words; those words where ligatures hide it."""
    dropped = f"[{re.escape(_DROPPED)}]*"
    gap = rf"(?:\s|[{re.escape(_DROPPED)}]|(?<=\n)[ \t]*[>#|]+)+"
    joint = r"(?:[-\u2010\u2011]\s*)?"
    parts = []
    for character, following in zip(words, words[1:] + " ", strict=True):
        parts.append(gap if character == " " else dropped + _variants(character))
        if character.isalpha() and following.isalpha():
            parts.append(joint)
    before = r"(?<![^\W_])" if words[0].isalnum() else ""
    after = r"(?![^\W_])" if words[-1].isalnum() else ""
    found = re.search(before + "".join(parts) + after, source_text)
    return found.group().strip(_DROPPED) if found else words


def _variants(character: str) -> str:
    for group in (_QUOTES_SINGLE, _QUOTES_DOUBLE):
        if character in group:
            return f"[{re.escape(group)}]"
    if character == "-":
        return rf"[{re.escape(_DASHES)}]\s*"
    return re.escape(character)
