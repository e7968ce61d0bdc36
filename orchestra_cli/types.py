"""The few values that rooms hand each other. Frozen, plain, free of I/O; nothing here knows a room."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
DataClass = Literal["public", "internal", "personal", "secret"]
Severity = Literal["block", "warn"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value stands: the file, and as far as known sheet, page, row (1-based, as shown to users), column."""

    file: str
    sheet: str = ""
    page: int | None = None
    row: int | None = None
    column: str = ""

    def __str__(self) -> str:
        parts = [self.file]
        if self.sheet:
            parts.append(f'sheet "{self.sheet}"')
        if self.page is not None:
            parts.append(f"page {self.page}")
        if self.row is not None:
            parts.append(f"row {self.row}")
        if self.column:
            parts.append(f'column "{self.column}"')
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row of a file that was read but not used, and why."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text cells under headings.

    `rows[i][j]` is the text of column `columns[j]`; `row_numbers[i]` is its row in the file (1-based).
    len(rows) + len(refused) equals the rows of the file below the heading that are not blank.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    row_numbers: tuple[int, ...]
    source: Source
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a document (number is 1-based); formats without pages have one page."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Material:
    """One file as it was read: clean text, its tables, and what a reader should be warned of.

    `format` is the ending without the dot; `sha256` is that of the file's bytes (hex).
    """

    name: str
    path: str
    format: str
    sha256: str
    text: str
    pages: tuple[Page, ...] = ()
    tables: tuple[Table, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency (ISO 4217). Amounts of different currencies are never added."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure or date that code vouches for: `value` with its unit, and either a source or a formula over other facts.

    `decimals` is the number of places a reader sees; None leaves the value as it stands.
    """

    id: str
    label: str
    value: Decimal | date | str
    unit: str = ""
    currency: str = ""
    period: str = ""
    source: Source | None = None
    formula: str = ""
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. `severity` "block" makes the deliverable a DRAFT; "warn" is only listed."""

    rule: str
    severity: Severity
    where: str
    text: str
    nearest: str = ""


FieldKind = Literal[
    "text", "number", "money", "date", "yes or no", "choice", "fact", "source", "quote", "group", "list"
]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an answer, as a tree.

    "choice" uses `choices`; "quote" uses `of` (the id of the input or step it must stand in); "group" has its
    members in `fields`; "list" has exactly one member, its item, in `fields`.
    """

    id: str
    kind: FieldKind
    choices: tuple[str, ...] = ()
    of: str = ""
    optional: bool = False
    max_words: int | None = None
    at_most: int | None = None
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of material in a prompt. `text` is clean and masked; `fenced` is what goes to a vendor."""

    name: str
    text: str
    fenced: str


@dataclass(frozen=True, slots=True)
class Call:
    """One question to one model, independent of any vendor.

    `system` and `task` are the recipe author's words; everything else stands in `parts`, which a vendor sees in order
    as `Part.fenced`, before `task`. `schema` (JSON Schema, root object) is set when fields are wanted; a list
    answer is wrapped as {"items": [...]}. `model` is `provider/model`. `country` is ISO 3166 alpha-2.
    """

    model: str
    step: str
    role: str
    system: str
    parts: tuple[Part, ...]
    task: str
    max_output_tokens: int
    returns: Field | None = None
    schema: dict[str, Json] | None = None
    max_words: int | None = None
    search: bool = False
    country: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    """(id, text) of each item this prose must answer."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. `input` counts everything read, `cached` and `cache_write` are parts of it; `reasoning` is
    part of `output`. None means the vendor did not say."""

    input: int | None = None
    output: int | None = None
    cached: int = 0
    cache_write: int = 0
    reasoning: int = 0
    searches: int = 0

    def __add__(self, other: Usage) -> Usage:
        def add(a: int | None, b: int | None) -> int | None:
            return None if a is None or b is None else a + b

        return Usage(
            add(self.input, other.input),
            add(self.output, other.output),
            self.cached + other.cached,
            self.cache_write + other.cache_write,
            self.reasoning + other.reasoning,
            self.searches + other.searches,
        )


@dataclass(frozen=True, slots=True)
class WebSource:
    """A page that a vendor's search tool used."""

    n: int
    url: str
    title: str = ""
    date: str = ""
    quote: str = ""
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: `text`, or `data` when fields were asked for. Half an answer is never an Answer.

    `model` is the model that really served, as the vendor named it; `cost_usd` only where the vendor states it.
    """

    text: str
    usage: Usage
    model: str
    provider: str
    data: Json = None
    sources: tuple[WebSource, ...] = ()
    cost_usd: Decimal | None = None
    request_id: str = ""


FailureKind = Literal[
    "connect",  # failed before the request was fully sent
    "server",  # 500, 502, 503, 529 with a status line
    "silent",  # nothing arrived in time after the request was sent
    "cut",  # the stream broke, or ended without a finish reason
    "rate_limited",  # 429: wait `retry_after_s`
    "quota",  # 429/402/403 about money, or a wait of days
    "too_long",  # more input than the model takes (also as 429)
    "truncated",  # finish reason "length"
    "refused",  # refused or filtered
    "invalid",  # an answer that is not what was asked for: not JSON, wrong fields
    "key_rejected",
    "model_gone",
    "bad_request",  # the vendor does not accept our request
]


class CallFailed(Exception):  # noqa: N818  a call "failed" is the word of the design
    """One attempt that gave no answer.

    `billed` says what the vendor will charge: "no", "maybe" (counted at worst case) or "yes"; `partial` is the text
    that had arrived, for a person to look at, never taken as an answer; `words` are the vendor's own, cleaned.
    """

    def __init__(
        self,
        kind: FailureKind,
        message: str,
        *,
        provider: str = "",
        status: int | None = None,
        billed: Literal["no", "maybe", "yes"] = "no",
        retry_after_s: float | None = None,
        partial: str = "",
        words: str = "",
        usage: Usage | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(message)
        self.kind: FailureKind = kind
        self.message = message
        self.provider = provider
        self.status = status
        self.billed: Literal["no", "maybe", "yes"] = billed
        self.retry_after_s = retry_after_s
        self.partial = partial
        self.words = words
        self.usage = usage
        self.request_id = request_id


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands at the head and foot of a document. `logo` and `template` are absolute paths or empty."""

    company: str = ""
    address: tuple[str, ...] = ()
    contact: tuple[str, ...] = ()
    registration: tuple[str, ...] = ()
    logo: str = ""
    template: str = ""


@dataclass(frozen=True, slots=True)
class Deliverable:
    """A finished document before it becomes a file: Markdown with pipe tables, and what surrounds it.

    `stamp` stands on every page ("DRAFT, written on this computer by a small model"); `reasons` on the first page
    of a flawed document; `paper` is "a4" or "letter".
    """

    title: str
    markdown: str
    letterhead: Letterhead = field(default_factory=Letterhead)
    stamp: str = ""
    reasons: tuple[str, ...] = ()
    language: str = "en-GB"
    paper: Literal["a4", "letter"] = "a4"
    date: str = ""
    reference: str = ""
