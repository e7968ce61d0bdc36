"""A long folder of inputs is checked within seconds."""

from __future__ import annotations

import random
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestra_cli.facts.checks import CheckInput, run_checks
from orchestra_cli.types import Fact, Money


@pytest.mark.slow
def test_ten_pages_against_five_megabytes(data: Path) -> None:
    """Ten pages are checked against 5 MB of inputs in under 3 s of this process's time."""
    rng = random.Random(2)
    prices = "code,description,unit,price\n" + "\n".join(
        f"C-{n},Facing brick {n},m2,{rng.randint(100, 99999)},{rng.randint(1, 60)}" for n in range(40_000)
    )
    base = "\n\n".join((data / name).read_text(encoding="utf-8") for name in ("rfq.md", "pws.md"))
    sources = [base + str(n) for n in range(75)] + [prices]
    assert sum(map(len, sources)) > 5_000_000
    document = " ".join(base.split(" ")[:5000])
    given = CheckInput(
        text=document,
        sources=tuple((str(n), source) for n, source in enumerate(sources)),
        facts=tuple(Fact(f"F{n}", "x", Decimal(n), currency="GBP") for n in range(200)),
        quotes=tuple((part, "0") for part in document.split("\n\n")[:40] if part),
        max_words=900,
        gross=Money(Decimal(5), "GBP"),
        today=date(2026, 11, 21),
    )
    before = time.process_time()
    run_checks(given)
    assert time.process_time() - before < 3
