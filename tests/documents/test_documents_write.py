"""Deliverables: the same words, figures and marks in every format, and nothing a stranger wrote is ever run."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestra_cli.documents import blocks, look
from orchestra_cli.documents.docx_out import to_docx
from orchestra_cli.documents.html_out import to_html
from orchestra_cli.documents.markdown_out import to_markdown
from orchestra_cli.documents.pdf_out import pdf_data, to_pdf
from orchestra_cli.documents.read import read_bytes
from orchestra_cli.documents.write import render
from orchestra_cli.errors import InputError
from orchestra_cli.types import Deliverable, Letterhead

STAMP = "DRAFT, written on this computer by a small model"
LITERALS = (
    "{{7*7}}", "[red]x[/red]", "[/x]", '#import "x"', "$(id)", "<b>bold</b>", "<script>alert(1)</script>", "${HOME}",
    "@label", "#panic()", "$x^2$", "<!-- c -->", "&lt;", "\\u{41}",
)  # fmt: skip


def open_docx(data: bytes):
    return docx.Document(io.BytesIO(data))


def all_text(document) -> str:
    parts = [node.text or "" for node in document.element.body.iter(qn("w:t"))]
    return "".join(parts)


def test_markup_of_any_kind_comes_out_literally_in_every_format():
    """What looks like a template, a script or Typst is shown as it was written."""
    escaped = [re.sub(r"([\\`*_{}\[\]<>#$&@!|~^])", r"\\\1", text) for text in LITERALS]
    doc = Deliverable(title="T", markdown="\n\n".join(escaped) + "\n\n| a |\n|---|\n| " + escaped[3] + " |\n")
    word = all_text(open_docx(to_docx(doc)))
    page = to_html(doc)
    pdf = "".join(read_bytes("a.pdf", to_pdf(doc)).text.split())
    for text in LITERALS:
        assert text in word
        assert text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;") in page
        assert text.replace(" ", "") in pdf
    assert "<script" not in page


def test_unescaped_markup_is_literal_too():
    """Even without Markdown escapes nothing is evaluated or passed through."""
    doc = Deliverable(
        title="{{7*7}} #import", markdown="{{7*7}} [red] #import $(id) <b>x</b> [/x]", reasons=("#panic()",)
    )
    for data in (all_text(open_docx(to_docx(doc))), to_html(doc), read_bytes("a.pdf", to_pdf(doc)).text):
        for text in ("{{7*7}}", "[red]", "#import", "$(id)", "#panic()"):
            assert text in data
        assert "49" not in data


def test_links_go_to_the_web_and_to_mail_only():
    """A link with any other scheme is its text; pictures are their alternative text."""
    text = "[a](https://x.example) [b](mailto:m@x.example) [c](javascript:alert(1)) [d](file:///etc) [e](ftp://x) "
    text += "![map](https://spy.example/p.gif)"
    (paragraph,) = blocks.parse(text)
    assert [(run.text, run.href) for run in paragraph.runs if run.href] == [
        ("a", "https://x.example"),
        ("b", "mailto:m@x.example"),
    ]
    assert "[picture: map]" in blocks.plain(paragraph.runs)
    page = to_html(Deliverable(title="T", markdown=text))
    assert re.findall(r'(?:href|src)="([^"]*)"', page) == ["https://x.example", "mailto:m@x.example"]
    rels = open_docx(to_docx(Deliverable(title="T", markdown=text))).part.rels.values()
    assert {rel.target_ref for rel in rels if rel.is_external} == {"https://x.example", "mailto:m@x.example"}


def test_the_tree_keeps_the_shape_of_the_markdown():
    """Headings, nested lists, quotes, code, rules and tables are what they say."""
    text = (
        "# T\n\n## A\n\n3. x\n   - y\n\n     z\n\n> q\n\n```\ncode\n```\n\n---\n\n|a|b|c|\n|:-|:-:|-:|\n|1|**2**|~~3~~|"
    )
    text += "\n\nl1  \nl2 *i* `c`"
    found = blocks.parse(text)
    kinds = [type(block).__name__ for block in found]
    assert kinds == ["Heading", "Heading", "Listing", "Quote", "Code", "Rule", "Grid", "Paragraph"]
    listing, grid = found[2], found[6]
    assert (listing.ordered, listing.start) == (True, 3)
    assert isinstance(listing.items[0][1], blocks.Listing)
    assert grid.align == ("left", "center", "right")
    assert grid.rows[0][1] == (blocks.Run("2", bold=True),)
    assert grid.rows[0][2] == (blocks.Run("3", strike=True),)
    assert blocks.Run("\n") in found[7].runs
    assert blocks.Run("c", code=True) in found[7].runs
    title, body = blocks.headline(found, "given")
    assert title == "T"
    assert body[0].level == 1
    assert blocks.headline(blocks.parse("### x"), "given") == ("given", (blocks.Heading(1, (blocks.Run("x"),)),))
    assert blocks.parse("![](x)") == ()


def test_a_word_file_has_real_structure(make):
    """Headings, lists that start anew, a repeated table head, page numbers and properties are Word's own."""
    document = open_docx(to_docx(make.proposal(stamp=STAMP, reasons=("R7 is not answered.",))))
    styles = [p.style.name for p in document.paragraphs]
    assert styles[0] == "Title"
    assert styles.count("Heading 1") == 6
    assert styles.count("Heading 2") == 3
    assert all(p.paragraph_format.keep_with_next for p in document.paragraphs if p.style.name.startswith("Heading"))
    numbers = {
        p._p.pPr.numPr.numId.val for p in document.paragraphs if p._p.pPr is not None and p._p.pPr.numPr is not None
    }
    assert len(numbers) == 5
    starts = document.part.numbering_part.element.findall(qn("w:num"))
    assert sum(1 for num in starts if num.find(qn("w:lvlOverride")) is not None) == 2
    price = document.tables[1]
    assert len(price.rows) == 31
    assert price.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert price.rows[1].cells[5].paragraphs[0].alignment == docx.enum.text.WD_ALIGN_PARAGRAPH.RIGHT
    assert price.rows[30].cells[1].paragraphs[0].runs[0].bold
    assert not price.rows[1].cells[1].paragraphs[0].runs[0].bold
    assert price.rows[1].cells[1].width > 3 * price.rows[1].cells[3].width
    section = document.sections[0]
    for part in (section.header, section.first_page_header):
        assert STAMP in "".join(node.text or "" for node in part._element.iter(qn("w:t")))
    footer = section.footer._element.xml
    assert " PAGE " in footer
    assert " NUMPAGES " in footer
    core = document.core_properties
    assert (core.title, core.author, core.language) == (
        "Refurbishment of the hall and two classrooms", "Fenwick & Daughters Building Ltd", "en-GB",
    )  # fmt: skip
    assert 'w:lang w:val="en-GB"' in document.styles.element.xml
    assert "R7 is not answered." in document.tables[0].rows[0].cells[0].text


def test_a_users_letterhead_keeps_its_header_footer_and_styles(make, tmp_path):
    """The firm's own paper stays as it is; only stamp and missing page numbers are added."""
    own = docx.Document()
    own.sections[0].header.paragraphs[0].text = "Old firm"
    own.sections[0].footer.paragraphs[0].text = "Registered office"
    own.sections[0].different_first_page_header_footer = True
    own.sections[0].first_page_header.paragraphs[0].text = "Old firm, first page"
    own.styles["Heading 1"].font.name = "Georgia"
    own.add_paragraph("sample body")
    own.settings.odd_and_even_pages_header_footer = True
    own.sections[0].even_page_header.paragraphs[0].text = "Even"
    path = tmp_path / "letterhead.docx"
    own.save(path)
    document = open_docx(to_docx(make.proposal(stamp=STAMP, template=path)))
    section = document.sections[0]
    headers = [section.header, section.first_page_header, section.even_page_header]
    texts = [[p.text for p in header.paragraphs] for header in headers]
    assert texts == [[STAMP, "Old firm"], [STAMP, "Old firm, first page"], [STAMP, "Even"]]
    assert section.footer.paragraphs[0].text == "Registered office"
    assert "NUMPAGES" in section.footer._element.xml
    assert document.styles["Heading 1"].font.name == "Georgia"
    assert "sample body" not in all_text(document)


def test_a_letterhead_with_page_numbers_gets_no_second_ones(make, tmp_path):
    """A footer that counts its pages is left alone; without a stamp the header is too."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    own = docx.Document()
    field = f'<w:fldSimple {nsdecls("w")} w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
    own.sections[0].footer.paragraphs[0]._p.append(parse_xml(field))
    path = tmp_path / "letterhead.docx"
    own.save(path)
    document = open_docx(to_docx(make.proposal(template=path)))
    assert "NUMPAGES" not in document.sections[0].footer._element.xml
    assert len(document.sections[0].header.paragraphs) <= 1


def test_a_bare_template_gets_the_styles_and_lists_it_lacks(make, tmp_path):
    """A letterhead from another program may lack headings, numbering and language."""
    own = docx.Document()
    for name in ("Heading 1", "Heading 2", "Title"):
        own.styles[name].delete()
    defaults = own.styles.element.find(qn("w:docDefaults"))
    own.styles.element.remove(defaults)
    path = tmp_path / "letterhead.docx"
    own.save(path)
    data = make.rezipped(
        path.read_bytes(),
        {
            "word/_rels/document.xml.rels": lambda old: re.sub(rb"<Relationship [^>]*numbering[^>]*/>", b"", old),
            "[Content_Types].xml": lambda old: re.sub(rb"<Override [^>]*numbering[^>]*/>", b"", old),
        },
    )
    path.write_bytes(data)
    document = open_docx(to_docx(make.proposal(template=path)))
    names = {style.name for style in document.styles}
    assert {"Heading 1", "Heading 2", "Title"} <= names
    assert any(p._p.pPr is not None and p._p.pPr.numPr is not None for p in document.paragraphs)


def test_a_template_that_is_no_word_file_is_an_input_error(make, tmp_path):
    """The message names the file and what to save it as; a missing one is told beforehand."""
    path = tmp_path / "letterhead.docx"
    for data in (b"not a zip", make.zipped({"a": "b"}), make.zipped({"[Content_Types].xml": "<a"})):
        path.write_bytes(data)
        with pytest.raises(InputError, match="no Word document that can be opened"):
            to_docx(make.proposal(template=path))
    head = Letterhead(logo=str(tmp_path / "no.png"), template=str(tmp_path / "no.docx"))
    problems = look.letterhead_problems(head)
    assert "no.png is missing or no PNG" in problems[0]
    assert "no.docx is missing" in problems[1]
    assert look.letterhead_problems(Letterhead()) == ()
    assert to_docx(Deliverable(title="T", markdown="x", letterhead=head)).startswith(b"PK")


@pytest.mark.parametrize(("size", "alone"), [((40, 40), False), ((120, 20), True)])
def test_a_logo_stands_on_every_kind_of_paper(make, tmp_path, size, alone):
    """A squarish logo stands beside the name; a wide one is the name."""
    path = tmp_path / "logo.png"
    path.write_bytes(make.png(*size))
    doc = make.proposal(logo=path)
    assert look.logo_size(path.read_bytes(), "png")[1] is alone
    first = open_docx(to_docx(doc)).sections[0].first_page_header
    text = "".join(node.text or "" for node in first._element.iter(qn("w:t")))
    assert ("Fenwick" in text) is not alone
    assert "<pic:pic" in first._element.xml
    assert "data:image/png;base64," in to_html(doc)
    assert pdf_data(doc)["logo"]["kind"] == "png"
    assert to_pdf(doc).startswith(b"%PDF")


def test_logos_word_cannot_show_are_replaced_by_the_name(make, tmp_path):
    """An SVG is used where it can be, a broken picture nowhere that would fail."""
    svg = tmp_path / "logo.svg"
    svg.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 100"><rect width="300" height="100"/></svg>'
    )
    assert look.logo_size(svg.read_bytes(), "svg") == (16.0, True)
    first = open_docx(to_docx(make.proposal(logo=svg))).sections[0].first_page_header
    assert "Fenwick" in "".join(node.text or "" for node in first._element.iter(qn("w:t")))
    assert to_pdf(make.proposal(logo=svg)).startswith(b"%PDF")
    broken = tmp_path / "logo.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n")
    assert to_docx(make.proposal(logo=broken)).startswith(b"PK")
    with pytest.raises(InputError, match="could not be set"):
        to_pdf(make.proposal(logo=broken))
    jpg = b"\xff\xd8\xff\xe0\xff\xc0\x00\x11\x08\x00\x64\x01\x2c\x03"
    assert look.logo_size(jpg, "jpg") == (16.0, True)
    assert look.logo_size(b"\xff\xd8\xff", "jpg") == (16.0, False)
    assert look.logo_size(b"<svg>", "svg") == (16.0, False)


def test_a_pdf_has_letterhead_stamp_and_page_numbers_on_its_pages(make):
    """Every page says what it is and which it is; the price table repeats its head."""
    rows = "\n".join(f"| {i} | Line {i} | {i}.00 |" for i in range(1, 90))
    doc = replace(
        make.proposal(stamp=STAMP, reasons=("R7 is not answered.",)),
        markdown=f"| No | What | GBP |\n|--|--|--:|\n{rows}\n| | Total | 4,005.00 |\n",
    )
    pages = read_bytes("a.pdf", to_pdf(doc)).pages
    assert len(pages) >= 3
    for page in pages:
        assert STAMP in page.text
        assert f"Page {page.number} of {len(pages)}" in page.text
        assert "What" in page.text
    assert "R7 is not answered." in pages[0].text
    assert "12 Quay Street" in pages[0].text
    assert "Line 89" in pages[-1].text.split("Total")[0]


def test_html_fetches_nothing_and_says_so(make):
    """The page has a policy that forbids every connection, and names nothing outside but links."""
    page = to_html(make.proposal(stamp='"}</style>', reasons=("<img src=x>",)))
    assert "default-src 'none'" in page
    assert "<img src=x>" not in page
    assert page.count("</style>") == 1
    assert '<html lang="en-GB">' in page
    assert page.count("<h1>") == 1
    assert "<thead>" in page
    assert 'scope="col"' in page
    assert 'class="total first"' in page
    assert not re.search(r"url\(|@import|<link|<script", page)


def test_the_markdown_begins_with_stamp_and_reasons():
    """Line 1 of a draft in a pipe says that it is one."""
    doc = Deliverable(title="T", markdown="## A\n\nx\n", stamp="DRAFT", reasons=("one\ntwo", "three"))
    assert (
        to_markdown(doc) == "> **DRAFT**\n>\n> **Not ready to send:**\n>\n> - one two\n> - three\n\n# T\n\n## A\n\nx\n"
    )
    assert to_markdown(Deliverable(title="T", markdown="# Own\n\nx")) == "# Own\n\nx\n"
    assert (
        to_markdown(Deliverable(title="T", markdown="x", reasons=("r",)))
        == "> **Not ready to send:**\n>\n> - r\n\n# T\n\nx\n"
    )
    assert to_markdown(Deliverable(title="T", markdown="x", stamp="S")) == "> **S**\n\n# T\n\nx\n"


def test_json_holds_the_document_and_its_marks(tmp_path):
    """A program that takes the document sees why it is a draft."""
    import json

    doc = Deliverable(title="T", markdown="x", stamp="S", reasons=("r",), date="d", reference="ref")
    data = json.loads(render(doc, tmp_path / "a.json"))
    assert data["reasons"] == ["r"]
    assert data["document"] == to_markdown(doc)
    assert render(doc, tmp_path / "a.md").decode() == to_markdown(doc)


def test_words_around_the_text_follow_its_language():
    """A German letter counts its pages in German; an unknown language in English."""
    assert look.words("de-AT").page == "Seite {page} von {pages}"
    assert look.words("xx").reference == "Reference"
    doc = Deliverable(title="T", markdown="x", language="de-DE", reference="7", date="1. Mai")
    assert look.byline(doc) == "1. Mai  ·  Referenz: 7"
    assert "Seite" in open_docx(to_docx(doc)).sections[0].footer.paragraphs[0].text
    assert "Seite 1 von 1" in read_bytes("a.pdf", to_pdf(replace(doc, paper="letter"))).text


def test_column_widths_suit_what_stands_in_them():
    """Descriptions are wide, figures narrow and whole; a table that is too wide gets smaller type, then wraps."""
    (grid,) = blocks.parse(
        "|No|What|Amount|\n|-|-|-|\n|1|" + "long words " * 20 + "|GBP 1,234.00|\n|2|x|-|\n|| Total |GBP 9.00|"
    )
    setting = look.setting(grid, 470)
    assert [column.numeric for column in setting.columns] == [False, False, True]
    assert sum(column.share for column in setting.columns) == pytest.approx(1)
    assert setting.columns[1].share > 0.6
    assert setting.columns[2].share * 470 > 60
    assert setting.totals == {2}
    assert setting.size_pt == 9.0
    wide = "|" + "|".join(f"Heading{i}" for i in range(9)) + "|\n|" + "-|" * 9 + "\n|" + "123,456,789.00|" * 9
    assert look.setting(blocks.parse(wide)[0], 470).size_pt < 9
    wider = "|" + "x|" * 30 + "\n|" + "-|" * 30 + "\n|" + "123,456.00|" * 30
    even = look.setting(blocks.parse(wider)[0], 470)
    assert not any(column.whole for column in even.columns)
    assert sum(column.share for column in even.columns) == pytest.approx(1)
    (empty,) = blocks.parse("|a|b|\n|-|-|\n||")
    assert look.setting(empty, 470).totals == frozenset()
    (dates,) = blocks.parse("|a|b|\n|-|-|\n|x|2025-01-02|")
    assert not look.setting(dates, 470).columns[1].numeric


def test_every_block_is_set_in_every_format():
    """Lists in lists, code and tables in lists, quotes, rules and empty items leave no writer without words."""
    text = (
        "intro:\n\n- a\n  1. b\n\n     more\n- \n- ```\n  code\n  ```\n- > q\n\n> ## h\n> - x\n\n---\n\n"
        "    indented\n\n#### deep\n\n"
        "## up\n\n##### deeper\n\nline  \nbreak ~~gone~~ `mono` **b *bi***\n\n1. one\n\n<div>html</div>\n"
    )
    doc = Deliverable(title="T", markdown=text)
    word, page, pdf = all_text(open_docx(to_docx(doc))), to_html(doc), read_bytes("a.pdf", to_pdf(doc)).text
    for part in ("intro:", "more", "code", "indented", "deeper", "break", "gone", "mono", "bi", "one"):
        assert part in word
        assert part in page
        assert part in pdf
    assert "<s>gone</s>" in page
    assert "&lt;div&gt;html&lt;/div&gt;" in page


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=300), st.text(max_size=30))
def test_any_text_makes_a_whole_document(markdown, title):
    """Whatever a model writes, every writer gives a file that opens."""
    doc = Deliverable(
        title=title, markdown=markdown, stamp=title, reasons=(title,), reference=title, letterhead=Letterhead(title)
    )
    open_docx(render(doc, Path("a.docx")))
    assert render(doc, Path("a.pdf")).startswith(b"%PDF")
    assert render(doc, Path("a.html")).endswith(b"</html>\n")
    assert render(doc, Path("a.md"))


def test_word_xml_is_in_the_order_the_schema_wants(make, tmp_path):
    """Word, unlike LibreOffice, refuses properties in the wrong order."""
    order = {
        "tcPr": ["tcW", "gridSpan", "vMerge", "tcBorders", "shd", "noWrap", "tcMar", "vAlign"],
        "tblPr": ["tblStyle", "tblW", "jc", "tblInd", "tblBorders", "shd", "tblLayout", "tblCellMar", "tblLook"],
        "pPr": [
            "pStyle",
            "keepNext",
            "keepLines",
            "widowControl",
            "numPr",
            "pBdr",
            "shd",
            "tabs",
            "spacing",
            "ind",
            "jc",
            "outlineLvl",
            "rPr",
        ],
        "lvl": ["start", "numFmt", "lvlText", "lvlJc", "pPr", "rPr"],
        "numbering": ["abstractNum", "num"],
    }
    logo = tmp_path / "logo.png"
    logo.write_bytes(make.png(40, 40))
    data = to_docx(make.proposal(stamp=STAMP, reasons=("x",), logo=logo))
    from lxml import etree

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if not name.endswith(".xml"):
                continue
            for node in etree.fromstring(archive.read(name)).iter():
                kind = etree.QName(node).localname
                if kind in order:
                    tags = [etree.QName(child).localname for child in node]
                    known = [order[kind].index(tag) for tag in tags if tag in order[kind]]
                    assert known == sorted(known), (name, kind, tags)
