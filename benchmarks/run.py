"""How fast a run is, against its limit: prints one table for this machine.

    python benchmarks/run.py [--times 5] [--only chain,diamond,first,help,journal,memory]

Own local server with honest time-stamps (200 ms a call); every figure is the median of several processes. Wall times
vary between machines: compare the ratios, the CPU seconds and the memory.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.vendor import FakeVendor  # noqa: E402  the tests' own server, found once their folder is known
from support.wire import Asked, Reply  # noqa: E402

DELAY_S = 0.2
HEAD = """---
recipe: {name}
inputs:
  topic: text
---
Plain English.
"""
STEP = """
# Step: {name}
role: write
reads: {reads}
max words: 50

Write a sentence.
"""


def recipe(name: str, steps: dict[str, str]) -> str:
    return HEAD.format(name=name) + "".join(STEP.format(name=step, reads=reads) for step, reads in steps.items())


RECIPES = {
    "one": recipe("one", {"alpha": "topic"}),
    "chain": recipe("chain", {"alpha": "topic", "beta": "alpha", "gamma": "beta", "delta": "gamma"}),
    "diamond": recipe("diamond", {"alpha": "topic", "beta": "alpha", "gamma": "alpha", "delta": "beta, gamma"}),
    "long": recipe("long", {f"s{n}": f"s{n - 1}" if n else "topic" for n in range(100)}),
}


@dataclass(frozen=True)
class Took:
    """One process: seconds on the clock and of the processor, peak memory, and when it started (monotonic)."""

    wall: float
    cpu: float
    peak_mb: float
    started: float


@dataclass(frozen=True)
class Row:
    """One line of the table. `goal` and `value` are numbers of the same unit; lower is better."""

    name: str
    value: float
    goal: float | None
    unit: str = ""

    def __str__(self) -> str:
        goal = "" if self.goal is None else f"{self.goal:g}"
        verdict = "" if self.goal is None else "ok" if self.value <= self.goal else "MISSED"
        return f"{self.name:<58}{self.value:>9.3f} {self.unit:<6}{goal:>8}  {verdict}"


@dataclass
class Desk:
    """A workspace, a home and the server that everything is measured on."""

    folder: Path
    vendor: FakeVendor

    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
        ours = {
            "ORCHESTRA_HOME": str(self.folder / "home"),
            "PYTHONPATH": str(ROOT),
            "OLLAMA_HOST": "127.0.0.1:9",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
        return {**kept, **ours, **self.vendor.environment("openai")}

    def run(self, *words: str) -> Took:
        """A process of its own; its words go nowhere."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        _, err = process.communicate()
        wall = time.monotonic() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if process.returncode not in (0, 5):
            raise SystemExit(f"{words} ended with {process.returncode}\n{err.decode()}")
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Took(wall, cpu, after.ru_maxrss / 1024, started)

    def orchestra(self, *words: str) -> Took:
        return self.run("-m", "orchestra_cli", *words)

    def play(self, name: str) -> Took:
        self.vendor.seen.clear()
        return self.orchestra("run", name, "about roofs", "--no-input", "--yes", "--quiet")


@contextmanager
def a_desk() -> Iterator[Desk]:
    def answer(_: Asked) -> Reply:
        return Reply("The roof is sound and dry.", delay_s=DELAY_S)

    with tempfile.TemporaryDirectory() as folder, FakeVendor(answer=answer) as vendor:
        desk = Desk(Path(folder), vendor)
        (desk.folder / "recipes").mkdir()
        for name, text in RECIPES.items():
            (desk.folder / f"recipes/{name}.md").write_text(text, encoding="utf-8")
        (desk.folder / "orchestra.toml").write_text('language = "en-GB"\n', encoding="utf-8")
        desk.play("one")
        yield desk


def span(desk: Desk, name: str) -> float:
    """Seconds from the arrival of the first request to the end of the last answer."""
    desk.play(name)
    calls = desk.vendor.calls
    return max(seen.finished or 0.0 for seen in calls) - calls[0].arrived


def median(times: int, measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(times))


def graphs(desk: Desk, times: int) -> list[Row]:
    """Chain and diamond against their critical path."""
    chain = median(times, lambda: span(desk, "chain"))
    diamond = median(times, lambda: span(desk, "diamond"))
    return [
        Row("chain of 4, x limit (first request to last answer)", chain / (4 * DELAY_S), 1.03),
        Row("diamond of 4, x limit", diamond / (3 * DELAY_S), 1.04),
    ]


FIRST = """
import asyncio, os
async def stop(*a, **k):
    os._exit(0)  # the first connection to a vendor is about to be made
asyncio.base_events.BaseEventLoop.create_connection = stop
from orchestra_cli.cli.main import main
main()
"""


def first_request(desk: Desk, times: int) -> list[Row]:
    """From the start of the process to its first request: on the clock, as the server saw it, and of the processor."""

    def wall() -> float:
        took = desk.play("one")
        return desk.vendor.calls[0].arrived - took.started

    def cpu() -> float:
        return desk.run("-c", FIRST, "run", "one", "about roofs", "--no-input", "--yes", "--quiet").cpu

    whole = median(times, lambda: desk.play("one").cpu)
    return [
        Row("start to first request", median(times, wall), 0.42, "s"),
        Row("start to first request, CPU", median(times, cpu), 0.45, "CPU s"),
        Row("whole one-step process, CPU", whole, None, "CPU s"),
    ]


def commands(desk: Desk, times: int) -> list[Row]:
    """Against `python -c pass`, in CPU."""
    goals = {"--help": 16, "--version": 8, "runs": 12}
    floor = median(times * 3, lambda: desk.run("-c", "pass").cpu)
    rows = [Row("python -c pass", floor, None, "CPU s")]
    for word, goal in goals.items():
        took = median(times * 2, lambda word=word: desk.orchestra(word).cpu)  # type: ignore[misc]
        rows.append(Row(f"orchestra {word}, x python -c pass", took / floor, goal))
    return rows


JOURNAL = """
import sys, os, time
from decimal import Decimal
from pathlib import Path
from orchestra_cli.store.database import Store
from orchestra_cli.store import journal, ledger, runs, lease
from orchestra_cli.types import Usage
store = Store.open(Path(sys.argv[1]))
new = runs.NewRun(recipe="r", client="", user="u", workspace="", world="{}", twin="t", started=store.now())
run = runs.create_run(store, new); held = lease.take_lease(store, run)
caps = ledger.Caps(Decimal(100), None, None, Decimal(1000))
def one(n):
    intent = ledger.Intent(run=run, path=f"s{n}", key=f"k{n}", attempt=1, provider="p", model="m", client="", user="u",
        recipe="r", reserve_usd=Decimal("0.01"), price_known=True, prices="{}", local=False)
    call = ledger.reserve(store, held, intent, caps)
    closed = ledger.Closed("done", Usage(100, 100), Decimal("0.001"), True, "m", "", 200, "id")
    row = journal.StepRow(run=run, path=f"s{n}", epoch=0, key=f"k{n}", kind="model", value="x" * 2000, model_asked="m",
        model="m", provider="p", vendor="v", usage=Usage(100, 100), cost_usd=Decimal("0.001"), seconds=0.1, attempts=1)
    journal.record_step(store, held, row, (call, closed))
for n in range(100): one(n)
begun = time.process_time()
for n in range(100, 1100): one(n)
print((time.process_time() - begun))
"""


def journal(desk: Desk, times: int) -> list[Row]:
    """CPU of intent, reserve, journal row and ledger row of one step."""

    def one() -> float:
        folder = tempfile.mkdtemp(dir=desk.folder)
        done = subprocess.run(
            [sys.executable, "-c", JOURNAL, folder], env=desk.environment(), capture_output=True, text=True, check=True
        )
        return float(done.stdout)  # 1,000 steps: seconds are milliseconds a step

    return [Row("journal and ledger, a step", median(times, one), 1.5, "CPU ms")]


MEMORY = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"


def memory(desk: Desk, times: int) -> list[Row]:
    """Peak of a process that plays one step, and of one that plays a hundred."""
    code = f"import atexit\nfrom orchestra_cli.cli.main import main\natexit.register(lambda: exec({MEMORY!r}))\nmain()"

    def peak(name: str) -> float:
        done = subprocess.run(
            [sys.executable, "-c", code, "run", name, "about roofs", "--no-input", "--yes", "--quiet", "--json"],
            cwd=desk.folder,
            env=desk.environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        return float(done.stdout.splitlines()[-1])

    return [Row("peak memory, one step", median(times, lambda: peak("one")), 50, "MB")]


GROUPS: dict[str, Callable[[Desk, int], list[Row]]] = {
    "chain": graphs,
    "first": first_request,
    "help": commands,
    "journal": journal,
    "memory": memory,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast a run is, against its limit.")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--only", default=",".join(GROUPS), help="of " + ", ".join(GROUPS))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with a_desk() as desk:
        rows = [row for name in options.only.split(",") for row in GROUPS[name](desk, options.times)]
    if options.json:
        print(json.dumps([{"name": row.name, "value": row.value, "goal": row.goal, "unit": row.unit} for row in rows]))
        return
    load = os.getloadavg()[0]
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {load:.1f}, {DELAY_S * 1000:.0f} ms a call\n")
    print(f"{'':<58}{'measured':>9} {'':<6}{'goal':>8}")
    print("\n".join(str(row) for row in rows))


if __name__ == "__main__":
    main()
