"""The real small language model. Slow: fetches 93 MB once, into ORCHESTRA_TEST_MODELS or the temporary folder."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestra_cli.models.embedded import llama, player, weights
from orchestra_cli.models.embedded.connect import Connector, objection
from orchestra_cli.models.embedded.judge import Judge
from orchestra_cli.types import Call, CallFailed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
ITEMS = [
    ("R1", "The tender shall not exceed ten A4 pages.", "limit"),
    ("R2", "Remove all waste weekly.", "must include"),
]
WISH = [
    "Elmfield Village Hall was built in 1926.",
    "The trustees wish to replace the roof covering and the windows of the main hall, and to improve the insulation.",
]


@pytest.fixture(scope="module")
def model_file() -> Path:
    folder = os.environ.get("ORCHESTRA_TEST_MODELS") or f"{tempfile.gettempdir()}/orchestra-test-models"
    return weights.fetch("smollm2-135m", Path(folder), lambda done, total: None)


def test_a_draft_is_written_and_the_same_twice(model_file: Path, hall_call: Callable[..., Call]) -> None:
    """The real models, end to end: sections, answers, usage; a second time word for word the same."""
    call = hall_call("Write the sections Understanding, Scope of work, Why us.", ITEMS)
    first = asyncio.run(player.ask(call, lambda text: None, model_file=model_file))
    again = asyncio.run(player.ask(call, lambda text: None, model_file=model_file))
    assert first.text == again.text
    assert "[R1]" in first.text
    assert first.text.startswith("## Understanding")


def test_what_the_model_connects_may_stand(model_file: Path, judge: Judge) -> None:
    """A sentence of the real model either passes the sieve or is not there."""
    connector = Connector(llama.shared(model_file), judge)
    sentence = connector.sentence(WISH)
    assert connector.usage.output
    assert sentence == "" or objection(sentence, WISH, judge) == ""


def test_a_one_word_question_gets_words(model_file: Path, make_call: Callable[..., Call]) -> None:
    """`models test` asks something short."""
    answer = asyncio.run(
        player.ask(make_call("Answer with the one word: ready"), lambda t: None, model_file=model_file)
    )
    assert answer.text
    assert answer.usage.output


def test_too_long_a_question_is_said(model_file: Path) -> None:
    """More than the context: too_long, never cut."""
    with pytest.raises(CallFailed) as caught:
        llama.shared(model_file).write("s", "roof " * 5000, max_tokens=5)
    assert caught.value.kind == "too_long"


QUIET = """
import sys
from pathlib import Path
from orchestra_cli.models.embedded.llama import Llama
model = Llama(Path(sys.argv[1]))
model.write("You answer.", "Say something about roofs.", max_tokens=60)
"""


def _run(model_file: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", QUIET, str(model_file)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_llama_cpp_says_nothing_on_the_terminal(model_file: Path) -> None:
    """Not a byte on either stream, and a clean end."""
    child = _run(model_file)
    assert child.communicate(timeout=120) == (b"", b"")
    assert child.returncode == 0


def test_two_at_once_do_not_starve_each_other(model_file: Path) -> None:
    """Two processes on the same cores take at most a few times as long as one."""
    started = time.monotonic()
    _run(model_file).communicate(timeout=300)
    alone = time.monotonic() - started
    started = time.monotonic()
    both = [_run(model_file), _run(model_file)]
    for child in both:
        child.communicate(timeout=300)
    together = time.monotonic() - started
    sys.stderr.write(json.dumps({"alone_s": round(alone, 2), "two_at_once_s": round(together, 2)}) + "\n")
    assert together < 6 * alone + 5
