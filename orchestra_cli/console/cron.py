"""`doctor --as-cron`: what a cron job of this user would see, and the fix for what it would not."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from orchestra_cli.console.doctor import Check
from orchestra_cli.console.keys import known_providers

SESSION = ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "DISPLAY", "WAYLAND_DISPLAY")


def cron_checks() -> Iterator[Check]:
    """What a cron job of this user would see: a bare environment without a login session, so mostly no keyring."""
    from orchestra_cli.store.keys import find_key

    yield Check("HOME", "ok", str(Path.home()))
    yield _path_check()
    set_here = [name for name in ("ORCHESTRA_HOME", "ORCHESTRA_WORKSPACE", "ORCHESTRA_CONFIG") if os.environ.get(name)]
    for name in set_here:
        yield Check(
            name,
            "note",
            "is set in this shell; cron does not see it",
            f"{name}={os.environ[name]}  as a line above the job",
        )
    session = [name for name in SESSION if os.environ.get(name)]
    words = f"cron has none of {', '.join(session)}, so" if session else "no login session:"
    yield Check(
        "keyring",
        "note",
        f"{words} keys in the keyring are not seen",
        "key_command in orchestra.toml, or keys set PROVIDER --plaintext",
    )
    seen = False
    for name, provider in known_providers().items():
        key = find_key(name, provider.env_names, provider.key_command, quiet=True) if provider.needs_key else None
        if key is not None:
            check = _cron_key(name, key.source, provider.env_names)
            seen = seen or check.state == "ok"
            yield check
    if not seen:
        yield Check(
            "keys",
            "problem",
            "a cron job of yours would find no key",
            "key_command = [...] under [providers.NAME], or orchestra keys set NAME --plaintext",
        )
    yield Check(
        "where to run",
        "note",
        "cron starts in your home folder",
        f"begin the job with: cd {Path.cwd()} && orchestra ... --yes --no-input",
    )


def _path_check() -> Check:
    here = shutil.which("orchestra")
    by_cron = shutil.which("orchestra", path="/usr/bin:/bin")
    if by_cron:
        return Check("PATH", "ok", by_cron)
    return Check(
        "PATH",
        "problem",
        "cron looks only in /usr/bin and /bin",
        f"write the whole path in the job: {here or sys.executable + ' -m orchestra_cli'}",
    )


def _cron_key(name: str, source: str, env_names: tuple[str, ...]) -> Check:
    if source in env_names:
        return Check(
            f"key {name}",
            "note",
            f"{source} is set in this shell only",
            f"put {source}=... into a 0600 file that the job reads, or use key_command",
        )
    if source == "keyring":
        return Check(
            f"key {name}",
            "note",
            "lies in the keyring, which cron cannot open",
            f"orchestra keys set {name} --plaintext, or key_command",
        )
    return Check(f"key {name}", "ok", f"{source}: cron sees it")
