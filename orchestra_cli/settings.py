"""orchestra.toml, the environment, and where things live. Reads plain TOML; nothing here imports pydantic.

Order: machine file, user's file, workspace's file; later ones win, but what a file names in `locked` may only be
narrowed by later ones, and of several budgets the lowest holds.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from orchestra_cli.errors import InputError, StoreError

FILE_NAME = "orchestra.toml"
BUDGET_SCOPES = ("run", "client_month", "user_month", "month")


@dataclass(frozen=True, slots=True)
class Settings:
    """What is in force, and from which file (`origin[key]`)."""

    company: str = ""
    currency: str = "GBP"
    language: str = "en-GB"
    country: str = "GB"
    budget_usd: Mapping[str, Decimal] = field(default_factory=dict)
    keep: str = ""
    privacy: str = "standard"
    default_workspace: str = ""
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    providers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    policy: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    pricing: Mapping[str, str] = field(default_factory=dict)
    prices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    layouts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)


def home() -> Path:
    """The folder of all state: ORCHESTRA_HOME, else the platform's data folder. Made on first use, mode 0700.

    Raises StoreError when it cannot be made or read.
    """
    given = os.environ.get("ORCHESTRA_HOME")
    folder = Path(given).expanduser().absolute() if given else _data_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        next(folder.iterdir(), None)
    except OSError as error:
        raise StoreError(
            f"The folder {folder} cannot be used: {error.strerror or error}.",
            "Set ORCHESTRA_HOME to a folder you may write to, or repair its permissions. See: orchestra doctor",
        ) from error
    return folder


def _data_folder() -> Path:
    from platformdirs import user_data_path

    return user_data_path("orchestra", appauthor=False)


def user_file() -> Path:
    """The user's own orchestra.toml (it need not exist)."""
    given = os.environ.get("ORCHESTRA_CONFIG")
    if given:
        return Path(given).expanduser()
    if os.environ.get("ORCHESTRA_HOME"):
        return home() / FILE_NAME
    from platformdirs import user_config_path

    return user_config_path("orchestra", appauthor=False) / FILE_NAME


def machine_file() -> Path:
    """The computer's orchestra.toml (it need not exist)."""
    if sys.platform == "win32":
        return Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData")) / "orchestra" / FILE_NAME
    return Path("/etc/orchestra") / FILE_NAME


def find_workspace(start: Path | None = None) -> Path | None:
    """The workspace: ORCHESTRA_WORKSPACE, else the nearest folder upwards with an orchestra.toml or clients/, else the
    user's `default_workspace`, else None."""
    given = os.environ.get("ORCHESTRA_WORKSPACE")
    if given:
        folder = Path(given).expanduser().absolute()
        if not folder.is_dir():
            raise InputError(
                f"ORCHESTRA_WORKSPACE names {folder}, which is no folder.", "orchestra init makes a workspace."
            )
        return folder
    here = (start or Path.cwd()).absolute()
    skip = {home(), user_file().parent}
    for folder in (here, *here.parents):
        if folder not in skip and ((folder / FILE_NAME).is_file() or (folder / "clients").is_dir()):
            return folder
    default = read_file(user_file()).get("default_workspace", "")
    return Path(str(default)).expanduser() if default else None


def read_file(path: Path) -> dict[str, Any]:
    """The TOML of one file, {} when it does not exist. Raises InputError with file and line when it is broken."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read: {error}.", "Save it as UTF-8 text, or repair its permissions."
        ) from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: {error}.", "Repair that line; nothing was sent.") from error


def load(workspace: Path | None) -> Settings:
    """What is in force in this workspace. Raises InputError naming file, key and fix."""
    merged: dict[str, Any] = {}
    origin: dict[str, str] = {}
    locked: set[str] = set()
    files = [machine_file(), user_file()] + ([workspace / FILE_NAME] if workspace else [])
    for path in files:
        data = read_file(path)
        names = data.pop("locked", [])
        _check(data, path)
        for key, value in data.items():
            if key in locked and key != "budget_usd":
                _hold_lock(key, value, merged.get(key), path, origin[key])
            merged[key] = _merged(key, merged.get(key), value, path)
            origin[key] = str(path)
        locked.update(str(name) for name in names)
    return _settings(merged, origin)


def _merged(key: str, old: Any, new: Any, path: Path) -> Any:
    """A later file's value over an earlier one's: sections are merged, of budgets the lowest holds."""
    if key == "budget_usd":
        return _lowest(old or {}, new, path)
    return {**old, **new} if isinstance(old, dict) and isinstance(new, dict) else new


def _hold_lock(key: str, new: Any, old: Any, path: Path, keeper: str) -> None:
    """Raises InputError when a later file changes what an earlier one locked; privacy may be tightened."""
    if new == old or (key == "privacy" and not _looser(str(new), str(old))):
        return
    raise InputError(
        f"{path}: {key} is locked by {keeper} and may not be changed here.",
        f"Take the line with {key} out of {path}, or ask whoever keeps {keeper}.",
    )


def _looser(new: str, old: str) -> bool:
    order = ("off", "standard", "strict")
    return order.index(new) < order.index(old)


def _lowest(old: Mapping[str, Decimal], new: Any, path: Path) -> dict[str, Decimal]:
    given = new if isinstance(new, dict) else {"run": new}
    result = dict(old)
    for scope, raw in given.items():
        if scope not in BUDGET_SCOPES:
            raise InputError(f'{path}: budget_usd has no "{scope}"; use {", ".join(BUDGET_SCOPES)}.')
        amount = dollars(str(raw), f"{path}: budget_usd.{scope}")
        result[scope] = min(amount, result[scope]) if scope in result else amount
    return result


def dollars(text: str, where: str) -> Decimal:
    """A number of US dollars such as 3.00. Raises InputError that names `where`."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise InputError(f'{where}: "{text}" is no number of US dollars; write it such as 3.00.')
    return amount


_TEXT = ("company", "currency", "language", "country", "keep", "privacy", "default_workspace", "database")
_TABLES = ("budget_usd", "roles", "providers", "policy", "pricing", "prices", "layouts", "servers", "wall")


def _check(data: Mapping[str, Any], path: Path) -> None:
    import difflib

    for key, value in data.items():
        if key not in _TEXT and key not in _TABLES and key != "trace_content":
            near = difflib.get_close_matches(key, (*_TEXT, *_TABLES), 1)
            hint = f' Did you mean "{near[0]}"?' if near else ""
            raise InputError(f'{path}: unknown setting "{key}".{hint}', "orchestra doctor  shows what is in force.")
        if key in _TEXT and not isinstance(value, str):
            raise InputError(f'{path}: {key} must be text in quotes, such as {key} = "...".')
        if key in _TABLES and key != "budget_usd" and not isinstance(value, dict):
            raise InputError(f"{path}: {key} must be a section, [{key}].")
    if data.get("privacy", "standard") not in ("off", "standard", "strict"):
        raise InputError(f'{path}: privacy must be "strict", "standard" or "off".')


def _words(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)


def _settings(merged: Mapping[str, Any], origin: Mapping[str, str]) -> Settings:
    texts = {key: str(merged[key]) for key in _TEXT if key in merged and key != "database"}
    budget: dict[str, Decimal] = dict(merged.get("budget_usd", {}))
    from_environment = os.environ.get("ORCHESTRA_BUDGET")
    if from_environment:
        cap = dollars(from_environment, "ORCHESTRA_BUDGET")
        budget["run"] = min(cap, budget.get("run", cap))
    return Settings(
        **texts,
        budget_usd=budget,
        roles={str(role): _words(models) for role, models in merged.get("roles", {}).items()},
        providers=merged.get("providers", {}),
        policy={
            name: {key: _words(value) for key, value in rules.items()}
            for name, rules in merged.get("policy", {}).items()
        },
        pricing={str(key): str(value) for key, value in merged.get("pricing", {}).items()},
        prices={model: {str(k): str(v) for k, v in price.items()} for model, price in merged.get("prices", {}).items()},
        layouts={
            name: {str(k): str(v) for k, v in mapping.items()} for name, mapping in merged.get("layouts", {}).items()
        },
        origin=dict(origin),
    )
