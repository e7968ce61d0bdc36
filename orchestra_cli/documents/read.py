"""Any file to a `Material`: what it is by content and ending, then the reader of that format, then the one filter."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from orchestra_cli.documents.content import Content, unusable
from orchestra_cli.documents.kinds import kind_of
from orchestra_cli.errors import InputError
from orchestra_cli.textclean import clean_text, removal_notes
from orchestra_cli.types import Material, Page, Table

LARGEST_FILE = 100_000_000
_READERS = {
    "pdf": ("pdf_in", "read_pdf"),
    "docx": ("docx_in", "read_docx"),
    "xlsx": ("xlsx_in", "read_sheets"),
    "ods": ("xlsx_in", "read_sheets"),
    "csv": ("csv_in", "read_csv"),
    "tsv": ("csv_in", "read_csv"),
    "eml": ("mail_in", "read_mail"),
    "html": ("html_in", "read_html"),
    "md": ("text_in", "read_markdown"),
}


def read(path: Path) -> Material:
    """One file as clean text and tables.

    Raises InputError, with advice, for everything that cannot be read: missing (near names are offered), a folder,
    unreadable, empty, too large, of an unknown or old type, protected, damaged, or a scan without text.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder, not a file. Nothing was sent.", "Give the files in it by name.")
        if path.stat().st_size > LARGEST_FILE:
            size = path.stat().st_size // 1_000_000
            raise unusable(path.name, f"{size} MB are more than the 100 MB that are read", "Give the part you need.")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise _missing(path) from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise unusable(path.name, f"the file cannot be read ({why})", "Check its permissions.") from error
    return replace(read_bytes(path.name, data), path=str(path.absolute()))


def read_bytes(name: str, data: bytes) -> Material:
    """Bytes (from a pipe, a mail, an archive) as a Material, judged by content and by the ending of `name`."""
    return _material(name, data)[0]


def attachments(material: Material) -> tuple[Material, ...]:
    """The files attached to a mail, each read; those that cannot be read are told by `attachment_problems`.

    The mail is read again from its path; a Material that came without one has no attachments to offer.
    """
    return tuple(found for found in _attached(material) if isinstance(found, Material))


def attachment_problems(material: Material) -> tuple[InputError, ...]:
    """Why some files attached to a mail cannot be read, one error each."""
    return tuple(found for found in _attached(material) if isinstance(found, InputError))


def _attached(material: Material) -> Iterator[Material | InputError]:
    if material.format != "eml" or not material.path:
        return
    _, content = _material(material.name, Path(material.path).read_bytes())
    for name, data in content.files:
        try:
            yield replace(read_bytes(name, data), path=f"{material.path}#{name}")
        except InputError as error:
            yield error


def _material(name: str, data: bytes) -> tuple[Material, Content]:
    name = clean_text(name)[0]
    if not data.strip(b"\x00\t\n\r \xef\xbb\xbf"):
        raise unusable(name, "the file is empty", "Export or save it again, or leave it out.")
    kind, notes = kind_of(name, data)
    content = _reader(kind)(name, data)
    text, removed = clean_text(content.text)
    if not text.strip():
        raise unusable(name, "there is no text in the file", "Is it the right one?")
    material = Material(
        name=name,
        path="",
        format=kind,
        sha256=hashlib.sha256(data).hexdigest(),
        text=text,
        pages=tuple(Page(page.number, _clean(page.text)) for page in content.pages) or (Page(1, text),),
        tables=tuple(_clean_table(table) for table in content.tables),
        warnings=tuple(_clean(note) for note in (*notes, *content.warnings, *removal_notes(removed))),
    )
    return material, content


def _reader(kind: str) -> Callable[[str, bytes], Content]:
    """The reader of a format; only its own libraries are imported."""
    module, function = _READERS.get(kind, ("text_in", "read_text"))
    reader: Callable[[str, bytes], Content] = getattr(import_module(f"orchestra_cli.documents.{module}"), function)
    return reader


def _clean(text: str) -> str:
    return clean_text(text)[0]


def _cells(cells: Iterable[str]) -> tuple[str, ...]:
    return tuple(_clean(cell) for cell in cells)


def _clean_table(table: Table) -> Table:
    return replace(
        table, name=_clean(table.name), columns=_cells(table.columns), rows=tuple(_cells(row) for row in table.rows)
    )


def _missing(path: Path) -> InputError:
    folder = path.absolute().parent
    if not folder.is_dir():
        return InputError(f'No folder "{folder}", so no file "{path.name}". Nothing was sent.', "Check the path.")
    names = sorted(entry.name for entry in folder.iterdir() if entry.is_file() and not entry.name.startswith("."))
    lower = {name.lower(): name for name in names}
    near = [lower[match] for match in difflib.get_close_matches(path.name.lower(), lower, n=3, cutoff=0.6)]
    near += [name for name in names if Path(name).stem.lower() == path.stem.lower() and name not in near]
    hint = f" Did you mean {' or '.join(near[:3])}?" if near else ""
    return InputError(f'No file "{path.name}" in {folder}.{hint} Nothing was sent.')
