"""kill -9 at any moment: nothing finished is asked again, and the document is the same."""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from e2e_support import Desk, clean, key_of, kill, questions, slowly, wait_for
from support.vendor import FakeVendor, Seen

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
JOB = ("proposal", "--client", "acme", "--yes", "--continue", "--no-input")
STEPS = {"requirements": "requirements", "background": "background", "proposal": "proposal", "check#1": "check"}


def undisturbed(job: Desk) -> str:
    """The document of a run that nobody disturbs, in a home of its own."""
    ended = job.run(*JOB, env={"ORCHESTRA_HOME": str(job.home) + "-undisturbed"})
    assert ended.exit == 0, ended.err
    return ended.out


def finished_keys(job: Desk, seen: list[Seen]) -> set[str]:
    """The questions whose answers are journalled now."""
    done = {STEPS[path] for path in job.journalled()}
    return {key_of(one.asked) for one in seen if one.asked is not None and one.asked.step in done}


def killed_after(job: Desk, seconds: float) -> None:
    process = job.start(*JOB)
    time.sleep(seconds)
    kill(process)


def test_killed_at_twenty_moments_a_run_repeats_nothing_finished(job: Desk, vendor: FakeVendor) -> None:
    """Twenty runs are killed once each, anywhere between start and end; each resumes to the same document."""
    vendor.answer = slowly(clean, 0.15)
    begun = time.monotonic()
    expected = undisturbed(job)
    length = time.monotonic() - begun
    moments = [random.Random(2).uniform(0.25, 0.97) for _ in range(20)]
    homes = job.home
    for n, moment in enumerate(moments):
        job.home = homes.with_name(f"home-{n}")
        before = len(vendor.calls)
        killed_after(job, moment * length)
        finished = finished_keys(job, vendor.calls[before:])
        asked_before = Counter(key_of(asked) for asked in vendor.asked[before:])
        at_kill = len(vendor.calls)
        ended = job.run(*JOB)
        again = Counter(key_of(asked) for asked in vendor.asked[at_kill:])
        assert ended.exit == 0, ended.err
        assert ended.out == expected
        assert not finished & set(again), f"asked again although journalled, killed at {moment:.2f}"
        assert all(count == 1 for count in again.values())
        assert all(count == 1 for count in asked_before.values())
        assert len(job.runs()) == 1


def test_one_run_killed_again_and_again_gets_done(job: Desk, vendor: FakeVendor) -> None:
    """Every kill of one run repeats at most the calls that were in flight, each once."""
    vendor.answer = slowly(clean, 0.15)
    expected = undisturbed(job)
    vendor.seen.clear()
    chance = random.Random(7)
    in_flight: Counter[str] = Counter()
    kills = 0
    while kills < 20:
        process = job.start(*JOB)
        wait_for(partial(asked_or_ended, vendor, len(vendor.calls), process))
        if process.poll() is not None:
            process.communicate()
            break
        time.sleep(chance.uniform(0, 0.3))
        kill(process)
        kills += 1
        finished = finished_keys(job, vendor.calls)
        in_flight.update(key for key in {key_of(a) for a in vendor.asked} - finished)
    ended = job.run(*JOB)
    assert ended.exit == 0, ended.err
    assert ended.out == expected
    assert kills
    for key, count in questions(vendor).items():
        assert count <= 1 + in_flight[key]
    lost = [call for call in job.calls() if call["state"] == "possibly_billed"]
    assert len(lost) == sum(questions(vendor).values()) - 4
    assert not [call for call in job.calls() if call["state"] == "open"]


def asked_or_ended(vendor: FakeVendor, before: int, process: subprocess.Popen[str]) -> bool:
    return len(vendor.calls) > before or process.poll() is not None


def change_the_world(job: Desk) -> dict[str, str]:
    """Everything but keys that a run could read anew is changed; the environment to use from now on."""
    settings = job.folder / "orchestra.toml"
    text = settings.read_text(encoding="utf-8").replace("overhead = 12", "overhead = 40")
    text = text.replace('language = "en-GB"', 'language = "de-DE"').replace('currency = "GBP"', 'currency = "EUR"')
    text += '\n[prices."openai/gpt-5"]\ninput = 99\noutput = 999\n[roles]\nwrite = ["openai/gpt-5-nano"]\n'
    settings.write_text(text, encoding="utf-8")
    job.write("prices.csv", "code,description,unit,material cost,labour hours\nX,Nothing,each,1,1\n")
    job.write("labour.csv", "trade,rate,burden\nMason,999,1\n")
    job.write("archive/2026-bid-new.md", "# A new job\n\nAcme Community Trust hall, roof and heating.\n")
    for name in ("2024-bid-millfield-village-hall.md", "lessons-learnt.md"):
        (job.folder / "archive" / name).unlink()
    (job.folder / "clients/acme/tender.pdf").unlink()
    job.write("clients/acme/client.md", "name: Another Name Ltd\n\nSomebody else now.\n")
    job.write("company.md", "name: Not The Same Builders\n")
    job.write("recipes/proposal.md", "---\nrecipe: proposal\n---\n\n# Step: x\nrole: write\n\nNothing.\n")
    return {
        "TZ": "Pacific/Kiritimati",
        "LANG": "de_DE.UTF-8",
        "ORCHESTRA_BUDGET": "0.0001",
        "ORCHESTRA_CONFIG": str(job.write("other.toml", 'language = "fr-FR"\n')),
        "COLUMNS": "40",
        "NO_COLOR": "1",
        "PYTHONHASHSEED": "7",
    }


@pytest.mark.parametrize("answers_before", [1, 2, 3])
def test_a_changed_world_changes_nothing_of_a_run(job: Desk, vendor: FakeVendor, answers_before: int) -> None:
    """Prices, settings, archive, card, recipe, time zone and environment change after a kill: resume does not look."""
    vendor.answer = slowly(clean, 0.3)
    expected = undisturbed(job)
    before = len(vendor.calls)
    process = job.start(*JOB)
    wait_for(lambda: len(job.journalled()) >= answers_before, process)
    kill(process)
    finished = finished_keys(job, vendor.calls[before:])
    at_kill = len(vendor.calls)
    assert len(finished) >= answers_before
    ended = job.run("resume", *job.runs(), "--no-input", "--yes", env=change_the_world(job))
    assert ended.exit == 0, ended.err
    assert ended.out == expected
    assert not finished & {key_of(asked) for asked in vendor.asked[at_kill:]}


def test_a_finished_run_is_printed_again_without_a_model(job: Desk, vendor: FakeVendor, tmp_path: Path) -> None:
    """Resuming what is done asks nobody, prints the same bytes and ends with the same exit code."""
    first = job.run(*JOB)
    asked = len(vendor.calls)
    second = job.run("resume", job.runs()[0])
    third = job.run(*JOB)
    assert first.exit == second.exit == third.exit == 0
    assert first.out == second.out == third.out
    assert len(vendor.calls) == asked
