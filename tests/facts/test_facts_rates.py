"""Rates from lines of a settings page."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orchestra_cli.errors import InputError
from orchestra_cli.facts.rates import Rates, missing_rates, rate_name, rates_from


def test_every_line_of_a_settings_page_is_understood() -> None:
    """Names with spaces or underscores, with or without the per cent sign."""
    rates = rates_from(
        {
            "overhead": "12 %",
            "profit": "8",
            "contingency": "5%",
            "bond": "1.5",
            "VAT": "20",
            "rounding": "total",
            "half": "even",
            "order": "overhead, contingency then profit",
            "price age days": "60 days",
            "stages": "deposit 10 %, first fix 40 %, completion 50 %",
            "labour_rate": "£38.00",
            "burden": "12 %",
            "currency": "gbp",
            "valid days": "30",
            "exchange EUR": "0.85",
            "retention": "5",
            "tax rounding": "per line",
            "discount": "2",
        }
    )
    assert (rates.overhead, rates.profit, rates.tax, rates.tax_name) == (12, 8, 20, "VAT")
    assert rates.order[:3] == ("overhead", "contingency", "profit")
    assert [name for name, _ in rates.chain()] == ["overhead", "contingency", "profit", "bond", "discount"]
    assert rates.chain()[-1] == ("discount", Decimal(-2))
    assert rates.stages == (("deposit", Decimal(10)), ("first fix", Decimal(40)), ("completion", Decimal(50)))
    assert (rates.half, rates.rounding, rates.tax_rounding) == ("even", "total", "line")
    assert (rates.price_age_days, rates.valid_days) == (60, 30)
    assert (rates.labour_rate, rates.burden, rates.retention) == (Decimal("38.00"), 12, 5)
    assert (rates.currency, rates.exchange) == ("GBP", (("EUR", Decimal("0.85")),))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("overhed", "12", 'Did you mean "overhead"'),
        ("frobnicate", "1", "no such rate"),
        ("overhead", "12,5", "decimal comma"),
        ("profit", "lots", "is no number"),
        ("tax", "120", "outside 0 to 100"),
        ("tax", "-1", "outside 0 to 100"),
        ("rounding", "cents", "line or total"),
        ("half", "down", "up or even"),
        ("order", "overhead, luck", "is no mark-up"),
        ("order", "overhead, overhead", "twice"),
        ("currency", "pounds", "three letters"),
        ("stages", "deposit 10 %, rest 80 %", "add up to 90 %"),
        ("stages", "deposit, rest", "no stage"),
        ("valid days", "1.5", "no number of days"),
        ("labour rate", "0", "not above 0"),
        ("exchange EUR", "-1", "not above 0"),
    ],
)
def test_a_bad_line_is_named_with_the_fix(name: str, value: str, says: str) -> None:
    """The message holds the line and what is wrong; the advice shows how to write it."""
    with pytest.raises(InputError) as error:
        rates_from({name: value})
    assert says in error.value.message
    assert name in error.value.message
    assert error.value.advice


def test_what_is_not_stated_is_missing_and_nought_is_stated() -> None:
    """Overhead, profit and tax must be stated; 0 counts."""
    assert missing_rates(Rates()) == ("overhead", "profit", "tax")
    assert missing_rates(rates_from({"overhead": "0", "profit": "0 %", "tax": "0"})) == ()


def test_names_of_rates() -> None:
    """Synonyms are known, chance words are not."""
    assert rate_name("Overhead (%)") == "overhead"
    assert rate_name("sales tax") == "tax"
    assert rate_name("EUR") == "exchange EUR"
    assert rate_name("name") == rate_name("exchange") == rate_name("tax_name") == ""
