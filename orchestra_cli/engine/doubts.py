"""What an input lacks that a person should know before anything is paid: unreadable pages, no price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from orchestra_cli.errors import InputError
from orchestra_cli.types import Material

if TYPE_CHECKING:
    from orchestra_cli.facts.pricing import PriceSheet

SCANS = "scans"
"""The question about pages without text, and its name for `--set`."""
GO_ON = "go on, they are listed as MISSING"
STOP = "stop"
ADVICE = "Attach their text as one more file, or go on with --set scans=missing (they are listed as MISSING)."


def unread_pages(placed: Sequence[tuple[str, Material]]) -> tuple[str, ...]:
    """Pages that hold pictures and no text, as "tender.pdf, pages 12-14 of 31"."""
    from orchestra_cli.documents.pdf_in import pages_without_text

    found = []
    for _, material in placed:
        pages = pages_without_text(material)
        if pages:
            word = "page" if len(pages) == 1 else "pages"
            found.append(f"{material.name}, {word} {_ranges(pages)} of {material.pages[-1].number}")
    return tuple(dict.fromkeys(found))


def accepted(sets: Mapping[str, str], said: Mapping[str, str]) -> bool:
    """Whether a person wants to go on without the pages. Raises InputError when they said stop, or set nonsense."""
    if said.get(SCANS) == STOP:
        raise InputError("Stopped: some pages hold pictures and no text. Nothing was sent.", ADVICE)
    value = sets.get(SCANS, "missing")
    if value != "missing":
        raise InputError(f'--set scans={value}: the only value is "missing". Nothing was sent.', ADVICE)
    return SCANS in sets or said.get(SCANS) == GO_ON


def scans_question(unread: tuple[str, ...]) -> str:
    """What a person is asked about pages without text."""
    verb = "holds" if len(unread) == 1 and ", page " in unread[0] else "hold"
    return f"{'; '.join(unread)} {verb} pictures and no text, so requirements there would be missed."


def some_price(sheet: PriceSheet | None, placed: Sequence[tuple[str, Material]]) -> None:
    """Raise InputError when a take-off was given and not one of its lines has a price: paying models would be waste.

    What the reader of the take-off warned of is said too: it is often the cause.
    """
    if sheet is None or sheet.lines or not sheet.unpriced:
        return
    line = sheet.unpriced[0]
    first = f'"{line.description or line.item}": {line.reason}'
    warnings = [f"{file.name}: {said}" for slot, file in placed if slot == "takeoff" for said in file.warnings]
    raise InputError(
        "\n".join([f"Not one line of the take-off has a price. The first: {first}. Nothing was sent.", *warnings]),
        "Give the price list that belongs to it: --prices FILE, or a take-off with a unit price in each row.",
    )


def _ranges(pages: tuple[int, ...]) -> str:
    """`12-14, 20` for 12, 13, 14, 20."""
    runs = [[page for _, page in run] for _, run in groupby(enumerate(pages), lambda pair: pair[1] - pair[0])]
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
