"""Models that lie, repeat themselves and break every form: the price in the document is exact, and no wrong figure goes
out without a mark that blocks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest
from e2e_support import clean
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from support.answers import hostile
from support.vendor import FakeVendor
from support.wire import Asked, Reply

from orchestra_cli.engine.plan import Plan, make_plan
from orchestra_cli.engine.prepare import Prepared, prepare
from orchestra_cli.engine.request import RunRequest
from orchestra_cli.engine.result import RunResult
from orchestra_cli.engine.session import start
from orchestra_cli.errors import WaitingError

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
RUNS = 220
OTHER = "Northgate Dental Practice"


class Nobody:
    """Nobody stands at a gate; `--yes` answers."""

    def decide(self, shown: object) -> object:
        raise WaitingError("nobody is here")

    carry = decide


@dataclass(frozen=True)
class Bench:
    """The sample job, prepared and planned once; every run plays the same frozen world."""

    prepared: Prepared
    plan: Plan
    gross: str
    sources: str

    def play(self) -> RunResult:
        return start(self.prepared, self.plan, Nobody(), lambda event: None)  # type: ignore[arg-type]


@pytest.fixture
def bench(home: Path, sample: Path, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch) -> Bench:
    for name, value in vendor.environment("openai").items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(sample)
    prepared = prepare(RunRequest(recipe="proposal", client="acme", yes=True))
    assert prepared.sheet is not None
    assert prepared.sheet.gross is not None
    texts = [material.text for _, material in prepared.placed]
    cells = [cell for _, material in prepared.placed for table in material.tables for row in table.rows for cell in row]
    known = "\n".join([*texts, *cells, prepared.sheet.markdown])
    return Bench(prepared, make_plan(prepared), f"{prepared.sheet.gross.amount:,.2f}", known)


# ---- how an answer is spoilt: each takes (asked, text) and gives the text that is sent ----

Spoiler = Callable[[Asked, str], str]
STEPS = ("requirements", "background", "proposal", "check")


@st.composite
def amounts(draw: st.DrawFn) -> str:
    """Money that nobody gave, written as people write it."""
    value = Decimal(draw(st.integers(100_003, 99_999_999))) / 100
    plain = f"{value:,.2f}"
    forms = (
        f"GBP {plain}", f"£{plain}", f"£{value:.2f}", f"**GBP {plain}**", f"GBP\u00a0{plain}", f"{plain} pounds",
        f"GBP {value:,.0f}", f"{plain} GBP", f"£{plain.replace(',', ' ')}",
    )  # fmt: skip
    return draw(st.sampled_from(forms))


SENTENCES = (
    "The total price is {0} including VAT.",
    "The total price is {0}. In all you pay {1}.",
    "Our offer comes to {0} [R1].",
    "| **Total including VAT** | | | | | **{0}** |",
    "# Price\n\n{0}",
    "Scope of work costs {0}, profit included, and {1} is the discount.",
    "We offer {{pricing.summary}} or {0}, whichever is less.",
    "The amount [F1] becomes {0} after our discount; see [F9999].",
    "> {0}\n>\n> is what the client wrote.",
    "```\ntotal = {0}\n```",
    "<td>{0}</td>",
)


@st.composite
def lies(draw: st.DrawFn) -> str:
    wrong = [draw(amounts()), draw(amounts())]
    return draw(st.sampled_from(SENTENCES)).format(*wrong)


@st.composite
def prose_spoilers(draw: st.DrawFn) -> tuple[str, Spoiler]:
    """(what it does, how): for prose."""
    lie = draw(lies())
    kind = draw(st.sampled_from(("end", "start", "middle", "twice", "other client", "huge", "empty", "no headings")))

    def spoil(asked: Asked, text: str) -> str:
        half = text.find("\n\n", len(text) // 2)
        return {
            "end": f"{text}\n{lie}\n",
            "start": f"{lie}\n\n{text}",
            "middle": f"{text[:half]}\n\n{lie}\n{text[half:]}",
            "twice": f"{text}\n\n{text}\n\n{lie}",
            "other client": f"{text}\nWe did the same for {OTHER}.\n",
            "huge": text + "\nAll work is carried out with care and attention. " * 1000 + lie,
            "empty": "",
            "no headings": re.sub(r"(?m)^#+ ", "", text) + f"\n{lie}\n",
        }[kind]

    return f"{kind}: {lie}", spoil


@st.composite
def field_spoilers(draw: st.DrawFn) -> tuple[str, Spoiler]:
    """(what it does, how): for answers that are JSON."""
    lie = draw(lies())
    modes = ("invented_quote", "json_in_fences", "prose_around_json", "not_json", "empty")
    more = ("two objects", "wrong types", "extra fields", "half", "lie in a note", "list only", "finding")
    kind = draw(st.sampled_from(modes + more))

    def spoil(asked: Asked, text: str) -> str:
        if kind in modes:
            return hostile(kind)(asked).text
        data = json.loads(text)
        items = next((value for value in data.values() if isinstance(value, list)), [])
        if kind == "lie in a note":
            for item in items:
                item["note"] = lie[:120]
        if kind == "extra fields":
            data["total"] = lie
        if kind == "finding" and asked.step == "check":
            section = next(iter(_enum(asked.wants_schema or {}, "section")), "")
            data["findings"] = [{"section": section, "rule": "agrees", "quote": None, "fix": f"Write: {lie}"[:200]}]
        return {
            "two objects": f"{text}\n{text}",
            "wrong types": json.dumps(dict.fromkeys(data, "none")),
            "half": text[: len(text) // 2],
            "list only": json.dumps(items),
        }.get(kind, json.dumps(data))

    return f"{kind}: {lie}", spoil


def _enum(schema: object, name: str) -> list[str]:
    """The choices of the first field of this name, wherever it stands in a schema."""
    if isinstance(schema, dict):
        found = schema.get(name)
        if isinstance(found, dict) and "enum" in found:
            return [str(one) for one in found["enum"]]
        return next((got for value in schema.values() if (got := _enum(value, name))), [])
    return next((got for one in schema if (got := _enum(one, name))), []) if isinstance(schema, list) else []


@dataclass(frozen=True)
class Script:
    """What each step answers. `stubborn`: also when it is asked once more."""

    spoilt: dict[str, tuple[str, Spoiler]]
    stubborn: bool

    def answerer(self) -> Callable[[Asked], Reply]:
        times: dict[str, int] = {}

        def answer(asked: Asked) -> Reply:
            reply = clean(asked)
            times[asked.step] = times.get(asked.step, 0) + 1
            obeyed = re.findall(r"Write: (.*)", asked.task) if asked.step == "proposal" else []
            text = reply.text + "\n" + "\n".join(obeyed)
            what = self.spoilt.get(asked.step)
            if what is None or (times[asked.step] > 1 and not self.stubborn):
                return replace(reply, text=text if obeyed else reply.text)
            return replace(reply, text=what[1](asked, reply.text))

        return answer


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    steps = draw(st.sets(st.sampled_from(STEPS), min_size=1))
    spoilt = {
        step: draw(prose_spoilers() if step in ("background", "proposal") else field_spoilers())
        for step in sorted(steps)
    }
    return Script(spoilt, draw(st.booleans()))


# ---- what must hold ----

FIGURE = re.compile(r"(?<![\d.,])(?:\d{1,3}(?:[, \u00a0]\d{3})+|\d+)(?:\.\d\d)?(?!\d)")


def digits_in(text: str) -> list[str]:
    """The figures of four digits and more, as digits without separators."""
    found = [re.sub(r"\D", "", one) for one in FIGURE.findall(text)]
    return [digits for digits in found if len(digits) >= 4]


def invented(text: str, bench: Bench, script: Script) -> list[str]:
    """The figures in the text that only a model can have brought in."""
    known = set(digits_in(bench.sources))
    lies = {digits for what, _ in script.spoilt.values() for digits in digits_in(what)}
    return [digits for digits in digits_in(text) if digits in lies - known]


def holds(result: RunResult, bench: Bench, script: Script) -> None:
    assert result.status in ("done", "flawed", "failed"), result
    assert result.exit != 1 or result.error is not None
    assert result.error is None or result.error.code != "internal", result.error
    if not result.document:
        assert result.exit == 1 or any(finding.rule == "withheld" for finding in result.findings)
        return
    document = result.document
    assert OTHER not in document
    totals = re.findall(r"(?m)^\| \| \*\*Total including VAT\*\* .*\*\*GBP ([\d,.]+)\*\* \|$", document)
    assert totals == [bench.gross]
    marked = re.sub(r"\[unverified: [^\]]*\]", "", document)
    blocking = " ".join(finding.text for finding in result.findings if finding.severity == "block")
    unmarked = [digits for digits in invented(marked, bench, script) if digits not in digits_in(blocking)]
    assert not unmarked, document
    if invented(document, bench, script):
        assert result.exit == 5
        assert document.startswith("> **Not ready to send")


def test_no_hostile_model_changes_the_price_or_slips_a_figure_in(bench: Bench, vendor: FakeVendor) -> None:
    """Over 200 runs with models that spoil any of the steps, also when asked again: the total is exact every time."""
    endings: dict[int, int] = {}

    @settings(max_examples=RUNS, deadline=None, suppress_health_check=list(HealthCheck))
    @given(script=scripts())
    def check(script: Script) -> None:
        note(str({step: what for step, (what, _) in script.spoilt.items()}))
        vendor.answer = script.answerer()
        result = bench.play()
        holds(result, bench, script)
        endings[result.exit] = endings.get(result.exit, 0) + 1

    check()
    assert sum(endings.values()) >= 200
    assert endings.get(5, 0) >= 20
    assert endings.get(0, 0) >= 5


@pytest.mark.parametrize("mode", ["json_in_fences", "prose_around_json"])
def test_small_talk_around_fields_is_forgiven(bench: Bench, vendor: FakeVendor, mode: str) -> None:
    """Fences and prose around JSON cost no second question."""
    vendor.answer = lambda asked: hostile(mode)(asked) if asked.wants_schema else clean(asked)
    result = bench.play()
    assert result.exit == 0
    assert len(vendor.calls) == 4


def test_another_clients_name_withholds_the_file(bench: Bench, vendor: FakeVendor) -> None:
    """The document is kept back, not only marked."""
    vendor.answer = lambda asked: hostile("other_client", OTHER)(asked) if asked.step == "proposal" else clean(asked)
    result = bench.play()
    assert result.exit == 5
    assert result.document == ""
    assert OTHER in str([finding.text for finding in result.findings])
