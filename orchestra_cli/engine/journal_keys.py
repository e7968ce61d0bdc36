"""Where an answer stands in the journal: its path, and the key that says what it rests on.

    path = step[@member][#round][/section][item_number:item_hash]
    key  = sha256(canonical_json(["k1", path, epoch, kind, spec, reads, pin]))

Cast, model that served, prices, budget, privacy mode, masks, nonce, attempts, hand-off mode and clock are not in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from orchestra_cli.engine.values import canonical_json, sha256
from orchestra_cli.types import Json

VERSION = "k1"


def path_of(step: str, *, round_: int = 0, section: str = "", item: tuple[int, str] | None = None) -> str:
    """`bids`, `check#2`, `proposal#2/programme`, `draft[007:9c1e77ab]` (item: its number and its text)."""
    path = step
    if round_:
        path += f"#{round_}"
    if section:
        path += f"/{section}"
    if item:
        number, text = item
        path += f"[{number:03d}:{sha256(text)[:8]}]"
    return path


def step_of_path(path: str) -> str:
    """The step that a path belongs to."""
    return re.split(r"[@#/\[]", path, maxsplit=1)[0]


def label_of(path: str, epoch: int) -> str:
    """A path as part of a file name: `proposal-2-programme`, `note` and, once redone, `note-again-1`."""
    again = f"-again-{epoch}" if epoch else ""
    return re.sub(r"[^A-Za-z0-9_]+", "-", path).strip("-") + again


def key_of(
    path: str,
    epoch: int,
    kind: str,
    spec: Mapping[str, Json],
    reads: Sequence[tuple[str, str]],
    pin: str = "",
) -> str:
    """The key of one answer. `spec` is the step after substitution; `reads` are (name, digest) in recipe order."""
    return sha256(canonical_json([VERSION, path, epoch, kind, dict(spec), [list(read) for read in reads], pin]))
