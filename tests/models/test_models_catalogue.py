"""The catalogue: complete, readable, overridable, and the same after it was frozen in a run."""

from __future__ import annotations

import importlib.util
import json
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from orchestra_cli.errors import InputError
from orchestra_cli.models.catalogue import (
    TIERS,
    Catalogue,
    ModelCard,
    Prices,
    card_from_json,
    card_to_json,
    prices_from_json,
    prices_to_json,
)
from orchestra_cli.models.providers import known
from orchestra_cli.settings import Settings

ROLES = {"extract", "research", "analyse", "write", "review", "coordinate", "code"}
CARDS = Catalogue.load().cards()


def load_tool() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "tools" / "update_catalogue.py"
    spec = importlib.util.spec_from_file_location("update_catalogue", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)
def test_every_card_is_complete(card: ModelCard) -> None:
    """Identity, limits, judgement for every role, a tier, and a provider we know how to ask."""
    assert card.id.partition("/")[0] == card.provider
    assert card.provider in {*known(Settings(), {}), "embedded"}
    assert card.tier in TIERS
    assert set(card.strengths) == ROLES
    assert all(0 <= each <= 100 for each in card.strengths.values())
    assert card.window >= 4096
    assert 1024 <= card.max_output <= card.window
    assert card.abilities <= {"schema", "search", "images", "temperature"}
    assert card.vendor
    assert card.family
    assert not card.deprecated or date.fromisoformat(card.deprecated)


def test_the_catalogue_says_how_old_it_is() -> None:
    """A day, not in the future of its making."""
    assert date.fromisoformat(Catalogue.load().version) >= date(2026, 11, 1)


def test_each_main_vendor_has_every_tier() -> None:
    """OpenAI, Anthropic and Google can each play cheap, balanced and best."""
    for provider in ("openai", "anthropic", "gemini"):
        assert {card.tier for card in Catalogue.load().cards(provider)} == set(TIERS)


def test_dated_names_find_their_card() -> None:
    """Vendors answer with dated names; an unknown name finds nothing."""
    catalogue = Catalogue.load()
    for name in ("anthropic/claude-haiku-4-5-20251001", "openai/gpt-5-2025-08-07"):
        found = catalogue.card(name)
        assert found is not None
        assert name.startswith(found.id)
    assert catalogue.card("openai/gpt-5-2025-08-07-x") is None
    assert catalogue.card("openai/nothing") is None


def test_a_frozen_catalogue_is_the_same() -> None:
    """Through JSON and back, whole or in part, card by card."""
    catalogue = Catalogue.load()
    again = Catalogue.from_json(json.loads(json.dumps(catalogue.to_json())))
    assert again == catalogue
    part = Catalogue.from_json(catalogue.to_json(["openai/gpt-5", "openai/nothing", "openai/gpt-5-2025-08-07"]))
    assert list(part.cards_by_id) == ["openai/gpt-5", "openai/gpt-5-2025-08-07"]
    for card in CARDS:
        assert card_from_json(card_to_json(card)) == card


def test_prices_change_with_long_inputs() -> None:
    """The step that holds is the last one the input is longer than."""
    low, mid, high = (Prices(Decimal(n), Decimal(n)) for n in (1, 2, 3))
    stepped = Prices(Decimal(1), Decimal(1), above=((100, mid), (200, high)))
    assert [stepped.at(n).input for n in (0, 100, 101, 200, 201)] == [low.input, 1, 2, 2, 3]
    assert prices_from_json(prices_to_json(stepped)) == stepped


def test_users_override_any_price() -> None:
    """The rest of a known model's prices stay; long-input steps go, since the user's price holds for all."""
    changed = Catalogue.load({"gemini/gemini-2.5-pro": {"input": "1.00"}}).card("gemini/gemini-2.5-pro")
    assert changed is not None
    assert changed.prices is not None
    assert (changed.prices.input, changed.prices.output, changed.prices.above) == (Decimal("1.00"), Decimal(10), ())
    assert Catalogue.load().card("gemini/gemini-2.5-pro") != changed


def test_a_price_makes_a_card_for_an_unknown_model() -> None:
    """A model at the user's own server, or one newer than the catalogue."""
    own = Catalogue.load({"openrouter/acme/big": {"input": "1", "output": "2"}}).card("openrouter/acme/big")
    assert own is not None
    assert (own.provider, own.vendor, own.window, own.strength("write")) == ("openrouter", "acme", 0, 50)
    assert known(Settings(), {})["openrouter"].clamp(64_000, own) == 64_000
    assert known(Settings(), {})["openai"].structured_for(own) == "json_schema"
    assert Catalogue.load({"office/llama": {"input": "0", "output": "0"}}).card("office/llama") is not None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"inputs": "1"}, 'unknown price "inputs"; use input, output'),
        ({"input": "1"}, "has no output price"),
        ({"input": "1,5", "output": "2"}, '"1,5" is no price; write it such as 2.50'),
        ({"input": "-1", "output": "2"}, "is no price"),
        ({"input": "NaN", "output": "2"}, "is no price"),
    ],
)
def test_a_price_that_is_none_says_so(given: dict[str, str], words: str) -> None:
    """Each mistake names the model and the fix."""
    with pytest.raises(InputError) as caught:
        Catalogue.load({"office/llama": given})
    assert '[prices."office/llama"]' in str(caught.value)
    assert words in str(caught.value)


def test_strength_for_a_role_nobody_has_judged() -> None:
    """The mean of what is known, 50 when nothing is."""
    card = CARDS[0]
    assert card.strength("butcher") == sum(card.strengths.values()) // len(card.strengths)


def test_end_of_life_counts_from_its_day() -> None:
    """On the day itself the model is gone."""
    card = Catalogue.load().card("openai/gpt-5")
    assert card is not None
    end = date.fromisoformat(card.deprecated)
    assert card.deprecated_by(end)
    assert not card.deprecated_by(date(2026, 11, 21))


FACTS = {"max_input_tokens": 1000, "max_output_tokens": 100, "supports_response_schema": True, "supports_vision": True}


def test_the_tool_makes_what_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """Run with a table of models, it writes a catalogue that loads; models without a source are left out and named."""
    pytest.importorskip("genai_prices")
    tool = load_tool()
    table = {judged.id.removeprefix("openai/"): FACTS for judged in tool.MODELS if judged.id.startswith("openai/")}
    wheel, out = tmp_path / "litellm.whl", tmp_path / "catalogue.json"
    with zipfile.ZipFile(wheel, "w") as packed:
        packed.writestr(tool.TABLE, json.dumps(table))
    monkeypatch.setattr("sys.argv", ["update_catalogue.py", "--litellm", str(wheel), "--out", str(out)])
    tool.main()
    made = Catalogue.from_json(json.loads(out.read_text(encoding="utf-8")))
    assert {card.provider for card in made.cards()} == {"openai", "embedded"}
    assert all(card.window == 1000 for card in made.cards("openai"))
    assert "left out, without a price: anthropic/" in capsys.readouterr().err


def test_the_tool_reads_a_plain_table_too(tmp_path: Path) -> None:
    """The table may lie beside the tool as a file."""
    tool = load_tool()
    path = tmp_path / "table.json"
    path.write_text('{"x": {}}', encoding="utf-8")
    assert tool.read_table(path) == {"x": {}}


def test_the_shipped_catalogue_has_the_tools_models_and_prices() -> None:
    """Nobody edits the catalogue by hand: ids, tiers and prices are those the tool makes for its day."""
    pytest.importorskip("genai_prices")
    tool = load_tool()
    catalogue = Catalogue.load()
    made = datetime.fromisoformat(catalogue.version).replace(tzinfo=UTC)
    assert list(catalogue.cards_by_id) == [judged.id for judged in (*tool.MODELS, *tool.EMBEDDED)]
    for judged in tool.MODELS:
        provider, _, name = judged.id.partition("/")
        card = catalogue.card(judged.id)
        assert card is not None
        assert card.prices is not None
        assert prices_to_json(card.prices) == tool.find_prices(provider, name, made)
        assert (card.tier, card.family, card.slow_start) == (judged.tier, judged.family, judged.slow_start)
