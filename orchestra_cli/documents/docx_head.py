"""What stands around the text of a DOCX: page, styles, letterhead, stamp and page numbers.

A user's own letterhead keeps its header, footer, margins and styles; only the stamp, a missing page number and
missing styles are added.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.image.exceptions import InvalidImageStreamError, UnexpectedEndOfFileError, UnrecognizedImageError
from docx.image.image import Image
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from orchestra_cli.documents import look
from orchestra_cli.documents.docx_xml import add_field, cell_borders, cell_padding, element, modern, paragraph_borders
from orchestra_cli.errors import InputError
from orchestra_cli.types import Deliverable

_HEADINGS = ((1, 14.0, 18.0, 6.0), (2, 11.5, 14.0, 4.0), (3, 10.0, 10.0, 3.0), (4, 10.0, 8.0, 2.0))


def open_document(doc: Deliverable, title: str) -> Any:
    """An empty document with its page, styles, header and footer.

    Raises InputError when the user's template is no Word document.
    """
    own = doc.letterhead.template
    if own and Path(own).is_file():
        made = _from_template(Path(own))
        _stamp_headers(made, doc)
        _number_pages(made, doc)
    else:
        made = Document()
        modern(made)
        _page(made, doc)
        _styles(made)
        _plain_letterhead(made, doc, title)
    return made


def brand() -> RGBColor:
    """The one colour of the house."""
    return RGBColor.from_string(look.BRAND)


def write(paragraph: Any, text: str, size: float, colour: str, *, bold: bool = False) -> Any:
    """A run in a given size and colour."""
    run = paragraph.add_run(text)
    run.font.size, run.font.color.rgb, run.font.bold = Pt(size), RGBColor.from_string(colour), bold or None
    return run


def _from_template(path: Path) -> Any:
    try:
        made = Document(str(path))
    except (KeyError, ValueError, OSError, SyntaxError, AttributeError) as error:
        raise _no_template(path) from error
    except Exception as error:  # python-docx raises its own PackageNotFoundError only when the file is no ZIP
        if type(error).__module__.startswith(("docx", "zipfile", "lxml", "zlib")):
            raise _no_template(path) from error
        raise
    body = made.element.body
    for child in list(body):
        if child.tag != qn("w:sectPr"):
            body.remove(child)
    _missing_styles(made)
    return made


def _no_template(path: Path) -> InputError:
    return InputError(
        f"The letterhead {path} is no Word document that can be opened.",
        "Open it in Word, save it as .docx (not .dotx), and run again; or remove it to get the plain letterhead.",
    )


def _missing_styles(made: Any) -> None:
    """Styles of ours that a user's template lacks, in our look."""
    have = {style.name for style in made.styles}
    for level, size, before, after in _HEADINGS:
        if f"Heading {level}" not in have:
            style = made.styles.add_style(f"Heading {level}", WD_STYLE_TYPE.PARAGRAPH)
            style.base_style = made.styles["Normal"] if "Normal" in have else None
            style.element.get_or_add_pPr().append(element("outlineLvl", val=str(level - 1)))
            _heading_look(style, size, before, after)
    if "Title" not in have:
        _title_look(made.styles.add_style("Title", WD_STYLE_TYPE.PARAGRAPH))


def _page(made: Any, doc: Deliverable) -> None:
    section = made.sections[0]
    width, height = look.PAPER_MM[doc.paper]
    section.page_width, section.page_height = Mm(width), Mm(height)
    section.left_margin = section.right_margin = Mm(look.MARGIN_MM)
    section.top_margin, section.bottom_margin = Mm(27), Mm(24)
    section.header_distance, section.footer_distance = Mm(12), Mm(11)
    section.different_first_page_header_footer = True


def _styles(made: Any) -> None:
    normal = made.styles["Normal"]
    _font(normal, look.BODY_PT)
    normal.paragraph_format.space_after = Pt(6)
    normal.paragraph_format.line_spacing = 1.15
    normal.paragraph_format.widow_control = True
    for level, size, before, after in _HEADINGS:
        _heading_look(made.styles[f"Heading {level}"], size, before, after)
    _title_look(made.styles["Title"])
    for name in ("Header", "Footer"):
        _font(made.styles[name], 8)


def _font(style: Any, size: float) -> None:
    style.font.name, style.font.size = look.FONTS[0], Pt(size)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), look.FONTS[0])


def _heading_look(style: Any, size: float, before: float, after: float) -> None:
    _font(style, size)
    style.font.bold, style.font.italic, style.font.color.rgb = True, False, brand()
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    style.paragraph_format.keep_with_next = True
    style.paragraph_format.line_spacing = 1.1


def _title_look(style: Any) -> None:
    _font(style, 21)
    style.font.bold, style.font.color.rgb = True, brand()
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(10), Pt(4)
    style.paragraph_format.line_spacing = 1.05
    properties = style.element.get_or_add_pPr()
    for border in properties.findall(qn("w:pBdr")):
        properties.remove(border)
    for spacing in style.element.get_or_add_rPr().findall(qn("w:spacing")):
        style.element.rPr.remove(spacing)


def _plain_letterhead(made: Any, doc: Deliverable, title: str) -> None:
    section = made.sections[0]
    _first_header(section.first_page_header, doc)
    _running_header(section.header, doc, title)
    for footer in (section.first_page_footer, section.footer):
        _footer(footer, doc)


def _first_header(header: Any, doc: Deliverable) -> None:
    """Logo and company on the left, address and contact on the right, a line below."""
    head = doc.letterhead
    first = header.paragraphs[0]
    _tight(first)
    if doc.stamp:
        _stamp(first, doc.stamp)
    if not (head.company or head.address or head.contact or look.logo(head)):
        return
    table = _sender_table(header, doc)
    if doc.stamp:
        _tight(header.add_paragraph())
    else:
        # Word wants a paragraph after a table, not before.
        table._tbl.addnext(first._p)


def _sender_table(header: Any, doc: Deliverable) -> Any:
    head, logo = doc.letterhead, _word_logo(doc)
    picture_mm, alone = look.logo_width(*logo) if logo else (0.0, False)
    width = look.text_width_pt(doc)
    mark = (picture_mm + 5) * 72 / 25.4 if logo else 0.0
    shares = [mark, width * 0.66 - mark, width * 0.34] if logo else [width * 0.66, width * 0.34]
    table = header.add_table(1, len(shares), Pt(width))
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.LEFT, False
    cell_padding(table, 0)
    cells = table.rows[0].cells
    for at, cell in enumerate(cells):
        cell.width = table.columns[at].width = Pt(shares[at])
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        cell_borders(cell, bottom=(look.BRAND, 8))
        _tight(cell.paragraphs[0])
    if logo:
        cells[0].paragraphs[0].add_run().add_picture(io.BytesIO(logo[0]), width=Mm(picture_mm))
        cells[0].paragraphs[0].paragraph_format.space_after = Pt(4)
    if head.company and not alone:
        write(cells[-2].paragraphs[0], head.company, 15, look.BRAND, bold=True)
    _lines(cells[-1], [*head.address, *head.contact])
    return table


def _lines(cell: Any, lines: list[str]) -> None:
    for at, line in enumerate(lines):
        paragraph = cell.paragraphs[0] if at == 0 else cell.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _tight(paragraph)
        write(paragraph, line, 8, look.GREY)
    cell.paragraphs[-1].paragraph_format.space_after = Pt(4)


def _word_logo(doc: Deliverable) -> tuple[bytes, str] | None:
    """The logo, when it is a picture that Word can show."""
    logo = look.logo(doc.letterhead)
    if not logo or logo[1] == "svg":
        return None
    try:
        Image.from_blob(logo[0])
    except (UnrecognizedImageError, UnexpectedEndOfFileError, InvalidImageStreamError, ValueError, LookupError):
        return None
    return logo


def _running_header(header: Any, doc: Deliverable, title: str) -> None:
    paragraph = header.paragraphs[0]
    if doc.stamp:
        _stamp(paragraph, doc.stamp)
        paragraph = header.add_paragraph()
    if doc.letterhead.company:
        write(paragraph, f"{doc.letterhead.company}   ", 8, look.BRAND, bold=True)
    write(paragraph, title, 8, look.GREY)
    paragraph_borders(paragraph, bottom=(look.LINE, 4))


def _footer(footer: Any, doc: Deliverable) -> None:
    paragraph = footer.paragraphs[0]
    _right_tab(paragraph, doc)
    paragraph_borders(paragraph, top=(look.LINE, 4))
    write(paragraph, "  ·  ".join(doc.letterhead.registration) + "\t", 7.5, look.GREY)
    _page_of(paragraph, doc, 7.5)


def _page_of(paragraph: Any, doc: Deliverable, size: float) -> None:
    before, _, rest = look.words(doc.language).page.partition("{page}")
    between, _, after = rest.partition("{pages}")
    have = len(paragraph.runs)
    for text, field in ((before, "PAGE"), (between, "NUMPAGES"), (after, "")):
        if text:
            paragraph.add_run(text)
        if field:
            add_field(paragraph, field)
    for run in paragraph.runs[have:]:
        run.font.size, run.font.color.rgb = Pt(size), RGBColor.from_string(look.GREY)


def _right_tab(paragraph: Any, doc: Deliverable) -> None:
    stops = paragraph.paragraph_format.tab_stops
    for style_stop in paragraph.style.paragraph_format.tab_stops if paragraph.style else ():
        stops.add_tab_stop(style_stop.position, WD_TAB_ALIGNMENT.CLEAR)
    stops.add_tab_stop(Pt(look.text_width_pt(doc)), WD_TAB_ALIGNMENT.RIGHT)


def _tight(paragraph: Any) -> None:
    paragraph.paragraph_format.space_after = paragraph.paragraph_format.space_before = Pt(0)
    paragraph.paragraph_format.line_spacing = 1.0


def _stamp(paragraph: Any, stamp: str) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    paragraph.paragraph_format.space_after = Pt(4)
    write(paragraph, stamp, 8, look.ALARM, bold=True)


def _parts(section: Any, kind: str) -> list[Any]:
    """The headers or footers a section really uses."""
    found = [getattr(section, kind)]
    if section.different_first_page_header_footer:
        found.append(getattr(section, f"first_page_{kind}"))
    if section._sectPr.getroottree() is not None and _even_pages(section):
        found.append(getattr(section, f"even_page_{kind}"))
    return found


def _even_pages(section: Any) -> bool:
    references = section._sectPr.findall(qn("w:headerReference")) + section._sectPr.findall(qn("w:footerReference"))
    return any(reference.get(qn("w:type")) == "even" for reference in references)


def _stamp_headers(made: Any, doc: Deliverable) -> None:
    if not doc.stamp:
        return
    for section in made.sections:
        for header in _parts(section, "header"):
            header.is_linked_to_previous = False
            paragraph = header.paragraphs[0].insert_paragraph_before() if header.paragraphs else header.add_paragraph()
            _stamp(paragraph, doc.stamp)


def _number_pages(made: Any, doc: Deliverable) -> None:
    """A page number where a letterhead's footer has none."""
    for footer in _parts(made.sections[-1], "footer"):
        if "PAGE" in "".join(footer._element.itertext()) or footer._element.xpath(
            ".//w:fldSimple[contains(@w:instr,'PAGE')]"
        ):
            continue
        paragraph = footer.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _page_of(paragraph, doc, 8)
