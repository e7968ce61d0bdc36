"""Make the sample workspace's files that are not plain text: tender, take-off, logo, letterhead and e-mail.

Run it after changing tools/sample/ or the take-off below, look at the results, and commit them. Everything in them is
invented. Needs the extras `pdf` and `dev`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import openpyxl
import typst
from docx import Document
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from openpyxl.styles import Alignment, Font, PatternFill

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "orchestra_cli" / "recipes" / "sample" / "proposal"
ACME = SAMPLE / "clients" / "acme"
MADE = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
STYLES = (("Normal", 10.0), ("Title", 20.0), ("Heading 1", 14.0), ("Heading 2", 11.5), ("Heading 3", 10.0))

TAKEOFF: tuple[tuple[str, tuple[tuple[str, str, float], ...]], ...] = (
    ("Preliminaries and strip out", (("A101", "item", 1), ("A102", "m", 34), ("A103", "item", 3), ("B104", "each", 2))),
    ("Groundworks and drainage", (("C101", "m3", 9.6), ("C102", "m3", 5.4), ("C105", "m2", 24), ("C106", "m", 13.5))),
    ("Masonry", (("D101", "m2", 41.2), ("D103", "each", 4), ("D105", "m2", 16))),
    ("Roofing", (("E101", "m2", 26.8), ("E102", "m2", 38.5), ("E103", "m", 11.4))),
    ("Doors, windows and joinery", (("F102", "each", 3), ("F103", "each", 1), ("F104", "each", 3))),
    ("Heating and plumbing", (("G101", "each", 1), ("G102", "each", 7), ("G104", "each", 1), ("G107", "item", 1))),
    ("Electrical", (("H102", "each", 22), ("H103", "each", 6), ("H105", "each", 4), ("H107", "item", 1))),
    ("Finishes", (("J102", "m2", 58), ("J104", "m2", 24), ("J107", "m2", 236), ("K101", "item", 1))),
)


def main() -> None:
    """Write every file."""
    typst.compile(str(ROOT / "tools/sample/tender.typ"), output=str(ACME / "tender.pdf"))
    typst.compile(str(ROOT / "tools/sample/logo.typ"), output=str(SAMPLE / "brand/logo.png"), format="png", ppi=200)
    write_takeoff(ACME / "takeoff.xlsx", descriptions(SAMPLE / "prices.csv"))
    write_letterhead(SAMPLE / "brand/letterhead.docx")
    write_mail(ACME / "enquiry.eml")


def descriptions(prices: Path) -> dict[str, str]:
    """The description of each code in the price list."""
    import csv

    with prices.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["description"] for row in csv.DictReader(file)}


def write_takeoff(path: Path, words: dict[str, str]) -> None:
    """The quantities, as an estimator keeps them: one sheet, one heading row."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Take-off"
    sheet.append(("Item", "Division", "Code", "Description", "Unit", "Qty"))
    for number, (division, rows) in enumerate(TAKEOFF, start=1):
        for place, (code, unit, quantity) in enumerate(rows, start=1):
            sheet.append((f"{number}.{place:02d}", division, code, words[code], unit, quantity))
    for cell in sheet[1]:
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="1F4E6B")
    for column, width in zip("ABCDEF", (8, 28, 9, 64, 8, 10), strict=True):
        sheet.column_dimensions[column].width = width
    for row in sheet.iter_rows(min_row=2, min_col=6, max_col=6):
        row[0].number_format = "#,##0.00"
        row[0].alignment = Alignment(horizontal="right")
    sheet.freeze_panes = "A2"
    book.properties.creator, book.properties.created, book.properties.modified = "Bramley & Hythe", MADE, MADE
    book.save(path)


def write_letterhead(path: Path) -> None:
    """A4 with the logo at the top and the firm's details at the foot."""
    paper = Document()
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(22)
    section.top_margin, section.bottom_margin = Mm(34), Mm(24)
    section.header_distance, section.footer_distance = Mm(10), Mm(10)
    section.header.paragraphs[0].add_run().add_picture(str(SAMPLE / "brand/logo.png"), width=Mm(60))
    foot = section.footer.paragraphs[0]
    foot.paragraph_format.tab_stops.add_tab_stop(Mm(166), WD_TAB_ALIGNMENT.RIGHT)
    run = foot.add_run(
        "Bramley & Hythe Building Ltd · Unit 4, Tannery Yard, Thornley Cross, TX4 7QL · 01632 960 417\n"
        "Company number 09990417 · VAT number GB 999 4402 17 · office@bramleyhythe.example"
    )
    run.font.size, run.font.color.rgb = Pt(7.5), RGBColor.from_string("5B6670")
    for name, size in STYLES:
        _dress(paper.styles[name], size)
    paper.core_properties.author, paper.core_properties.created = "Bramley & Hythe", MADE
    paper.save(str(path))


def _dress(style: Any, size: float) -> None:
    """The firm's own look: Arial, headings in its blue, no rule under the title."""
    style.font.name, style.font.size = "Arial", Pt(size)
    fonts = style.element.rPr.rFonts
    for name in [name for name in fonts.attrib if "heme" in name]:
        del fonts.attrib[name]
    for rule in style.element.findall(f".//{qn('w:pBdr')}"):
        rule.getparent().remove(rule)
    if style.name != "Normal":
        style.font.bold, style.font.color.rgb = True, RGBColor.from_string("1F4E6B")


def write_mail(path: Path) -> None:
    """The e-mail that came with the tender."""
    mail = EmailMessage()
    mail["From"] = "Priya Raman <estates@acmetrust.example>"
    mail["To"] = "Bramley & Hythe Building Ltd <office@bramleyhythe.example>"
    mail["Subject"] = "Invitation to tender ACT/2027/014: Quarry Lane Community Hall"
    mail["Date"] = "Mon, 16 Nov 2026 09:12:00 +0000"
    mail["Message-ID"] = "<20261116-act-2027-014@acmetrust.example>"
    mail.set_content((ROOT / "tools/sample/enquiry.txt").read_text(encoding="utf-8"))
    path.write_bytes(mail.as_bytes())


if __name__ == "__main__":
    main()
