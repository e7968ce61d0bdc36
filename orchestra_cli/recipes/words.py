"""The vocabulary of a recipe page as data: settings, types, roles, actions, names that are taken, and what to guess."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

MAX_BYTES = 256 * 1024
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'"})
_SPACES = re.compile(r"[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
SETTING = re.compile(r"([A-Za-z][A-Za-z !_-]{0,24}?)\s*:\s*(.*)")
"""A line `name: value`."""
ID = re.compile(r"[a-z][a-z0-9_]*")
RECIPE_NAME = re.compile(r"[a-z][a-z0-9_-]*")

PAGE_SETTINGS = ("recipe", "title", "summary", "inputs", "budget", "privacy", "language", "by hand")
STEP_SETTINGS = (
    "role", "do", "with", "reads", "returns", "answers", "review", "against", "rounds", "panel", "judge", "tier",
    "model", "each", "plan", "when", "approve", "approve!", "search", "max words",
)  # fmt: skip
BLOCK_SETTINGS = ("inputs", "returns", "with")

ROLES = ("extract", "research", "analyse", "write", "review", "coordinate", "code")
TIERS = ("economy", "balanced", "best")
PRIVACY = ("strict", "standard", "off")
DATA_CLASSES = ("public", "internal", "personal", "secret")
FORMATS = ("md", "docx", "pdf", "html", "json", "csv", "jsonl")

INPUT_TYPES = (
    "documents", "document", "table", "text", "choice", "number", "date", "period", "folder", "messages", "settings",
)  # fmt: skip
SHORT_INPUTS = ("text", "choice", "number", "date", "period")
LIST_INPUTS = ("documents", "table", "folder", "messages")
FIELD_KINDS = ("text", "number", "money", "date", "yes or no", "fact", "source")

WORLD = ("client", "company", "facts", "archive")
"""What a step may read besides inputs and steps; archive takes a number of passages."""
VALUES = ("client", "company", "period", "run")
"""Short values that may be placed anywhere in a page."""
RESERVED = ("client", "company", "facts", "archive", "period", "run")

ACTIONS: dict[str, tuple[str, ...]] = {"price_table": ("table", "stages", "summary")}
"""The actions in code, and the fields of their result that a page may place or read."""
REVIEW_FIELDS = ("section", "rule", "quote", "fix")

ONLY_WITH: dict[str, tuple[str, ...]] = {
    "model": ("role", "reads", "returns", "answers", "panel", "rounds", "judge", "tier", "model", "each", "when",
              "approve", "approve!", "search", "max words"),
    "do": ("do", "with", "reads", "each", "when", "approve", "approve!"),
    "review": ("review", "role", "reads", "against", "rounds", "panel", "judge", "tier", "model", "each", "when",
               "approve", "approve!"),
    "plan": ("plan", "role", "reads", "tier", "model", "when", "approve", "approve!", "max words"),
}  # fmt: skip
"""Which settings a step of each kind may have."""

COMMANDS = (
    "run", "compose", "check", "init", "keys", "models", "clients", "recipes", "runs", "archive", "costs", "rehearse",
    "batch", "watch", "worker", "audit", "mcp", "doctor", "resume", "approve", "redo", "show", "help", "version",
)  # fmt: skip
"""Commands that are not recipes: no recipe may take their names."""
OPTIONS = (
    "output", "force", "handoff", "relay", "yes", "no_input", "budget", "deadline", "model", "tier", "local",
    "privacy", "estimate", "continue", "reuse", "json", "quiet", "set", "help", "allow_empty", "format", "files",
    "model_file",
)  # fmt: skip
"""Options of every recipe command: no input may take their names."""


NAMING_SETTINGS = ("reads", "against", "answers", "review", "each", "when", "plan")
"""Settings that name other steps."""


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is close enough to be meant, else empty."""
    import difflib

    match = difflib.get_close_matches(word.casefold(), list(islice(known, 300)), 1, 0.6)
    return match[0] if match else ""


def near(word: str, known: Iterable[str]) -> str:
    """`: did you mean "..."?` when a known word is close, else empty."""
    guess = nearest(word, known)
    return f': did you mean "{guess}"?' if guess else ""


def repair(line: str) -> str:
    """A settings line with Word's smart quotes, dashes and hard spaces made plain; a spaced dash is `--`."""
    line = _SPACES.sub(" ", line).translate(_QUOTES)
    line = re.sub(r"(?<=\S) [\u2013\u2014] (?=\S)", " -- ", line)
    return _DASHES.sub("-", line.replace("\u2014", "--")) if line.strip() != "\u2014" else "---"
