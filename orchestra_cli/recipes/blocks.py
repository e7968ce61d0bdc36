"""Lines of a Markdown text: which are code, which are headings. Shared by places.py, sections.py and lines.py."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
_NESTED = re.compile(r"([ \t]*(?:(?:>|[-*+]|\d{1,9}[.)])[ \t]*)*)(#{1,6})([ \t].*|)")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_NO_PARAGRAPH = re.compile(r"[ \t]*(?:[-*+]|#{1,6}|\d{1,9}[.)])(?:[ \t]|$)|[ \t]*>| {4}|\t")


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its line end. `code` is True inside and on the rails of a code fence; `level` is 0 or 1 to 6."""

    text: str
    code: bool
    level: int = 0
    title: str = ""


class FenceWatch:
    """Tells line by line whether it belongs to a fenced code block (CommonMark's rules)."""

    def __init__(self) -> None:
        self.rail = ""

    def is_code(self, line: str) -> bool:
        """Whether this line is part of a fenced block, its rails included."""
        match = _FENCE.fullmatch(line)
        if self.rail:
            if match and match[1].startswith(self.rail) and not match[2].strip():
                self.rail = ""
            return True
        if match and not (match[1][0] == "`" and "`" in match[2]):
            self.rail = match[1]
            return True
        return False


def scan(text: str) -> list[Line]:
    """The lines of `text`; joined again they are `text`, byte for byte."""
    watch = FenceWatch()
    lines: list[Line] = []
    for raw in text.split("\n"):
        bare = raw.removesuffix("\r")
        if watch.is_code(bare):
            lines.append(Line(raw + "\n", True))
            continue
        match = _HEADING.fullmatch(bare)
        lines.append(Line(raw + "\n", False, len(match[1]) if match else 0, (match[2] or "") if match else ""))
    last = lines.pop()
    if last.text != "\n":
        lines.append(Line(last.text[:-1], last.code, last.level, last.title))
    return lines


def shift_headings(text: str, below: int) -> str:
    """`text` with all headings pushed down alike, until the shallowest is deeper than level `below` (6 at most).

    Underlined headings become `#` headings first; a fence left open is closed, so that the text cannot swallow what
    follows.
    """
    plain = close_fence(hash_headings(text))
    lines = [(line, None if line.code else _NESTED.fullmatch(line.text.rstrip("\r\n"))) for line in scan(plain)]
    levels = [len(match[2]) for _, match in lines if match]
    down = max(0, below + 1 - min(levels)) if levels else 0
    if not down:
        return plain
    return "".join(_pushed(line.text, match, down) if match else line.text for line, match in lines)


def _pushed(line: str, match: re.Match[str], down: int) -> str:
    end = line[len(line.rstrip("\r\n")) :]
    return match[1] + "#" * min(6, len(match[2]) + down) + match[3] + end


def close_fence(text: str) -> str:
    """`text` with a code fence that is still open closed on a line of its own."""
    watch = FenceWatch()
    for line in text.split("\n"):
        watch.is_code(line.removesuffix("\r"))
    if not watch.rail:
        return text
    return f"{text.removesuffix(chr(10))}\n{watch.rail}"


def hash_headings(text: str) -> str:
    """`text` with headings underlined by === or --- written as `#` and `##` headings."""
    out: list[str] = []
    paragraph: list[str] = []
    watch = FenceWatch()
    for line in text.split("\n"):
        bare = line.removesuffix("\r")
        code = watch.is_code(bare)
        underline = None if code or not paragraph else _UNDERLINE.fullmatch(bare)
        if underline:
            out[-len(paragraph) :] = [("# " if "=" in bare else "## ") + " ".join(part.strip() for part in paragraph)]
            paragraph = []
            continue
        out.append(line)
        inside = bool(paragraph) and bool(bare.strip())
        paragraph = [] if code or not bare.strip() or _starts_block(bare, inside) else [*paragraph, bare]
    return "\n".join(out)


def _starts_block(line: str, inside: bool) -> bool:
    if inside and line.startswith(("    ", "\t")):
        return False
    return bool(_NO_PARAGRAPH.match(line))
