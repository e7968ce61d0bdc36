"""HTML as a tree of what a reader sees: scripts, comments and hidden nodes never get in, and are counted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_UNSEEN = {"script", "style", "template", "noscript", "svg", "math", "object", "iframe", "title", "select", "datalist"}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "fieldset", "figure", "footer",
    "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
_CLOSES = {
    "li": ({"li"}, {"ul", "ol"}),
    "td": ({"td", "th"}, {"table", "tr"}),
    "th": ({"td", "th"}, {"table", "tr"}),
    "tr": ({"tr"}, {"table"}),
    "dt": ({"dt", "dd"}, {"dl"}),
    "dd": ({"dt", "dd"}, {"dl"}),
}
_DEEPEST = 120
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*(?:;|!|$)|mso-hide\s*:\s*all"
    r"|font-size\s*:\s*(?:0|1(?:\.\d+)?(?:px|pt))\s*(?:px|pt|em|rem|%)?\s*(?:;|!|$)"
    r"|(?:text-indent|left|top|margin-left)\s*:\s*-\d{4,}",
    re.IGNORECASE,
)
_WHITE = re.compile(
    r"(?:^|[;\s])color\s*:\s*(?:white|#fff(?:fff)?|rgb\(\s*255\s*,\s*255\s*,\s*255\s*\))\s*(?:;|!|$)", re.IGNORECASE
)
_RULE = re.compile(r"([^{}]{1,300})\{([^{}]{0,2000})\}")


@dataclass(slots=True)
class Node:
    """An element that shows: its tag, attributes, and what stands in it."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Page:
    """The tree, and how many hidden parts and comments with words were left out."""

    root: Node
    hidden: int
    comments: int


def parse_html(text: str) -> Page:
    """The visible tree of a page. Never fails: broken HTML gives the tree a browser would roughly show."""
    builder = _Builder(_hiding_rules(text))
    builder.feed(text)
    builder.close()
    return Page(builder.root, builder.hidden, builder.comments)


def is_block(node: Node | str) -> bool:
    """Whether a node stands on lines of its own."""
    return isinstance(node, Node) and node.tag in _BLOCKS


def _hiding_rules(text: str) -> frozenset[str]:
    """Classes and ids that a style sheet hides everywhere, as `.name` and `#name`."""
    found: set[str] = set()
    lower = text.lower()
    at = 0
    while (at := lower.find("<style", at)) >= 0:
        end = lower.find("</style", at)
        sheet = _without_media(text[lower.find(">", at) + 1 : end if end >= 0 else len(text)])
        for selectors, body in _RULE.findall(sheet):
            if _HIDING.search(body):
                names = (name.strip() for name in selectors.split(","))
                found.update(name for name in names if re.fullmatch(r"[.#][\w-]+", name))
        at = end if end >= 0 else len(text)
    return frozenset(found)


def _without_media(sheet: str) -> str:
    """A style sheet without its conditional blocks, which hold for some screens only."""
    parts: list[str] = []
    at = 0
    while (start := sheet.find("@media", at)) >= 0:
        parts.append(sheet[at:start])
        depth, at = 0, sheet.find("{", start)
        if at < 0:
            return "".join(parts)
        for at in range(at, len(sheet)):  # noqa: B020  goes on from the opening brace
            depth += {"{": 1, "}": -1}.get(sheet[at], 0)
            if depth == 0:
                break
        at += 1
    return "".join([*parts, sheet[at:]])


class _Builder(HTMLParser):
    """Builds the tree; while inside something hidden, only counts how deep it is."""

    def __init__(self, hiding: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("body")
        self.hidden = 0
        self.comments = 0
        self._hiding = hiding
        self._open: list[Node] = [self.root]
        self._skipping = ""
        self._skipped = 0
        self._words = False
        self._counts = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if self._skipping:
            self._skipped += tag == self._skipping
            return
        unseen = tag in _UNSEEN
        if unseen or self._is_hidden(tag, attributes):
            if tag not in _VOID:
                self._skipping, self._skipped, self._words = tag, 1, False
                self._counts = not unseen
            return
        self._close_implied(tag)
        node = Node(tag, attributes)
        if len(self._open) >= _DEEPEST:
            return
        self._open[-1].children.append(node)
        if tag not in _VOID:
            self._open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            self.handle_starttag(tag, attrs)
        elif not self._skipping:
            self._open[-1].children.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            self._skipped -= tag == self._skipping
            if not self._skipped:
                self._skipping = ""
                self.hidden += self._words and self._counts
            return
        for at in range(len(self._open) - 1, 0, -1):
            if self._open[at].tag == tag:
                del self._open[at:]
                return
            if self._open[at].tag == "table":
                return

    def handle_data(self, data: str) -> None:
        if self._skipping:
            self._words = self._words or bool(data.strip())
        else:
            self._open[-1].children.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments += bool(re.search(r"\w{3}", data)) and not data.lstrip().startswith("[")

    def close(self) -> None:
        super().close()
        self.hidden += bool(self._skipping and self._words and self._counts)

    def _close_implied(self, tag: str) -> None:
        if tag in _BLOCKS and self._open[-1].tag == "p":
            self._open.pop()
        closes, within = _CLOSES.get(tag, (set(), set()))
        for at in range(len(self._open) - 1, 0, -1):
            if self._open[at].tag in within:
                return
            if self._open[at].tag in closes:
                del self._open[at:]
                return

    def _is_hidden(self, tag: str, attributes: dict[str, str]) -> bool:
        style = attributes.get("style", "")
        if "hidden" in attributes or (tag == "input" and attributes.get("type") == "hidden") or _HIDING.search(style):
            return True
        names = {f".{name}" for name in attributes.get("class", "").split()} | {f"#{attributes.get('id', '')}"}
        if names & self._hiding:
            return True
        white = _WHITE.search(style) or attributes.get("color", "").lower() in {"white", "#fff", "#ffffff"}
        return bool(white) and not self._grounded(attributes)

    def _grounded(self, attributes: dict[str, str]) -> bool:
        """Whether some ground is painted behind, which makes white text readable."""
        return any(
            "background" in node.get("style", "") or "bgcolor" in node
            for node in (attributes, *(open_.attributes for open_ in self._open))
        )
