"""Which process is meant, and whether it still lives."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from store_builders import child

from orchestra_cli.store import processes
from orchestra_cli.store.processes import Owner, boot_id, started_at

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def forgetful() -> Iterator[None]:
    """What this process knows of itself is looked up anew, before and after."""
    processes.boot_id.cache_clear()
    processes._own_start.cache_clear()
    yield
    processes.boot_id.cache_clear()
    processes._own_start.cache_clear()


def test_this_process_lives() -> None:
    """This process lives, whatever its heartbeat."""
    assert Owner.this().pid == os.getpid()
    assert Owner.this().alive(10_000)


@linux
def test_a_process_id_used_again_is_another_process() -> None:
    """A process that started at another time is not the owner, though it has its number."""
    assert not replace(Owner.this(), pid_started="1").alive()


@linux
def test_a_killed_process_is_dead_at_once() -> None:
    """A killed process is dead, also while its parent has not taken note of it."""
    worker = child("import sys; sys.stdin.read()")
    owner = replace(Owner.this(), pid=worker.pid, pid_started=started_at(worker.pid) or "")
    assert owner.alive(10_000)
    worker.kill()
    os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)
    assert not owner.alive()
    worker.communicate()
    assert not owner.alive()


def test_another_computer_is_judged_by_its_heartbeat() -> None:
    """Nobody can look at another computer's process: it lives for 60 seconds after a heartbeat."""
    other = Owner("far-away", "another-boot", os.getpid(), "1")
    assert other.alive(59)
    assert not other.alive(61)
    assert not other.alive(-3600)


@linux
def test_before_the_last_boot_everything_died() -> None:
    """What ran on this computer before it was started again is dead, however fresh its heartbeat."""
    assert not Owner(socket.gethostname(), "another-boot/pid:[1]", os.getpid(), "1").alive(0)


@linux
def test_another_container_is_another_computer() -> None:
    """A process number of another container says nothing here, even where both have one name."""
    kernel = boot_id().partition("/")[0]
    other = Owner(socket.gethostname(), f"{kernel}/pid:[1]", 2**22 + 1, "1")
    assert other.alive(0)
    assert not other.alive(61)


def without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.exists
    monkeypatch.setattr(Path, "exists", lambda path: str(path) != "/proc/self/stat" and real(path))


@pytest.mark.skipif(os.name != "posix", reason="asks ps")
def test_where_there_is_no_proc_ps_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without /proc the start is what `ps` says; where there is no `ps` either, a living process is just living."""
    without_proc(monkeypatch)
    monkeypatch.setattr(processes, "_output", lambda command: f"told by {command[0]} of {command[-1]}")
    assert started_at(os.getpid()) == f"told by ps of {os.getpid()}"
    monkeypatch.setattr(processes, "_output", lambda command: "")
    assert started_at(os.getpid()) == ""
    assert Owner.this().alive()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("error", "started"), [(ProcessLookupError, None), (PermissionError, "")])
def test_where_there_is_no_proc_signals_tell(
    error: type[OSError], started: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without /proc a process that is not there is dead, and one of another user lives."""
    without_proc(monkeypatch)

    def refuse(pid: int, signal: int) -> None:
        raise error

    monkeypatch.setattr(os, "kill", refuse)
    assert started_at(12345) == started


@pytest.mark.skipif(os.name != "posix", reason="runs programs of POSIX")
def test_a_program_that_is_missing_or_hangs_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Helpers that are missing or do not come back count as not knowing."""
    assert processes._output(["no-such-program-anywhere"]) == ""
    assert processes._output([sys.executable, "-c", "print(' told ')"]) == "told"

    def hang(*words: object, **named: object) -> None:
        raise subprocess.TimeoutExpired("ps", 5)

    monkeypatch.setattr(subprocess, "run", hang)
    assert processes._output(["ps"]) == ""


@pytest.mark.usefixtures("forgetful")
class TestOtherSystems:
    def test_macos_names_its_boot(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """On macOS the boot is named by sysctl."""
        monkeypatch.setattr(sys, "platform", "darwin")
        monkeypatch.setattr(processes, "_output", lambda command: " ".join(command))
        assert boot_id() == "sysctl -n kern.bootsessionuuid"

    def test_a_system_that_does_not_name_its_boot(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where nothing names the boot, this process is still known by its number and start."""

        def nothing(path: Path) -> str:
            raise FileNotFoundError

        monkeypatch.setattr(Path, "read_text", lambda path, **named: nothing(path))
        assert boot_id() == ""
        monkeypatch.undo()
        processes.boot_id.cache_clear()
        monkeypatch.setattr(processes, "boot_id", lambda: "")
        assert Owner.this().alive()
        assert not replace(Owner.this(), pid_started="1").alive()
        assert Owner("far-away", "", os.getpid(), "1").alive(0)

    def test_windows_asks_its_own_way(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """On Windows no signal is sent: signal 0 would end the process there."""
        monkeypatch.setattr(sys, "platform", "win32")
        monkeypatch.setattr(processes, "_windows_start", lambda pid: f"windows {pid}")
        monkeypatch.setattr(os, "kill", lambda *words: pytest.fail("a signal was sent"))
        assert started_at(7) == "windows 7"
