"""What a file is: by its content first, by its ending where the content is text; and what to do with what we refuse."""

from __future__ import annotations

import re
import zipfile
from pathlib import PurePath

from orchestra_cli.documents.content import unusable
from orchestra_cli.documents.office import open_office, part, password

READABLE = ".pdf .docx .xlsx .ods .csv .tsv .md .txt .eml .html"
_TEXT_KINDS = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".md": "md", ".markdown": "md", ".txt": "txt", ".text": "txt",
    "": "txt", ".eml": "eml", ".html": "html", ".htm": "html",
}  # fmt: skip
_BINARY_ENDINGS = {
    ".pdf": "PDF", ".docx": "Word document", ".xlsx": "Excel workbook", ".ods": "spreadsheet",
    ".doc": "Word document", ".xls": "Excel workbook",
}  # fmt: skip
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"BM")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SAVE_DOCX = "Open it and save it as .docx or PDF."
_SAVE_XLSX = "Open it and save it as .xlsx or .csv, then give that."


def kind_of(name: str, data: bytes) -> tuple[str, tuple[str, ...]]:
    """The format of a file ("pdf", "docx", "xlsx", "ods", "csv", "tsv", "md", "txt", "eml", "html") and a warning when
    the ending says otherwise.

    Raises InputError, saying how to save the file instead, for formats that are not read.
    """
    ending = PurePath(name).suffix.lower()
    kind = _by_content(name, data, ending)
    if kind:
        expected = ending.removeprefix(".")
        same = expected == kind or (kind in {"xlsx", "ods"} and expected in {"xlsm", "xltx", "xlsx", "ods"})
        return kind, () if same or not ending else (f"the ending is {ending}, the content is {kind}: read as {kind}",)
    if ending in _BINARY_ENDINGS:
        html = data[:2_000].lstrip().lower().startswith((b"<!doctype", b"<html", b"<table"))
        what = "a web page" if html else "text" if b"\x00" not in data[:8_000] else "something else"
        raise unusable(
            name,
            f"the file is no {_BINARY_ENDINGS[ending]}: it holds {what}",
            "Rename it to .html." if html else "Get the file again, or give it the right ending.",
        )
    if ending not in _TEXT_KINDS:
        raise unusable(name, f"{ending} files are not read", f"These are: {READABLE}")
    return _TEXT_KINDS[ending], ()


def _by_content(name: str, data: bytes, ending: str) -> str:
    """The format that the first bytes give away; "" for text and for what is unknown."""
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return _office_kind(name, data)
    if data.startswith(_OLE):
        raise _old_office(name, data, ending)
    if data.startswith(b"{\\rtf"):
        raise unusable(name, "RTF files are not read", _SAVE_DOCX)
    if data.startswith(_PICTURES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP") or data[4:12] == b"ftypheic":
        raise unusable(name, "this is a picture, and pictures are not read", "Type what matters into a text file.")
    if data.startswith((b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"PK\x05\x06")):
        raise unusable(name, "this is a packed archive", "Unpack it and give the files in it.")
    if b"\x00" in data[:8_000] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise unusable(name, "this is binary data, no document", f"These are read: {READABLE}")
    return ""


def _office_kind(name: str, data: bytes) -> str:
    archive = open_office(name, data)
    names = set(archive.namelist())
    for member, kind in (("word/document.xml", "docx"), ("xl/workbook.xml", "xlsx")):
        if member in names:
            return kind
    mime = part(archive, "mimetype")[:200].decode("latin-1")
    if "opendocument.spreadsheet" in mime:
        if b"manifest:encryption-data" in part(archive, "META-INF/manifest.xml"):
            raise password(name)
        return "ods"
    raise _other_zip(name, names, mime, archive)


def _other_zip(name: str, names: set[str], mime: str, archive: zipfile.ZipFile) -> Exception:
    if b"wordprocessingml" in part(archive, "[Content_Types].xml") or "opendocument.text" in mime:
        return unusable(name, "this kind of text document is not read", _SAVE_DOCX)
    if "xl/workbook.bin" in names:
        return unusable(name, "binary workbooks (.xlsb) are not read", _SAVE_XLSX)
    if "ppt/presentation.xml" in names or "opendocument.presentation" in mime:
        return unusable(name, "presentations are not read", "Save it as PDF and give that.")
    return unusable(name, "this is a packed archive", "Unpack it and give the files in it.")


def _old_office(name: str, data: bytes, ending: str) -> Exception:
    def holds(word: str) -> bool:
        return word.encode("utf-16-le") in data

    if holds("EncryptedPackage"):
        return password(name)
    if holds("WordDocument") or ending == ".doc":
        return unusable(name, "old Word format (.doc)", _SAVE_DOCX)
    if holds("Workbook") or re.search(rb"B\x00o\x00o\x00k\x00\x00", data) or ending == ".xls":
        return unusable(name, "old Excel format (.xls)", _SAVE_XLSX)
    if holds("__substg1.0") or ending == ".msg":
        return unusable(name, "an Outlook message (.msg)", "Open it and save it as .eml, or print it to PDF.")
    return unusable(name, "an old office file", "Open it and save it as .docx, .xlsx or PDF.")
