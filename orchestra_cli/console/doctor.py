"""What works on this computer and what does not, each with the fix. Sends nothing unless asked to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from importlib.util import find_spec
from pathlib import Path

from orchestra_cli.console.screen import Screen
from orchestra_cli.console.words import columns, one_line
from orchestra_cli.errors import OrchestraError
from orchestra_cli.settings import Settings, find_workspace, home, load

OLDEST_PYTHON = (3, 11)
EXTRAS = (
    ("pdf", "typst", "PDF documents"),
    ("local", "xllamacpp", "the embedded model"),
    ("local", "onnxruntime", "finding passages on this computer"),
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `state` is "ok", "note" or "problem"; `fix` is what to type or change."""

    what: str
    state: str
    words: str
    fix: str = ""


def examine(screen: Screen, *, online: bool, as_cron: bool) -> int:
    """Look at everything and say it; exit 1 when there is a problem, 0 otherwise."""
    from orchestra_cli.console.cron import cron_checks

    checks = list(cron_checks() if as_cron else all_checks(online=online))
    problems = [check for check in checks if check.state == "problem"]
    if screen.json:
        screen.out_json({"schema": 1, "ok": not problems, "checks": [asdict(check) for check in checks]})
        return 1 if problems else 0
    screen.out("\n".join(check_lines(checks)))
    screen.say(f"{len(problems)} to repair." if problems else "Nothing to repair.")
    return 1 if problems else 0


def check_lines(checks: list[Check]) -> list[str]:
    """One line a check, its fix below it."""
    marks = {"ok": "ok ", "note": "-  ", "problem": "!! "}
    rows = columns([(marks[check.state] + check.what, check.words) for check in checks])
    lines: list[str] = []
    for row, check in zip(rows, checks, strict=True):
        lines.append(row)
        if check.fix:
            lines.append(f"     fix: {one_line(check.fix)}")
    return lines


def all_checks(*, online: bool = False) -> Iterator[Check]:
    """Every check; one that cannot be made says why and does not stop the others."""
    yield python_check()
    yield from _guarded("home", home_checks)
    yield from _guarded("settings", settings_checks)
    yield from _guarded("keys", key_checks)
    yield from extra_checks()
    yield from _guarded("weights", weight_checks)
    yield from _guarded("recipes", recipe_checks)
    if online:
        yield from _guarded("providers", online_checks)


def _guarded(what: str, checks: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from list(checks())
    except OrchestraError as error:
        yield Check(what, "problem", error.message, error.advice)


def python_check() -> Check:
    """The Python that runs us."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Check("Python", "problem", f"{version} is too old", "Install Python 3.11 or newer.")
    return Check("Python", "ok", f"{version}, {sys.executable}")


def home_checks() -> Iterator[Check]:
    """The folder of all state, its permissions, the database."""
    folder = home()
    open_to = folder.stat().st_mode & 0o077 if os.name == "posix" else 0
    if open_to:
        yield Check("home", "problem", f"{folder} can be read by others", f"chmod 700 {folder}")
    else:
        yield Check("home", "ok", str(folder))
    yield from _guarded("database", _database)


def _database() -> Iterator[Check]:
    from orchestra_cli.store.database import Store
    from orchestra_cli.store.problems import copies
    from orchestra_cli.store.runs import list_runs

    folder = home()
    with Store.open(folder) as store:
        rows = list_runs(store)
    words = f"{len(rows)} runs"
    yield Check("database", "ok", words)
    for path in copies(folder):
        yield Check("database", "note", f"an older, broken one is kept as {path.name}")


def settings_checks() -> Iterator[Check]:
    """The workspace, and what is in force from which file."""
    workspace = find_workspace()
    if workspace is None:
        yield Check("workspace", "note", "none here", "orchestra init  makes one")
    else:
        yield Check("workspace", "ok", str(workspace))
    settings = load(workspace)
    for key, value in in_force(settings):
        yield Check(f"  {key}", "ok", f"{value}   ({settings.origin.get(key, 'default')})")


def in_force(settings: Settings) -> list[tuple[str, str]]:
    """(setting, value) of everything that is set or has a default."""
    found = []
    for one in fields(settings):
        value = getattr(settings, one.name)
        if one.name == "origin" or not value:
            continue
        text = (
            ", ".join(f"{key} = {_shown(item)}" for key, item in value.items())
            if hasattr(value, "items")
            else str(value)
        )
        found.append((one.name, text))
    return found


def _shown(value: object) -> str:
    if hasattr(value, "items"):
        return "{" + ", ".join(f"{key}: {_shown(item)}" for key, item in value.items()) + "}"
    return " ".join(str(item) for item in value) if isinstance(value, (list, tuple)) else str(value)


def key_checks() -> Iterator[Check]:
    """The keyring, and which providers have a key from where."""
    from orchestra_cli.console.keys import known_providers
    from orchestra_cli.store.keys import keyring_problem, list_keys

    problem = keyring_problem()
    if problem:
        fix = "set OPENAI_API_KEY, use key_command in orchestra.toml, or: orchestra keys set openai --plaintext"
        yield Check("keyring", "note", problem, fix)
    else:
        yield Check("keyring", "ok", "can be used")
    providers = known_providers()
    infos = list_keys(
        {name: each.env_names for name, each in providers.items()},
        {name: each.key_command for name, each in providers.items()},
    )
    for info in infos:
        yield Check(f"key {info.provider}", "ok", f"{info.source}, ends in ...{info.last4}")
    if not infos:
        yield Check("keys", "note", "none is set", "orchestra keys set openai   (or carry prompts: --handoff paste)")


def extra_checks() -> Iterator[Check]:
    """What optional packages bring."""
    for extra, module, what in EXTRAS:
        if find_spec(module) is None:
            yield Check(
                f"extra {extra}", "note", f"no {module}: no {what}", f"pip install 'orchestra-recipes[{extra}]'"
            )
        else:
            yield Check(f"extra {extra}", "ok", what)


def weight_checks() -> Iterator[Check]:
    """The weights of the embedded model."""
    from orchestra_cli.models.embedded.registry import REGISTRY
    from orchestra_cli.models.embedded.weights import default_folder, have

    there = [name for name in REGISTRY if have(name, default_folder()) is not None]
    if there:
        yield Check("weights", "ok", ", ".join(there))
    else:
        yield Check("weights", "note", "not fetched yet", "orchestra models pull")


def recipe_checks() -> Iterator[Check]:
    """Every recipe is loaded; those with mistakes are named with the first one."""
    from orchestra_cli.recipes.load import list_recipes, load_recipe, unsupported

    workspace = find_workspace()
    good = []
    for info in list_recipes(workspace):
        try:
            recipe = load_recipe(str(info.path), workspace)
        except OrchestraError as error:
            yield Check(f"recipe {info.name}", "problem", error.message, f"orchestra recipes check {info.name}")
            continue
        cannot = unsupported(recipe)
        if cannot:
            yield Check(f"recipe {info.name}", "note", cannot[0])
        else:
            good.append(info.name)
    yield Check("recipes", "ok", ", ".join(good) or "none")


def online_checks() -> Iterator[Check]:
    """Each provider that can be asked, asked for its list of models."""
    from orchestra_cli.console.keys import known_providers
    from orchestra_cli.console.probe import probe
    from orchestra_cli.store.keys import find_key

    for name, provider in known_providers().items():
        key = find_key(name, provider.env_names, provider.key_command, quiet=True)
        if key is None:
            continue
        answer = probe(provider, key.value, key.last4)
        state = {"works": "ok", "untested": "note"}.get(answer.state, "problem")
        yield Check(
            f"provider {name}", state, answer.words, f"orchestra keys set {name}" if answer.state == "rejected" else ""
        )


def backed_up(screen: Screen, target: str) -> int:
    """Copy the database; a broken one is moved aside instead, and a new one starts."""
    from orchestra_cli.store.database import backup

    healthy = backup(home(), Path(target))
    words = "copied" if healthy else "was broken and has been moved; the next command starts a new one"
    if screen.json:
        screen.out_json({"backup": target, "healthy": healthy})
    else:
        screen.say(f"The database {words}: {target}")
    return 0
