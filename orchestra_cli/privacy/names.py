"""Names of people and firms in a text: known ones, and those that headers, titles and sign-offs give away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from orchestra_cli.privacy.patterns import Span

_WORD = re.compile(r"\w+")
_LEGAL_WORDS = "ltd limited plc llp lp inc llc gmbh corp corporation co company the and of"
_ORDINARY_WORDS = (
    "will mark may grace hope rose bill rob grant art frank dean summer april june august amber ivy young long short"
    " brown green white black grey king price page day west north south east park hill wood field stone marsh banks"
    " estates group services solutions building builders construction school council trust house centre association"
    " partners holdings systems digital management property properties engineering design international global"
)
"""Words that are names too: masked inside a known full name, not alone."""
_LEGAL, _ORDINARY = frozenset(_LEGAL_WORDS.split()), frozenset(_ORDINARY_WORDS.split())


def _name(words: int) -> str:
    return rf"[A-Z][\w'’-]+(?: [A-Z]\.?)?(?: (?:de |van |von |Mc|O['’])?[A-Z][\w'’-]+){{{words},3}}"


_HEADER = re.compile(r"^(?:From|To|Cc|Bcc|Reply-To|Sender):[ \t]*(.{1,2000})", re.MULTILINE | re.IGNORECASE)
_ADDRESSEE = re.compile(r'([^"<>@,;\s][^"<>@,;]{0,80})"?[ \t]*<[^<>@\s]{1,64}@[^<>\s]{1,200}>')
_TITLED = re.compile(rf"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir)\.? ({_name(0)})")
_SIGNED = re.compile(
    r"^(?i:(?:(?:kind|best|warm|many) )?regards|yours (?:sincerely|faithfully|truly)|sincerely|cheers|best wishes"
    r"|many thanks|with thanks|thanks|thank you)[,.!]?[ \t]*\n{1,3}[ \t]*"
    rf"({_name(0)})[ \t]*(?:$|,)",
    re.MULTILINE,
)


def names_in(text: str) -> tuple[str, ...]:
    """Names that the text itself gives away: mail headers, "Mr Jones", the line below "Kind regards". Each once."""
    found = [name for line in _HEADER.findall(text) for name in _ADDRESSEE.findall(line)]
    found += [match[1] for pattern in (_TITLED, _SIGNED) for match in pattern.finditer(text)]
    return tuple(dict.fromkeys(" ".join(name.split()) for name in found if _WORD.search(name)))


@dataclass(frozen=True, slots=True)
class _Known:
    """One form of a known name: how it is found, and whether only as written (a short single word)."""

    pattern: re.Pattern[str]
    length: int


class Names:
    """Finds known names in long texts: by their first word, so that a thousand names cost no more than one."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_word: dict[str, list[_Known]] = {}
        for form in dict.fromkeys(form for name in names for part in _parts(name) for form in _forms(part)):
            first = _WORD.search(form)
            if first:
                known = _Known(_pattern(form, first.start()), len(form))
                self._by_word.setdefault(first[0].casefold(), []).append(known)
        for forms in self._by_word.values():
            forms.sort(key=lambda known: -known.length)

    def spans(self, text: str) -> Iterator[Span]:
        """Every known name in the text, the longest form at each place."""
        if not self._by_word:
            return
        for word in _WORD.finditer(text):
            for known in self._by_word.get(word[0].casefold(), ()):
                match = known.pattern.match(text, word.start())
                if match:
                    yield Span(match.start(), match.end(), "NAME")
                    break


def _parts(name: str) -> Iterator[str]:
    """The name; of a contact line ("Priya Raman, Estates Manager, p@x.uk") the person only."""
    first = re.split(r"[,<(]", name, maxsplit=1)[0].strip()
    if first != name.strip() and " " in first:
        yield first
    if first == name.strip() or "@" not in name:
        yield name


def _forms(name: str) -> Iterator[str]:
    """The name, the firm without "Ltd", and the first and last word of a person's name where they stand alone."""
    words = name.split()
    if not words or len("".join(words)) < 2:
        return
    yield " ".join(words)
    while len(words) > 1 and words[-1].strip(".,").casefold() in _LEGAL:
        words = words[:-1]
        yield " ".join(words).rstrip(",")
    if 2 <= len(words) <= 4 and len(words) == len(name.split()):
        for word in (words[0], words[-1]):
            plain = word.strip(".,")
            if len(plain) > 2 and plain[0].isupper() and plain.casefold() not in _ORDINARY | _LEGAL:
                yield plain


def _pattern(form: str, first: int) -> re.Pattern[str]:
    """From the first word of a form on; blanks may be any white space. One word counts as written or in capitals."""
    parts = form[first:].split()
    body = r"\s+".join(re.escape(part) for part in parts)
    end = r"(?!\w)" if re.match(r"\w", parts[-1][-1]) else ""
    if len(parts) > 1:
        return re.compile(rf"{body}{end}", re.IGNORECASE)
    return re.compile(rf"(?:{body}|{re.escape(parts[0].upper())}){end}")
