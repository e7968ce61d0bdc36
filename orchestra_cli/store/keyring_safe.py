"""The OS keyring behind one wall: at most three seconds a call, no backend that loses or bares keys, one error.

The `keyring` package is imported on the first call, not before. A keyring that failed once in this process is not asked
again: its prompts and time-outs would repeat for every provider.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SECONDS = 3.0
SERVICE = "orchestra"
WINDOWS_BYTES = 2560
"""CRED_MAX_CREDENTIAL_BLOB_SIZE of the Windows Credential Manager, which keeps UTF-16."""
NONE = "this computer has none"
_REFUSED = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")
T = TypeVar("T")


class KeyringProblem(Exception):  # noqa: N818  caught in keys.py only and turned into a message with advice
    """The keyring cannot be used; the words say why."""


def read(provider: str) -> str | None:
    """The stored key, None when there is none or no keyring. Raises KeyringProblem when the keyring is broken."""
    backend = _usable()
    return _limited(lambda: backend.get_password(SERVICE, provider)) if backend else None


def write(provider: str, value: str) -> None:
    """Store, read back, compare. Raises KeyringProblem when there is no keyring, it fails, or it lost the key."""
    backend = _usable()
    if backend is None:
        raise KeyringProblem(NONE)
    if type(backend).__module__.startswith("keyring.backends.Windows") and len(value) * 2 > WINDOWS_BYTES:
        raise KeyringProblem(f"Windows keeps keys of up to {WINDOWS_BYTES // 2} characters, this one has {len(value)}")
    _limited(lambda: backend.set_password(SERVICE, provider, value))
    if _limited(lambda: backend.get_password(SERVICE, provider)) != value:
        raise KeyringProblem("it did not give back what was stored")


def delete(provider: str) -> bool:
    """Delete the stored key; whether there was one. Raises KeyringProblem when the keyring is broken."""
    backend = _usable()
    if backend is None or _limited(lambda: backend.get_password(SERVICE, provider)) is None:
        return False
    _limited(lambda: backend.delete_password(SERVICE, provider))
    return True


def problem() -> str:
    """Why the keyring cannot be used, "" when it can. Asks the keyring at most once in this process."""
    try:
        backend = _usable()
        if backend is not None:
            _limited(lambda: backend.get_password(SERVICE, "orchestra"))
    except KeyringProblem as error:
        return str(error)
    return "" if backend is not None else NONE


def forget() -> None:
    """Ask the keyring anew at the next call."""
    _state.failed = ""


class _State:
    """What this process learnt about its keyring."""

    failed = ""


_state = _State()


def _usable() -> KeyringBackend | None:
    """The first backend that keeps keys and keeps them closed; None when there is none."""
    if _state.failed:
        raise KeyringProblem(_state.failed)
    return _limited(_choose)


def _choose() -> KeyringBackend | None:
    import keyring

    chosen = keyring.get_keyring()
    candidates = getattr(chosen, "backends", None) or [chosen]
    return next((backend for backend in candidates if not _is_refused(backend)), None)


def _is_refused(backend: KeyringBackend) -> bool:
    return any(f"{base.__module__}.".startswith(f"{name}.") for base in type(backend).__mro__ for name in _REFUSED)


def _limited(ask: Callable[[], T]) -> T:
    """The answer of a backend within three seconds. Its thread is left behind when it hangs: nothing can end it."""
    answers: list[T] = []
    errors: list[Exception] = []

    def work() -> None:
        try:
            answers.append(ask())
        except Exception as error:  # noqa: BLE001  backends raise anything, EOFError and D-Bus errors among them
            errors.append(error)

    thread = threading.Thread(target=work, name="keyring", daemon=True)
    thread.start()
    thread.join(SECONDS)
    if thread.is_alive():
        _state.failed = f"it gave no answer in {SECONDS:g} seconds (is it locked?)"
    elif errors:
        _state.failed = _told(errors[0])
    if not answers:
        raise KeyringProblem(_state.failed) from (errors[0] if errors else None)
    return answers[0]


def _told(error: Exception) -> str:
    words = " ".join(str(error).split())[:200].rstrip(".")
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
