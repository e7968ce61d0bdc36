"""Who plays what, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestra_cli.errors import UsageError
from orchestra_cli.models import casting
from orchestra_cli.models.casting import Candidate, Need, Options, cast, vendor_warning
from orchestra_cli.models.catalogue import TIERS, Catalogue
from orchestra_cli.models.providers import Provider, known
from orchestra_cli.settings import Settings

CATALOGUE = Catalogue.load()
OFFICE = {"base_url": "http://127.0.0.1:8080/v1", "region": "computer"}
ALL = known(Settings(providers={"office": OFFICE}), {"AZURE_OPENAI_ENDPOINT": "https://a.openai.azure.com"})
EMBEDDED = Provider("embedded", "embedded", "", region="computer", on_computer=True, needs_key=False)


def having(*names: str) -> dict[str, Provider]:
    return {name: EMBEDDED if name == "embedded" else ALL[name] for name in names}


THREE = having("openai", "anthropic", "gemini")


def play(role: str = "write", providers: dict[str, Provider] = THREE, **more: Any) -> tuple[Candidate, ...]:
    settings = Settings(roles=more.pop("roles", {}))
    options = more.pop("options", None)
    outside = {key: more.pop(key) for key in ("offered", "today", "allowed") if key in more}
    return cast(Need("draft", role, **more), CATALOGUE, providers, settings, options, **outside)


def names(candidates: tuple[Candidate, ...]) -> list[str]:
    return [candidate.model for candidate in candidates]


def test_writing_goes_to_a_balanced_model_with_stand_ins_of_other_vendors() -> None:
    """Three candidates, three vendors, the first the strongest of its tier, each with its line."""
    found = play("write")
    assert [each.card.tier for each in found if each.card] == ["balanced"] * 3
    assert len({each.vendor for each in found}) == 3
    strengths = [card.strength("write") for card in CATALOGUE.cards() if card.tier == "balanced"]
    assert found[0].card is not None
    assert found[0].card.strength("write") == max(strengths)
    assert found[0].why == "strong at write, balanced tier"
    assert found[1].why.startswith("stands in if the first cannot: ")


@pytest.mark.parametrize("role", ["extract", "research"])
def test_cheap_roles_are_played_by_the_cheapest_that_is_good_enough(role: str) -> None:
    """Economy by default, never a model below the mark while a better one is there."""
    found = play(role, needs_schema=role == "extract", needs_search=role == "research")
    assert all(each.card and each.card.tier == "economy" for each in found)
    assert found[0].card is not None
    assert found[0].card.strength(role) >= casting.ECONOMY_STRENGTH
    assert found[0].why == {"extract": "cheapest with exact fields", "research": "cheapest with web search"}[role]


def test_the_tier_of_the_step_goes_before_that_of_the_command_line() -> None:
    """Step, then --tier, then the role's own."""
    assert {each.card.tier for each in play(tier=("best",)) if each.card} == {"best"}
    assert {each.card.tier for each in play(options=Options(tier="economy")) if each.card} == {"economy"}
    assert {
        each.card.tier for each in play(tier=("best", "economy"), options=Options(tier="economy")) if each.card
    } == {"best"}


def test_a_missing_tier_is_said() -> None:
    """With only small models at hand a best model is asked for in vain, and the line says so."""
    found = play(tier=("best",), providers=having("groq"))
    assert found[0].why == "no best model with a key can play"


def test_the_reviewer_is_of_another_vendor_than_the_author() -> None:
    """Whoever wrote, another vendor reviews, as long as one has a key."""
    for vendor in ("openai", "anthropic", "google"):
        found = play("review", author_vendor=vendor)
        assert found[0].vendor != vendor
        assert found[0].why == "another vendor than the author"
        assert vendor_warning(Need("r", "review", author_vendor=vendor), found[0]) == ""


def test_with_one_vendor_the_reviewer_is_of_another_family_and_it_is_said() -> None:
    """Else the same family, with a stronger warning."""
    author = "claude-sonnet"
    need = Need("r", "review", author_vendor="anthropic", author_family=author)
    found = play("review", having("anthropic"), author_vendor="anthropic", author_family=author)
    assert found[0].family != author
    assert found[0].why == "another model than the author"
    assert "another model of the same vendor (anthropic)" in vendor_warning(need, found[0])
    same = replace(found[0], card=CATALOGUE.card("anthropic/claude-sonnet-4-5"))
    assert "same model family as the author (claude-sonnet)" in vendor_warning(need, same)
    only = play("review", having("anthropic"), author_vendor="anthropic")
    assert only[0].why == "the author's own model"


def test_a_resold_model_counts_as_its_maker() -> None:
    """Review counts vendors, not providers: gpt-oss at Groq is OpenAI's."""
    found = play("review", having("openai", "groq", "mistral"), author_vendor="openai")
    assert found[0].vendor == "mistral"
    assert Candidate("openrouter/anthropic/x", ALL["openrouter"], None, "").vendor == "anthropic"
    assert Candidate("openrouter/anthropic/x", ALL["openrouter"], None, "").family == "x"


def test_the_users_order_comes_first_and_is_filled_up() -> None:
    """[roles] as written, those with a key; then the catalogue's, other vendors first."""
    roles = {"write": ("mistral/mistral-small-latest", "gemini/gemini-2.5-pro", "openai/gpt-5")}
    found = play(roles=roles)
    assert names(found)[:2] == ["gemini/gemini-2.5-pro", "openai/gpt-5"]
    assert found[0].why == "your [roles] order for write"
    assert found[2].vendor == "anthropic"


def test_a_tier_goes_before_the_users_order() -> None:
    """Precedence of the design: tiers, then [roles]; a tier nobody can play falls back to the list."""
    roles = {"write": ("openai/gpt-5",)}
    assert names(play(roles=roles, tier=("best",)))[0] != "openai/gpt-5"
    assert names(play(roles=roles, options=Options(tier="best")))[0] != "openai/gpt-5"


def test_the_users_order_yields_to_the_other_vendor_in_a_review() -> None:
    """Within the user's list the other vendor goes first."""
    roles = {"review": ("openai/gpt-5", "anthropic/claude-sonnet-4-5")}
    assert names(play("review", roles=roles, author_vendor="openai"))[0] == "anthropic/claude-sonnet-4-5"


def test_a_pin_is_a_cast_of_one() -> None:
    """The command line for the step, then the recipe, then the command line for the role."""
    assert names(play(pin="openai/gpt-5")) == ["openai/gpt-5"]
    assert names(play(options=Options(models={"draft": "openai/gpt-5-mini"}), pin="openai/gpt-5")) == [
        "openai/gpt-5-mini"
    ]
    assert names(play(options=Options(models={"write": "gemini/gemini-2.5-pro"}))) == ["gemini/gemini-2.5-pro"]
    assert play(pin="openai/gpt-5")[0].why == "chosen for this step"
    assert play(options=Options(models={"write": "openai/gpt-5"}))[0].why == "asked for by --model"


def test_a_pin_may_leave_out_its_provider_and_need_not_be_known() -> None:
    """A bare name finds its provider; a model newer than the catalogue is asked as it is named."""
    assert names(play(pin="claude-sonnet-4-5")) == ["anthropic/claude-sonnet-4-5"]
    assert names(play(pin="gpt-oss-120b", providers=having("groq", "openai"), offered={"groq": ["gpt-oss-120b"]})) == [
        "groq/gpt-oss-120b"
    ]
    found = play(pin="openai/gpt-99")[0]
    assert (found.model, found.card) == ("openai/gpt-99", None)


@pytest.mark.parametrize(
    ("pin", "words"),
    [
        ("opnai/gpt-5", "Did you mean openai/gpt-5"),
        ("claude-sonet-4-5", "Did you mean"),
        ("zzzzzzzz", 'no provider offers a model "zzzzzzzz".'),
        ("mistral/mistral-large-4", '"mistral/mistral-large-4" cannot be asked now: there is no key for it'),
    ],
)
def test_an_unknown_pin_is_wrong_use_with_near_names(pin: str, words: str) -> None:
    """Exit 2, before anything is sent."""
    with pytest.raises(UsageError) as caught:
        play(pin=pin)
    assert words in caught.value.message
    assert caught.value.advice


def test_search_needs_a_model_that_searches() -> None:
    """Nobody to search means an empty cast, not a guess."""
    assert play("research", having("mistral", "deepseek"), needs_search=True) == ()
    found = play("research", having("perplexity", "mistral"), needs_search=True)
    assert {each.provider.name for each in found} == {"perplexity"}
    assert play("research", {"ollama": ALL["ollama"]}, needs_search=True, offered={"ollama": ["qwen:7b"]}) == ()


def test_the_window_must_hold_input_and_answer() -> None:
    """A long tender goes to a model that takes it."""
    found = play(input_tokens=900_000, output_tokens=4_000)
    assert found
    assert all(each.card and each.card.window >= 904_000 for each in found)
    assert play(input_tokens=90_000_000) == ()


def test_models_at_their_end_are_left_out_and_those_near_it_come_later() -> None:
    """gpt-5-mini ends on 2026-12-11: last choice before, no choice after."""
    only = {"openai": ALL["openai"]}
    before = play("extract", only, today=date(2026, 11, 21))
    assert "openai/gpt-5-mini" not in names(before)
    assert play("write", only, roles={"write": ("openai/gpt-5",)}, today=date(2026, 12, 10))[0].model == "openai/gpt-5"
    assert "openai/gpt-5" not in names(
        play("write", only, roles={"write": ("openai/gpt-5",)}, today=date(2026, 12, 11))
    )


def test_without_a_key_ollama_then_own_servers_then_the_embedded_model() -> None:
    """And none of them while a vendor has a key."""
    offered = {"ollama": ["qwen2.5:7b"], "office": ["llama-3"]}
    everything = having("ollama", "office", "embedded")
    found = play(providers=everything, offered=offered)
    assert names(found) == ["ollama/qwen2.5:7b", "office/llama-3"]
    assert found[0].why == "on this computer, free"
    assert names(play(providers=having("office", "embedded"), offered=offered))[0] == "office/llama-3"
    assert {each.provider.name for each in play(providers=having("embedded"))} == {"embedded"}
    assert "ollama" not in {each.provider.name for each in play(providers={**everything, **THREE}, offered=offered)}


def test_local_leaves_every_other_machine_out() -> None:
    """--local: only what is on this computer, also for pins."""
    local = Options(local=True)
    assert names(play(providers={**THREE, **having("embedded")}, options=local))[0].startswith("embedded/")
    assert play(options=local) == ()
    with pytest.raises(UsageError, match="with --local"):
        play(options=local, pin="openai/gpt-5")


def test_the_data_policy_is_a_hard_constraint() -> None:
    """Who may not see the data is no candidate, and does not take the place of one who may."""
    found = play("write", allowed=lambda candidate: candidate.vendor == "google")
    assert {each.vendor for each in found} == {"google"}
    assert len(found) == 3
    assert play("write", allowed=lambda _candidate: False) == ()


def test_the_maker_goes_before_its_resellers() -> None:
    """Equal models: the maker's own endpoint first."""
    card = CATALOGUE.card("openai/gpt-5")
    assert card is not None
    twin = replace(card, id="openrouter/openai/gpt-5", provider="openrouter")
    catalogue = Catalogue("2026-11-21", {twin.id: twin, card.id: card})
    found = cast(Need("s", "write"), catalogue, having("openai", "openrouter"), Settings())
    assert names(found) == ["openai/gpt-5", "openrouter/openai/gpt-5"]


def test_fields_go_to_models_that_hold_them_exactly() -> None:
    """A model that gets the schema in words comes after those that are held to it."""
    found = play("extract", having("deepseek", "mistral"), needs_schema=True)
    assert found[0].provider.name == "mistral"


KEYED = sorted(name for name, each in ALL.items() if each.needs_key)


@given(
    st.sampled_from(["extract", "research", "analyse", "write", "review", "coordinate", "code", "butcher"]),
    st.sets(st.sampled_from(KEYED)),
    st.sampled_from([(), *((tier,) for tier in TIERS)]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "openai", "anthropic", "google"]),
    st.integers(0, 2_000_000),
)
def test_every_cast_keeps_the_rules(
    role: str, held: set[str], tier: tuple[str, ...], schema: bool, search: bool, author: str, tokens: int
) -> None:
    """At most three, no one twice, only with a key, only who can; another vendor than the author when there is one."""
    providers = {name: ALL[name] for name in held}
    found = play(
        role, providers, tier=tier, needs_schema=schema, needs_search=search, author_vendor=author, input_tokens=tokens
    )
    assert len(found) <= 3
    assert len(set(names(found))) == len(found)
    assert all(each.provider.name in held and each.why for each in found)
    assert all(not search or (each.card and "search" in each.card.abilities) for each in found)
    able = [card for card in CATALOGUE.cards() if card.provider in held and card.window >= tokens]
    if author and found and any(card.vendor != author and not search for card in able):
        assert found[0].vendor != author
