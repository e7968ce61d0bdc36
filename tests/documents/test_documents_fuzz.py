"""Damaged and hostile files: always a Material or a clear error, never a crash, never a hang."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestra_cli.documents.pdf_out import to_pdf
from orchestra_cli.documents.read import read_bytes
from orchestra_cli.errors import InputError
from orchestra_cli.types import Deliverable, Material

EDITS = st.lists(
    st.tuples(st.integers(0, 1 << 20), st.sampled_from(["set", "cut", "drop", "copy"]), st.binary(max_size=6)),
    max_size=8,
)
PARTS = {
    "t.docx": ["word/document.xml", "word/styles.xml", "word/numbering.xml", "word/_rels/document.xml.rels"],
    "t.xlsx": ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"],
}
MAIL = (
    b"From: a@x.example\r\nSubject: =?utf-8?q?Caf=C3=A9?=\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n'
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n<p style=3D'display:none'>x</p><table><tr><td>a<td>b<tr>"
    b"<td>1<td>2"
    b"</table>\r\n--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; "
    b'filename="t.csv"\r\n\r\na,b\r\n--b--\r\n'
)
PAGE = (
    b"<!doctype html><style>.h{display:none}</style><h1>T</h1><ul><li>a<ol start=2><li>b</ol></ul>"
    b"<table><tr><th colspan=2>x"
    b"<tr><td rowspan=2>1<td>2<tr><td>3</table><!-- c --><p class=h>no</p><a href='https://x.example'>l</a><pre>p</pre>"
)
SHEET = 'sep=;\nFirm;;\n\nitem;qty;rate\n"a;\nb";4;£2\nx;1\nExported on a day;;\n'.encode("cp1252")
PAGES_MD = b"# T\n<!-- c -->\n| a | b |\n|---|--:|\n| 1 | 2 |\n<span hidden>x</span> text\n"


@cache
def whole(name: str, build: Callable[[], bytes]) -> bytes:
    return build()


def mutated(data: bytes, edits: list[tuple[int, str, bytes]]) -> bytes:
    """The bytes after some edits at places anywhere in them."""
    for at, kind, piece in edits:
        at %= len(data) + 1
        if kind == "set":
            data = data[:at] + piece + data[at + len(piece) :]
        elif kind == "cut":
            data = data[:at]
        elif kind == "drop":
            data = data[:at] + data[at + 1 + len(piece) * 7 :]
        else:
            data = data[:at] + data[at : at + 40] * 3 + data[at:]
    return data


def reads_or_refuses(name: str, data: bytes) -> None:
    """Reading gives a whole Material or an InputError of at most a few lines."""
    try:
        material = read_bytes(name, data)
    except InputError as error:
        assert error.message  # noqa: PT017
        assert len(str(error)) < 2_000  # noqa: PT017
        return
    assert isinstance(material, Material)
    assert material.text.strip()
    material.text.encode("utf-8")
    for table in material.tables:
        assert all(len(row) == len(table.columns) for row in table.rows)


fuzz = settings(max_examples=40, deadline=10_000, suppress_health_check=list(HealthCheck))
slow_fuzz = settings(fuzz, max_examples=15)


@pytest.mark.parametrize(
    ("name", "data"),
    [("t.eml", MAIL), ("t.html", PAGE), ("t.csv", SHEET), ("t.md", PAGES_MD)],
    ids=["eml", "html", "csv", "md"],
)
@fuzz
@given(EDITS)
def test_mutated_texts_are_read_or_refused(name, data, edits):
    """A damaged text file never crashes its reader."""
    reads_or_refuses(name, mutated(data, edits))


@pytest.mark.parametrize("name", ["a.csv", "a.md", "a.eml", "a.html", "a.pdf", "a.xlsx", "a"])
@fuzz
@given(st.binary(max_size=400))
def test_any_bytes_under_any_name_are_read_or_refused(name, data):
    """Noise is an error with a sentence, or text."""
    reads_or_refuses(name, data)


@fuzz
@given(EDITS)
def test_mutated_pdfs_are_read_or_refused(make, edits):
    """A damaged PDF never crashes its reader."""
    plain = "BT /F 12 Tf 50 700 Td (Works) Tj ET 1 g 0 0 10 10 re f BT /F 9 Tf 9 9 Td (x) Tj ET"
    reads_or_refuses("t.pdf", mutated(whole("hand", lambda: make.pdf(plain, "/I Do", pictures=(2,))), edits))
    set_by_us = whole("typst", lambda: to_pdf(Deliverable(title="T", markdown="Text\n\n|a|b|\n|-|-|\n|1|2|")))
    reads_or_refuses("t.pdf", mutated(set_by_us, edits))


def office(make, name: str) -> bytes:
    if name == "t.docx":

        def build(made):
            made.add_heading("T", 1)
            made.add_paragraph("a", style="List Bullet").add_run("hidden").font.hidden = True
            made.add_table(2, 2).rows[0].cells[0].text = "x"

        return whole(name, lambda: make.word(build))
    rows = [["a", "b", "c"], ["x", 1.5, "=A1"], ["y", 0.2, None]]
    return whole(name, lambda: make.excel({"S": rows}, lambda book: setattr(book["S"]["B3"], "number_format", "0%")))


@pytest.mark.parametrize("name", ["t.docx", "t.xlsx"])
@slow_fuzz
@given(EDITS)
def test_mutated_office_files_are_read_or_refused(make, name, edits):
    """A damaged archive never crashes its reader."""
    reads_or_refuses(name, mutated(office(make, name), edits))


@pytest.mark.parametrize("name", ["t.docx", "t.xlsx"])
@slow_fuzz
@given(st.data())
def test_office_files_with_mutated_xml_are_read_or_refused(make, name, data):
    """Broken XML in a whole archive never crashes the readers behind it."""
    part = data.draw(st.sampled_from(PARTS[name]))
    edits = data.draw(EDITS)
    good = office(make, name)
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        assert part in archive.namelist()
    reads_or_refuses(name, make.rezipped(good, {part: lambda old: mutated(old, edits)}))
