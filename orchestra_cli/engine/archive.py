"""Past work for `archive(N)`: the workspace's archive folder, searched once with SQLite FTS5 when a run is planned.

What is found is frozen in the run; no model sees more of the archive than that.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestra_cli.engine.world import Passage
from orchestra_cli.errors import InputError

if TYPE_CHECKING:
    from orchestra_cli.recipes.model import Recipe

READ = frozenset({".md", ".txt", ".docx", ".pdf"})
MOST_FILES = 400
PASSAGES_PER_FILE = 3
QUERY_WORDS = 40
LONGEST_PASSAGE = 1200


def wanted(recipe: Recipe) -> int:
    """The most documents that any step reads with `archive(N)`; 0 when none does."""
    return max((read.count or 3 for step in recipe.steps for read in step.reads if read.id == "archive"), default=0)


def search(folder: Path, query: str, documents: int) -> tuple[Passage, ...]:
    """The best passages of the best documents for a query text, best document first."""
    if documents <= 0 or not folder.is_dir():
        return ()
    passages = _passages(folder)
    words = _words(query)
    if not passages or not words:
        return ()
    ranked = _ranked(passages, words)
    files = list(dict.fromkeys(passages[row][0] for row in ranked))[:documents]
    found: list[Passage] = []
    for number, file in enumerate(files, 1):
        rows = [row for row in ranked if passages[row][0] == file][:PASSAGES_PER_FILE]
        found += [Passage(f"S{number}#{passages[row][1]}", file, passages[row][2]) for row in sorted(rows)]
    return tuple(found)


def _passages(folder: Path) -> list[tuple[str, int, str]]:
    """(file, number of the passage in it, text) of everything readable in the archive."""
    from orchestra_cli.documents.read import read

    rows: list[tuple[str, int, str]] = []
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() in READ)
    for path in files[:MOST_FILES]:
        try:
            text = read(path).text
        except InputError:
            continue
        name = str(path.relative_to(folder))
        rows += [(name, number, piece) for number, piece in enumerate(_pieces(text), 1)]
    return rows


def _pieces(text: str) -> list[str]:
    """Paragraphs of at least a few words, headings kept with what follows them."""
    pieces: list[str] = []
    heading = ""
    for block in re.split(r"\n\s*\n|(?m:(?<=\n)(?=#))", text):
        first, _, rest = block.strip().partition("\n")
        if first.startswith("#"):
            heading = first.strip("# ")
        flat = " ".join((rest if first.startswith("#") else block).split())
        if len(flat.split()) >= 6:
            pieces.append((f"{heading}: {flat}" if heading else flat)[:LONGEST_PASSAGE])
    return pieces


def _words(query: str) -> list[str]:
    counts = Counter(word for word in re.findall(r"[a-z]{4,}", query.lower()))
    return [word for word, _ in counts.most_common(QUERY_WORDS)]


def _ranked(passages: Sequence[tuple[str, int, str]], words: Sequence[str]) -> list[int]:
    with sqlite3.connect(":memory:") as db:
        db.execute("CREATE VIRTUAL TABLE pieces USING fts5(text, tokenize='porter unicode61')")
        db.executemany("INSERT INTO pieces(rowid, text) VALUES (?, ?)", [(n, p[2]) for n, p in enumerate(passages)])
        query = " OR ".join(f'"{word}"' for word in words)
        rows = db.execute("SELECT rowid FROM pieces WHERE pieces MATCH ? ORDER BY rank LIMIT 200", (query,)).fetchall()
    db.close()
    return [int(row[0]) for row in rows]
