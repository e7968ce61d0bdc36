"""A proposal of a small building firm, as tests and eyes need it, and builders of real files."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestra_cli.types import Deliverable, Letterhead

LINES = (
    ("Preliminaries and site set-up", "item", "1", "4,250.00"),
    ("Protection of floors and fittings", "m2", "120", "3.40"),
    ("Strip out ceilings in hall and two classrooms", "m2", "212", "14.75"),
    ("Remove lead-covered cabling to licensed tip", "m", "340", "6.20"),
    ("Skips, 8 yd, exchange", "each", "6", "295.00"),
    (
        "Facing brick, red multi, to infill of former serving hatch, toothed into existing in lime mortar",
        "m2",
        "9.5",
        "148.00",
    ),
    ("Lintel, steel, 1500 mm", "each", "2", "96.40"),
    ("Stud partition, 100 mm, two layers board each side", "m2", "86", "72.50"),
    ("Acoustic insulation, 100 mm", "m2", "86", "11.90"),
    ("Suspended ceiling, 600 x 600, class A", "m2", "212", "41.30"),
    ("Access panels, one hour", "each", "8", "118.00"),
    ("Door sets, oak veneer, FD30S", "each", "7", "685.00"),
    ("Ironmongery, lever on rose, DDA", "set", "7", "94.00"),
    ("Skirting, MDF primed, 144 mm", "m", "164", "9.80"),
    ("Vinyl sheet floor, safety R10, coved", "m2", "148", "46.25"),
    ("Entrance matting", "m2", "6", "118.50"),
    ("Emulsion, two coats, walls", "m2", "520", "6.10"),
    ("Eggshell, woodwork", "m", "210", "5.45"),
    ("LED panel 600 x 600, 4000 K", "each", "38", "88.00"),
    ("Emergency luminaires with self-test", "each", "9", "132.00"),
    ("Twin sockets and data outlets", "each", "31", "74.50"),
    ("Test, certify and hand over", "item", "1", "1,150.00"),
    ("Builder's clean", "m2", "360", "2.95"),
    ("Operation and maintenance manual", "item", "1", "480.00"),
)


def price_table() -> str:
    """The price table with mark-up chain; amounts are only for show."""
    rows = ["| Item | Description | Unit | Quantity | Rate GBP | Amount GBP |", "|---|---|---|---:|---:|---:|"]
    total = 0.0
    for at, (what, unit, qty, rate) in enumerate(LINES, 1):
        amount = float(qty.replace(",", "")) * float(rate.replace(",", ""))
        total += amount
        rows.append(f"| {at // 10 + 1}.{at % 10:02} | {what} | {unit} | {qty} | {rate} | {amount:,.2f} |")
    for label, value in (
        ("Subtotal", total),
        ("Overhead 12 %", total * 0.12),
        ("Profit 8 %", total * 1.12 * 0.08),
        ("Total without VAT", total * 1.12 * 1.08),
        ("VAT 20 %", total * 1.12 * 1.08 * 0.2),
        ("Total with VAT", total * 1.12 * 1.08 * 1.2),
    ):
        rows.append(f"|  | {label} |  |  |  | {value:,.2f} |")
    return "\n".join(rows)


PROPOSAL = f"""# Refurbishment of the hall and two classrooms

Dear Mrs Okafor,

Thank you for inviting us to price the works at **Hartwell Academy**. We have read the tender of 3 November 2026 and its
two addenda, visited the site on 10 November, and priced every line of the schedule. Our offer is below; it stands
for *60 days*.

## Understanding of the work

The school stays open while we work. That decides the order of everything else: noisy work falls in the half-term week,
the hall is closed in two halves, and the serving kitchen is never without power on a school day. Lead-covered
cabling found
above the hall ceiling goes to a licensed tip, with consignment notes handed over each Friday.

Three requirements of the tender shaped this offer:

1. Works complete within **12 weeks** of possession (clause 4.2).
2. All operatives hold an enhanced disclosure (clause 7.1).
   - Certificates are shown before the first day.
   - Visitors are signed in at the gate and never left alone.
3. Retention of 5 %, half released at practical completion.

## Scope of work

### Hall

We strip out the ceiling and lighting, form new bulkheads, and hang a class A suspended ceiling with LED panels. The
former serving hatch is bricked up in matching red multi, toothed into the existing wall in lime mortar.

### Classrooms 4 and 5

- New stud partition with two layers of board each side and acoustic insulation between
- Seven oak-veneered door sets, FD30S, with ironmongery that suits small hands
- Safety vinyl, coved at the edges, laid over a week-end so that it cures undisturbed

> The contractor shall keep the fire route through the east corridor free at all times.

We keep that route free: deliveries come through the west gate, before 07:45 or after 15:30. More about how we work with
schools stands on [our page](https://fenwick.example/schools).

## Programme

1. Weeks 1-2: set-up, protection, strip-out of the first half of the hall
2. Weeks 3-6: partitions, first fix, second half of the hall
3. Weeks 7-10: ceilings, floors, second fix
4. Weeks 11-12: decoration, testing, clean, hand-over

## Price

All prices are in pounds sterling. Rates hold until 16 January 2027:

{price_table()}

### Stage payments

| Stage | When | Share | Amount GBP |
|---|---|---:|---:|
| Possession | first day on site | 10 % | 7,412.12 |
| First fix complete | end of week 6 | 40 % | 29,648.48 |
| Practical completion | hand-over | 45 % | 33,354.54 |
| End of defects period | 12 months after hand-over | 5 % | 3,706.06 |

## Exclusions

- Asbestos removal, should any be found
- Work to the boiler and its controls
- Fees of the building control body

## Requirements and where we answer them

| Requirement | In the words of the tender | Answered in |
|---|---|---|
| R1 | "Works shall be complete within twelve (12) weeks of possession of the site." | Programme |
| R2 | "The contractor shall keep the fire route through the east corridor free at all times." | Scope of work |
| R3 | "All operatives shall hold an enhanced disclosure within the last three years." | Understanding of the work |

Yours sincerely,\\
Jo Fenwick, director

---

Literal: {{{{7*7}}}} [red]x[/red] [/x] #import "x" $(id) <b>bold</b> <script>alert(1)</script>
\\*stars\\* ${{HOME}} @label
"""
LETTERHEAD = Letterhead(
    company="Fenwick & Daughters Building Ltd",
    address=("12 Quay Street", "Bristol BS1 4DB"),
    contact=("0117 496 0123", "office@fenwick.example", "fenwick.example"),
    registration=("Registered in England 01234567", "VAT GB 123 4567 89"),
)


def proposal(
    *, stamp: str = "", reasons: tuple[str, ...] = (), logo: Path | None = None, template: Path | None = None
) -> Deliverable:
    """The proposal, on the letterhead asked for."""
    head = Letterhead(
        LETTERHEAD.company,
        LETTERHEAD.address,
        LETTERHEAD.contact,
        LETTERHEAD.registration,
        str(logo or ""),
        str(template or ""),
    )
    return Deliverable(
        title="Proposal for Hartwell Academy",
        markdown=PROPOSAL,
        letterhead=head,
        stamp=stamp,
        reasons=reasons,
        date="21 November 2026",
        reference="HA-2026-114",
    )


def png(width: int = 40, height: int = 10) -> bytes:
    """A real PNG of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = b"".join(b"\x00" + b"\x1f\x4e\x6b" * width for _ in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def pdf(*contents: str, pictures: tuple[int, ...] = ()) -> bytes:
    """A PDF with one page for each content stream; the pages numbered in `pictures` carry an image."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    objects.append("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    objects.append(
        "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>"
        "\nstream\nA\nendstream"
    )
    kids = []
    for at, content in enumerate(contents, 1):
        image = "/XObject << /I 4 0 R >>" if at in pictures else ""
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects) + 2} 0 R"
            f" /Resources << /Font << /F 3 0 R >> {image} >> >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF"
    return out + (end + trailer).encode("ascii")


def zipped(parts: dict[str, str | bytes]) -> bytes:
    """A ZIP archive of some parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            stored = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(name, data, stored)
    return stream.getvalue()


def rezipped(data: bytes, change: dict[str, Callable[[bytes], bytes]]) -> bytes:
    """An office file with some parts changed."""
    parts: dict[str, str | bytes] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            parts[name] = change.get(name, lambda old: old)(archive.read(name))
    return zipped(parts)


def word(build: Callable[[object], object]) -> bytes:
    """A DOCX made by `build`, which is given an empty python-docx document."""
    import docx

    made = docx.Document()
    build(made)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def excel(sheets: dict[str, list[list[object]]], touch: Callable[[object], object] = lambda book: None) -> bytes:
    """An XLSX of some sheets; `touch` may change the openpyxl workbook before it is saved."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    touch(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


class Make:
    """The builders above, for tests."""

    png, pdf, zipped, rezipped, word, excel, proposal = map(
        staticmethod, (png, pdf, zipped, rezipped, word, excel, proposal)
    )


@pytest.fixture
def make() -> type[Make]:
    """Builders of real files."""
    return Make
