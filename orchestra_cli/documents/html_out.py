"""HTML: one file that fetches nothing, prints well, and reads in light and dark. Everything is escaped."""

from __future__ import annotations

import base64
from functools import cache
from html import escape
from importlib.resources import files

from orchestra_cli.documents import blocks, look
from orchestra_cli.documents.blocks import Block, Grid, Run, Runs
from orchestra_cli.types import Deliverable

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_MIME = {"png": "image/png", "jpg": "image/jpeg", "svg": "image/svg+xml"}


def to_html(doc: Deliverable) -> str:
    """The whole page."""
    title, body = blocks.headline(blocks.parse(doc.markdown), doc.title)
    parts = [
        "<!doctype html>",
        f'<html lang="{escape(doc.language)}">',
        '<head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>",
        f"<style>{_style()}{_print_page(doc)}</style></head>",
        '<body><div class="sheet">',
        _letterhead(doc),
        f"<main><h1>{escape(title)}</h1>",
        _opening(doc),
        *(_block(block, look.text_width_pt(doc)) for block in body),
        "</main>",
        _footer(doc),
        "</div></body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


@cache
def _style() -> str:
    return files("orchestra_cli.documents").joinpath("page.css").read_text(encoding="utf-8")


def _print_page(doc: Deliverable) -> str:
    """The paper, with stamp and page number in its margins, for browsers that can print them."""
    width, height = look.PAPER_MM[doc.paper]
    before, _, rest = look.words(doc.language).page.partition("{page}")
    between, _, after = rest.partition("{pages}")
    number = f"{_css(before)} counter(page) {_css(between)} counter(pages) {_css(after)}"
    margins = f"@bottom-right {{ content: {number}; font: 8pt Arial; color: #{look.GREY}; }}"
    if doc.stamp:
        margins += f" @top-right {{ content: {_css(doc.stamp)}; font: bold 8pt Arial; color: #{look.ALARM}; }}"
    return f"@page {{ size: {width}mm {height}mm; margin: 20mm 22mm; {margins} }}"


def _css(text: str) -> str:
    """Text as a CSS string that cannot end early: everything but letters and digits is escaped."""
    plain = "".join(char if char.isascii() and char.isalnum() else f"\\{ord(char):x} " for char in text)
    return f'"{plain}"'


def _letterhead(doc: Deliverable) -> str:
    head, logo = doc.letterhead, look.logo(doc.letterhead)
    contact = [*head.address, *head.contact]
    if not (head.company or logo or contact):
        return ""
    sender = ""
    if logo:
        data = base64.b64encode(logo[0]).decode("ascii")
        sender = f'<img class="logo" alt="{escape(head.company)}" src="data:{_MIME[logo[1]]};base64,{data}">'
    if head.company and not (logo and look.logo_size(*logo)[1]):
        sender += f"<span>{escape(head.company)}</span>"
    lines = "<br>".join(escape(line) for line in contact)
    address = f'<address class="contact">{lines}</address>'
    return f'<header class="letterhead"><div class="sender">{sender}</div>{address}</header>'


def _opening(doc: Deliverable) -> str:
    line = look.byline(doc)
    parts = [f'<p class="byline">{escape(line)}</p>'] if line else []
    if doc.stamp or doc.reasons:
        stamp = f"<p><strong>{escape(doc.stamp)}</strong></p>" if doc.stamp else ""
        items = "".join(f"<li>{escape(reason)}</li>" for reason in doc.reasons)
        reasons = f"<p>{escape(look.words(doc.language).reasons)}</p><ul>{items}</ul>" if items else ""
        parts.append(f'<aside class="notice" role="note">{stamp}{reasons}</aside>')
    return "\n".join(parts)


def _footer(doc: Deliverable) -> str:
    parts = [escape(part) for part in (doc.stamp, *doc.letterhead.registration) if part]
    return f"<footer>{'  ·  '.join(parts)}</footer>" if parts else ""


def _block(block: Block, width: float) -> str:  # noqa: PLR0911  one line a kind
    match block:
        case blocks.Heading():
            level = min(block.level + 1, 6)
            return f"<h{level}>{_runs(block.runs)}</h{level}>"
        case blocks.Paragraph():
            return f"<p>{_runs(block.runs)}</p>"
        case blocks.Listing():
            tag = "ol" if block.ordered else "ul"
            start = f' start="{block.start}"' if block.ordered and block.start != 1 else ""
            return f"<{tag}{start}>{''.join(_item(item, width) for item in block.items)}</{tag}>"
        case blocks.Quote():
            return f"<blockquote>{''.join(_block(inner, width) for inner in block.blocks)}</blockquote>"
        case blocks.Grid():
            return _grid(block, width)
        case blocks.Code():
            return f"<pre><code>{escape(block.text)}</code></pre>"
        case blocks.Rule():
            return "<hr>"


def _item(item: tuple[Block, ...], width: float) -> str:
    """A list item; its opening paragraph stands without a tag, as lists are set tight."""
    if item and isinstance(item[0], blocks.Paragraph):
        return f"<li>{_runs(item[0].runs)}{''.join(_block(inner, width) for inner in item[1:])}</li>"
    return f"<li>{''.join(_block(inner, width) for inner in item)}</li>"


def _grid(grid: Grid, width: float) -> str:
    setting = look.setting(grid, width)
    classes = [
        "n" if column.numeric else "c" if align == "center" else "w" if column.whole else ""
        for column, align in zip(setting.columns, grid.align, strict=True)
    ]
    head = "".join(_cell("th", runs, name, ' scope="col"') for runs, name in zip(grid.head, classes, strict=True))
    rows = []
    for at, row in enumerate(grid.rows):
        first = " first" if at - 1 not in setting.totals else ""
        kind = f' class="total{first}"' if at in setting.totals else ""
        cells = "".join(_cell("td", runs, name) for runs, name in zip(row, classes, strict=True))
        rows.append(f"<tr{kind}>{cells}</tr>")
    body = "\n".join(rows)
    return f'<div class="table"><table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>'


def _cell(tag: str, runs: Runs, name: str, more: str = "") -> str:
    kind = f' class="{name}"' if name else ""
    return f"<{tag}{kind}{more}>{_runs(runs)}</{tag}>"


def _runs(runs: Runs) -> str:
    return "".join(_run(run) for run in runs)


def _run(run: Run) -> str:
    if run.text == "\n":
        return "<br>"
    text = escape(run.text)
    for on, tag in ((run.code, "code"), (run.italic, "em"), (run.bold, "strong"), (run.strike, "s")):
        text = f"<{tag}>{text}</{tag}>" if on else text
    return f'<a href="{escape(run.href)}" rel="noopener noreferrer">{text}</a>' if run.href else text
