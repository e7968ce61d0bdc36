"""HTML (web pages, mail bodies, what a DOCX turns into) as plain, quotable text with lists, headings and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from orchestra_cli.documents.blocks import SAFE_LINKS
from orchestra_cli.documents.content import Content
from orchestra_cli.documents.html_tree import Node, is_block, parse_html
from orchestra_cli.documents.tables import Row, make_table, pipe_table
from orchestra_cli.documents.text_in import decode
from orchestra_cli.types import Source, Table

_SPACE = re.compile(r"[ \t\r\n\f\xa0]+")
_HEADING = re.compile(r"^h[1-6]$")
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]{2,30})", re.IGNORECASE)
_WIDEST = 200
_LONGEST_CELL = 2_000


def read_html(name: str, data: bytes) -> Content:
    """A web page file; its own declared encoding counts when it is not UTF-8."""
    warnings: tuple[str, ...] = ()
    text = _declared(data)
    if not text:
        text, warnings = decode(name, data)
    content = html_content(name, text)
    return Content(content.text, tables=content.tables, warnings=(*warnings, *content.warnings))


def _declared(data: bytes) -> str:
    """The page in the encoding it declares; "" when it declares none, a wrong one, or UTF-8."""
    declared = _CHARSET.search(data[:4_000])
    codec = declared[1].decode("ascii").lower() if declared else ""
    if codec in {"", "utf-8", "utf8"}:
        return ""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return data.decode(codec)
        except (LookupError, UnicodeError):
            return ""
    return ""


def html_content(name: str, html: str) -> Content:
    """The text of some HTML: emphasis dropped so that quotes stay word for word, link targets listed at the end."""
    page = parse_html(html)
    writer = _Writer(name)
    parts = writer.blocks(page.root)
    if writer.links:
        parts.append("Links:\n" + "\n".join(f"- {text}: {url}" for url, text in writer.links.items()))
    notes = [
        f"{count} {what} left out"
        for count, what in ((page.hidden, "hidden parts"), (page.comments, "comments"))
        if count
    ]
    return Content("\n\n".join(parts), tables=tuple(writer.tables), warnings=tuple(notes))


class _Writer:
    """Turns nodes into paragraphs of text; collects tables and links on the way."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.tables: list[Table] = []
        self.links: dict[str, str] = {}

    def blocks(self, node: Node) -> list[str]:
        """The blocks in a node; neighbouring inline children make one paragraph."""
        found: list[str] = []
        line: list[Node | str] = []
        for child in [*node.children, None]:
            if child is not None and not self._holds_block(child):
                line.append(child)
                continue
            text = self.inline(line)
            if text:
                found.append(text)
            line = []
            if isinstance(child, Node):
                found += self._block(child)
        return found

    def _holds_block(self, node: Node | str) -> bool:
        return is_block(node) or (isinstance(node, Node) and any(self._holds_block(child) for child in node.children))

    def _block(self, node: Node) -> list[str]:
        if _HEADING.match(node.tag):
            text = self.inline(node.children).replace("\n", " ")
            return [f"{'#' * int(node.tag[1])} {text}"] if text else []
        match node.tag:
            case "ul" | "ol":
                text = self._list(node)
                return [text] if text else []
            case "table":
                return self._table(node)
            case "pre":
                return ["".join(_words(node)).strip("\n")]
            case "hr":
                return []
            case _:
                return self.blocks(node)

    def inline(self, nodes: Sequence[Node | str]) -> str:
        """Some inline nodes as one paragraph; a forced break is a line break."""
        lines = "".join(self._pieces(nodes)).split("\x00")
        return "\n".join(_SPACE.sub(" ", line).strip() for line in lines).strip("\n")

    def _pieces(self, nodes: Sequence[Node | str]) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, str):
                yield node.replace("\x00", "")
            elif node.tag == "br":
                yield "\x00"
            elif node.tag == "a":
                yield self._link(node)
            elif node.tag == "img":
                yield node.attributes.get("alt", "")
            else:
                yield from self._pieces(node.children)

    def _link(self, node: Node) -> str:
        text = "".join(self._pieces(node.children))
        url = node.attributes.get("href", "")
        if url.startswith(("#footnote-ref", "#endnote-ref")):
            return ""
        if url.startswith(("#footnote-", "#endnote-")):
            return f"[^{url.rpartition('-')[2]}]"
        shown = " ".join(text.split())
        if url.lower().startswith(SAFE_LINKS) and shown and url.removeprefix("mailto:") != shown and len(url) < 2_000:
            self.links.setdefault(url, shown)
        return text

    def _list(self, node: Node) -> str:
        lines: list[str] = []
        start = node.attributes.get("start", "")
        number = int(start) if start.isdecimal() and len(start) < 7 else 1
        for child in node.children:
            if isinstance(child, str):
                continue
            parts = self.blocks(child)
            note = re.match(r"^(?:foot|end)note-(.+)$", child.attributes.get("id", ""))
            mark = f"[^{note[1]}]:" if note else f"{number}." if node.tag == "ol" else "-"
            number += 1
            if parts:
                lines.append(f"{mark} " + "\n".join(parts).replace("\n", "\n" + " " * (len(mark) + 1)))
        return "\n".join(lines)

    def _table(self, node: Node) -> list[str]:
        lines = list(_table_rows(node))
        # Judged before any cell is read: reading tables in tables twice at every level would never end.
        if any(_nested_table(line) for line in lines) or node.attributes.get("role") == "presentation":
            return self._unfolded(lines)
        grid = [self._cells(line) for line in lines]
        width = max((len(cells) for cells in grid), default=0)
        longest = max((len(cell) for cells in grid for cell in cells), default=0)
        if len(grid) < 2 or width < 2 or longest > _LONGEST_CELL:
            return self._unfolded(lines)
        grid = _filled(lines, grid, width)
        rows = [Row(at, tuple(cells)) for at, cells in enumerate(grid, 1)]
        table, _ = make_table(f"{self._name} table {len(self.tables) + 1}", Source(self._name), rows)
        if table is None:
            return []
        self.tables.append(table)
        return [pipe_table(grid[0], grid[1:])]

    def _unfolded(self, lines: Sequence[Node]) -> list[str]:
        """A table that only places things: what stands in its cells, one after the other."""
        cells = (cell for line in lines for cell in line.children if isinstance(cell, Node))
        return [text for cell in cells for text in self.blocks(cell)]

    def _cells(self, line: Node) -> list[str]:
        """The cells of a row, with empty ones for those a wide cell covers."""
        cells: list[str] = []
        for cell in line.children:
            if isinstance(cell, Node) and cell.tag in {"td", "th"} and len(cells) < _WIDEST:
                cells.append("\n".join(self.blocks(cell)).strip())
                cells += [""] * (_span(cell, "colspan", _WIDEST - len(cells)) - 1)
        return cells


def _filled(lines: Sequence[Node], grid: list[list[str]], width: int) -> list[list[str]]:
    """Rows of equal length; a cell that reaches over several rows is said in each."""
    pending: dict[int, tuple[int, str]] = {}
    found: list[list[str]] = []
    for line, cells in zip(lines, grid, strict=True):
        nodes = [cell for cell in line.children if isinstance(cell, Node) and cell.tag in {"td", "th"}]
        row: list[str] = []
        source = iter(cells)
        spans = [count for cell in nodes for count in [_span(cell, "rowspan", 1_000)] * _span(cell, "colspan", _WIDEST)]
        taken = 0
        while len(row) < width:
            left, text = pending.pop(len(row), (0, ""))
            if left:
                if left > 1:
                    pending[len(row)] = (left - 1, text)
                row.append(text)
                continue
            text = next(source, "")
            reach = spans[taken] if taken < len(spans) else 1
            taken += 1
            if reach > 1:
                pending[len(row)] = (reach - 1, text)
            row.append(text)
        found.append(row)
    return found


def _span(cell: Node, name: str, most: int) -> int:
    value = cell.attributes.get(name, "1").strip()
    return max(1, min(int(value), most)) if value.isdecimal() and len(value) < 7 else 1


def _table_rows(node: Node) -> Iterator[Node]:
    for child in node.children:
        if isinstance(child, Node) and child.tag == "tr":
            yield child
        elif isinstance(child, Node) and child.tag in {"thead", "tbody", "tfoot"}:
            yield from _table_rows(child)


def _nested_table(node: Node) -> bool:
    return any(isinstance(child, Node) and (child.tag == "table" or _nested_table(child)) for child in node.children)


def _words(node: Node) -> Iterator[str]:
    for child in node.children:
        if isinstance(child, str):
            yield child
        elif child.tag == "br":
            yield "\n"
        else:
            yield from _words(child)
