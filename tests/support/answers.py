"""What the test vendor says: sensible answers for the `proposal` recipe, and hostile ones.

The answers are made from the prompt alone, as a model's would be: requirements are sentences copied from the
fenced tender, prose cites the ids it was shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from support.asked import Asked, Reply

Answerer = Callable[[Asked], Reply]
_BINDING = re.compile(r"\b(shall|must|will|deadline|no later than|required)\b", re.IGNORECASE)
_KINDS = (
    ("deadline", ("deadline", "no later", "by ", "date", "submit")),
    ("must not", ("must not", "shall not", "may not")),
    ("limit", ("pages", "maximum", "exceed", "at most", "limit")),
    ("price rule", ("price", "cost", "vat", "currency", "payment")),
    ("format", ("format", "pdf", "signed", "copies")),
)


def proposal(asked: Asked) -> Reply:
    """The default: requirements, prose, a clean review, or the least a schema allows."""
    if asked.wants_schema is None:
        return Reply(prose(asked) if asked.step == "proposal" else background(asked))
    if asked.step == "requirements":
        return Reply(json.dumps(requirements(asked), ensure_ascii=False))
    return Reply(json.dumps(fill(asked.wants_schema, asked), ensure_ascii=False))


def sentences(text: str) -> list[str]:
    """The sentences of a text, verbatim, never across a line that ends a paragraph, heading or list item."""
    parts = re.split(r"\n\s*\n|\n(?=\s*(?:[-*#|]|\d+[.)]))", text)
    found = [s.strip() for part in parts for s in re.split(r"(?<=[.!?])\s+(?=[A-Z])", part)]
    return [re.sub(r"^(?:[-*#>]+|\d+(?:\.\d+)*[.)]?)\s+", "", s) for s in found if s]


def tender_sentences(asked: Asked, at_most: int = 40) -> list[str]:
    """Sentences that bind, in the order of the fenced brief (else of all material), each once."""
    brief = [text for name, text in asked.fenced.items() if "brief" in name.lower()]
    source = "\n\n".join(brief or asked.fenced.values()) or asked.text
    binding = [s for s in sentences(source) if _BINDING.search(s) and 20 <= len(s) <= 600 and "|" not in s]
    return list(dict.fromkeys(binding))[:at_most]


def requirements(asked: Asked) -> Any:
    """The list of requirements in the shape of the schema, each quote verbatim."""
    schema = asked.wants_schema or {}
    root = schema.get("properties", {})
    name = next((n for n, s in root.items() if s.get("type") == "array"), None)
    if name is None:
        return fill(schema, asked)
    item = resolve(root[name].get("items", {}), schema)
    limit = root[name].get("maxItems", 40)
    return {**fill(schema, asked), name: [_item(item, quote, asked) for quote in tender_sentences(asked, limit)]}


def _item(schema: dict[str, Any], quote: str, asked: Asked) -> Any:
    if schema.get("type") == "string":
        return quote
    made = fill(schema, asked)
    fields = schema.get("properties", {})
    if "quote" in fields:
        made["quote"] = quote
    for name, field in fields.items():
        if "enum" in field:
            made[name] = _kind(quote, [c for c in field["enum"] if c])
    return made


def _kind(quote: str, choices: list[str]) -> str:
    lower = quote.lower()
    fitting = [kind for kind, words in _KINDS if kind in choices and any(w in lower for w in words)]
    return fitting[0] if fitting else "must include" if "must include" in choices else choices[0]


def resolve(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """A schema with a local $ref followed and the first alternative that is not null chosen."""
    if "$ref" in schema:
        node: Any = root
        for key in schema["$ref"].removeprefix("#/").split("/"):
            node = node[key]
        return resolve(node, root)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return resolve(next(s for s in schema[key] if s.get("type") != "null"), root)
    return schema


def fill(schema: dict[str, Any], asked: Asked, root: dict[str, Any] | None = None) -> Any:
    """The least a JSON schema allows: first choice, empty lists, zero, a sentence of the material."""
    root = root or schema
    if any(s.get("type") == "null" for s in schema.get("anyOf", [])) or "null" in _types(schema):
        return None
    schema = resolve(schema, root)
    if "const" in schema or "enum" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    kind = _types(schema)[0]
    if kind == "object":
        return {name: fill(sub, asked, root) for name, sub in schema.get("properties", {}).items()}
    if kind == "array":
        return [fill(schema.get("items", {}), asked, root) for _ in range(schema.get("minItems", 0))]
    plain = {"number": 0, "integer": 0, "boolean": False}
    return plain[kind] if kind in plain else (sentences("\n\n".join(asked.fenced.values())) or ["none"])[0]


def _types(schema: dict[str, Any]) -> list[str]:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return kind if isinstance(kind, list) else [str(kind).lower()]


def ids(text: str, letter: str) -> list[str]:
    """R1, R2, ... as far as they stand in the text without a gap."""
    found: list[str] = []
    while re.search(rf"\b{letter}{len(found) + 1}\b", text):
        found.append(f"{letter}{len(found) + 1}")
    return found


def prose(asked: Asked) -> str:
    """Four sections that cite every requirement and one fact they were shown, and hold no figure."""
    asks, facts = ids(asked.text, "R"), ids(asked.text, "F")
    scope = "\n".join(f"- [{r}]: included in our scope and in our price." for r in asks)
    price = f" The price follows from the take-off you gave us: [{facts[-1]}]." if facts else ""
    deadline = f" The dates you set in [{asks[0]}] lead it." if asks else ""
    return (
        "## Understanding\n\nYou need this job done once, done properly, and without surprises for the people"
        " who use the building.\n\n"
        f"## Scope of work\n\nOur offer covers everything below.{price}\n\n{scope}\n\n"
        "## Programme\n\nWe agree the sequence with you before starting and report progress every week."
        f"{deadline}\n\n"
        "## Why us\n\nOne team prices, plans and carries out the work, so nothing is lost between departments.\n"
    )


def background(asked: Asked) -> str:
    """A short note about the client that claims nothing."""
    return "- Nothing beyond the material given is known about the client; we rely on what the tender says.\n"


# ---- hostile answers ----


def hostile(mode: str, name: str = "Northgate Estates") -> Answerer:
    """An answerer that misbehaves in one way and is otherwise `proposal`. `name` is the other client's name."""
    spoil = HOSTILE[mode]

    def answer(asked: Asked) -> Reply:
        reply = proposal(asked)
        return replace(reply, text=spoil(asked, reply.text, name))

    return answer


def _in_prose(addition: str) -> Callable[[Asked, str, str], str]:
    def spoil(asked: Asked, text: str, name: str) -> str:
        return text if asked.wants_schema else text + addition.format(name=name)

    return spoil


def _invented_quote(asked: Asked, text: str, name: str) -> str:
    if asked.step != "requirements":
        return text
    data = json.loads(text)
    items = next(value for value in data.values() if isinstance(value, list))
    invented = "The contractor shall repaint the moon before breakfast."
    if items:
        items[0] = {**items[0], "quote": invented} if isinstance(items[0], dict) else invented
    return json.dumps(data)


def _repeated(asked: Asked, text: str, name: str) -> str:
    paragraph = (
        "We bring one experienced team to the whole of the work and stay with it from the first survey to the handover"
        " of the finished building to the people who will use it every day.\n\n"
    )
    return text if asked.wants_schema else re.sub(r"(## [^\n]+\n\n)", lambda m: m[1] + paragraph, text)


def _fenced(asked: Asked, text: str, name: str) -> str:
    return f"```json\n{text}\n```" if asked.wants_schema else text


def _wrapped(asked: Asked, text: str, name: str) -> str:
    talk = f"Certainly! Here is what I found:\n\n{text}\n\nLet me know if you need anything else."
    return talk if asked.wants_schema else text


def _not_json(asked: Asked, text: str, name: str) -> str:
    return "I have read the tender with care and it has many requirements." if asked.wants_schema else text


HOSTILE: dict[str, Callable[[Asked, str, str], str]] = {
    "wrong_totals": _in_prose("\nThe total price is GBP 12,345.67 including VAT.\n"),
    "two_totals": _in_prose("\nThe total price is GBP 12,345.67. In all you pay GBP 76,543.21.\n"),
    "invented_quote": _invented_quote,
    "repeated_paragraph": _repeated,
    "json_in_fences": _fenced,
    "prose_around_json": _wrapped,
    "not_json": _not_json,
    "other_client": _in_prose("\nWe did the same work for {name} last year.\n"),
    "markup": _in_prose(
        "\n<script>alert(1)</script> ![x](http://evil.example/p.png) [here](http://evil.example/?q=1) {{{{7*7}}}} "
        "[red]text[/x] #import $(id) \x1b[31mred\x1b[0m\n\n# Price\n\nGBP 1.00\n"
    ),
    "empty": lambda asked, text, name: "",
    "huge": _in_prose("\n" + "All work is carried out with care and attention. " * 1050),
}
SCRIPTS: dict[str, Answerer] = {"proposal": proposal, **{f"hostile:{mode}": hostile(mode) for mode in HOSTILE}}
