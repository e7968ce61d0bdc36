"""Keys of providers: the vendor's environment variable, the OS keyring, `key_command`, a plaintext file; in that order.

A key is never printed, never put on a command line, and an environment key never imports keyring. Every way a
keyring can fail becomes one message with three ways on. The keyring itself is `keyring_safe`.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestra_cli import settings
from orchestra_cli.errors import InputError, KeyMissingError, NoModelError, StoreError
from orchestra_cli.store import keyring_safe
from orchestra_cli.store.key_text import AROUND, cleaned_key, last4
from orchestra_cli.store.keyring_safe import KeyringProblem
from orchestra_cli.textclean import clean_text

COMMAND_SECONDS = 10.0
FILE = "keys.json"
NAMES_FILE = "keyring-names.txt"


@dataclass(frozen=True, slots=True)
class Key:
    """A key and where it came from; `value` never shows in a repr. `notes` are sentences for the person: what was
    cleaned, which other vendor's key it looks like."""

    value: str = field(repr=False)
    source: str
    last4: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """One line of `keys list`."""

    provider: str
    source: str
    last4: str


def find_key(
    provider: str, env_names: tuple[str, ...], key_command: tuple[str, ...] = (), *, quiet: bool = False
) -> Key | None:
    """The key of a provider, or None when it has none anywhere.

    Raises NoModelError when the keyring or `key_command` is broken and no other place has the key; with `quiet` that
    counts as having none.
    """
    problem: NoModelError | None = None
    key = _from_environment(provider, env_names)
    if key is None:
        try:
            key = _from_keyring(provider)
        except KeyringProblem as error:
            problem = _no_keyring(provider, env_names, str(error))
    if key is None and key_command:
        try:
            key = _from_command(provider, key_command)
        except NoModelError as error:
            problem = problem or error
    if key is None:
        key = _from_file(provider)
    if key is None and problem is not None and not quiet:
        raise problem
    return key


def store_key(provider: str, value: str, *, plaintext: bool = False) -> Key:
    """Clean a key, write it to the OS keyring (or the 0600 file), read it back and compare.

    Raises InputError for what cannot be a key, NoModelError with three ways on when the keyring cannot hold it,
    StoreError when the file cannot be written.
    """
    cleaned, notes = cleaned_key(provider, value)
    if plaintext:
        keys = {**_read_file(), provider: cleaned}
        _write_file(keys)
        if _read_file().get(provider) != cleaned:
            raise StoreError(f"{_file()} does not hold what was written.", "Repair its folder, then set the key again.")
        notes += _forgotten_in_keyring(provider)
        return Key(cleaned, _file_source(), last4(cleaned), notes)
    try:
        keyring_safe.write(provider, cleaned)
    except KeyringProblem as error:
        raise _no_keyring(provider, (), str(error)) from error
    _note_in_keyring(_in_keyring() | {provider})
    if _drop_from_file(provider):
        notes += (f"The old key in {_file()} was deleted.",)
    return Key(cleaned, "keyring", last4(cleaned), notes)


def delete_key(provider: str) -> str:
    """Delete the key from keyring and file; a sentence that says where it stood. Raises InputError when it stood
    nowhere."""
    where = []
    problem = ""
    try:
        if keyring_safe.delete(provider):
            _note_in_keyring(_in_keyring() - {provider})
            where.append("the keyring")
    except KeyringProblem as error:
        problem = f" The keyring could not be asked: {error}."
    if _drop_from_file(provider):
        where.append(str(_file()))
    if not where:
        raise InputError(
            f"There is no stored key of {provider}.{problem}", "orchestra keys list  shows every key and its source."
        )
    return f"Deleted the key of {provider} from {' and '.join(where)}.{problem}"


def list_keys(
    providers: Mapping[str, tuple[str, ...]], commands: Mapping[str, tuple[str, ...]] | None = None
) -> list[KeyInfo]:
    """The key in force for each provider (name: its environment variables; `commands`: its `key_command`); providers
    without one are left out.

    A key of the plaintext file that another source outranks is listed too: a secret on the disk is never hidden. A
    broken keyring shows no keys here; `keyring_problem` says so.
    """
    found: list[KeyInfo] = []
    stored = _read_file()
    for provider in dict.fromkeys((*providers, *sorted(stored))):
        key = find_key(provider, providers.get(provider, ()), (commands or {}).get(provider, ()), quiet=True)
        if key:
            found.append(KeyInfo(provider, key.source, key.last4))
        if provider in stored and (key is None or key.source != _file_source()):
            found.append(KeyInfo(provider, _file_source(), last4(stored[provider])))
    return found


def keyring_problem() -> str:
    """Why the OS keyring cannot be used, in a few words; "" when it can."""
    return keyring_safe.problem()


def looked_in(provider: str, env_names: tuple[str, ...], key_command: tuple[str, ...] = ()) -> str:
    """The sentence that names every place that was looked at for a key, and what was found there."""
    places = [f"{name} ({'set' if os.environ.get(name, '').strip() else 'not set'})" for name in env_names]
    places.append(f"keyring ({keyring_safe.problem() or f'no key for {provider}'})")
    places.append(f"key_command ({' '.join(key_command[:1]) if key_command else 'not set'})")
    if _file().exists():
        places.append(f"{_file()} (no key for {provider})")
    return f"Looked in: {', '.join(places)}."


# ---- places ----


def _from_environment(provider: str, env_names: tuple[str, ...]) -> Key | None:
    for name in env_names:
        raw = os.environ.get(name, "")
        if raw.strip(AROUND):
            cleaned, notes = cleaned_key(provider, raw, name)
            return Key(cleaned, name, last4(cleaned), notes)
    return None


def _from_keyring(provider: str) -> Key | None:
    if provider not in _in_keyring():
        return None
    value = keyring_safe.read(provider)
    return Key(value, "keyring", last4(value)) if value else None


def _in_keyring() -> frozenset[str]:
    """The providers whose key was put into the keyring. Only these are asked for: a keyring is slow to load and may
    prompt, and a run looks for the key of every provider."""
    try:
        return frozenset(_names_file().read_text(encoding="utf-8").split())
    except FileNotFoundError:
        return frozenset()


def _note_in_keyring(providers: frozenset[str]) -> None:
    _names_file().write_text("\n".join(sorted(providers)) + "\n", encoding="utf-8")


def _names_file() -> Path:
    return settings.home() / NAMES_FILE


def _from_command(provider: str, command: tuple[str, ...]) -> Key | None:
    where = f"key_command of {provider} ({command[0]})"
    advice = f"Run it by hand to see what it says, or: orchestra keys set {provider}"
    try:
        ran = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=COMMAND_SECONDS,
            check=False,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        raise KeyMissingError(
            f"{where} gave no answer in {COMMAND_SECONDS:.0f} seconds.", advice, provider=provider
        ) from None
    except OSError as error:
        raise KeyMissingError(f"{where} cannot be run: {error.strerror}.", advice, provider=provider) from error
    lines = ran.stdout.strip().splitlines()
    if ran.returncode or not lines:
        said = (clean_text(ran.stderr)[0].strip().splitlines() or ["it printed nothing"])[0][:200]
        raise KeyMissingError(f"{where} gave no key (exit {ran.returncode}): {said}", advice, provider=provider)
    cleaned, notes = cleaned_key(provider, lines[0], "key_command")
    return Key(cleaned, "key_command", last4(cleaned), notes)


def _from_file(provider: str) -> Key | None:
    value = _read_file().get(provider, "")
    return Key(value, _file_source(), last4(value)) if value else None


def _file() -> Path:
    return settings.home() / FILE


def _file_source() -> str:
    return f"plaintext file {_file()}"


def _read_file() -> dict[str, str]:
    path = _file()
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{path} cannot be read: {error}.", "Delete it and set your keys again: orchestra keys set"
        ) from error
    if not isinstance(data, dict):
        raise StoreError(f"{path} holds no keys.", "Delete it and set your keys again: orchestra keys set")
    return {str(name): str(value) for name, value in data.items()}


def _write_file(keys: Mapping[str, str]) -> None:
    path = _file()
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".keys-")  # mode 0600 from the start
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(dict(keys), file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror}.", "Repair the folder, then set the key again."
        ) from error


def _drop_from_file(provider: str) -> bool:
    keys = _read_file()
    if provider not in keys:
        return False
    del keys[provider]
    if keys:
        _write_file(keys)
    else:
        _file().unlink()
    return True


def _forgotten_in_keyring(provider: str) -> tuple[str, ...]:
    """An older key in the keyring would win over the file: delete it, as far as there is a keyring."""
    try:
        return ("The old key in the keyring was deleted.",) if keyring_safe.delete(provider) else ()
    except KeyringProblem:
        return ()  # a keyring that cannot be used holds nothing that could win


def _no_keyring(provider: str, env_names: tuple[str, ...], why: str) -> NoModelError:
    variable = env_names[0] if env_names else f"{provider.upper().replace('-', '_')}_API_KEY"
    return KeyMissingError(
        f"The keyring of this computer cannot be used: {why}.",
        "Three ways on:\n"
        f"  1. an environment variable: {variable}\n"
        f'  2. a password manager: key_command = ["pass", "show", "{provider}"] for [providers.{provider}]\n'
        f"  3. a file that only you can read: orchestra keys set {provider} --plaintext",
        provider=provider,
    )
