"""Office files are ZIP archives of XML: opened here once, with limits, before any library sees them."""

from __future__ import annotations

import io
import zipfile
import zlib

from orchestra_cli.documents.content import unusable

LARGEST = 300_000_000
"""Bytes a whole file may have when unpacked."""
_RATIO = 200
_RATIO_FROM = 10_000_000
_PARTS = 10_000
_DAMAGED = "Open it in the program it comes from and save it again."


def open_office(name: str, data: bytes) -> zipfile.ZipFile:
    """The archive, after every part was unpacked once to see that it is whole and no bomb.

    Raises InputError for damaged or password-protected archives, for more than 300 MB unpacked, for parts packed
    more than 200 to 1, and for XML with a document type (entities are how XML bombs are built).
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        parts = archive.infolist()
        if len(parts) > _PARTS:
            raise unusable(name, f"the file has {len(parts):,} parts inside, which no document has", _DAMAGED)
        left = LARGEST
        for part in parts:
            if part.flag_bits & 1:
                raise password(name)
            left -= _checked_size(name, archive, part, left)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, RuntimeError) as error:
        raise unusable(name, "the file is damaged and cannot be opened", _DAMAGED) from error
    return archive


def password(name: str) -> Exception:
    """The error for a file behind a password."""
    return unusable(
        name,
        "the file is protected by a password",
        "Open it with the password, save a copy without one, and give that.",
    )


def _checked_size(name: str, archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> int:
    """Bytes of one part, unpacked in pieces; stops as soon as it is too large."""
    size = 0
    markup = part.filename.lower().endswith((".xml", ".rels"))
    tail = b""
    with archive.open(part) as stream:
        while piece := stream.read(1 << 16):
            size += len(piece)
            packed = max(part.compress_size, 1)
            if size > left or (size > _RATIO_FROM and size > _RATIO * packed):
                raise unusable(name, "unpacked, the file is far larger than any document (a ZIP bomb?)", _DAMAGED)
            if markup and b"<!DOCTYPE" in tail + piece:
                raise unusable(name, "the XML inside declares a document type, which office files never do", _DAMAGED)
            tail = piece[-9:]
    return size


def part(archive: zipfile.ZipFile, path: str) -> bytes:
    """The bytes of one part, or b"" when there is none of that name."""
    try:
        return archive.read(path)
    except KeyError:
        return b""
