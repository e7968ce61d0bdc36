"""A deliverable as Markdown: stamp and reasons first, so that even the end of a pipe sees them."""

from __future__ import annotations

from orchestra_cli.documents.look import words
from orchestra_cli.types import Deliverable


def to_markdown(doc: Deliverable) -> str:
    """The whole document as Markdown, ending in one line break."""
    parts = []
    if doc.stamp:
        parts.append(f"> **{doc.stamp}**")
    if doc.reasons:
        lines = "\n".join(f"> - {' '.join(reason.split())}" for reason in doc.reasons)
        parts.append(f"> **{words(doc.language).reasons}**\n>\n{lines}")
    body = doc.markdown.strip("\n")
    if not body.lstrip().startswith("# "):
        parts.append(f"# {doc.title}")
    return "\n\n".join([*("\n>\n".join(parts[:2]),), *parts[2:], body]) + "\n" if parts else body + "\n"
