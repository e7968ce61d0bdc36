"""Fetches the weights of the embedded model, with a bar on a terminal and plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from orchestra_cli.console.screen import Screen
from orchestra_cli.errors import NetworkError, NoModelError

Progress = Callable[[int, int], None]


def fetch_for_run(model: str, screen: Screen, *, local: bool) -> None:
    """The weights that a run needs: those of `embedded/NAME`, else the small ones. Raises NoModelError with --local,
    which never downloads."""
    from orchestra_cli.models.embedded.registry import DEFAULT, REGISTRY

    name = model.removeprefix("embedded/") if model.removeprefix("embedded/") in REGISTRY else DEFAULT
    if local:
        raise NoModelError(
            "The weights of the embedded model are not on this computer, and --local never downloads.",
            f"orchestra models pull {name}",
        )
    try:
        pull(name, screen)
    except NetworkError as error:
        raise NoModelError(
            f"Nobody can play: the model for this computer could not be fetched.\n{error.message}",
            "Check the network and type it again; or orchestra keys set openai; or add --handoff paste and carry the "
            "prompts to a chat window.",
        ) from error


def pull(name: str, screen: Screen) -> str:
    """Fetch these weights if they are not there; the path of the model file. Errors are those of `weights.fetch`."""
    from orchestra_cli.models.embedded.registry import weights
    from orchestra_cli.models.embedded.weights import default_folder, fetch, have

    wanted = weights(name)
    folder = default_folder()
    there = have(name, folder)
    if there is not None:
        return str(there)
    screen.say(f"Fetching {wanted.title} once, {wanted.download // 1_000_000} MB ({wanted.licence}), into {folder}")
    return str(with_bar(screen, wanted.name, lambda progress: fetch(name, folder, progress)))


def with_bar(screen: Screen, what: str, work: Callable[[Progress], object]) -> object:
    """Do the work while showing how far it is."""
    if not screen.live:
        return work(plain_progress(screen, what))
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(file=screen.err_stream, markup=False),
    )
    with bar:
        task = bar.add_task(what, total=None)
        return work(lambda done, total: bar.update(task, completed=done, total=total))


def plain_progress(screen: Screen, what: str) -> Progress:
    """Says each quarter once."""
    said: set[int] = set()

    def progress(done: int, total: int) -> None:
        quarter = 4 * done // total if total else 0
        if quarter and quarter not in said:
            said.add(quarter)
            screen.say(f"  {what}: {quarter * 25} %")

    return progress
