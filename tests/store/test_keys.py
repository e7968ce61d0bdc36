"""Keys: the order of places, what is cleaned and refused, and what is said when a keyring fails."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends import chainer, fail, null
from support.keyrings import HangingKeyring, LosingKeyring, MemoryKeyring, RaisingKeyring

from orchestra_cli import settings
from orchestra_cli.errors import InputError, KeyMissingError, NoModelError, StoreError
from orchestra_cli.store import keyring_safe, keys

KEY = "sk-test-abcdefgh-1234"
ENV = ("OPENAI_API_KEY",)
Use = Callable[[keyring.backend.KeyringBackend], None]


@pytest.fixture(autouse=True)
def _home(home: Path) -> Iterator[None]:
    before = keyring.get_keyring()
    keyring_safe.forget()
    yield
    keyring.set_keyring(before)
    keyring_safe.forget()


@pytest.fixture
def memory() -> MemoryKeyring:
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    return backend


def put_into_keyring(provider: str = "openai") -> None:
    """As `store_key` leaves it behind: only keys that were put into the keyring are looked for there."""
    (settings.home() / keys.NAMES_FILE).write_text(f"{provider}\n", encoding="utf-8")


def command(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


# ---- the order ----


def test_the_environment_comes_first(memory: MemoryKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is set wins, and no keyring is asked."""
    keys.store_key("openai", "sk-in-the-keyring-1")
    memory.asked = 0
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    found = keys.find_key("openai", ENV)
    assert found is not None
    assert (found.value, found.source, found.last4) == (KEY, "OPENAI_API_KEY", "1234")
    assert memory.asked == 0


def test_an_environment_key_never_imports_keyring(home: Path) -> None:
    """Proved in a fresh process by the list of loaded modules."""
    code = (
        "import sys; from orchestra_cli.store import keys; k = keys.find_key('openai', ('OPENAI_API_KEY',));"
        "print(k.last4, any(m.split('.')[0] in ('keyring', 'secretstorage', 'jeepney') for m in sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "OPENAI_API_KEY": KEY},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.split() == ["1234", "False"]


def test_keyring_then_command_then_file(memory: MemoryKeyring) -> None:
    """Each place is taken when those before it have nothing; with none there is no key and no error."""
    assert keys.find_key("openai", ENV) is None
    keys.store_key("openai", "sk-file-0000-file", plaintext=True)
    assert keys.find_key("openai", ENV).last4 == "file"  # type: ignore[union-attr]
    by_command = command("print('sk-command-0000-cmnd')")
    found = keys.find_key("openai", ENV, by_command)
    assert found is not None
    assert (found.source, found.last4) == ("key_command", "cmnd")
    assert keys.list_keys({"openai": ENV}, {"openai": by_command})[0].source == "key_command"
    memory.set_password("orchestra", "openai", "sk-keyring-0000-ring")
    put_into_keyring()
    assert keys.find_key("openai", ENV, by_command).source == "keyring"  # type: ignore[union-attr]


def test_a_keyring_that_holds_no_key_of_the_provider_is_not_asked(memory: MemoryKeyring) -> None:
    """A run looks for every provider's key; loading the keyring, or its prompt, must not cost each of them."""
    keys.store_key("groq", KEY)
    memory.asked = 0
    assert keys.find_key("openai", ENV) is None
    assert memory.asked == 0
    keys.delete_key("groq")
    assert keys.find_key("groq", ()) is None


def test_a_variable_with_nothing_but_blanks_is_not_set(memory: MemoryKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty export counts as no key."""
    monkeypatch.setenv("OPENAI_API_KEY", ' "" \n')
    assert keys.find_key("openai", ENV) is None


def test_a_key_never_shows_in_a_repr() -> None:
    """Logs and tracebacks hold the source and the last four characters at most; of a short key not even those."""
    assert KEY not in repr(keys.Key(KEY, "keyring", "1234"))
    assert keys.store_key("office", "short", plaintext=True).last4 == "****"


# ---- storing ----


def test_a_key_is_written_read_back_and_deleted(memory: MemoryKeyring) -> None:
    """What was stored is found again; after deleting it is gone, and deleting twice is said."""
    stored = keys.store_key("openai", KEY)
    assert (stored.source, stored.last4, stored.notes) == ("keyring", "1234", ())
    assert keys.find_key("openai", ENV) == stored
    assert keys.delete_key("openai") == "Deleted the key of openai from the keyring."
    with pytest.raises(InputError, match="no stored key of openai"):
        keys.delete_key("openai")


@pytest.mark.parametrize(
    "raw", [f" {KEY}", f"{KEY}\r\n", f'"{KEY}"', f"“{KEY}”\n", f"export OPENAI_API_KEY='{KEY}'", f"\ufeff{KEY}"]
)
def test_blanks_quotes_and_line_ends_are_cleaned_and_said(memory: MemoryKeyring, raw: str) -> None:
    """What is copied along with a key is taken off; the person is told."""
    stored = keys.store_key("openai", raw)
    assert stored.value == KEY
    assert "taken off" in stored.notes[0]


@pytest.mark.parametrize(("raw", "why"), [("  ", "empty"), ("sk-a sk-b", "inside"), ("sk-\u0430bcdef", "no key has")])
def test_what_cannot_be_a_key_is_refused(memory: MemoryKeyring, raw: str, why: str) -> None:
    """Empty, two keys, or letters no key has: nothing is stored."""
    with pytest.raises(InputError, match=why):
        keys.store_key("openai", raw)
    assert memory.kept == {}


@pytest.mark.parametrize(
    ("provider", "value", "other"),
    [
        ("openai", "sk-ant-api03-abcdefgh", "anthropic"),
        ("openai", "AIzaSyAbcdefghijk", "gemini"),
        ("anthropic", "sk-or-v1-abcdefgh", "openrouter"),
        ("gemini", "xai-abcdefghijk", "xai"),
        ("mistral", "gsk_abcdefghijk", "groq"),
        ("openai", "pplx-abcdefghijk", "perplexity"),
        ("anthropic", "sk-proj-abcdefgh", "openai"),
    ],
)
def test_a_key_of_another_vendor_is_pointed_out(memory: MemoryKeyring, provider: str, value: str, other: str) -> None:
    """It is stored all the same: the person may know better."""
    stored = keys.store_key(provider, value)
    assert f"looks like a key of {other}" in stored.notes[0]
    assert keys.find_key(provider, ()) is not None


@pytest.mark.parametrize(
    ("provider", "value"), [("google", "AIzaSyAbcdefgh"), ("office", "sk-ant-abcdefgh"), ("openai", KEY)]
)
def test_a_fitting_key_and_an_unknown_provider_raise_no_doubt(memory: MemoryKeyring, provider: str, value: str) -> None:
    """Gateways of the firm may take any key."""
    assert keys.store_key(provider, value).notes == ()


# ---- keyrings that fail ----


def three_ways(error: NoModelError) -> bool:
    return all(way in error.advice for way in ("environment variable", "key_command", "--plaintext"))


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("no D-Bus"),
        EOFError(),
        keyring.errors.KeyringLocked("locked."),
        OSError(5, "I/O"),
        ValueError("x" * 999),
    ],
)
def test_any_exception_becomes_one_message_with_three_ways_on(error: Exception) -> None:
    """Whatever a backend raises, also EOFError, and both for setting and for finding."""
    keyring.set_keyring(RaisingKeyring(error))
    put_into_keyring()
    with pytest.raises(KeyMissingError) as caught:
        keys.store_key("openai", KEY)
    assert type(error).__name__ in caught.value.message
    assert three_ways(caught.value)
    with pytest.raises(NoModelError) as again:
        keys.find_key("openai", ENV)
    assert three_ways(again.value)
    assert len(again.value.message) < 350


def test_a_hanging_keyring_costs_its_time_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the time-out it is not asked again in this process, and the message says so."""
    backend = HangingKeyring()
    keyring.set_keyring(backend)
    put_into_keyring()
    monkeypatch.setattr(keyring_safe, "SECONDS", 0.02)
    try:
        with pytest.raises(NoModelError, match=r"no answer in 0\.02 seconds"):
            keys.find_key("openai", ENV)
        assert keys.find_key("openai", ENV, quiet=True) is None
        assert keys.keyring_problem().startswith("it gave no answer")
        assert backend.asked == 1
    finally:
        backend.answered.set()


def test_a_broken_keyring_is_no_obstacle_where_another_place_has_the_key() -> None:
    """Command or file answer without a word about the keyring."""
    keyring.set_keyring(RaisingKeyring(EOFError()))
    put_into_keyring()
    found = keys.find_key("openai", ENV, command("print('sk-command-0000')"))
    assert found is not None
    assert found.source == "key_command"
    keys.store_key("openai", KEY, plaintext=True)
    assert keys.find_key("openai", ENV).value == KEY  # type: ignore[union-attr]
    assert "plaintext" in keys.list_keys({"openai": ENV})[0].source


def test_a_keyring_that_loses_keys_is_found_out() -> None:
    """Read back and compared: the key is never believed to be safe."""
    keyring.set_keyring(LosingKeyring())
    with pytest.raises(KeyMissingError, match="did not give back") as caught:
        keys.store_key("openai", KEY)
    assert three_ways(caught.value)


class AltKeyring(MemoryKeyring):
    """A backend of keyrings.alt, which keeps keys in plain files."""


AltKeyring.__module__ = "keyrings.alt.file"


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring, AltKeyring], ids=["fail", "null", "alt"])
def test_backends_that_lose_or_bare_keys_are_refused(backend: type[keyring.backend.KeyringBackend]) -> None:
    """`fail`, `null` and `keyrings.alt` store nothing; finding a key there is no error, there just is none."""
    keyring.set_keyring(backend())
    with pytest.raises(KeyMissingError, match="has none"):
        keys.store_key("openai", KEY)
    assert keys.find_key("openai", ENV) is None
    assert keys.keyring_problem() == "this computer has none"
    with pytest.raises(InputError):
        keys.delete_key("openai")


def test_the_first_good_backend_of_a_chain_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain-file backend that stands before a real one in the chain gets nothing."""
    good, bad = MemoryKeyring(), AltKeyring()
    monkeypatch.setattr(chainer.ChainerBackend, "backends", [bad, good])
    keyring.set_keyring(chainer.ChainerBackend())
    keys.store_key("openai", KEY)
    assert bad.kept == {}
    assert good.kept == {("orchestra", "openai"): KEY}


class WindowsKeyring(MemoryKeyring):
    """Like the Credential Manager, as far as its name and limit go."""


WindowsKeyring.__module__ = "keyring.backends.Windows"


def test_a_key_too_long_for_windows_is_refused_before_it_is_cut() -> None:
    """2,560 bytes of UTF-16 are 1,280 characters."""
    backend = WindowsKeyring()
    keyring.set_keyring(backend)
    keys.store_key("bedrock", "k" * 1280)
    with pytest.raises(KeyMissingError, match="1280 characters, this one has 1281"):
        keys.store_key("bedrock", "k" * 1281)


# ---- key_command ----


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        (command("import sys; sys.exit('\\x1b[31mlocked')"), r"exit 1\): locked"),
        (command("pass"), r"exit 0\): it printed nothing"),
        (("no-such-program-anywhere",), "cannot be run"),
    ],
)
def test_a_key_command_that_fails_is_named_with_what_it_said(
    memory: MemoryKeyring, argv: tuple[str, ...], why: str
) -> None:
    """The first line of its standard error, cleaned; never its standard output."""
    with pytest.raises(KeyMissingError, match=why):
        keys.find_key("openai", ENV, argv)
    assert keys.find_key("openai", ENV, argv, quiet=True) is None


def test_a_key_command_that_hangs_is_ended(memory: MemoryKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten seconds in life, less here."""
    monkeypatch.setattr(keys, "COMMAND_SECONDS", 0.05)
    with pytest.raises(KeyMissingError, match="no answer in"):
        keys.find_key("openai", ENV, command("import time; time.sleep(30)"))


def test_only_the_first_line_of_a_key_command_counts(memory: MemoryKeyring) -> None:
    """`pass show` prints notes below the key."""
    found = keys.find_key("openai", ENV, command("print('sk-first-line-0001\\nuser: me')"))
    assert found is not None
    assert found.value == "sk-first-line-0001"


# ---- the plaintext file ----


def test_the_plaintext_file_is_ours_alone_and_always_named(home: Path, memory: MemoryKeyring) -> None:
    """Mode 0600, named in every list, also where another source outranks it."""
    keys.store_key("openai", KEY, plaintext=True)
    path = home / "keys.json"
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [(i.source, i.last4) for i in keys.list_keys({"openai": ENV, "groq": ()})] == [
        (f"plaintext file {path}", "1234")
    ]
    memory.set_password("orchestra", "openai", "sk-keyring-0000-ring")
    put_into_keyring()
    assert [i.source for i in keys.list_keys({"openai": ENV})] == ["keyring", f"plaintext file {path}"]
    assert [i.provider for i in keys.list_keys({})] == ["openai", "openai"]
    assert sorted(p.name for p in home.iterdir()) == ["keyring-names.txt", "keys.json"]


def test_a_key_set_anew_replaces_the_old_one_elsewhere(home: Path, memory: MemoryKeyring) -> None:
    """Otherwise the old key would win, or lie about."""
    keys.store_key("openai", KEY, plaintext=True)
    keys.store_key("groq", KEY, plaintext=True)
    assert "deleted" in keys.store_key("openai", "sk-new-in-keyring").notes[0]
    assert keys.list_keys({"openai": ENV})[0].source == "keyring"
    assert "deleted" in keys.store_key("openai", KEY, plaintext=True).notes[0]
    assert memory.kept == {}
    assert keys.delete_key("groq") == f"Deleted the key of groq from {home / 'keys.json'}."
    keys.delete_key("openai")
    assert not (home / "keys.json").exists()


def test_deleting_says_when_the_keyring_could_not_be_asked() -> None:
    """A key may still lie there."""
    keys.store_key("openai", KEY, plaintext=True)
    keyring.set_keyring(RaisingKeyring(EOFError()))
    keyring_safe.forget()
    assert "could not be asked: EOFError" in keys.delete_key("openai")


@pytest.mark.parametrize("content", ["{", "[]", "\x00"])
def test_a_broken_file_is_an_error_with_advice(home: Path, memory: MemoryKeyring, content: str) -> None:
    """Never read as having no keys."""
    (home / "keys.json").write_text(content)
    with pytest.raises(StoreError, match=r"keys\.json"):
        keys.find_key("openai", ENV)


def test_a_file_that_cannot_be_written_is_said(
    home: Path, memory: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk leaves the old file and no temporary one."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    keys.store_key("groq", KEY, plaintext=True)
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StoreError, match="No space left"):
        keys.store_key("openai", KEY, plaintext=True)
    assert [p.name for p in home.iterdir()] == ["keys.json"]


def test_a_file_that_does_not_hold_what_was_written_is_said(
    memory: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is read back too."""
    monkeypatch.setattr(os, "replace", lambda *_: None)
    with pytest.raises(StoreError, match="does not hold"):
        keys.store_key("openai", KEY, plaintext=True)


# ---- what is said ----


def test_every_place_that_was_looked_at_is_named(
    home: Path, memory: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence of the error "no key"."""
    assert keys.looked_in("openai", ENV) == (
        "Looked in: OPENAI_API_KEY (not set), keyring (no key for openai), key_command (not set)."
    )
    keys.store_key("groq", KEY, plaintext=True)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    keyring.set_keyring(fail.Keyring())
    assert keys.looked_in("openai", ENV, ("pass", "show")) == (
        "Looked in: OPENAI_API_KEY (set), keyring (this computer has none), key_command (pass), "
        f"{home / 'keys.json'} (no key for openai)."
    )


# ---- a real Secret Service ----

_PROGRAM = """
import sys
from orchestra_cli.store import keys
keys.store_key("openai", sys.stdin.readline())
found = keys.find_key("openai", ())
print(found.source, found.last4, keys.keyring_problem() == "")
print(keys.delete_key("openai"))
print(keys.find_key("openai", ()))
"""


@pytest.mark.slow
@pytest.mark.skipif(
    not (shutil.which("dbus-run-session") and shutil.which("gnome-keyring-daemon")),
    reason="needs dbus and gnome-keyring",
)
def test_a_real_secret_service_keeps_and_gives_back_a_key(home: Path, tmp_path: Path) -> None:
    """Headless: a session bus of its own, GNOME Keyring unlocked by a password on standard input; root too."""
    script = tmp_path / "session.sh"
    script.write_text(
        "printf secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1\n"
        f"printf '%s\\n' {KEY} | '{sys.executable}' -W error::ResourceWarning -c \"$PROGRAM\"\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHON_KEYRING_BACKEND"}
    for name in ("HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        environment[name] = str(tmp_path / "user")
    (tmp_path / "user").mkdir(mode=0o700)
    ran = subprocess.run(
        ["dbus-run-session", "--", "sh", str(script)],
        env={**environment, "PROGRAM": _PROGRAM},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.stdout.splitlines() == ["keyring 1234 True", "Deleted the key of openai from the keyring.", "None"], (
        ran.stderr
    )
    assert KEY not in ran.stderr
