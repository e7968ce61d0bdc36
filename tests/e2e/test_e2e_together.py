"""Many processes at once: in a fresh home, under one budget, on one run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from e2e_support import Desk, Ended, clean, slowly, together, wait_for
from support.vendor import FakeVendor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_twenty_first_runs_give_twenty_results(desk: Desk, vendor: FakeVendor) -> None:
    """Twenty processes start in a home that is not there yet; all of them end well, each with a run of its own."""
    ended = together([desk.start("run", "note", "topic.txt", "--json", "--no-input") for _ in range(20)])
    assert [one.exit for one in ended] == [0] * 20, [one.err for one in ended if one.exit]
    assert len({one.json["run"] for one in ended}) == 20
    assert len({one.json["document"] for one in ended}) == 1
    assert len(desk.runs()) == 20
    assert len(vendor.calls) == 40
    assert {call["state"] for call in desk.calls()} == {"done"}


@dataclass(frozen=True)
class Costs:
    """Of the recipe `one`, in US dollars: what a call may cost, and what it costs."""

    worst: Decimal
    real: Decimal


INPUT_PRICED = """
[roles]
write = ["openai/gpt-5-mini"]
[prices."openai/gpt-5-mini"]
input = 1000
output = 0.01
"""


def costs(desk: Desk) -> Costs:
    """Found out with one call in a home of its own. Input is dear here, so that a call costs much of its worst case."""
    desk.write("orchestra.toml", INPUT_PRICED)
    there = replace(desk, home=desk.home.with_name("elsewhere"))
    assert there.run("run", "one", "topic.txt", "--no-input").exit == 0
    (call,) = there.calls()
    desk.vendor.seen.clear()
    return Costs(Decimal(call["reserve_usd"]), Decimal(call["cost_usd"]))


def twenty_under(desk: Desk, cap: Decimal) -> list[Ended]:
    desk.write("orchestra.toml", f"budget_usd = {{ month = {cap} }}\n{INPUT_PRICED}")
    desk.vendor.answer = slowly(clean, 1.0)
    return together([desk.start("run", "one", "topic.txt", "--json", "--no-input") for _ in range(20)])


def test_a_months_cap_for_three_calls_lets_three_through(desk: Desk, vendor: FakeVendor) -> None:
    """Twenty processes share a cap that three calls use up; the vendor takes a second a call and sees at most three."""
    found = costs(desk)
    cap = found.real * 3 + found.worst * Decimal("0.8")  # the worst case varies a little, by the nonce of each run
    ended = twenty_under(desk, cap)
    done = [one for one in ended if one.exit == 0]
    assert 1 <= len(vendor.calls) <= 3
    assert len(done) == len(vendor.calls)
    assert [one.exit for one in ended if one not in done] == [4] * (20 - len(done))
    assert all("of this month" in one.json["error"]["message"] for one in ended if one.exit == 4)
    assert sum(Decimal(call["cost_usd"]) for call in desk.calls()) == found.real * len(done)
    assert len(desk.calls()) == len(vendor.calls)


def test_worst_cases_that_are_open_count_against_the_cap(desk: Desk, vendor: FakeVendor) -> None:
    """With room for three worst cases, no more than three calls arrive within the second that each of them takes."""
    ended = twenty_under(desk, costs(desk).worst * Decimal("3.2"))
    arrived = sorted(seen.arrived for seen in vendor.calls)
    assert all(sum(start <= other < start + 1.0 for other in arrived) <= 3 for start in arrived)
    assert len(arrived) >= 3
    assert {one.exit for one in ended} == {0, 4}


def test_the_second_process_on_one_run_is_told(desk: Desk, vendor: FakeVendor) -> None:
    """While one process plays a run, another one that resumes it is refused and sends nothing."""
    vendor.answer = slowly(clean, 1.0)
    first = desk.start("run", "note", "topic.txt", "--json", "--no-input")
    wait_for(lambda: len(vendor.calls) == 1, first)
    second = desk.run("resume", desk.runs()[0], "--no-input")
    (done,) = together([first])
    assert second.exit == 1
    assert second.out == ""
    assert "another process" in second.err.lower() or "is being played" in second.err.lower()
    assert done.exit == 0
    assert len(vendor.calls) == 2
