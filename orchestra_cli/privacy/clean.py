"""What strangers and models wrote, made harmless: no invisible characters, HTML, images, far links.

Nothing here judges words. The character filter itself is `textclean`, which `documents` uses too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from orchestra_cli.textclean import clean_text


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The text, and how many characters or sequences of each kind were removed ("ansi", "control", "bidi",
    "zero-width", "tag")."""

    text: str
    removed: Mapping[str, int] = field(default_factory=dict)


def clean(text: str) -> Cleaned:
    """NFC, `\\n` line ends, and no character that a reader cannot see. Cleaning twice changes nothing more."""
    return Cleaned(*clean_text(text))


def clean_answer(text: str, hosts: frozenset[str]) -> str:
    """An answer as Markdown without raw HTML and images; links only to `hosts`, all others shown as text.

    `hosts` are lower-case host names of the run's own sources, such as "www.gov.uk".
    """
    text = _without_html(clean_text(text)[0])
    text = _IMAGE.sub("", text)
    text = _AUTOLINK.sub(lambda m: m[0] if _may_link(m[1], hosts) else m[1], text)
    text = _LINK.sub(lambda m: m[0] if _may_link(m[2], hosts) else _shown(m[1], m[2]), text)
    text = _ANY_LINK.sub(lambda m: m[0] if _may_link(m[1], hosts) else "] (" + m[0][2:], text)
    return _DEFINITION.sub(lambda m: m[0] if _may_link(m[2], hosts) else f"{m[1]} :{m[0][len(m[1]) + 1 :]}", text)


def host_of(url: str) -> str:
    """The host name of an address in lower case, "" when it has none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


# ---- raw HTML ----

_ELEMENTS = (
    "a abbr address area article aside audio b base bdi bdo blink blockquote body br button canvas caption center cite"
    " code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed fieldset figcaption figure font"
    " footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label legend"
    " li link main map mark marquee menu meta meter nav noframes noscript object ol optgroup option output p param"
    " picture plaintext pre progress q rp rt ruby s samp script search section select slot small source span strike"
    " strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul var"
    " video wbr xmp math"
)
_NAMES = "|".join(sorted(_ELEMENTS.split(), key=len, reverse=True)) + r"|[a-z]+-[\w.-]*"
_OPENING = re.compile(
    r"<(?:(script|style|iframe|object|template|noscript|textarea|title|svg|math)(?=[\s>/])|(!--|\?|!\[CDATA\[))",
    re.IGNORECASE,
)
_ENDS = {"!--": "-->", "?": r"\?>", "![cdata[": r"\]\]>"}
_TAG = re.compile(rf"</?(?:{_NAMES})(?:\s+[^<>]*=[^<>]*|\s*)/?>", re.IGNORECASE)
_TAG_LIKE = re.compile(r"<(?=[A-Za-z/!?])(?!(?:https?|mailto|ftp):)", re.IGNORECASE)
_PASSES = 5
"""Tags inside tags are taken out layer by layer; what is left after these is no tag any more but text with a space."""


def _without_html(text: str) -> str:
    if "<" not in text:
        return text
    for _ in range(_PASSES):
        without = _TAG.sub("", _without_blocks(text))
        if without == text:
            break
        text = without
    return _TAG_LIKE.sub("< ", text)


def _without_blocks(text: str) -> str:
    """Without comments, and without elements whose content is no text to read; in one pass, whatever the text."""
    parts: list[str] = []
    endless: set[str] = set()
    kept = at = 0
    while opening := _OPENING.search(text, at):
        at = opening.end()
        name = (opening[1] or opening[2]).lower()
        end = None if name in endless else re.compile(_ENDS.get(name, rf"</{name}\s*>"), re.IGNORECASE).search(text, at)
        if end is None:
            endless.add(name)
            continue
        parts.append(text[kept : opening.start()])
        kept = at = end.end()
    return "".join([*parts, text[kept:]])


# ---- links and images ----

_IMAGE = re.compile(r"!(?=\[[^\]\n]*\][(\[])")
_AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*)>")
_LINK = re.compile(r"(?<!\\)\[([^\[\]\n]{0,500})\]\(\s*<?([^\s()<>]*)>?(?:\s+(?:\"[^\"\n]*\"|'[^'\n]*'))?\s*\)")
_ANY_LINK = re.compile(r"\]\(\s*<?([^\s()<>]*)")
_DEFINITION = re.compile(
    r"^([ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)*\[[^\[\]\n]{1,999}\]):[ \t]*\n?[ \t]*<?(\S+?)>?"
    r"(?=[ \t]*(?:\n|$)|[ \t]+[\"'(][^\n]*[\"')][ \t]*$)",
    re.MULTILINE,
)


def _may_link(target: str, hosts: frozenset[str]) -> bool:
    if target.startswith("#"):
        return True
    if "\\" in target or not target.isprintable():
        return False
    try:
        parts = urlsplit(target)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    return parts.scheme.lower() in ("http", "https") and "@" not in parts.netloc and host in hosts


def _shown(words: str, target: str) -> str:
    words = words.strip()
    return words if not target or target == words or _is_code(target) else f"{words} ({target})".strip()


def _is_code(target: str) -> bool:
    return re.match(r"(?:javascript|data|vbscript|file):", target, re.IGNORECASE) is not None


# ---- cells ----

_NUMBER = re.compile(r"[+-]?[\d.,\s]*\d\s?%?")


def safe_cell(text: str) -> str:
    """A CSV cell that no spreadsheet takes for a formula; plain numbers such as -12.50 stay numbers."""
    start = text.lstrip(" \u00a0")[:1]
    if start and start in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20" and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
