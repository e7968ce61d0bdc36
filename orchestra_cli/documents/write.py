"""A `Deliverable` to a file, by its ending, whole or not at all."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

from orchestra_cli.documents.files import check_output, draft_name, free_name, write_bytes
from orchestra_cli.documents.markdown_out import to_markdown
from orchestra_cli.errors import InputError
from orchestra_cli.textclean import clean_text
from orchestra_cli.types import Deliverable

__all__ = ["ENDINGS", "can_write", "check_output", "draft_name", "free_name", "render", "to_markdown", "write"]

ENDINGS: tuple[str, ...] = (".md", ".docx", ".pdf", ".html", ".json", ".csv")


def can_write(path: Path) -> str:
    """Why a document cannot be written under this ending, with what to do; "" when it can."""
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        return f'{Path(path).name}: documents are not written as "{ending}". These are: {" ".join(ENDINGS)}'
    if ending == ".pdf" and importlib.util.find_spec("typst") is None:
        return 'PDF needs the extra "pdf": pip install "orchestra-recipes[pdf]"'
    return ""


def write(doc: Deliverable, path: Path) -> None:
    """Writes a document atomically in the format of the ending.

    Raises InputError for an ending that cannot be written, StoreError when the disk says no.
    """
    write_bytes(Path(path), render(doc, Path(path)))


def render(doc: Deliverable, path: Path) -> bytes:
    """The bytes of a document in the format of a path's ending; only that writer's libraries are imported."""
    problem = can_write(path)
    if problem:
        raise InputError(problem)
    doc = _clean(doc)
    match path.suffix.lower():
        case ".docx":
            from orchestra_cli.documents.docx_out import to_docx

            return to_docx(doc)
        case ".pdf":
            from orchestra_cli.documents.pdf_out import to_pdf

            return to_pdf(doc)
        case ".html":
            from orchestra_cli.documents.html_out import to_html

            return to_html(doc).encode("utf-8", "replace")
        case ".json":
            return _json(doc).encode("utf-8", "replace")
        case ".csv":
            from orchestra_cli.documents.csv_out import to_csv

            return to_csv(doc).encode("utf-8-sig", "replace")
        case _:
            return to_markdown(doc).encode("utf-8", "replace")


def _clean(doc: Deliverable) -> Deliverable:
    """The document without characters that no format can hold; what stands on one line is one line."""

    def line(text: str) -> str:
        return " ".join(clean_text(text)[0].split())

    def lines(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(line(text) for text in texts)

    head = doc.letterhead
    return replace(
        doc,
        title=line(doc.title),
        markdown=clean_text(doc.markdown)[0],
        letterhead=replace(
            head,
            company=line(head.company),
            address=lines(head.address),
            contact=lines(head.contact),
            registration=lines(head.registration),
        ),
        stamp=line(doc.stamp),
        reasons=lines(doc.reasons),
        date=line(doc.date),
        reference=line(doc.reference),
    )


def _json(doc: Deliverable) -> str:
    kept = {"title": doc.title, "date": doc.date, "reference": doc.reference, "stamp": doc.stamp}
    return json.dumps(
        {**kept, "reasons": list(doc.reasons), "document": to_markdown(doc)}, ensure_ascii=False, indent=2
    )
