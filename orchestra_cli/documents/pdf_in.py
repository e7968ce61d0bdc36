"""PDF text, page by page; hidden text is left out, pages that are only pictures are named."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING

from orchestra_cli.documents.content import Content, spans, unusable
from orchestra_cli.types import Material, Page

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

MOST_PAGES = 3_000
MOST_SECONDS = 120.0
_DAMAGED = "Open it in a PDF reader and print it to a new PDF, then give that."


def read_pdf(name: str, data: bytes) -> Content:
    """The text of every page that has text or pictures.

    Raises InputError for encrypted and damaged files, for a scan without any text, and when reading takes more
    than two minutes.
    """
    reader = _open(name, data)
    total = len(reader.pages)
    pages: list[Page] = []
    notes: list[str] = []
    until = time.monotonic() + MOST_SECONDS
    for number in range(1, total + 1):
        page, hidden = _page(name, reader, number)
        if page:
            pages.append(page)
        if hidden:
            notes.append(f"page {number}: {hidden} characters of hidden text left out")
        if time.monotonic() > until:
            raise unusable(name, f"reading stopped at page {number} of {total} after two minutes", _DAMAGED)
    scans = [page.number for page in pages if not page.text]
    if len(scans) == len(pages):
        raise _scan(name, total, bool(scans))
    if scans:
        plural = f"page {scans[0]} of {total} holds" if len(scans) == 1 else f"pages {spans(scans)} of {total} hold"
        notes.insert(0, f"{plural} pictures, no text: what stands there was not read")
    text = "\n\n".join(page.text for page in pages if page.text)
    return Content(text=text, pages=tuple(pages), warnings=tuple(notes))


def pages_without_text(material: Material) -> tuple[int, ...]:
    """The numbers of the pages that hold pictures but no text; empty for other formats."""
    return tuple(page.number for page in material.pages if not page.text) if material.format == "pdf" else ()


def _open(name: str, data: bytes) -> PdfReader:
    import logging

    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its remarks would reach the terminal; ours say it once
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise unusable(
                name, "the PDF is protected by a password", "Open it with the password and print it to a new PDF."
            )
        count = len(reader.pages)
    except _trouble() as error:
        raise _damaged(name, error) from error
    if count > MOST_PAGES:
        raise unusable(
            name, f"{count:,} pages are more than the {MOST_PAGES:,} that are read", "Give the part you need."
        )
    return reader


def _trouble() -> tuple[type[Exception], ...]:
    """What the PDF library raises on broken files; it lets many built-in errors through."""
    from pypdf.errors import DependencyError, PyPdfError

    return (
        PyPdfError, DependencyError, ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError,
        OSError, RecursionError, TypeError, ValueError, MemoryError,
    )  # fmt: skip


def _damaged(name: str, error: Exception) -> Exception:
    return unusable(name, f"the PDF is damaged ({type(error).__name__})", _DAMAGED)


def _page(name: str, reader: PdfReader, number: int) -> tuple[Page | None, int]:
    """The page, or None for a blank one, and how many hidden characters were left out."""
    from orchestra_cli.documents.pdf_hidden import visible_text

    try:
        page = reader.pages[number - 1]
        text, hidden = visible_text(page)
        text = "\n".join(line.rstrip() for line in text.replace("\uf0b7", "\u2022").splitlines()).strip("\n")
        if text.strip() or _has_picture(page):
            return Page(number, text if text.strip() else ""), hidden
    except _trouble() as error:
        raise unusable(name, f"page {number} is damaged ({type(error).__name__})", _DAMAGED) from error
    return None, hidden


def _has_picture(page: PageObject) -> bool:
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources is not None else None
    names = objects.get_object().values() if objects is not None else ()
    return any(item.get_object().get("/Subtype") in {"/Image", "/Form"} for item in names)


def _scan(name: str, total: int, pictures: bool) -> Exception:
    pages = "its page is" if total == 1 else f"all {total} pages are"
    what = f"a scan: {pages} pictures without text" if pictures else "the PDF has no text"
    return unusable(
        name,
        what,
        "Ask for the original file, or give the result of text recognition (for example: ocrmypdf in.pdf out.pdf).",
    )
