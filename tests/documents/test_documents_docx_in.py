"""Word documents as text: what a reader sees, in the order of the page."""

from __future__ import annotations

import pytest

from orchestra_cli.documents.read import read_bytes
from orchestra_cli.errors import InputError


def test_headings_lists_and_tables_come_through(make):
    """The shape of a tender survives: titles, numbered points, a schedule."""

    def build(made):
        made.add_heading("Tender", 0)
        made.add_heading("Scope", 1)
        made.add_paragraph("Strip out", style="List Bullet")
        made.add_paragraph("Make good", style="List Number")
        table = made.add_table(2, 2)
        for cell, text in zip((*table.rows[0].cells, *table.rows[1].cells), ("Item", "Qty", "Brick", "4"), strict=True):
            cell.text = text

    material = read_bytes("t.docx", make.word(build))
    for part in ("# Tender", "# Scope", "- Strip out", "1. Make good", "| Item | Qty |\n| --- | --- |\n| Brick | 4 |"):
        assert part in material.text
    assert material.tables[0].columns == ("Item", "Qty")
    assert material.tables[0].rows == (("Brick", "4"),)


def test_footnotes_and_links_are_kept(make):
    """A footnote may hold the deadline, a link the portal."""
    note = (
        '<w:footnotes xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        '<w:footnote w:id="2"><w:p><w:r><w:t>Noon, London time.</w:t></w:r></w:p></w:footnote></w:footnotes>'
    )
    data = make.word(lambda made: made.add_paragraph("Bids by Friday"))
    data = make.rezipped(
        data,
        {
            "word/document.xml": lambda old: old.replace(
                b"</w:t></w:r>", b'</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r>'
            ),
            "word/_rels/document.xml.rels": lambda old: old.replace(
                b"</Relationships>",
                b'<Relationship Id="rId99" Target="footnotes.xml" Type="http://schemas.openxmlformats.org'
                b'/officeDocument/2006/relationships/footnotes"/></Relationships>',
            ),
            "docProps/app.xml": lambda old: old,
        },
    )
    import io
    import zipfile

    stream = io.BytesIO(data)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("word/footnotes.xml", note)
    text = read_bytes("t.docx", stream.getvalue()).text
    assert "Bids by Friday[^2]" in text
    assert "[^2]: Noon, London time." in text


def test_hidden_text_is_left_out_and_told(make):
    """Hidden, tiny and white runs are instructions for machines, not words for readers."""
    from docx.shared import Pt, RGBColor

    def build(made):
        paragraph = made.add_paragraph("Seen ")
        paragraph.add_run("gone1").font.hidden = True
        paragraph.add_run("gone2").font.size = Pt(1)
        paragraph.add_run("gone3").font.color.rgb = RGBColor(255, 255, 255)
        shown = paragraph.add_run("shown")
        shown.font.hidden = False
        cell = made.add_table(1, 1).rows[0].cells[0]
        cell.paragraphs[0].add_run("head").font.color.rgb = RGBColor(255, 255, 255)

    material = read_bytes("t.docx", make.word(build))
    assert "gone" not in material.text
    assert "Seen shown" in material.text
    assert "head" in material.text
    assert material.warnings == ("3 pieces of hidden text left out",)


def test_white_text_on_a_shaded_ground_stays(make):
    """A banner of white letters on colour is meant to be read."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls
    from docx.shared import RGBColor

    def build(made):
        run = made.add_paragraph().add_run("Banner")
        run.font.color.rgb = RGBColor(255, 255, 255)
        run._r.rPr.append(parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:fill="000000"/>'))

    assert read_bytes("t.docx", make.word(build)).text == "Banner"


def test_comments_deletions_and_pictures_are_told(make):
    """What was left out is counted, so that nobody relies on it."""
    import io

    def build(made):
        made.add_paragraph("Kept").add_run().add_picture(io.BytesIO(make.png()))
        made.add_comment(made.paragraphs[0].runs, text="internal remark", author="x")

    data = make.rezipped(
        make.word(build),
        {
            "word/document.xml": lambda old: old.replace(
                b"<w:sectPr", b'<w:p><w:del w:id="1"><w:r><w:delText>old</w:delText></w:r></w:del></w:p><w:sectPr', 1
            )
        },
    )
    material = read_bytes("t.docx", data)
    assert material.text == "Kept"
    assert material.warnings == (
        "1 comments left out",
        "1 deleted passages left out (changes are tracked)",
        "1 picture not read",
    )


@pytest.mark.parametrize("body", [b"<a", b"not xml at all", b'<w:document xmlns:w="x"/>'])
def test_damaged_documents_are_refused(make, body):
    """Broken XML is a sentence with advice."""
    data = make.rezipped(make.word(lambda made: made.add_paragraph("x")), {"word/document.xml": lambda old: body})
    with pytest.raises(InputError, match=r"damaged|no text"):
        read_bytes("t.docx", data)
