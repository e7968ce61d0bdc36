import pytest

from orchestra_cli.models.embedded.wordpiece import encode, vocabulary, words


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("hello world", [101, 7592, 2088, 102]),
        (
            "Naïve café — £4,250.00 (VAT@20%)",
            [
                101,
                15743,
                7668,
                1517,
                1069,
                2549,
                1010,
                5539,
                1012,
                4002,
                1006,
                12436,
                2102,
                1030,
                2322,
                1003,
                1007,
                102,
            ],
        ),
        (
            "The Contractor shall re-roof no.7 'Elm Cottage'.",
            [101, 1996, 13666, 4618, 2128, 1011, 4412, 2053, 1012, 1021, 1005, 17709, 9151, 1005, 1012, 102],
        ),
        ("中文 text", [101, 1746, 1861, 3793, 102]),
        ("x" * 120, [101, 100, 102]),
        ("\u200bzero\tTab\x07", [101, 5717, 21628, 102]),
        ("", [101, 102]),
        ("İstanbul ﬁne straße", [101, 9960, 1984, 2638, 2358, 27807, 102]),
    ],
)
def test_ids_are_those_of_the_reference_tokenizer(text: str, ids: list[int]) -> None:
    """The ids equal those that the `tokenizers` package gave for the model's own tokenizer.json."""
    assert encode(text) == ids


def test_a_long_text_is_cut_and_still_closed() -> None:
    """At most `longest` ids, the last of them [SEP]."""
    ids = encode("roof " * 500, longest=16)
    assert len(ids) == 16
    assert ids[-1] == vocabulary()["[SEP]"]


def test_a_word_that_no_piece_fits_is_unknown() -> None:
    """A word with a letter outside the list becomes one [UNK]."""
    assert encode("a\U0001f600b")[1:-1] == [vocabulary()["[UNK]"]]


def test_punctuation_stands_alone() -> None:
    """Marks are words of their own, accents are dropped."""
    assert words("Été, 'ça'!") == ["ete", ",", "'", "ca", "'", "!"]
