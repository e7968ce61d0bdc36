"""A run is a frozen world: all that it will ever read, written down when it is created.

`resume` reads nothing else but keys, base URLs and its own options.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Literal

from orchestra_cli.errors import StoreError
from orchestra_cli.types import DataClass, Letterhead, Material

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class FrozenCandidate:
    """One model of a step's cast: `model` is `provider/model`; `card` its catalogue entry as JSON ("" when unknown)."""

    model: str
    vendor: str
    why: str
    card: str = ""


@dataclass(frozen=True, slots=True)
class FrozenClient:
    """The client card as it stood."""

    name: str
    title: str
    aliases: tuple[str, ...]
    text: str
    privacy: str = ""
    allow: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FrozenReport:
    """One line of the input report."""

    name: str
    path: str
    rows_read: int
    rows_refused: int
    warnings: tuple[str, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of the archive that was found when the run was created: `id` is "S3#12", `file` its document."""

    id: str
    file: str
    text: str


@dataclass(frozen=True, slots=True)
class FrozenRule:
    """Who may see a class of data: providers by name, or regions."""

    allow: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FrozenPolicy:
    """The privacy policy in force when the run was created."""

    mode: Literal["off", "standard", "strict"] = "standard"
    rules: Mapping[DataClass, FrozenRule] = field(default_factory=dict)
    client: FrozenRule | None = None
    client_name: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """Everything a run reads. Paths are absolute; `started` is ISO 8601 with its offset; money in US dollars."""

    recipe: str
    recipe_file: str
    recipe_text: str
    started: str
    nonce: str
    workspace: str
    user: str
    client: FrozenClient | None
    company_name: str
    company_text: str
    house_style: str
    """How this firm writes; every step that writes reads it."""
    letterhead: Letterhead
    other_clients: tuple[tuple[str, tuple[str, ...]], ...]
    """(title, names and aliases) of every other client card."""
    inputs: tuple[tuple[str, Material], ...]
    texts: Mapping[str, str]
    rates: Mapping[str, str]
    mapping: Mapping[str, str]
    report: tuple[FrozenReport, ...]
    archive: tuple[Passage, ...]
    casts: Mapping[str, tuple[FrozenCandidate, ...]]
    likely: Mapping[str, Decimal | None]
    """What each step is likely to cost, in US dollars; None when its price is unknown."""
    pins: Mapping[str, str]
    catalogue: str
    masks: str
    policy: FrozenPolicy
    caps: Mapping[str, Decimal]
    outputs: tuple[str, ...]
    force: bool
    to_folder: str
    """Where files without -o go; empty when the Markdown goes to standard output or into the JSON object."""
    handoff: str
    relay: str
    yes: bool
    local: bool
    tier: str
    currency: str
    language: str
    country: str
    paper: str
    model_file: str = ""
    deadline_s: float | None = None
    reuse: str = ""
    notes: tuple[str, ...] = field(default=())
    gaps: tuple[str, ...] = ()
    """What nobody could read in the inputs; listed as MISSING."""


@cache
def _adapter() -> TypeAdapter[World]:
    from pydantic import TypeAdapter

    return TypeAdapter(World)


def to_json(world: World) -> str:
    """The world as JSON text."""
    return _adapter().dump_json(world).decode()


def from_json(text: str) -> World:
    """The world that `to_json` wrote. Raises StoreError when it is another version's; its content is not quoted."""
    try:
        return _adapter().validate_json(text)
    except ValueError:
        raise StoreError(
            "The run was made by another version of Orchestra, and this one cannot read all that it froze.",
            "Start it anew with --reuse RUN: answers to the same questions are taken over and not paid again.",
        ) from None
