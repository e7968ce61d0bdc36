"""HTML as a tree of what a reader sees: scripts, comments and hidden nodes never get in, and are counted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape

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
_TAG = re.compile(r"""<(/?)([a-zA-Z][a-zA-Z0-9:-]{0,40}+)((?:[^<>"']|"[^"]*+"|'[^']*+')*+)>""")
_ATTRIBUTE = re.compile(r"""([^\s=/"'<>]++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'>]++))?+""")
_SHEET = re.compile(r"<style\b[^<>]*+>([^<]*+)", re.IGNORECASE)
_LONGEST_SHEET = 200_000
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
    return Page(builder.root, builder.hidden, builder.comments)


def is_block(node: Node | str) -> bool:
    """Whether a node stands on lines of its own."""
    return isinstance(node, Node) and node.tag in _BLOCKS


def _hiding_rules(text: str) -> frozenset[str]:
    """Classes and ids that a style sheet hides everywhere, as `.name` and `#name`."""
    found: set[str] = set()
    sheets = "\n".join(match[1] for match in _SHEET.finditer(text))[:_LONGEST_SHEET]
    for selectors, body in _RULE.findall(_without_media(sheets)):
        if _HIDING.search(body):
            names = (name.strip() for name in selectors.split(","))
            found.update(name for name in names if re.fullmatch(r"[.#][\w-]+", name))
    return frozenset(found)


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text):
        found.setdefault(match[1].lower(), unescape((match[2] or "").strip("\"'")))
    return found


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


class _Builder:
    """Builds the tree; while inside something hidden, only counts how deep it is."""

    def __init__(self, hiding: frozenset[str]) -> None:
        self.root = Node("body")
        self.hidden = 0
        self.comments = 0
        self._hiding = hiding
        self._open: list[Node] = [self.root]
        self._skipping = ""
        self._skipped = 0
        self._words = False

    def feed(self, text: str) -> None:
        """Reads a page from front to back, each character once: the parser of the library is quadratic."""
        at = 0
        while (start := text.find("<", at)) >= 0:
            self._data(text[at:start])
            at = self._markup(text, start)
        self._data(text[at:])
        self.hidden += bool(self._skipping and self._words)

    def _markup(self, text: str, start: int) -> int:
        """Reads what begins with `<` and says where it ends; a `<` that begins nothing is text."""
        if text.startswith("<!--", start):
            end = text.find("-->", start + 4)
            self._comment(text[start + 4 : end if end >= 0 else len(text)])
            return end + 3 if end >= 0 else len(text)
        if text.startswith(("<!", "<?"), start):
            end = text.find(">", start)
            return end + 1 if end >= 0 else len(text)
        match = _TAG.match(text, start)
        if not match:
            self._data("<")
            return start + 1
        tag = match[2].lower()
        if match[1]:
            self._end(tag)
        elif tag in _UNSEEN and not match[3].endswith("/"):
            return self._unseen_end(tag, text, match.end())
        else:
            self._start(tag, _attributes(match[3]))
        return match.end()

    def _unseen_end(self, tag: str, text: str, at: int) -> int:
        """Where the content of a script, style, ... ends; without an end nothing of the page is left."""
        end = re.compile(rf"</{tag}\b[^>]*>", re.IGNORECASE).search(text, at)
        return end.end() if end else len(text)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._skipping:
            self._skipped += tag == self._skipping
            return
        if self._is_hidden(tag, attributes):
            if tag not in _VOID:
                self._skipping, self._skipped, self._words = tag, 1, False
            return
        self._close_implied(tag)
        if len(self._open) >= _DEEPEST:
            return
        node = Node(tag, attributes)
        self._open[-1].children.append(node)
        if tag not in _VOID:
            self._open.append(node)

    def _end(self, tag: str) -> None:
        if self._skipping:
            self._skipped -= tag == self._skipping
            if not self._skipped:
                self._skipping = ""
                self.hidden += self._words
            return
        for at in range(len(self._open) - 1, 0, -1):
            if self._open[at].tag == tag:
                del self._open[at:]
                return
            if self._open[at].tag == "table":
                return

    def _data(self, data: str) -> None:
        if self._skipping:
            self._words = self._words or bool(data.strip())
        elif data:
            self._open[-1].children.append(unescape(data))

    def _comment(self, data: str) -> None:
        self.comments += bool(re.search(r"\w{3}", data)) and not data.lstrip().startswith("[")

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
