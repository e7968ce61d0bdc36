"""The firm's own page and its letterhead."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestra_cli.errors import InputError
from orchestra_cli.store.company import load_company
from orchestra_cli.types import Letterhead


def test_a_workspace_without_a_page_has_an_empty_firm(tmp_path: Path) -> None:
    """No page and no brand are no error."""
    company = load_company(tmp_path)
    assert (company.text, company.fields, company.letterhead) == ("", {}, Letterhead())


def test_the_letterhead_comes_from_the_page_and_the_brand_folder(tmp_path: Path) -> None:
    """Address lines are split at commas; usual names of the settings are understood; files are absolute paths."""
    (tmp_path / "company.md").write_text(
        "# Us\n\nName: Fenwick Digital Ltd\naddress: 1 High Street, Leeds, LS1 4AB\ntel: 0113 496 0000\n"
        "phone 2: none\nemail: hello@fenwick.example\nwebsite:\ncompany number: 01234567\nVAT: GB 123 4567 89\n"
        "motto: On time\n\nInsured.\n"
    )
    brand = tmp_path / "brand"
    brand.mkdir()
    for name in ("logo.svg", "logo.png", "letterhead.docx"):
        (brand / name).write_bytes(b"x")
    company = load_company(tmp_path)
    assert company.letterhead == Letterhead(
        company="Fenwick Digital Ltd",
        address=("1 High Street", "Leeds", "LS1 4AB"),
        contact=("0113 496 0000", "hello@fenwick.example"),
        registration=("Company number 01234567", "VAT number GB 123 4567 89"),
        logo=str(brand / "logo.png"),
        template=str(brand / "letterhead.docx"),
    )
    assert company.fields["legal name"] == "Fenwick Digital Ltd"
    assert company.fields["motto"] == "On time"
    assert company.notes == "Insured."


def test_a_mistyped_setting_is_refused(tmp_path: Path) -> None:
    """With file, line and the right word."""
    (tmp_path / "company.md").write_text("legal nmae: Fenwick\n")
    with pytest.raises(InputError, match=r'company\.md:1: unknown setting "legal nmae"\. Did you mean "legal name"'):
        load_company(tmp_path)
