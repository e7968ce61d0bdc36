"""What a firm adds to its costs: mark-ups, tax, rounding, stages. Read from `name: value` lines; nothing is assumed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from orchestra_cli.errors import InputError
from orchestra_cli.facts.money import CODES, Half, parse_number, parse_percent

NEEDED = ("overhead", "profit", "tax")
MARK_UPS = ("preliminaries", "mobilisation", "overhead", "profit", "contingency", "insurance", "bond", "discount")
DEFAULT_ORDER = ("preliminaries", "mobilisation", "overhead", "profit", "contingency", "insurance", "bond", "discount")


@dataclass(frozen=True, slots=True)
class Rates:
    """All in per cent but `labour_rate` (money an hour). None means not stated, which is not 0.

    `order` is the mark-up chain: each percentage is taken on the running sum before it, so with the default order
    overhead is on direct cost, profit on direct cost and overhead, contingency on the sum so far. `rounding` "line"
    rounds each extension, "total" only the sums. `tax_rounding` "line" taxes and rounds each line; "" follows
    `rounding` where no mark-ups stand below the lines, and taxes the net otherwise.
    `exchange` holds (code, how much of `currency` one unit is worth).
    """

    overhead: Decimal | None = None
    profit: Decimal | None = None
    contingency: Decimal | None = None
    bond: Decimal | None = None
    insurance: Decimal | None = None
    preliminaries: Decimal | None = None
    mobilisation: Decimal | None = None
    discount: Decimal | None = None
    tax: Decimal | None = None
    tax_name: str = ""
    rounding: Literal["line", "total"] = "line"
    tax_rounding: Literal["line", "total", ""] = ""
    half: Half = "up"
    order: tuple[str, ...] = DEFAULT_ORDER
    currency: str = ""
    price_age_days: int = 90
    labour_rate: Decimal | None = None
    burden: Decimal | None = None
    stages: tuple[tuple[str, Decimal], ...] = ()
    valid_days: int | None = None
    retention: Decimal | None = None
    exchange: tuple[tuple[str, Decimal], ...] = ()

    def chain(self) -> tuple[tuple[str, Decimal], ...]:
        """(name, per cent) of each stated mark-up, in the declared order; a discount is negative."""
        stated = [(name, getattr(self, name)) for name in self.order]
        return tuple((name, -abs(rate) if name == "discount" else rate) for name, rate in stated if rate is not None)


@dataclass(frozen=True, slots=True)
class Terms:
    """Under what terms a job is priced: rates, currency of the offer, day, and how tables and readers write.

    `mapping` names columns that the layouts do not know ("takeoff.qty" -> "No.").
    """

    rates: Rates
    today: date
    currency: str = ""
    language: str = "en-GB"
    mapping: Mapping[str, str] = field(default_factory=dict)


def missing_rates(rates: Rates) -> tuple[str, ...]:
    """Those of overhead, profit and tax that are not stated: without them there is no total."""
    return tuple(name for name in NEEDED if getattr(rates, name) is None)


_SYNONYMS = {
    "vat": "tax",
    "sales_tax": "tax",
    "gst": "tax",
    "overheads": "overhead",
    "margin": "profit",
    "labor_rate": "labour_rate",
    "hourly_rate": "labour_rate",
    "labour_burden": "burden",
    "labor_burden": "burden",
    "mobilization": "mobilisation",
    "prelims": "preliminaries",
    "validity": "valid_days",
    "validity_days": "valid_days",
    "valid_for_days": "valid_days",
    "max_price_age": "price_age_days",
    "rounding_half": "half",
    "payments": "stages",
    "stage_payments": "stages",
    "payment_stages": "stages",
    "mark_up_order": "order",
}
_PERCENTAGES = (*MARK_UPS, "tax", "burden", "retention")
_TAX_NAMES = {"vat": "VAT", "gst": "GST", "sales_tax": "Sales tax"}


def rate_name(name: str) -> str:
    """The field of `Rates` that a line's name means ("price age days", "VAT"), "" when it means none."""
    plain = re.sub(r"[\s_-]+", "_", re.sub(r"\(.*?\)|%", "", name).strip().lower()).strip("_")
    exchange = re.fullmatch(r"(?:exchange_)?(?:rate_)?([a-z]{3})", plain)
    if exchange and exchange.group(1).upper() in CODES:
        return f"exchange {exchange.group(1).upper()}"
    found = _SYNONYMS.get(plain, plain)
    return found if found in Rates.__dataclass_fields__ and found not in ("tax_name", "exchange") else ""


def rates_from(settings_lines: Mapping[str, str]) -> Rates:
    """Rates from lines such as {"overhead": "12 %", "rounding": "line", "stages": "deposit 10 %, completion 90 %"}.

    Raises InputError naming the line, what is wrong with it and how to write it.
    """
    rates = Rates()
    for name, value in settings_lines.items():
        field = rate_name(name)
        if not field:
            raise InputError(f'"{name}: {value}": no such rate.{_near(name)}', f"Known rates: {', '.join(_KNOWN)}.")
        try:
            rates = _with(rates, field, str(value).strip())
        except ValueError as error:
            raise InputError(f'"{name}: {value}": {error}.', f"Write it such as  {_example(field)}") from error
        plain = name.strip().lower().replace(" ", "_")
        if plain in _TAX_NAMES:
            rates = replace(rates, tax_name=_TAX_NAMES[plain])
    return rates


_KNOWN = (*MARK_UPS, "tax", "rounding", "half", "order", "currency", "price age days", "labour rate", "burden",
          "stages", "valid days", "retention", "tax rounding", "exchange EUR")  # fmt: skip


def _near(name: str) -> str:
    near = difflib.get_close_matches(name.strip().lower().replace("_", " "), (*_KNOWN, "vat"), 1)
    return f' Did you mean "{near[0]}"?' if near else ""


def _with(rates: Rates, field: str, text: str) -> Rates:
    if field.startswith("exchange "):
        return replace(rates, exchange=(*rates.exchange, (field.split()[1], _positive(text))))
    reader: Callable[[str], Any] = _percentage if field in _PERCENTAGES else _READERS[field]
    changes: dict[str, Any] = {field: reader(text)}
    return replace(rates, **changes)


def _percentage(text: str) -> Decimal:
    value = parse_percent(text)
    if not 0 <= value <= 100:
        raise ValueError(f"{value} % is outside 0 to 100")
    return value


def _positive(text: str) -> Decimal:
    value = parse_number(text)
    if value <= 0:
        raise ValueError(f"{value} is not above 0")
    return value


def _days(text: str) -> int:
    value = parse_number(re.sub(r"\s*(?:calendar )?days?$", "", text, flags=re.IGNORECASE))
    if value < 0 or value != value.to_integral_value():
        raise ValueError(f'"{text}" is no number of days')
    return int(value)


def _choice(*allowed: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        word = re.sub(r"^(?:half|per)\s+", "", text.lower())
        if word not in allowed:
            raise ValueError(f"it must be {' or '.join(allowed)}")
        return word

    return read


def _order(text: str) -> tuple[str, ...]:
    names = [rate_name(part) for part in re.split(r"\s*(?:,|;|>|\bthen\b)\s*", text) if part.strip()]
    for name, part in zip(names, re.split(r"\s*(?:,|;|>|\bthen\b)\s*", text), strict=False):
        if name not in MARK_UPS:
            raise ValueError(f'"{part}" is no mark-up; the mark-ups are {", ".join(MARK_UPS)}')
    if len(set(names)) != len(names):
        raise ValueError("a mark-up stands in it twice")
    return (*names, *(name for name in DEFAULT_ORDER if name not in names))


def _currency(text: str) -> str:
    code = text.upper()
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise ValueError(f'"{text}" is no currency code of three letters')
    return code


def _stages(text: str) -> tuple[tuple[str, Decimal], ...]:
    stages = []
    for part in re.split(r"\s*[,;]\s*", text):
        found = re.fullmatch(r"(.+?)[\s:]+([\d.]+)\s*(?:%|per cent)?", part)
        if not found:
            raise ValueError(f'"{part}" is no stage with its per cent')
        stages.append((found.group(1).strip(), parse_percent(found.group(2))))
    total = sum((share for _, share in stages), Decimal(0))
    if total != 100:
        raise ValueError(f"the stages add up to {total} %, not to 100 %")
    return tuple(stages)


_READERS: dict[str, Callable[[str], Any]] = {
    "rounding": _choice("line", "total"),
    "tax_rounding": _choice("line", "total"),
    "half": _choice("up", "even"),
    "order": _order,
    "currency": _currency,
    "price_age_days": _days,
    "valid_days": _days,
    "labour_rate": _positive,
    "stages": _stages,
}
_EXAMPLES = {
    "rounding": "rounding: line",
    "tax_rounding": "tax rounding: total",
    "half": "half: up",
    "order": "order: overhead, profit, contingency",
    "currency": "currency: GBP",
    "price_age_days": "price age days: 90",
    "valid_days": "valid days: 30",
    "labour_rate": "labour rate: 38.00",
    "stages": "stages: deposit 10 %, first fix 40 %, completion 50 %",
}


def _example(field: str) -> str:
    return _EXAMPLES.get(field, "exchange EUR: 0.85" if field.startswith("exchange") else f"{field}: 12 %")
