"""The entry point, and the one place where an error becomes words and an exit code.

Top level imports nothing but what every Python has loaded: `--version` must not pay for a command line that it does
not need.
"""

import gc
import sys


def main() -> None:
    """`orchestra ...`: run the command line of this process and exit with its code."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        _open_closed()
    if sys.argv[1:] == ["--version"]:
        from orchestra_cli import __version__

        sys.stdout.write(f"orchestra {__version__}\n")
        return
    gc.set_threshold(10_000, 20, 20)  # loading makes many objects and no rubbish: looking for some costs a tenth
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """The exit code of a command line. Never raises: whatever happens becomes words, and JSON if it was asked for."""
    from orchestra_cli.cli.failures import end_with

    _any_text()
    try:
        from orchestra_cli.cli.dispatch import dispatch

        return dispatch(arguments)
    except BaseException as error:  # noqa: BLE001  the top: nothing may leave as a bare traceback
        return end_with(error, arguments)


def _open_closed() -> None:
    """A stream that the caller closed leads nowhere; else the next file we open would take its place."""
    import os

    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  open as long as we run


def _any_text() -> None:
    """Let every character out: UTF-8 into pipes and files, a replacement where a terminal cannot show it."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is None:
            continue
        if stream.isatty():
            reconfigure(errors="replace")
        else:
            reconfigure(encoding="utf-8", errors="backslashreplace")
