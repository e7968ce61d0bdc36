"""While the first answer is on its way, load what judging and journalling it will need: nobody waits for that."""

from __future__ import annotations

import asyncio
import importlib
import sys

AFTER_S = 0.05
"""Seconds after a question was begun: by then its request has been sent, and hardly any model has answered."""
_NEEDED = (
    "orchestra_cli.facts.checks",
    "orchestra_cli.privacy.clean",
    "orchestra_cli.recipes.sections",
    "orchestra_cli.engine.deliver",
    "orchestra_cli.documents.write",
)


def load_ahead() -> None:
    """Have the modules loaded in a moment, once a process. Called inside the event loop, just before a question."""
    if _NEEDED[0] not in sys.modules:
        asyncio.get_running_loop().call_later(AFTER_S, _load)


def _load() -> None:
    for name in _NEEDED:
        importlib.import_module(name)
