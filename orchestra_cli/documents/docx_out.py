"""DOCX: the blocks of a document as real Word headings, lists and tables, on the user's letterhead or our own."""

from __future__ import annotations

import io
from typing import Any

from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt, RGBColor

from orchestra_cli.documents import blocks, look
from orchestra_cli.documents.blocks import Block, Grid, Heading, Listing, Paragraph, Quote, Runs
from orchestra_cli.documents.docx_head import open_document, write
from orchestra_cli.documents.docx_xml import (
    Numbering,
    add_link,
    cell_borders,
    cell_padding,
    element,
    paragraph_borders,
    paragraph_shade,
    set_language,
    shade,
)
from orchestra_cli.types import Deliverable

_INDENT_PT = 18.0
_KEPT_ROWS = 3
_WIDER = 1.2
"""A user's own letterhead may have wider letters than ours."""
_ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
}


def to_docx(doc: Deliverable) -> bytes:
    """The whole DOCX. Raises InputError when the user's letterhead cannot be opened."""
    title, body = blocks.headline(blocks.parse(doc.markdown), doc.title)
    made = open_document(doc, title)
    set_language(made.styles, doc.language)
    _properties(made, doc, title)
    page = _Page(made, doc)
    page.opening(title)
    page.blocks(body)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def _properties(made: Any, doc: Deliverable, title: str) -> None:
    core = made.core_properties
    core.title, core.author, core.language = title[:255], doc.letterhead.company[:255], doc.language
    core.subject, core.comments, core.keywords = doc.reference[:255], "", ""
    core.content_status = "Draft" if doc.stamp or doc.reasons else "Final"


class _Page:
    """Writes blocks one after the other into a document or a cell."""

    def __init__(self, made: Any, doc: Deliverable) -> None:
        self._made = made
        self._doc = doc
        self._numbering = Numbering(made, _INDENT_PT, look.BRAND)
        self._wider = _WIDER if doc.letterhead.template else 1.0
        section = made.sections[0]
        self._width = (section.page_width - section.left_margin - section.right_margin) / 12700

    def opening(self, title: str) -> None:
        """Title, date and reference, then what a reader of a draft must see first."""
        runs = self._made.add_paragraph(style="Title").add_run(title)
        runs.text = title
        line = look.byline(self._doc)
        if line:
            paragraph = self._made.add_paragraph()
            write(paragraph, line, 9.5, look.GREY)
            paragraph.paragraph_format.space_after = Pt(14)
        if self._doc.stamp or self._doc.reasons:
            self._notice()

    def _notice(self) -> None:
        table = self._made.add_table(1, 1)
        cell = table.rows[0].cells[0]
        self._fix(table, [self._width], 9.0)
        shade(cell, look.ALARM_TINT)
        cell_borders(cell, left=(look.ALARM, 24))
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_before = Pt(5)
        if self._doc.stamp:
            write(paragraph, self._doc.stamp, look.BODY_PT, look.ALARM, bold=True)
        if self._doc.reasons:
            if self._doc.stamp:
                paragraph = cell.add_paragraph()
            paragraph.add_run(look.words(self._doc.language).reasons)
            number = self._numbering.new_list(ordered=False)
            for reason in self._doc.reasons:
                paragraph = cell.add_paragraph(reason)
                paragraph.paragraph_format.space_after = Pt(3)
                self._numbering.apply(paragraph, number, 0)
        paragraph.paragraph_format.space_after = Pt(6)
        self._gap()

    def _gap(self) -> None:
        """The small empty paragraph that Word needs after a table."""
        paragraph = self._made.add_paragraph()
        paragraph.paragraph_format.space_after, paragraph.paragraph_format.line_spacing = Pt(0), Pt(9)

    def blocks(self, found: tuple[Block, ...], indent: int = 0) -> None:
        """Blocks at one level of indentation."""
        for at, block in enumerate(found):
            follower = found[at + 1] if at + 1 < len(found) else None
            self._block(block, follower, indent)

    def _block(self, block: Block, follower: Block | None, indent: int) -> None:
        match block:
            case Heading():
                paragraph = self._made.add_paragraph(style=f"Heading {min(block.level, 4)}")
                paragraph.paragraph_format.keep_with_next = True
                self._runs(paragraph, block.runs)
            case Paragraph():
                paragraph = self._paragraph(indent)
                paragraph.paragraph_format.keep_with_next = isinstance(follower, Grid | Listing) or None
                self._runs(paragraph, block.runs)
            case Listing():
                self._listing(block, indent)
            case Quote():
                self._quote(block, indent)
            case blocks.Grid():
                self._grid(block)
            case blocks.Code():
                self._code(block.text, indent)
            case blocks.Rule():
                paragraph_borders(self._paragraph(indent), bottom=(look.LINE, 4))

    def _paragraph(self, indent: int) -> Any:
        paragraph = self._made.add_paragraph()
        if indent:
            paragraph.paragraph_format.left_indent = Pt(_INDENT_PT * indent)
        return paragraph

    def _listing(self, block: Listing, indent: int) -> None:
        number = self._numbering.new_list(block.ordered, block.start)
        before = len(self._made.paragraphs)
        for item in block.items:
            first = item[0] if item else Paragraph(())
            paragraph = self._made.add_paragraph()
            paragraph.paragraph_format.space_after = Pt(3)
            self._numbering.apply(paragraph, number, indent)
            if isinstance(first, Paragraph | Heading):
                self._runs(paragraph, first.runs)
                item = item[1:]  # noqa: PLW2901  the rest of the item
            self.blocks(item, indent + 1)
        mine = self._made.paragraphs[before:]
        if mine and not indent:
            mine[-1].paragraph_format.space_after = Pt(8)
        for paragraph in mine[:-1] if blocks.is_short(block) else ():
            paragraph.paragraph_format.keep_with_next = True

    def _quote(self, block: Quote, indent: int) -> None:
        before = len(self._made.paragraphs)
        self.blocks(block.blocks, indent + 1)
        for paragraph in self._made.paragraphs[before:]:
            paragraph_borders(paragraph, left=(look.LINE, 18))
            for run in paragraph.runs:
                run.font.color.rgb = RGBColor.from_string(look.GREY)

    def _code(self, text: str, indent: int) -> None:
        paragraph = self._paragraph(indent)
        paragraph_shade(paragraph, look.TINT)
        run = paragraph.add_run(text)
        run.font.name, run.font.size = "Courier New", Pt(9)

    def _runs(self, paragraph: Any, runs: Runs, *, bold: bool = False, size: float = 0, colour: str = "") -> None:
        for piece in runs:
            run = paragraph.add_run("" if piece.text == "\n" else piece.text)
            if piece.text == "\n":
                run.add_break()
            run.bold, run.italic = (piece.bold or bold) or None, piece.italic or None
            run.font.strike = piece.strike or None
            if piece.code:
                run.font.name = "Courier New"
            if size:
                run.font.size = Pt(size)
            if colour:
                run.font.color.rgb = RGBColor.from_string(colour)
            if piece.href:
                run.font.underline, run.font.color.rgb = True, RGBColor.from_string(look.BRAND)
                add_link(paragraph, piece.href).append(run._r)

    def _grid(self, grid: Grid) -> None:
        setting = look.setting(grid, self._width, self._wider)
        table = self._made.add_table(len(grid.rows) + 1, len(grid.head))
        self._fix(table, [column.share * self._width for column in setting.columns])
        head = table.rows[0]
        head._tr.get_or_add_trPr().append(element("cantSplit"))
        head._tr.get_or_add_trPr().append(element("tblHeader"))
        lines = list(table.rows)
        tail = len(grid.rows) - max(_KEPT_ROWS, _tail(grid, setting.totals) + 1)
        tail = 0 if len(grid.rows) <= look.SHORT_TABLE else tail
        for at, row in enumerate([grid.head, *grid.rows]):
            kept = at == 0 or tail < at < len(grid.rows)
            self._row(lines[at], row, grid, setting, at - 1, kept=kept)
        self._gap()

    def _row(self, line: Any, row: tuple[Runs, ...], grid: Grid, setting: look.Setting, at: int, *, kept: bool) -> None:
        """One table row; `at` is -1 for the heading. `kept` holds it on the page of the next row."""
        total = at in setting.totals
        if at >= 0:
            line._tr.get_or_add_trPr().append(element("cantSplit"))
        for i, (cell, runs) in enumerate(zip(line.cells, row, strict=True)):
            column = setting.columns[i]
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2.5)
            paragraph.paragraph_format.line_spacing = 1.0
            paragraph.paragraph_format.keep_with_next = kept or None
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if column.numeric else _ALIGN[grid.align[i]]
            heading = at < 0
            self._runs(
                paragraph, runs, bold=heading or total, size=setting.size_pt, colour=look.BRAND if heading else ""
            )
            if heading:
                cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.BOTTOM
            top = {"top": (look.BRAND, 6)} if total and at - 1 not in setting.totals else {}
            cell_borders(cell, bottom=(look.BRAND, 6) if heading else (look.LINE, 3), **top)
            if heading or total:
                shade(cell, look.TINT)

    def _fix(self, table: Any, widths: list[float], pad: float = look.CELL_PAD_PT) -> None:
        """Fixed column widths in points, and the padding of cells."""
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.LEFT, False
        cell_padding(table, pad)
        for at, width in enumerate(widths):
            table.columns[at].width = Pt(width)
        for row in table.rows:
            for cell, width in zip(row.cells, widths, strict=True):
                cell.width = Pt(width)


def _tail(grid: Grid, totals: frozenset[int]) -> int:
    """How many total rows end the table."""
    count = 0
    while count < len(grid.rows) and len(grid.rows) - 1 - count in totals:
        count += 1
    return count
