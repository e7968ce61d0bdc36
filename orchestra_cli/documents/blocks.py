"""Markdown as a small typed tree: the one walker that feeds the DOCX, PDF and HTML writers.

Raw HTML is text, pictures are their alternative text, links go only to http, https and mailto. Nothing here knows
how a block looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from orchestra_cli.textclean import clean_text

if TYPE_CHECKING:
    from markdown_it.token import Token

Align = Literal["left", "center", "right"]
SAFE_LINKS = ("https://", "http://", "mailto:")


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one style. `text` "\\n" alone is a forced line break; `href` is empty or a safe link."""

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    href: str = ""


Runs: TypeAlias = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; `level` counts from 1."""

    level: int
    runs: Runs


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    runs: Runs


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; each item is a sequence of blocks. `start` is the first number of an ordered one."""

    ordered: bool
    start: int
    items: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A quotation."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: one heading row and body rows of equal length; `align` has one entry a column."""

    align: tuple[Align, ...]
    head: tuple[Runs, ...]
    rows: tuple[tuple[Runs, ...], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """Text that keeps its line breaks and spaces."""

    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line."""


Block: TypeAlias = "Heading | Paragraph | Listing | Quote | Grid | Code | Rule"


def parse(markdown: str) -> tuple[Block, ...]:
    """The blocks of a Markdown text (CommonMark with pipe tables and strike-through)."""
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # A fixed rule set: what CommonMark calls HTML stays text.
    reader.disable(["html_block", "html_inline"])
    return _blocks(_Tokens(reader.parse(clean_text(markdown)[0])))


def plain(runs: Iterable[Run]) -> str:
    """The words of some runs, without style."""
    return "".join(run.text for run in runs)


def is_short(listing: Listing) -> bool:
    """Whether a list is so short that it should stand on one page."""
    words = [
        len(plain(block.runs)) if isinstance(block, Paragraph) else 200 for item in listing.items for block in item
    ]
    return len(listing.items) <= 6 and sum(words) <= 700


def headline(blocks: Sequence[Block], title: str) -> tuple[str, tuple[Block, ...]]:
    """The title of a document and the blocks under it, with headings counted from 1.

    A level-1 heading that opens the text is the title; else the given one is.
    """
    if blocks and isinstance(blocks[0], Heading) and blocks[0].level == 1:
        title, blocks = plain(blocks[0].runs).strip() or title, blocks[1:]
    levels = [block.level for block in blocks if isinstance(block, Heading)]
    lift = min(levels, default=1) - 1
    return title, tuple(
        replace(block, level=block.level - lift) if isinstance(block, Heading) else block for block in blocks
    )


class _Tokens:
    """The flat token list of markdown-it, read once from front to back."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def next(self) -> Token | None:
        if self._at >= len(self._tokens):
            return None
        self._at += 1
        return self._tokens[self._at - 1]


def _blocks(tokens: _Tokens) -> tuple[Block, ...]:
    """Blocks up to the end, or up to the token that closes the container they stand in."""
    found: list[Block] = []
    while (token := tokens.next()) is not None and token.nesting >= 0:
        block = _block(token, tokens)
        if block is not None:
            found.append(block)
    return tuple(found)


def _block(token: Token, tokens: _Tokens) -> Block | None:  # noqa: PLR0911  one line a kind
    match token.type:
        case "heading_open":
            return Heading(int(token.tag[1:]), _inline(tokens))
        case "paragraph_open":
            runs = _inline(tokens)
            return Paragraph(runs) if runs else None
        case "bullet_list_open" | "ordered_list_open":
            start = token.attrGet("start")
            return Listing(token.type.startswith("ordered"), 1 if start is None else int(start), _items(tokens))
        case "blockquote_open":
            return Quote(_blocks(tokens))
        case "table_open":
            return _grid(tokens)
        case "hr":
            return Rule()
        case _:
            return Code(token.content.rstrip("\n"))


def _inline(tokens: _Tokens) -> Runs:
    """The runs of a heading, paragraph or cell; also takes the token that closes it."""
    runs: Runs = ()
    while (token := tokens.next()) is not None and token.nesting >= 0:
        runs += _runs(token.children or [])
    return runs


def _items(tokens: _Tokens) -> tuple[tuple[Block, ...], ...]:
    items: list[tuple[Block, ...]] = []
    while (token := tokens.next()) is not None and token.type == "list_item_open":
        items.append(_blocks(tokens))
    return tuple(items)


def _grid(tokens: _Tokens) -> Grid:
    rows: list[list[Runs]] = []
    align: list[Align] = []
    while (token := tokens.next()) is not None and token.type != "table_close":
        if token.type == "tr_open":
            rows.append([])
        elif token.type in {"th_open", "td_open"}:
            if len(rows) == 1:
                align.append(_align(str(token.attrGet("style") or "")))
            rows[-1].append(_inline(tokens))
    return Grid(tuple(align), tuple(rows[0]), tuple(tuple(row) for row in rows[1:]))


def _align(style: str) -> Align:
    return "right" if "right" in style else "center" if "center" in style else "left"


def _runs(children: Sequence[Token]) -> Runs:
    found: list[Run] = []
    style = Run("")
    for token in children:
        name = token.type.rpartition("_")[0]
        if name == "link":
            style = replace(style, href=_safe(str(token.attrGet("href") or "")))
        elif name == "strong":
            style = replace(style, bold=token.nesting > 0)
        elif name == "em":
            style = replace(style, italic=token.nesting > 0)
        elif name == "s":
            style = replace(style, strike=token.nesting > 0)
        else:
            found.append(replace(style, text=_words(token), code=token.type == "code_inline"))
    return _merged(found)


def _words(token: Token) -> str:
    match token.type:
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "image":
            return f"[picture: {token.content}]" if token.content else ""
        case _:
            return token.content


def _merged(runs: Iterable[Run]) -> Runs:
    """Neighbours of one style joined, empty ones dropped."""
    found: list[Run] = []
    for run in runs:
        if not run.text:
            continue
        last = found[-1] if found else None
        if last and "\n" not in (run.text, last.text) and replace(last, text="") == replace(run, text=""):
            found[-1] = replace(last, text=last.text + run.text)
        else:
            found.append(run)
    return tuple(found)


def _safe(href: str) -> str:
    return href if href.lower().startswith(SAFE_LINKS) else ""
