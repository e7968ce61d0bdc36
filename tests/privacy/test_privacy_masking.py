"""Masks: what is found, that it comes back exactly, and that numbers stay."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestra_cli.privacy.masking import KINDS, Masker
from orchestra_cli.privacy.names import names_in
from orchestra_cli.privacy.patterns import iban_valid, luhn, unsure

PIECES = [
    "jane.smith@acme.co.uk",
    "020 7946 0958",
    "+44 (0)7700 900123",
    "AB 12 34 56 C",
    "QQ123456C",
    "12-34-56",
    "12345678",
    "sort code 12-34-56",
    "account number: 12345678",
    "GB82 WEST 1234 5698 7654 32",
    "4111 1111 1111 1111",
    "VAT no. 123 4567 89",
    "GB 123 4567 89",
    "12 High Street, Leeds, LS1 4AB",
    "LS1 4AB",
    "Jane Smith",
    "JANE SMITH",
    "Smith",
    "[EMAIL-1]",
    "\\[NAME-2\\]",
    "PHONE-1",
    "name-1",
    "[email 3]",
    "[",
    "]",
    "\\",
    " ",
    "\n",
    ",",
    "Mr Jones",
    "Kind regards,\n",
    "From: Tom Baker <t@b.uk>\n",
    "0",
]
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=12)), max_size=14).map("".join)


def masked(text: str, *names: str) -> str:
    return Masker.plan(names, [text]).mask(text)[0]


@given(texts, texts)
@example("jo@x.ukEMAIL-1", "")
@example("[[EMAIL-1]]", "[EMAIL-01]")
def test_unmasking_gives_back_the_text_exactly(planned: str, later: str) -> None:
    """For planned texts and for texts first seen later, placeholders among them."""
    masker = Masker.plan(["Jane Smith", "Acme Estates Ltd"], [planned])
    for text in (planned, later):
        assert masker.unmask(masker.mask(text)[0]) == text


@given(texts)
def test_masks_never_split_words(text: str) -> None:
    """No letter or digit stands directly before or after a placeholder that replaced a word's end."""
    masker = Masker.plan(["Jane Smith"], [text])
    out, _ = masker.mask(text)
    rebuilt, at = "", 0
    for match in re.finditer(rf"\[({'|'.join(KINDS)})-(\d+)\]", out):
        rebuilt += out[at : match.start()]
        original = masker.unmask(match[0])
        if re.match(r"\w", original):
            assert not re.search(r"\w\Z", rebuilt)
        rebuilt += original
        at = match.end()
        if re.search(r"\w\Z", original):
            assert not re.match(r"\w", out[at:])
    assert rebuilt + out[at:] == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to jane.smith@acme.co.uk.", "write to [EMAIL-1]."),
        ("call 020 7946 0958, please", "call [PHONE-1], please"),
        ("call (020) 7946 0958", "call [PHONE-1]"),
        ("call 01632 960123", "call [PHONE-1]"),
        ("call 07700900123", "call [PHONE-1]"),
        ("call +44 (0)7700 900123!", "call [PHONE-1]!"),
        ("call 0044 7700 900123", "call [PHONE-1]"),
        ("NI AB 12 34 56 C", "NI [NI-1]"),
        ("NI ab123456c", "NI [NI-1]"),
        ("Sort code: 12-34-56 and account no. 12345678", "Sort code: [BANK-1] and account no. [BANK-2]"),
        ("pay 99-34-56 now", "pay [BANK-1] now"),
        ("pay 20-00-00 55779911", "pay [BANK-1]"),
        ("IBAN GB82 WEST 1234 5698 7654 32 NEXT", "IBAN [IBAN-1] NEXT"),
        ("IBAN DE89370400440532013000", "IBAN [IBAN-1]"),
        ("card 4111 1111 1111 1111.", "card [CARD-1]."),
        ("VAT reg no GB 123 4567 89", "VAT reg no [VAT-1]"),
        ("VAT: 123456789", "VAT: [VAT-1]"),
        ("at 12 High Street, Leeds, LS1 4AB today", "at [ADDRESS-1] today"),
        ("near SW1A 1AA", "near [POSTCODE-1]"),
    ],
)
def test_personal_data_with_a_shape_is_masked(text: str, expected: str) -> None:
    """E-mail, phone, NI number, bank details, IBAN, card, VAT number, address, postcode."""
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "GBP 48,210.00 by 12-05-24 or 31/12/2026",
        "item 4.2.1, qty 1,250, ref 1234567890123456",
        "IBAN GB82 WEST 1234 5698 7654 33",
        "clause BG123456A and ISO 9001",
        "0.0123456789 kg",
        "[F12] and [R3] and [S3#12]",
        "ZZ99 1234",
    ],
)
def test_figures_dates_references_and_ids_stay(text: str) -> None:
    """Prices, dates, clause numbers and numbers whose check digits are wrong are no personal data."""
    assert masked(text) == text


def test_known_names_are_masked_whole_and_in_part() -> None:
    """The full name in any case, first and last name alone, the firm without "Ltd"; not inside other words."""
    out = masked("Jane  SMITH, Smith's van, smith, Smithson, Acme Estates and JANE", "Jane Smith", "Acme Estates Ltd")
    assert out == "[NAME-1], [NAME-2]'s van, smith, Smithson, [NAME-3] and [NAME-4]"


def test_a_contact_line_gives_its_person() -> None:
    """As it stands on a client card: name, position, address."""
    contact = "Priya Raman, Estates Manager, estates@acme.example"
    assert masked("Ask Priya or Ms Raman, Estates Manager.", contact) == "Ask [NAME-1] or Ms [NAME-2], Estates Manager."
    assert masked("Jane Smith", "Jane Smith <j@x.uk>") == "[NAME-1]"
    assert masked("Smith, Jane and Acme, Inc", "Smith, Jane", "Acme, Inc") == "[NAME-1] and [NAME-2]"


def test_names_that_are_ordinary_words_need_their_full_name() -> None:
    """Will Brown is masked; "Will" and "Brown" alone stay."""
    assert masked("Will Brown said: Will it be Brown?", "Will Brown") == "[NAME-1] said: Will it be Brown?"


def test_names_without_letters_or_with_one_are_ignored() -> None:
    """An empty cell of a CRM table masks nothing."""
    assert masked("a - b J", "", "-", "--", "J") == "a - b J"


def test_texts_give_away_names_themselves() -> None:
    """Mail headers, titles and sign-off lines; each once, in order."""
    text = 'From: "Jane Smith" <j@x.uk>\nCc: Tom Baker <t@x.uk>, a@b.uk\n\nDear Mrs O\'Neill,\n'
    text += "Dr. Lee\n\nMany thanks,\nAnn Marie Poe\n"
    assert names_in(text) == ("Jane Smith", "Tom Baker", "O'Neill", "Lee", "Ann Marie Poe")
    out, counts = Masker.plan([], [text]).mask(text)
    assert "Smith" not in out
    assert "Poe" not in out
    assert counts == {"name": 5, "email": 3}


def test_numbers_are_given_at_plan_time_and_survive_a_resume() -> None:
    """A masker read back masks alike; later finds get later numbers."""
    masker = Masker.plan([], ["a@x.uk b@x.uk"])
    assert masker.mask("b@x.uk c@x.uk") == ("[EMAIL-2] [EMAIL-3]", {"email": 2})
    again = Masker.from_json(masker.to_json())
    assert again.mask("c@x.uk a@x.uk d@x.uk")[0] == "[EMAIL-3] [EMAIL-1] [EMAIL-4]"
    named = Masker.from_json(Masker.plan(["Jane Smith"], []).to_json())
    assert named.mask("Jane Smith")[0] == "[NAME-1]"


@pytest.mark.parametrize(
    "written", ["[EMAIL-1]", "[email-1]", "\\[EMAIL-1\\]", "EMAIL-1", "[EMAIL_1]", "[Email 1]", "[EMAIL\u20111]"]
)
def test_placeholders_come_back_however_a_model_writes_them(written: str) -> None:
    """Other case, other hyphens, escaped or lost brackets."""
    masker = Masker.plan([], ["a@x.uk"])
    assert masker.unmask(f"Write to {written}.") == "Write to a@x.uk."


def test_placeholders_nobody_gave_stay_as_they_are() -> None:
    """An invented number is left for the checks to find."""
    assert Masker.plan([], []).unmask("[EMAIL-9] and EMAIL-9") == "[EMAIL-9] and EMAIL-9"


def test_data_is_unmasked_in_every_text_but_no_key() -> None:
    """Lists and groups are walked; numbers and nothing stay."""
    masker = Masker.plan([], ["a@x.uk"])
    data = {"items": [{"EMAIL-1": "to [EMAIL-1]", "n": 1, "none": None, "yes": True}]}
    assert masker.unmask_data(data) == {"items": [{"EMAIL-1": "to a@x.uk", "n": 1, "none": None, "yes": True}]}


def test_overlapping_finds_are_masked_as_one() -> None:
    """A name inside an address leaves no rest of either."""
    assert masked("12 Jane Smith Street, Leeds, LS1 4AB", "Jane Smith") == "[ADDRESS-1]"
    assert masked("Acme Holdings 12 High Street", "Acme Holdings 12") == "[NAME-1]"


def test_check_digits_tell_cards_and_ibans_from_other_numbers() -> None:
    """One wrong digit is found."""
    assert luhn("4111 1111 1111 1111")
    assert not luhn("4111 1111 1111 1112")
    assert not luhn("0000000000000000")
    assert iban_valid("GB82WEST12345698765432")
    assert not iban_valid("GB82WEST12345698765433")


def test_what_stays_unsure_is_named_without_quoting_it() -> None:
    """`strict` stops on these; placeholders are not among them."""
    assert unsure("card 4111 1111 1111 1112, Mr Jones, born 1.2.1970, x@localhost") == (
        "a number as long as a card's",
        "an @ that is no e-mail address we know",
        "a date of birth",
        "a person's name",
    )
    assert unsure(masked("Mr Jones, j@x.uk, 4111 1111 1111 1111")) == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        "Jane Smith met Person7 Name7 at 12 High Street, LS1 4AB; j@x.uk, 020 7946 0958.\n" + "Plain words. " * 40,
        "GB82 WEST ",
        "From: a,",
        "+1 2 ",
    ],
)
def test_a_megabyte_is_masked_within_two_seconds(piece: str) -> None:
    """A thousand known names or hostile repetition do not slow it down (the aim on a quiet machine is one second)."""
    text = piece * (1_000_000 // len(piece))
    masker = Masker([f"Person{i} Name{i}" for i in range(1000)])
    started = time.perf_counter()
    masker.mask(text)
    assert time.perf_counter() - started < 2.0
