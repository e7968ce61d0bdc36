"""DOCX through mammoth's HTML; hidden text, comments and deleted text stay out and are told."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as Tree
import zipfile
import zlib

from orchestra_cli.documents.content import Content, unusable
from orchestra_cli.documents.html_in import html_content
from orchestra_cli.documents.office import open_office, part

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"
_BODY = "word/document.xml"
_TINY_HALF_POINTS = 3
_DAMAGED = "Open it in Word or LibreOffice, save it again, and give that."


def read_docx(name: str, data: bytes) -> Content:
    """The text of a Word document: headings, lists, tables, footnotes.

    Raises InputError for damaged files. Warnings tell of hidden text, comments and pictures.
    """
    import mammoth

    archive = open_office(name, data)
    try:
        data, hidden = _without_hidden(archive, data)
        result = mammoth.convert_to_html(
            io.BytesIO(data), style_map=_STYLES, convert_image=mammoth.images.img_element(lambda _: {})
        )
    except (
        zipfile.BadZipFile, zlib.error, Tree.ParseError, SyntaxError, LookupError, ValueError, TypeError,
        AttributeError, OSError, RecursionError,
    ) as error:  # fmt: skip
        raise unusable(name, f"the document is damaged ({type(error).__name__})", _DAMAGED) from error
    except Exception as error:  # the parser of the XML raises a class of its own
        if type(error).__module__.startswith("xml."):
            raise unusable(name, "the document is damaged (its XML is broken)", _DAMAGED) from error
        raise
    content = html_content(name, result.value)
    return Content(content.text, tables=content.tables, warnings=(*_notes(archive, hidden), *content.warnings))


def _notes(archive: zipfile.ZipFile, hidden: int) -> list[str]:
    notes = [f"{hidden} pieces of hidden text left out"] if hidden else []
    comments = len(re.findall(rb"<w:comment ", part(archive, "word/comments.xml")))
    deleted = len(re.findall(rb"<w:del ", part(archive, _BODY)))
    pictures = len([name for name in archive.namelist() if name.startswith("word/media/")])
    for count, what in ((comments, "comments left out"), (deleted, "deleted passages left out (changes are tracked)")):
        if count:
            notes.append(f"{count} {what}")
    if pictures:
        notes.append(f"{pictures} {'picture' if pictures == 1 else 'pictures'} not read")
    return notes


def _without_hidden(archive: zipfile.ZipFile, data: bytes) -> tuple[bytes, int]:
    """The file without runs nobody sees (hidden, tiny, white on white), and how many runs with words those were."""
    body = part(archive, _BODY)
    if not re.search(rb"<w:vanish|<w:color [^>]*w:val=\"(?:FFFFFF|ffffff)\"|<w:sz w:val=\"[0-3]\"", body):
        return data, 0
    root = Tree.fromstring(body)  # noqa: S314  document types were refused when the file was opened
    count = 0
    parents = {child: parent for parent in root.iter() for child in parent}
    for run in [run for run in root.iter(f"{_W}r") if _is_hidden(run, parents)]:
        parents[run].remove(run)
        count += bool("".join(text.text or "" for text in run.iter(f"{_W}t")).strip())
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in archive.namelist():
            copy.writestr(name, Tree.tostring(root, "utf-8") if name == _BODY else archive.read(name))
    return stream.getvalue(), count


def _is_hidden(run: Tree.Element, parents: dict[Tree.Element, Tree.Element]) -> bool:
    look = run.find(f"{_W}rPr")
    if look is None:
        return False
    vanish = look.find(f"{_W}vanish")
    if vanish is not None and vanish.get(f"{_W}val", "true") not in {"0", "false", "off"}:
        return True
    size, colour = look.find(f"{_W}sz"), look.find(f"{_W}color")
    tiny = (
        size is not None
        and size.get(f"{_W}val", "20").isdecimal()
        and int(size.get(f"{_W}val", "20")) <= _TINY_HALF_POINTS
    )
    white = colour is not None and colour.get(f"{_W}val", "").upper() == "FFFFFF"
    return tiny or (white and not _on_colour(run, parents))


def _on_colour(run: Tree.Element, parents: dict[Tree.Element, Tree.Element]) -> bool:
    """Whether a run stands in a table or on a shaded ground, where white text can be read."""
    node: Tree.Element | None = run
    while node is not None:
        if node.tag == f"{_W}tbl":
            return True
        for properties in (node.find(f"{_W}rPr"), node.find(f"{_W}pPr")):
            if properties is not None and (
                properties.find(f"{_W}shd") is not None or properties.find(f"{_W}highlight") is not None
            ):
                return True
        node = parents.get(node)
    return False
