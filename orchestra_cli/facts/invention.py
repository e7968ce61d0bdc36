"""Names, addresses and reference numbers of a text that stand in no input: what a model may have invented."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from importlib.resources import files

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HOST_END = r"(?:com|org|net|gov|edu|co\.uk|org\.uk|gov\.uk|io|eu|de|fr|ie)"
_PATH = r"[^\s<>()\[\]\"'|]"
URL = re.compile(rf"(?:https?://|www\.){_PATH}+|\b(?:[a-z0-9-]+\.)+{_HOST_END}\b(?:/{_PATH}*)?", re.IGNORECASE)
PHONE = re.compile(
    r"(?<![\w.,/-])(?:\+\d{1,3}[ ./-]?)?(?:\(\d{2,5}\)[ ./-]?)?\d{2,5}(?:[ ./-]\d{2,6}){1,5}(?![\w/-])"
    r"|(?<![\w.,/-])\+?\d{10,13}(?!\w)"
)
STANDARD = re.compile(
    r"\b(?:ISO|BS|EN|IEC|OHSAS|PAS|NFPA|ASTM|DIN|ANSI|OSHA|SOC)(?:[ /-](?:EN|ISO|IEC))*[ -]?\d+(?:[-:.]\d+)*\b"
)
CODE = re.compile(
    r"(?<![\w.])\d+\.\d+(?:\.\d+)*-\d+(?![\w.-]\d)|(?<![\w./#-])(?=[\w/-]*[A-Z])(?=(?:[\w/-]*\d){4})[A-Z0-9][A-Z0-9/-]{4,}(?![\w])"
)
_REGISTERED = (
    r"(?:registration|registered|certificate|certification|licen[cs]e|policy|membership|company|vat|tax|permit"
    r"|accreditation|account|reference|contract|duns|tin)"
)
REGISTRATION = re.compile(
    rf"\b{_REGISTERED}(?: \w+)?(?: (?:number|no|nr|num|ref|id)\b\.?|\s?#)\s*(?:is |of |: ?|- )?"
    r"([A-Z]{0,4}[ -]?\d[\w/-]*(?: \d[\w/-]*)*)",
    re.IGNORECASE,
)
_WORD = r"(?:[A-Z][a-z'’]+(?:-[A-Z]?[a-z]+)*|[A-Z]{2,}[a-z]?|[A-Z][a-z]+[A-Z][a-z]+)"
_POSSESSIVE = re.compile(r"(?<=\w)['’]s\b")
_NAME = re.compile(rf"\b(?:{_WORD}|[A-Z]\.)(?:[ \t]+(?:(?:of|and|&|de|van|von)[ \t]+)?(?:{_WORD}|[A-Z]\.)){{1,5}}")
_SENTENCE = re.compile(r"(?:^|[.!?:;]['\"”’)]*\s+|^[\s>*+|-]*(?:\d+[.)]\s+)?[*_\"“(]*|[|]\s*[*_]*|[\"“(]|\*\*|: )$")


@cache
def _words(kind: str) -> frozenset[str]:
    data = tomllib.loads(files("orchestra_cli.facts").joinpath("names.toml").read_text(encoding="utf-8"))
    return frozenset(str(data[kind]).split())


@lru_cache(maxsize=2048)
def _folded(text: str) -> str:
    return " ".join(re.sub(r"[*_`’]", lambda match: "'" if match.group() == "’" else "", text).casefold().split())


@lru_cache(maxsize=2048)
def _vocabulary(text: str) -> frozenset[str]:
    """Words that the text writes in lower case somewhere: they are no names of their own."""
    return frozenset(re.findall(r"(?<![\w'’-])[a-z]{3,}(?![\w])", text))


@lru_cache(maxsize=2048)
def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def unknown_emails(text: str, sources: Sequence[str]) -> tuple[str, ...]:
    """E-mail addresses of the text that stand in no source."""
    return _absent((match.group().rstrip(".") for match in EMAIL.finditer(text)), sources)


def unknown_urls(text: str, sources: Sequence[str]) -> tuple[str, ...]:
    """Web addresses of the text that stand in no source; with or without https:// and a slash at the end."""
    text = EMAIL.sub(" ", text)
    return _absent(
        (match.group().rstrip(".,;:!?*_") for match in URL.finditer(text)),
        sources,
        lambda url: re.sub(r"^(?:https?://)?(?:www\.)?", "", url).rstrip("/"),
    )


def unknown_phones(text: str, sources: Sequence[str]) -> tuple[str, ...]:
    """Telephone numbers (nine digits or more) whose digits stand in no source."""
    found = []
    for match in PHONE.finditer(URL.sub(" ", text)):
        digits = _digits(match.group())
        local = digits.removeprefix("44").removeprefix("1").lstrip("0")
        if 9 <= len(digits) <= 15 and not any(local in _digits(source) for source in sources):
            found.append(match.group().strip())
    return tuple(dict.fromkeys(found))


def unknown_references(text: str, sources: Sequence[str]) -> tuple[str, ...]:
    """Standards ("ISO 9001"), registration and certificate numbers, codes of letters and digits in no source."""
    bare = URL.sub(" ", EMAIL.sub(" ", text))
    found = [match.group() for match in STANDARD.finditer(bare)]
    found += [match.group(1).strip() for match in REGISTRATION.finditer(bare)]
    found += [match.group() for match in CODE.finditer(bare)]
    return _absent(found, sources, _without_marks, _without_marks)


def _without_marks(text: str) -> str:
    return re.sub(r"[\s:.-]", "", text)


def _absent(
    found: Iterable[str],
    sources: Sequence[str],
    key: Callable[[str], str] = str,
    source_key: Callable[[str], str] = str,
) -> tuple[str, ...]:
    wanted = dict.fromkeys(item for item in found if item)
    if not wanted:
        return ()
    folded = [source_key(_folded(source)) for source in sources]
    return tuple(item for item in wanted if not any(key(item.casefold()) in source for source in folded))


def unknown_names(text: str, sources: Sequence[str]) -> tuple[str, ...]:
    """People and companies (two or more capitalised words, or a title and a name) that stand in no source.

    Headings are left out, the first word of a sentence counts only as a given name, and words that the text or a source
    also writes in lower case, or that titles of roles and documents are made of, are no names.
    """
    prose = "\n".join(line for line in text.splitlines() if not re.match(r"\s*(?:#{1,6}\s|\|?[\s:|-]+$)", line))
    prose = URL.sub(" ", EMAIL.sub(" ", re.sub(r"\[[A-Z]{1,2}\d+[^\]]*\]|`[^`]*`", " ", prose)))
    usual = _words("common").union(*(_vocabulary(source) for source in (*sources, text)))
    folded = [_folded(source) for source in sources]
    titled = (match.group() for match in _titled().finditer(prose))
    found = [name for name in titled if not any(_last(name) in source for source in folded)]
    for match in _NAME.finditer(prose):
        whole = _POSSESSIVE.split(match.group())[0]
        name = _without_opening(whole, prose, match.start())
        if name and _is_name(name, usual) and not _known(whole, folded) and not _known(name, folded):
            found.append(name)
    return tuple(dict.fromkeys(name for name in found if not any(name in other and name != other for other in found)))


@cache
def _titled() -> re.Pattern[str]:
    titles = "|".join(title.capitalize() for title in sorted(_words("titles")))
    return re.compile(rf"\b(?:{titles})\.?[ \t]+(?:[A-Z]\.[ \t]+)?{_WORD}")


def _last(name: str) -> str:
    return _folded(name.rsplit(maxsplit=1)[-1])


def _without_opening(name: str, prose: str, start: int) -> str:
    """The name without the word that is only capital because a sentence begins with it."""
    words = name.split()
    before = prose[prose.rfind("\n", 0, start) + 1 : start]
    if _SENTENCE.search(before) and words[0].casefold() not in _words("given"):
        words = words[1:]
        while words and words[0] in ("of", "and", "&"):
            words = words[1:]
    return " ".join(words) if len([word for word in words if word[0].isupper()]) > 1 else ""


def _is_name(name: str, usual: frozenset[str]) -> bool:
    words = name.casefold().split()
    if words[0] in _words("given") and not (words[1:2] and words[1] in ("and", "&")):
        return True
    unusual = [word for word in words if len(word.strip(".")) > 1 and not _is_usual(word, usual)]
    return bool(unusual) and not all(word.isupper() for word in name.split())


_ABSTRACT = re.compile(
    r"(?:tion|ment|nes|ity|itie|ance|ence|ive|able|ible|ally|ology|ism|si|ated|ised|ized|ational|ical|ual|ness|sis)s?$"
)


def _is_usual(word: str, usual: frozenset[str]) -> bool:
    """A word of titles and everyday language, in singular or plural, or an abstract noun by its ending."""
    return word in usual or word.removesuffix("s") in usual or bool(_ABSTRACT.search(word))


def _known(name: str, folded: Sequence[str]) -> bool:
    """Whether a source has the name, or each of the names that "and" joins."""
    parts = [name, *re.split(r"\s+(?:and|&)\s+", name)] if re.search(r"\s(?:and|&)\s", name) else [name]
    whole, *pieces = (_folded(part) for part in parts)
    return any(whole in source for source in folded) or (
        bool(pieces) and all(any(piece in source for source in folded) for piece in pieces)
    )
