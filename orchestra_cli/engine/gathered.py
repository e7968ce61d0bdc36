"""What goes to which input, as far as it is known, and what the names of files tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from orchestra_cli.settings import FILE_NAME
from orchestra_cli.types import Material

if TYPE_CHECKING:
    from orchestra_cli.facts.placing import Placing


FILES = ("documents", "document", "table", "folder", "messages", "settings")


NOT_INPUTS = frozenset({FILE_NAME, "company.md", "client.md", "readme.md", "house-style.md", "house_style.md"})


READABLE = frozenset(
    {".md", ".txt", ".pdf", ".docx", ".xlsx", ".ods", ".csv", ".tsv", ".eml"}
)  # fmt: skip


TABLES = frozenset({".xlsx", ".ods", ".csv", ".tsv"})


PAGES = frozenset({".md", ".txt"})


@dataclass(slots=True)
class Gathered:
    """What goes to which input; `notes` say what was placed where.

    `unclear` are (id, what is unclear, choices): "place:FILE" with the inputs it may be, "which:INPUT" with the files.
    """

    placed: tuple[tuple[str, Material], ...] = ()
    texts: dict[str, str] = field(default_factory=dict)
    mapping: dict[str, str] = field(default_factory=dict)
    unclear: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    notes: tuple[str, ...] = ()
    settings_slot: str = ""


def said_place(material: Material, said: Mapping[str, str], placed: list[tuple[str, Material]]) -> Material | None:
    """Put a file where a person said it belongs; None when it found its place so."""
    slot = said.get(f"place:{material.name}")
    if slot is None:
        return material
    placed.append((slot, material))
    return None


def settle(placing: Placing, said: Mapping[str, str], placed: list[tuple[str, Material]], found: Gathered) -> None:
    """Take over what is placed; what could go to several inputs becomes a question."""
    """Place what a person chose; the rest are questions, one for each file or for each input that several could be."""
    rivals: dict[str, list[Material]] = {}
    for material, options in placing.ambiguous:
        if len(options) == 1:
            rivals.setdefault(options[0], []).append(material)
        else:
            text = f"{material.name} could be {' or '.join(options)}."
            found.unclear += ((f"place:{material.name}", text, options),)
    for slot, files in rivals.items():
        names = tuple(_typed(material) for material in files)
        if f"which:{slot}" in said:
            placed.append((slot, files[names.index(said[f"which:{slot}"])]))
        else:
            text = f"{len(names)} files could be {slot}: {', '.join(names)}."
            found.unclear += ((f"which:{slot}", text, names),)


def where_of(material: Material) -> Path:
    """The absolute path of a file that was read."""
    return Path(material.path).absolute()


def _typed(material: Material) -> str:
    """The path of a file as a person here would type it."""
    path = Path(material.path)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else material.path
