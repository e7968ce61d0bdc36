"""The sample workspace: copied whole, over nothing of the user's, and exact to the cent."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest

from orchestra_cli import settings
from orchestra_cli.documents.read import read
from orchestra_cli.errors import InputError
from orchestra_cli.facts.pricing import price_table
from orchestra_cli.facts.rates import rates_from
from orchestra_cli.recipes.init import SAMPLES, make_workspace, samples
from orchestra_cli.store.clients import list_clients
from orchestra_cli.store.company import load_company

SAMPLE = SAMPLES / "proposal"


def test_makes_the_whole_workspace(tmp_path: Path) -> None:
    """Every packed file is there, with its content, and is named in what is returned."""
    made = make_workspace(tmp_path / "deep" / "bids", "proposal")
    names = {path.relative_to(tmp_path / "deep" / "bids").as_posix() for path in made}
    assert names >= {
        "orchestra.toml", "company.md", "house-style.md", "prices.csv", "labour.csv", "brand/logo.png",
        "brand/letterhead.docx", "clients/acme/client.md", "clients/acme/tender.pdf", "clients/acme/enquiry.eml",
        "clients/acme/takeoff.xlsx", "clients/northgate/client.md",
    }  # fmt: skip
    for name in names:
        assert (tmp_path / "deep" / "bids" / name).read_bytes() == (SAMPLE / name).read_bytes()
    assert (tmp_path / "deep" / "bids" / "recipes").is_dir()
    assert samples() == ("proposal",)


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    """Over its own untouched files it makes nothing and refuses nothing."""
    make_workspace(tmp_path, "proposal")
    (tmp_path / "labour.csv").write_bytes(b"")
    assert make_workspace(tmp_path, "proposal") == [tmp_path / "labour.csv"]


def test_never_overwrites(tmp_path: Path) -> None:
    """Files of the user's under these names are named, and nothing at all is copied."""
    (tmp_path / "company.md").write_text("legal name: Mine")
    (tmp_path / "prices.csv").mkdir()
    with pytest.raises(InputError, match=r"company\.md, prices\.csv\. Nothing was changed") as caught:
        make_workspace(tmp_path, "proposal")
    assert caught.value.exit == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["company.md", "prices.csv"]
    assert (tmp_path / "company.md").read_text() == "legal name: Mine"


def test_other_files_may_lie_there(tmp_path: Path) -> None:
    """A folder with other files is a fine place for a workspace."""
    (tmp_path / "notes.txt").write_text("mine")
    assert make_workspace(tmp_path, "proposal")
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_places_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in the way and a full disk are said with the next command."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="is a file, not a folder"):
        make_workspace(tmp_path / "file", "proposal")
    with pytest.raises(InputError, match=r"own under these names|cannot be written"):
        make_workspace(tmp_path / "file" / "deeper", "proposal")

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        make_workspace(tmp_path / "new", "proposal")


def test_a_file_that_cannot_be_compared_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read is taken for the user's own."""
    (tmp_path / "company.md").write_text("x")
    plain = Path.read_bytes

    def refuse(self: Path) -> bytes:
        if self.parent == tmp_path:
            raise PermissionError(13, "Permission denied")
        return plain(self)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InputError, match=r"company\.md"):
        make_workspace(tmp_path, "proposal")


def test_an_unknown_sample_gets_a_guess(tmp_path: Path) -> None:
    """A mistyped sample names the right one."""
    with pytest.raises(InputError, match='no sample "propsal": did you mean "proposal"'):
        make_workspace(tmp_path, "propsal")
    with pytest.raises(InputError, match="there is proposal"):
        make_workspace(tmp_path, "zzz")


def half_up(amount: Fraction) -> Fraction:
    cents = amount * 100
    return Fraction((2 * cents.numerator + cents.denominator) // (2 * cents.denominator), 100)


def total_by_hand() -> tuple[int, dict[str, Fraction]]:
    """The price worked out with fractions, from the files and nothing of the product's."""
    with (SAMPLE / "prices.csv").open(encoding="utf-8", newline="") as file:
        prices = {row["code"]: row for row in csv.DictReader(file)}
    with (SAMPLE / "labour.csv").open(encoding="utf-8", newline="") as file:
        hourly = {r["trade"]: Fraction(r["rate"]) * (1 + Fraction(r["burden_pct"]) / 100) for r in csv.DictReader(file)}
    sheet = openpyxl.load_workbook(SAMPLE / "clients/acme/takeoff.xlsx").active
    assert sheet is not None
    lines = []
    for _, _, code, _, _, quantity in list(sheet.iter_rows(values_only=True))[1:]:
        row = prices[str(code)]
        material = Fraction(row["material_cost"]) * (1 + Fraction(row["waste_pct"]) / 100)
        hours = Fraction(row["labour_hours"])
        lines.append(half_up(Fraction(str(quantity)) * (material + (hours * hourly[row["trade"]] if hours else 0))))
    direct = sum(lines, Fraction(0))
    overhead = half_up(direct * 12 / 100)
    profit = half_up((direct + overhead) * 8 / 100)
    contingency = half_up((direct + overhead + profit) * 5 / 100)
    net = direct + overhead + profit + contingency
    return len(lines), {"direct": direct, "net": net, "tax": half_up(net * 20 / 100)}


def test_the_price_of_the_sample_is_exact() -> None:
    """The product, and fractions by hand, agree to the cent; nothing is left without a price; old prices warn."""
    count, hand = total_by_hand()
    tables = [read(SAMPLE / name).tables[0] for name in ("clients/acme/takeoff.xlsx", "prices.csv", "labour.csv")]
    rates = rates_from(settings.load(SAMPLE).pricing)
    sheet = price_table(tables[0], tables[1], tables[2], rates, date(2026, 11, 21))
    assert sheet.net is not None
    assert sheet.tax is not None
    assert sheet.gross is not None
    assert (len(sheet.lines), sheet.unpriced) == (count, ())
    assert Fraction(sheet.net.amount) == hand["net"] == Fraction("68444.62")
    assert Fraction(sheet.tax.amount) == hand["tax"] == Fraction("13688.92")
    assert sheet.gross.amount == Decimal("82133.54")
    assert sum((stage.amount for stage in sheet.stages), Decimal(0)) == sheet.gross.amount
    assert any("older than 90 days" in warning for warning in sheet.warnings)


def test_the_files_read_well() -> None:
    """The tender has its text on two pages, the take-off its columns, the cards and the firm their names."""
    tender = read(SAMPLE / "clients/acme/tender.pdf")
    assert len(tender.pages) == 2
    assert tender.warnings == ()
    for words in (
        "12:00 noon UK time on Friday 12 March 2027",
        "shall not exceed 1,500 words",
        "not more than 12 weeks",
    ):
        assert words in " ".join(tender.text.split())
    assert read(SAMPLE / "clients/acme/takeoff.xlsx").tables[0].columns == (
        "Item", "Division", "Code", "Description", "Unit", "Qty",
    )  # fmt: skip
    assert "lunch club" in read(SAMPLE / "clients/acme/enquiry.eml").text
    assert [card.title for card in list_clients(SAMPLE)] == ["Acme Community Trust", "Northgate Dental Practice"]
    company = load_company(SAMPLE)
    assert company.fields["signatory"] == "Helen Bramley, Director"
    assert company.letterhead.logo.endswith("logo.png")
    assert company.letterhead.template.endswith("letterhead.docx")


def test_no_paper_of_the_sample_names_another_client() -> None:
    """Only its own card names the second client, so that its name in a document is always a leak."""
    for path in SAMPLE.rglob("*.md"):
        if path.parent.name != "northgate":
            assert "Northgate" not in path.read_text(encoding="utf-8"), path
