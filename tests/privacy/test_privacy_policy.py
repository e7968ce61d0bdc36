"""The policy: the strictest holds, rules are always enforced, the command line may only tighten."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestra_cli.errors import InputError, UsageError
from orchestra_cli.privacy.policy import Place, Policy, highest
from orchestra_cli.settings import Settings
from orchestra_cli.store.clients import ClientCard

COMPUTER = Place("embedded", "qwen", "computer", True)
OFFICE = Place("office", "qwen", "uk", False)
FAR = Place("openai", "openai", "us", False)
CARD = ClientCard("acme", "Acme", (), "", (), (), "", "", Path("acme"))


def policy(privacy: str = "standard", card: ClientCard | None = None, **rules: dict[str, tuple[str, ...]]) -> Policy:
    return Policy.of(Settings(privacy=privacy, policy=rules), card)


@pytest.mark.parametrize("settings", ["off", "standard", "strict"])
@pytest.mark.parametrize("card", ["", "off", "standard", "strict"])
@pytest.mark.parametrize("recipe", ["", "off", "standard", "strict"])
def test_the_strictest_of_card_recipe_and_settings_holds(settings: str, card: str, recipe: str) -> None:
    """Each may tighten, none may loosen what another asks for."""
    order = ("", "off", "standard", "strict")
    made = Policy.of(Settings(privacy=settings), replace(CARD, privacy=card), recipe)
    assert made.mode == max((settings, card, recipe), key=order.index)


def test_the_option_may_tighten_but_not_loosen() -> None:
    """`--privacy strict` is taken, `--privacy off` against standard is a usage error, so is an unknown word."""
    assert Policy.of(Settings(), None, "", "strict").mode == "strict"
    assert Policy.of(Settings(), None, "", "standard").mode == "standard"
    with pytest.raises(UsageError, match="only tighten"):
        Policy.of(Settings(), None, "", "off")
    with pytest.raises(UsageError, match="unknown"):
        Policy.of(Settings(), None, "", "lax")


def test_an_unknown_mode_class_or_key_is_refused() -> None:
    """A mistyped rule must never be overlooked."""
    with pytest.raises(InputError, match="unknown"):
        Policy.of(Settings(), None, "srict")
    with pytest.raises(InputError, match="no class of data"):
        policy(personnel={})
    with pytest.raises(InputError, match='no "regions"'):
        policy(personal={"regions": ("uk",)})


def test_without_rules_personal_data_is_masked_for_everyone_elsewhere() -> None:
    """Standard: seen on this computer, masked elsewhere; internal data goes as it is, secret data stays."""
    standard = policy()
    assert standard.may_see(COMPUTER, "personal") == standard.may_see(COMPUTER, "personal")
    assert (standard.may_see(COMPUTER, "personal").allowed, standard.may_see(COMPUTER, "personal").masked) == (
        True,
        False,
    )
    assert (standard.may_see(FAR, "personal").allowed, standard.may_see(FAR, "personal").masked) == (True, True)
    assert (standard.may_see(FAR, "internal").allowed, standard.may_see(FAR, "internal").masked) == (True, False)
    assert standard.may_see(FAR, "public").allowed
    assert not standard.may_see(FAR, "secret").allowed
    assert standard.may_see(COMPUTER, "secret").allowed


def test_a_rule_admits_by_provider_or_region_only() -> None:
    """In `allow` or in a region: unmasked; else masked; a provider elsewhere never counts as "computer"."""
    made = policy(personal={"allow": ("Office",), "region": ("EEA", "computer")})
    assert not made.may_see(OFFICE, "personal").masked
    assert not made.may_see(replace(FAR, region="eea"), "personal").masked
    assert not made.may_see(COMPUTER, "personal").masked
    assert made.may_see(FAR, "personal").masked
    assert made.may_see(replace(FAR, region="computer"), "personal").masked


def test_empty_lists_allow_nobody() -> None:
    """`allow = []`, `region = []`: personal data is masked for every provider, here too; with `off` it may not go."""
    empty: dict[str, tuple[str, ...]] = {"allow": (), "region": ()}
    assert policy(personal=empty).may_see(COMPUTER, "personal").masked
    verdict = policy("off", personal=empty).may_see(FAR, "personal")
    assert (verdict.allowed, verdict.masked) == (False, False)
    assert "masking is off" in verdict.why


def test_off_masks_nothing_but_rules_still_hold() -> None:
    """Without a rule personal data goes as it is; an internal rule is enforced all the same."""
    assert policy("off").may_see(FAR, "personal") == policy("off").may_see(FAR, "personal")
    assert (policy("off").may_see(FAR, "personal").allowed, policy("off").may_see(FAR, "personal").masked) == (
        True,
        False,
    )
    assert not policy("off", internal={"allow": ("office",)}).may_see(FAR, "internal").allowed


@pytest.mark.parametrize("data_class", ["public", "internal", "personal"])
def test_strict_masks_for_everyone_who_is_not_on_this_computer(data_class: str) -> None:
    """Also for providers that the rules admit; on this computer nothing is masked."""
    made = policy("strict", personal={"allow": ("openai",), "region": ("computer",)})
    assert made.may_see(FAR, data_class).masked  # type: ignore[arg-type]
    assert not made.may_see(COMPUTER, data_class).masked  # type: ignore[arg-type]


def test_a_client_card_narrows_where_its_material_goes() -> None:
    """Only the named providers and regions, and this computer; public data may go anywhere."""
    made = policy(card=replace(CARD, allow=("Office",), regions=("uk",)), personal={"allow": ("openai", "office")})
    assert not made.may_see(FAR, "personal").allowed
    assert not made.may_see(FAR, "internal").allowed
    assert "card of acme" in made.may_see(FAR, "internal").why
    assert made.may_see(FAR, "public").allowed
    assert made.may_see(COMPUTER, "internal").allowed
    assert made.may_see(OFFICE, "personal") == made.may_see(OFFICE, "personal")
    assert not made.may_see(OFFICE, "personal").masked
    assert str(made) == "standard; personal: openai, office; client: office, uk"


def test_the_policy_reads_as_one_line() -> None:
    """For `--estimate`, `doctor` and the audit."""
    assert str(policy()) == "standard"
    assert str(policy("strict", personal={})) == "strict; personal: nobody"


def test_a_steps_class_is_the_highest_it_reads() -> None:
    """One personal input makes the step personal; nothing read is public."""
    assert highest(("internal", "personal", "public")) == "personal"
    assert highest(()) == "public"
