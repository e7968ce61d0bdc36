"""Money is exact, an unknown price is never zero, and token counts before a call are upper bounds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recordings import all_recordings, events, read, read_plain

from orchestra_cli.models import cost
from orchestra_cli.models.catalogue import FREE, Catalogue, ModelCard, Prices
from orchestra_cli.models.cost import tokens_upper_bound, worst
from orchestra_cli.models.providers import Provider
from orchestra_cli.types import Answer, Call, Part, Usage

CARDS = [card for card in Catalogue.load().cards() if card.provider != "embedded"]
GENAI = {"gemini": "google", "xai": "x-ai"}
USAGES = [
    Usage(1, 1),
    Usage(999_983, 63_997),
    Usage(150_001, 8_191, cached=100_003),
    Usage(12_345, 678, cached=5_000, cache_write=3_000),
    Usage(200_001, 1_000, cached=77, cache_write=100_000),
    Usage(272_001, 50_000, cached=1_024),
    Usage(3_000, 500, searches=7),
]
OPENAI = Provider("openai", "openai-responses", "https://x")
HERE = Provider("ollama", "openai-chat", "http://127.0.0.1", on_computer=True)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
@pytest.mark.parametrize("usage", USAGES, ids=lambda usage: f"{usage.input}-{usage.searches}")
def test_our_arithmetic_is_that_of_genai_prices(card: ModelCard, usage: Usage) -> None:
    """To the cent and beyond, on every model and tier, as of the day the catalogue was made."""
    genai = pytest.importorskip("genai_prices")
    from genai_prices import data

    vendor = next(each for each in data.providers if each.id == GENAI.get(card.provider, card.provider))
    model = vendor.find_model(card.id.partition("/")[2])
    assert model is not None
    made = datetime.fromisoformat(Catalogue.load().version).replace(tzinfo=UTC)
    theirs = model.get_prices(made)
    assert card.prices is not None
    known = {
        "cache_read_tokens": usage.cached if theirs.cache_read_mtok is not None else None,
        "cache_write_tokens": usage.cache_write if theirs.cache_write_mtok is not None else None,
        "web_searches": usage.searches if theirs.web_searches_kcount is not None else None,
    }
    given_usage = genai.Usage(input_tokens=usage.input, output_tokens=usage.output, **known)
    expected = theirs.calc_price(given_usage)["total_price"]
    ours = cost.cost(card.prices, usage)
    if usage.searches and known["web_searches"] is None:
        dearest = cost.dearest().per_search
        assert dearest is not None
        ours -= usage.searches * dearest
    assert ours == expected


def test_every_model_has_a_price() -> None:
    """A model without a price would be counted at worst case for ever."""
    assert all(card.prices is not None for card in Catalogue.load().cards())


def test_parts_without_a_price_cost_what_the_whole_costs() -> None:
    """No price for cached tokens means no discount; more cached than read is not paid back."""
    prices = Prices(Decimal(2), Decimal(10))
    assert cost.cost(prices, Usage(1_000_000, 0, cached=500_000, cache_write=100_000)) == Decimal(2)
    assert cost.cost(prices, Usage(10, 0, cached=20)) == Decimal("0.00004")


def test_unknown_usage_has_no_cost() -> None:
    """What the vendor did not say cannot be multiplied."""
    for usage in (Usage(), Usage(input=1), Usage(output=1)):
        with pytest.raises(ValueError, match="worst case"):
            cost.cost(FREE, usage)


def test_worst_case_holds_dear_caches_and_long_inputs() -> None:
    """Writing to the cache may cost more than reading; a long input has other prices."""
    prices = Prices(
        Decimal(3), Decimal(15), cache_write_5m=Decimal("3.75"), above=((200, Prices(Decimal(6), Decimal(20))),)
    )
    assert worst(prices, 100, 0) == (Decimal("0.000375"), True)
    assert worst(prices, 201, 100) == (Decimal("0.003206"), True)


def test_worst_case_of_an_unknown_price_is_the_dearest_known() -> None:
    """Never below what any known model could cost."""
    amount, known = worst(None, 10_000, 1_000, search=True)
    assert known is False
    assert all(amount >= worst(card.prices, 10_000, 1_000, search=True)[0] for card in CARDS)
    assert amount > worst(None, 10_000, 1_000)[0]


@given(st.integers(0, 2_000_000), st.integers(0, 200_000), st.integers(0, 2_000_000), st.integers(0, 200_000))
def test_no_call_costs_more_than_its_worst_case(read_tokens: int, written: int, cached: int, cache_write: int) -> None:
    """Whatever part of the input is cached or written to the cache."""
    usage = Usage(read_tokens, written, min(cached, read_tokens), min(cache_write, max(0, read_tokens - cached)))
    for card in CARDS[::7]:
        assert card.prices is not None
        assert cost.cost(card.prices, usage) <= worst(card.prices, read_tokens, written)[0]


def test_a_call_holds_its_schema_and_its_search() -> None:
    """The schema is read too, and a search reads pages and costs by itself."""
    prices = Prices(Decimal(1), Decimal(1), per_search=Decimal("0.01"))
    plain = Call("x/y", "s", "write", "system", (Part("a", "", "<a>"),), "task", 1000)
    fields = replace(plain, schema={"type": "object"})
    searching = replace(plain, search=True)
    assert cost.tokens_of(plain) == sum(map(tokens_upper_bound, ("system", "<a>", "task")))
    assert cost.tokens_of(fields) > cost.tokens_of(plain) + 400
    assert cost.worst_of(plain, prices) == worst(prices, cost.tokens_of(plain), 1000)
    assert cost.worst_of(searching, prices)[0] - cost.worst_of(plain, prices)[0] == Decimal("0.15")
    assert cost.worst_of(plain, None)[1] is False


def test_what_an_answer_cost() -> None:
    """Nothing on this computer, else the provider's figure, else the catalogue's, else unknown."""
    prices = Prices(Decimal(1), Decimal(2))
    answer = Answer("x", Usage(1_000_000, 0), "m", "openai")
    stated = Answer("x", Usage(1_000_000, 0), "m", "openai", cost_usd=Decimal("0.5"))
    assert cost.cost_of(stated, HERE, prices) == 0
    assert cost.cost_of(stated, OPENAI, prices) == Decimal("0.5")
    assert cost.cost_of(answer, OPENAI, prices) == 1
    assert cost.cost_of(answer, OPENAI, None) is None
    assert cost.cost_of(Answer("x", Usage(), "m", "openai"), OPENAI, prices) is None


def test_prices_of_a_provider() -> None:
    """A model on this computer is free even when the catalogue prices its twin at a vendor."""
    card = CARDS[0]
    assert cost.prices_of(HERE, card) is FREE
    assert cost.prices_of(OPENAI, card) == card.prices
    assert cost.prices_of(OPENAI, None) is None


def _prompt(body: object) -> str:
    """All the text of a recorded request that a tokenizer sees."""
    return json.dumps(body, ensure_ascii=False)


def test_the_bound_holds_for_every_recorded_prompt() -> None:
    """Vendors never counted more tokens than the bound allows for what they were sent (searches read more)."""
    compared = 0
    for recording in all_recordings():
        sent = (recording.request or {}).get("body")
        text = _prompt(sent)
        if recording.status != 200 or not sent or "MASSIVE" in text or "search" in text or "tool" in text:
            continue
        result = read(recording, events(recording.sse)) if recording.sse else read_plain(recording)
        usage = result.usage
        if usage is None or usage.input is None or "output_config" in text or "schema" in text:
            continue
        compared += 1
        hidden = 200 if recording.provider in ("xai", "huggingface", "azure", "ollama") else 0
        assert usage.input <= tokens_upper_bound(text) + hidden, recording.id
    assert compared >= 20


@pytest.mark.parametrize(
    ("text", "at_least"),
    [
        ("", 0),
        ("hello world", 2),
        ("1234567890" * 10, 100),
        ("!@#$%^&*()" * 10, 100),
        ("漢字仮名交じり文", 24),
        ("👩‍👩‍👧‍👦", 25),
        ("\ud800", 3),
        ("qzxj" * 50, 100),
    ],
)
def test_the_bound_for_hard_texts(text: str, at_least: int) -> None:
    """Figures, signs and everything beyond ASCII may take one token a byte."""
    assert tokens_upper_bound(text) >= at_least


@given(st.text(max_size=200), st.text(max_size=200))
def test_more_text_is_never_fewer_tokens(first: str, second: str) -> None:
    """The bound grows with the text, and two texts together need no more than apart."""
    both = tokens_upper_bound(first + second)
    assert both >= max(tokens_upper_bound(first), tokens_upper_bound(second))
    assert both <= tokens_upper_bound(first) + tokens_upper_bound(second)
