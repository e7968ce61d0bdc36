"""A deliverable as Markdown: stamp and reasons first, so that even the end of a pipe sees them."""

from __future__ import annotations

from orchestra_cli.documents.look import words
from orchestra_cli.types import Deliverable


def to_markdown(doc: Deliverable) -> str:
    """The whole document as Markdown, ending in one line break."""
    notice = [f"> **{doc.stamp}**"] if doc.stamp else []
    if doc.reasons:
        lines = "\n".join(f"> - {' '.join(reason.split())}" for reason in doc.reasons)
        notice.append(f"> **{words(doc.language).reasons}**\n>\n{lines}")
    body = doc.markdown.strip("\n")
    title = "" if body.lstrip().startswith("# ") else f"# {doc.title}"
    return "\n\n".join(part for part in ("\n>\n".join(notice), title, body) if part) + "\n"
