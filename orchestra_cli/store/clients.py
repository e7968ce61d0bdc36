"""Client cards: `clients/NAME/client.md` of a workspace, a page of `name: value` lines and notes.

Settings of a card: name, aliases, privacy, may go to (providers), regions, contact; any other line is kept as it is.
Here too: finding another client's name in a text, so that no document carries it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from orchestra_cli.errors import InputError
from orchestra_cli.store.pages import read_page, words

PAGE = "client.md"
KNOWN = ("name", "aliases", "privacy", "may go to", "regions", "contact")
MODES = ("", "off", "standard", "strict")
_WINDOWS_NAMES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ClientCard:
    """One client. `name` is the folder, `title` the name people use; `allow` and `regions` limit where data may go;
    `text` is the whole page, `notes` its part below the settings."""

    name: str
    title: str
    aliases: tuple[str, ...]
    privacy: str
    allow: tuple[str, ...]
    regions: tuple[str, ...]
    contact: str
    text: str
    folder: Path
    fields: dict[str, str] = field(default_factory=dict)
    notes: str = ""


def load_client(workspace: Path, name: str) -> ClientCard:
    """The card of a client, by folder, title or alias (case does not matter).

    Raises InputError with near names when there is none, or naming the line that is wrong.
    """
    cards = list_clients(workspace)
    wanted = _folded(name)
    by_folder = [card for card in cards if _folded(card.name) == wanted]
    found = by_folder or [card for card in cards if wanted in {_folded(n) for n in (card.title, *card.aliases)}]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f'"{name}" fits {_listed(found)}.', f"Use the folder's name: --client {found[0].name}")
    near = _near(name, cards)
    new = f"orchestra clients add {_slug(name) or 'NAME'}"
    raise InputError(
        f'There is no client "{name}".{_suggestion(near, cards)}',
        f"Type {near[0]} instead, or for a new client: {new}" if near else new,
    )


def list_clients(workspace: Path) -> list[ClientCard]:
    """Every client of the workspace, by name; a folder without a page counts too."""
    root = workspace / "clients"
    if not root.is_dir():
        return []
    folders = [f for f in root.iterdir() if f.is_dir() and not f.name.startswith((".", "_"))]
    return [_read(folder) for folder in sorted(folders, key=lambda f: f.name)]


def add_client(workspace: Path, name: str, title: str = "") -> ClientCard:
    """Make a client's folder and page. `name` becomes a folder name (lower case, hyphens), and the title unless one is
    given. Raises InputError when it exists or cannot be a folder name."""
    slug = _slug(name)
    if not slug or _WINDOWS_NAMES.fullmatch(slug):
        raise InputError(f'"{name}" cannot be a folder name.', "orchestra clients add acme  shows the form of a name.")
    folder = workspace / "clients" / slug
    if folder.exists():
        raise InputError(f"The client {slug} exists already: {folder / PAGE}", f"orchestra clients show {slug}")
    display = " ".join((title or (name if name != slug else slug.replace("-", " ").title())).split())
    try:
        folder.mkdir(parents=True)
        (folder / PAGE).write_text(_TEMPLATE.format(title=display), encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"{folder} cannot be made: {error.strerror}.", "Repair the folder's permissions.") from error
    return _read(folder)


_TEMPLATE = """\
name: {title}
aliases:
contact:
privacy: standard
may go to:
regions:

"""
"""Notes go below the blank line; no hints here, since a page is shown to models as it stands."""


def _read(folder: Path) -> ClientCard:
    path = folder / PAGE
    page = read_page(path, KNOWN)
    privacy = page.fields.get("privacy", "").lower()
    if privacy not in MODES:
        raise InputError(f'{path}: privacy "{privacy}" is unknown; use strict, standard or off.', "Repair that line.")
    return ClientCard(
        name=folder.name,
        title=page.fields.get("name") or folder.name,
        aliases=words(page.fields.get("aliases", "")),
        privacy=privacy,
        allow=words(page.fields.get("may go to", "")),
        regions=words(page.fields.get("regions", "")),
        contact=page.fields.get("contact", ""),
        text=page.text,
        folder=folder.absolute(),
        fields=page.fields,
        notes=page.notes,
    )


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower().replace("&", " and ").replace("'", "")).strip("-")[:60]


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _listed(cards: Iterable[ClientCard]) -> str:
    return ", ".join(card.name for card in cards)


def _near(name: str, cards: Sequence[ClientCard]) -> list[str]:
    names = {_folded(n): card.name for card in cards for n in (card.title, *card.aliases, card.name)}
    return list(dict.fromkeys(names[n] for n in difflib.get_close_matches(_folded(name), names, 5, 0.5)))[:3]


def _suggestion(near: Sequence[str], cards: Sequence[ClientCard]) -> str:
    if not cards:
        return " This workspace has no clients yet."
    if near:
        return f" Did you mean {' or '.join(near)}?"
    return f" There are: {_listed(cards[:8])}{', ...' if len(cards) > 8 else ''}."


# ---- another client's name in a text ----

_LEGAL = re.compile(r"[,\s]+(?:ltd|limited|plc|llp|lp|inc|llc|gmbh|corp|corporation|co|company)\.?$", re.IGNORECASE)
_SENTENCE_START = re.compile(r"(?:^|[\n.!?:;|>*#\"“‘(-])\s*$")
LONG = 8
"""A single word of this many letters counts in any case; a shorter one only as the card writes it."""


def other_clients_in(text: str, cards: Iterable[ClientCard], own: ClientCard | None) -> list[tuple[ClientCard, str]]:
    """Each other client named in the text, with the words found there: whole words of a title or alias.

    Names of several or long words count in any case; a short one as it is written on the card, and at the start of a
    sentence only if the text does not use it as an ordinary word. A name that is part of the own client's name there
    does not count.
    """
    ours = [found.span() for name in (_names(own) if own else ()) for found in _pattern(name).finditer(text)]
    own_names = {_folded(name) for name in (_names(own) if own else ())}
    result = []
    for card in cards:
        if own is not None and card.name == own.name:
            continue
        names = [name for name in _names(card) if _folded(name) not in own_names]
        found = next((hit for name in names for hit in _hits(name, text) if not _inside(hit.span(), ours)), None)
        if found:
            result.append((card, found[0]))
    return result


def _names(card: ClientCard) -> Iterator[str]:
    """Title and aliases, each also without "Ltd" and the like, longest first; one letter is no name."""
    whole = [" ".join(name.split()) for name in (card.title, *card.aliases)]
    both = dict.fromkeys(n for name in whole for n in (name, _LEGAL.sub("", name)) if len(n) > 1)
    yield from sorted(both, key=len, reverse=True)


def _pattern(name: str) -> re.Pattern[str]:
    parts = (re.escape(part).replace("'", "['’]").replace("’", "['’]") for part in name.split())
    body = r"\s+".join("(?:&|and)" if part in (r"\&", "and") else part for part in parts)
    any_case = " " in name or len(name) >= LONG
    return re.compile(rf"(?<!\w){body}(?!\w)", re.IGNORECASE if any_case else 0)


def _hits(name: str, text: str) -> Iterator[re.Match[str]]:
    ordinary = " " not in name and len(name) < LONG and not name.isupper() and _is_word(name.lower(), text)
    for hit in _pattern(name).finditer(text):
        if not (ordinary and _SENTENCE_START.search(text[max(0, hit.start() - 8) : hit.start()])):
            yield hit


def _is_word(word: str, text: str) -> bool:
    return re.search(rf"(?<![\w@.]){re.escape(word)}(?!\w)", text) is not None


def _inside(span: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in others)
