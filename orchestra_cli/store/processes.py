"""Which process on which computer, and whether it still lives. Linux, macOS and Windows; nothing about runs."""

from __future__ import annotations

import functools
import os
import sys
from dataclasses import dataclass
from pathlib import Path

LAPSE_S = 60.0


@dataclass(frozen=True, slots=True)
class Owner:
    """A process: computer, boot (with the process namespace on Linux), process id, and when that process started.

    Where the system does not tell, `boot_id` or `pid_started` is "".
    """

    host: str
    boot_id: str
    pid: int
    pid_started: str

    @classmethod
    def this(cls) -> Owner:
        """This process."""
        pid = os.getpid()
        return cls(host_name(), boot_id(), pid, _own_start(pid))

    def alive(self, beat_age_s: float = 0.0) -> bool:
        """Whether it lives: looked up on this computer, else by the age of its last heartbeat (60 s).

        A boot of this computer that is over is dead. A heartbeat from the future is no better than an old one.
        """
        here = boot_id()
        if self.boot_id == here and (here or self.host == host_name()):
            started = started_at(self.pid)
            return started is not None and (not self.pid_started or not started or started == self.pid_started)
        if self.host == host_name() and _kernel(self.boot_id) != _kernel(here):
            return False
        return abs(beat_age_s) < LAPSE_S


@functools.cache
def host_name() -> str:
    """The name of this computer."""
    import socket

    return socket.gethostname()


@functools.cache
def boot_id() -> str:
    """What names this boot of this computer, with the process namespace (a container) on Linux; "" if unknown."""
    if sys.platform == "darwin":
        return _output(["sysctl", "-n", "kern.bootsessionuuid"])
    try:
        kernel = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{kernel}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _kernel(boot: str) -> str:
    return boot.partition("/")[0]


def started_at(pid: int) -> str | None:
    """When a process started, in the system's own words; "" when it lives but nobody tells; None when it is dead."""
    if sys.platform == "win32":
        return _windows_start(pid)
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        return _linux_start(stat)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return ""
    return _output(["ps", "-o", "lstart=", "-p", str(pid)])


@functools.cache
def _own_start(pid: int) -> str:
    return started_at(pid) or ""


def _linux_start(stat: Path) -> str | None:
    try:
        # The name of the program, in brackets, may hold spaces and brackets itself.
        fields = stat.read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    # Field 3 is the state, field 22 the start; a zombie has ended and only waits for its parent.
    return None if fields[0] in "ZXx" else fields[19]


def _output(command: list[str]) -> str:
    import subprocess

    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def _windows_start(pid: int) -> str | None:  # pragma: no cover  (os.kill would end the process there)
    import ctypes

    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  mypy knows it on Windows only
    handle = kernel.OpenProcess(0x1000, False, pid)
    if not handle:
        return None
    times = [ctypes.c_ulonglong() for _ in range(4)]
    code = ctypes.c_ulong()
    told = kernel.GetProcessTimes(handle, *(ctypes.byref(moment) for moment in times))
    kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    if code.value != 259:
        return None
    return str(times[0].value) if told else ""
