from typing import Any

import pytest

from orchestra_cli.models.embedded.connect import Connector, objection
from orchestra_cli.models.embedded.judge import Judge
from orchestra_cli.models.embedded.llama import Written
from orchestra_cli.types import Usage

GIVEN = [
    "The clay tile roof leaks in several places.",
    "The trustees wish to replace the roof covering and the windows of the main hall, and to improve the insulation.",
]
TRUE = "The trustees wish to replace the roof covering and the windows of the main hall."


def test_a_true_short_sentence_may_stand(judge: Judge) -> None:
    """All its words were given and it says what the last sentence says."""
    assert objection(TRUE, GIVEN, judge) == ""


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("The roof.", "no short whole sentence"),
        ("the trustees wish to replace the roof covering", "no short whole sentence"),
        ("The trustees wish to replace 12 windows of the main hall.", "figures or marks"),
        ("The trustees wish to replace the roof, see https://a.b for the roof.", "figures or marks"),
        ("The trustees wish to replace it. The roof covering leaks.", "more than one sentence"),
        ("The trustees of Elmfield wish to replace the roof covering.", "a name that was not given"),
        ("The trustees wish to replace the beautiful roof covering.", "a word that was not given"),
        ("The trustees do not wish to replace the roof covering.", "another sense"),
        ("We wish to replace the roof covering and the windows.", "speaks as the bidder"),
        ("The clay tile roof leaks in several places.", "only repeats"),
        ("The roof leaks in several places of the main hall.", "about something else"),
    ],
)
def test_everything_else_is_refused(judge: Judge, sentence: str, why: str) -> None:
    """Figures, links, names, new words, turned sense, our own voice, plain repetition, another matter."""
    assert objection(sentence, GIVEN, judge) == why


def test_the_first_true_sentence_is_taken_and_asked_once(judge: Judge, said: Any) -> None:
    """A refused sentence is followed by one more try; the same texts are not asked about again."""
    writer = said("The trustees wish to buy a beautiful new castle.", TRUE)
    connector = Connector(writer, judge)
    assert connector.sentence(GIVEN) == TRUE
    assert connector.sentence(GIVEN) == TRUE
    assert len(writer.asked) == 2
    assert connector.usage == Usage(20, 10)


def test_after_two_refusals_nothing_is_said(judge: Judge, said: Any) -> None:
    """Retried once, then dropped."""
    writer = said("Buy castles now for a very good price.")
    assert Connector(writer, judge).sentence(GIVEN) == ""
    assert len(writer.asked) == 2


def test_broken_json_counts_as_nothing_said(judge: Judge) -> None:
    """An answer that ran into its limit inside the string, and one of another shape."""

    class Broken:
        def __init__(self) -> None:
            self.texts = ['{"sentence": "The tr', '["x"]']

        def write(self, *given: Any, **more: Any) -> Written:
            return Written(self.texts.pop(0), Usage(1, 1), False)

    assert Connector(Broken(), judge).sentence(GIVEN) == ""


def test_without_a_writer_or_texts_nothing_is_asked(judge: Judge, said: Any) -> None:
    """No writer, no texts: no sentence."""
    writer = said(TRUE)
    assert Connector(None, judge).sentence(GIVEN) == ""
    assert Connector(writer, judge).sentence([]) == ""
    assert writer.asked == []
