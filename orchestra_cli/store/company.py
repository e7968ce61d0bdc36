"""The firm itself: `company.md` of the workspace, `name: value` lines and notes, and the letterhead in `brand/`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from orchestra_cli.store.pages import read_page, words
from orchestra_cli.types import Letterhead

KNOWN = ("legal name", "address", "phone", "email", "website", "company number", "vat number", "signatory", "insurance")
_SAME = {
    "name": "legal name",
    "company": "legal name",
    "company name": "legal name",
    "telephone": "phone",
    "tel": "phone",
    "e-mail": "email",
    "web": "website",
    "company no": "company number",
    "registration number": "company number",
    "vat": "vat number",
    "vat no": "vat number",
}
LOGOS = ("logo.png", "logo.jpg", "logo.jpeg", "logo.svg")
TEMPLATE = "letterhead.docx"


@dataclass(frozen=True, slots=True)
class Company:
    """The whole page (for prompts), its settings under their usual names, and the letterhead made of both."""

    text: str
    letterhead: Letterhead
    fields: dict[str, str] = field(default_factory=dict)
    notes: str = ""


def load_company(workspace: Path) -> Company:
    """The firm of a workspace; empty where nothing is written. Raises InputError with file and line."""
    page = read_page(workspace / "company.md", (*KNOWN, *_SAME))
    fields: dict[str, str] = {}
    for name, value in page.fields.items():
        fields.setdefault(_SAME.get(name, name), value)
    return Company(page.text, _letterhead(workspace / "brand", fields), fields, page.notes)


def _letterhead(brand: Path, fields: dict[str, str]) -> Letterhead:
    number, vat = fields.get("company number", ""), fields.get("vat number", "")
    registration = (f"Company number {number}" if number else "", f"VAT number {vat}" if vat else "")
    return Letterhead(
        company=fields.get("legal name", ""),
        address=words(fields.get("address", "")),
        contact=tuple(fields[name] for name in ("phone", "email", "website") if fields.get(name)),
        registration=tuple(line for line in registration if line),
        logo=next((str(path.absolute()) for path in (brand / name for name in LOGOS) if path.is_file()), ""),
        template=str((brand / TEMPLATE).absolute()) if (brand / TEMPLATE).is_file() else "",
    )
