"""What a person asked for, before anything was read: the command line as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

HandOff = Literal["auto", "manual", "paste", "files"]


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One recipe command as it was typed.

    `words` are the positional words in order ("-" is standard input); `inputs` maps an input's id to what its own
    option said; `models` maps a step or role to `provider/model`; `budget` is in US dollars; `stdin` holds the bytes
    of standard input where "-" stands for it or a required input is still missing, else None. `on_terminal`:
    standard output is one. `interactive`: questions may be asked.
    """

    recipe: str
    words: tuple[str, ...] = ()
    client: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    force: bool = False
    handoff: HandOff = "auto"
    relay: str = ""
    yes: bool = False
    interactive: bool = False
    on_terminal: bool = False
    budget: Decimal | None = None
    deadline_s: float | None = None
    models: Mapping[str, str] = field(default_factory=dict)
    tier: str = ""
    local: bool = False
    privacy: str = ""
    go_on: bool = False
    reuse: str = ""
    json: bool = False
    quiet: bool = False
    sets: Mapping[str, str] = field(default_factory=dict)
    allow_empty: bool = False
    stdin: bytes | None = None
    model_file: str = ""


@dataclass(frozen=True, slots=True)
class ResumeRequest:
    """`resume` and `approve`: all that a resumed run takes from the outside besides keys and base URLs."""

    run: str = ""
    approve: bool = False
    note: str = ""
    budget: Decimal | None = None
    models: Mapping[str, str] = field(default_factory=dict)
    handoff: HandOff | None = None
    yes: bool = False
    interactive: bool = False
    on_terminal: bool = False
    json: bool = False
    quiet: bool = False
