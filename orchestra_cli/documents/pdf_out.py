"""PDF through Typst: a fixed template, and the document as JSON data. Nothing anyone wrote is ever Typst source."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from orchestra_cli.documents import blocks, look
from orchestra_cli.documents.blocks import Block, Runs
from orchestra_cli.errors import InputError
from orchestra_cli.types import Deliverable

_KEPT_ROWS = 3


def to_pdf(doc: Deliverable) -> bytes:
    """The whole PDF. Raises InputError when the extra `pdf` is missing or the logo cannot be drawn."""
    import typst

    sources = {
        "main.typ": files("orchestra_cli.documents").joinpath("template.typ").read_bytes(),
        "data.json": json.dumps(pdf_data(doc), ensure_ascii=False).encode("utf-8", "replace"),
    }
    try:
        return _compile(sources)
    except typst.TypstError as error:
        raise InputError(f"The PDF could not be set: {error.message}", "Write .docx or .html instead.") from error


def _compile(sources: dict[str, bytes]) -> bytes:
    """The PDF of a project that lives in memory; there is no folder in which Typst could look for files."""
    import typst

    compile_all: Callable[..., bytes] = typst.compile  # its type stubs do not know projects in memory
    return compile_all(sources, format="pdf")


def pdf_data(doc: Deliverable) -> dict[str, Any]:
    """What the template is given: plain values only."""
    title, body = blocks.headline(blocks.parse(doc.markdown), doc.title)
    head, (width, height) = doc.letterhead, look.PAPER_MM[doc.paper]
    language, _, region = doc.language.partition("-")
    logo = look.logo(head)
    logo_height, wide = look.logo_size(*logo) if logo else (0.0, False)
    said = look.words(doc.language)
    return {
        "title": title,
        "company": head.company,
        "contact": [*head.address, *head.contact],
        "registration": "  ·  ".join(head.registration),
        "logo": {"bytes": list(logo[0]), "kind": logo[1]} if logo else None,
        "logo_height": logo_height,
        "logo_wide": wide,
        "lang": language[:2].lower() or "en",
        "region": region[:2].upper() or None,
        "stamp": doc.stamp,
        "reasons": list(doc.reasons),
        "byline": look.byline(doc),
        "words": {"page": said.page, "reasons": said.reasons},
        "blocks": _blocks(body, look.text_width_pt(doc)),
        "look": {
            "brand": f"#{look.BRAND}",
            "grey": f"#{look.GREY}",
            "line": f"#{look.LINE}",
            "tint": f"#{look.TINT}",
            "alarm": f"#{look.ALARM}",
            "alarm_tint": f"#{look.ALARM_TINT}",
            "fonts": list(look.FONTS),
            "body": look.BODY_PT,
            "pad": look.CELL_PAD_PT,
            "width": width,
            "height": height,
            "margin": look.MARGIN_MM,
        },
    }


def _blocks(found: tuple[Block, ...], width: float) -> list[dict[str, Any]]:
    followers: tuple[Block | None, ...] = (*found[1:], None)
    return [_block(block, followers[at], width) for at, block in enumerate(found)]


def _block(block: Block, follower: Block | None, width: float) -> dict[str, Any]:  # noqa: PLR0911  one a kind
    match block:
        case blocks.Heading():
            return {"kind": "heading", "level": block.level, "runs": _runs(block.runs)}
        case blocks.Paragraph():
            lead = isinstance(follower, blocks.Grid | blocks.Listing)
            return {"kind": "paragraph", "runs": _runs(block.runs), "lead": lead}
        case blocks.Listing():
            items = [_blocks(item, width) for item in block.items]
            return {
                "kind": "list",
                "ordered": block.ordered,
                "start": block.start,
                "items": items,
                "short": blocks.is_short(block),
            }
        case blocks.Quote():
            return {"kind": "quote", "blocks": _blocks(block.blocks, width)}
        case blocks.Grid():
            return _grid(block, width)
        case blocks.Code():
            return {"kind": "code", "text": block.text}
        case blocks.Rule():
            return {"kind": "rule"}


def _grid(grid: blocks.Grid, width: float) -> dict[str, Any]:
    setting = look.setting(grid, width)
    tail = 0
    while tail < len(grid.rows) and len(grid.rows) - 1 - tail in setting.totals:
        tail += 1
    return {
        "kind": "grid",
        "align": list(grid.align),
        "head": [_runs(cell) for cell in grid.head],
        "rows": [[_runs(cell) for cell in row] for row in grid.rows],
        "columns": [{"share": column.share, "numeric": column.numeric} for column in setting.columns],
        "size": setting.size_pt,
        "totals": sorted(setting.totals),
        "kept": max(_KEPT_ROWS, tail + 1),
        "short": len(grid.rows) <= look.SHORT_TABLE,
    }


def _runs(runs: Runs) -> list[dict[str, Any]]:
    return [
        {
            "text": run.text,
            "bold": run.bold,
            "italic": run.italic,
            "strike": run.strike,
            "code": run.code,
            "href": run.href,
        }
        for run in runs
    ]
