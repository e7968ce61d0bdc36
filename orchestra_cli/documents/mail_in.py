"""A saved e-mail: the headers a reader cares about, the body as text, the names of what is attached."""

from __future__ import annotations

import email
import email.errors
import email.header
import email.message
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestra_cli.documents.content import Content, unusable
from orchestra_cli.documents.html_in import html_content
from orchestra_cli.documents.text_in import LONGEST_LINE
from orchestra_cli.types import Table

_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_MOST_PARTS = 500
_MOST_DEEP = 30


@dataclass(slots=True)
class _Parts:
    """What was found in a message: bodies by kind, and attached files."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    files: list[tuple[str, bytes]] = field(default_factory=list)


def read_mail(name: str, data: bytes) -> Content:
    """One message. An HTML body is used only where there is no text body; its hidden parts are left out and told.

    Raises InputError when the file has neither headers nor a body of a mail.
    """
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    headers = [f"{header}: {text}" for header in _HEADERS if (text := _header(message, header))]
    if not headers:
        raise unusable(name, "the file has no mail headers", "Save the message again as .eml.")
    parts = _Parts()
    for at, part in enumerate(_leaves(message, 0)):
        if at >= _MOST_PARTS:
            raise unusable(name, f"the mail has more than {_MOST_PARTS} parts", "Save what matters as files.")
        _sort(part, parts)
    body, tables, notes = _body(name, parts)
    lines = [f"Attachment: {file} ({_size(len(content))})" for file, content in parts.files]
    text = "\n\n".join(block for block in ("\n".join(headers), body, "\n".join(lines)) if block)
    return Content(text, tables=tables, warnings=notes, files=tuple(parts.files))


def _leaves(message: email.message.Message, depth: int) -> Iterator[email.message.Message]:
    """The parts that hold something; a forwarded message stays whole."""
    payload = message.get_payload()
    if message.is_multipart() and message.get_content_type() != "message/rfc822" and isinstance(payload, list):
        for part in payload if depth < _MOST_DEEP else ():
            if isinstance(part, email.message.Message):
                yield from _leaves(part, depth + 1)
    else:
        yield message


def _sort(part: email.message.Message, parts: _Parts) -> None:
    kind, file = part.get_content_type(), _file_name(part)
    if kind == "message/rfc822":
        inner = part.get_payload()
        inside = inner[0] if isinstance(inner, list) and inner else None
        if isinstance(inside, email.message.Message):
            parts.files.append((file or f"message-{len(parts.files) + 1}.eml", _flat(inside)))
        return
    data = part.get_payload(decode=True)
    content = data if isinstance(data, bytes) else b""
    if file or part.get_content_disposition() == "attachment" or not kind.startswith("text/"):
        if content:
            parts.files.append((file or f"attachment-{len(parts.files) + 1}", content))
    else:
        (parts.html if kind == "text/html" else parts.plain).append(_decoded(content, part))


def _flat(message: email.message.Message) -> bytes:
    try:
        return message.as_bytes()
    except (UnicodeError, LookupError, ValueError, TypeError, AttributeError, email.errors.MessageError):
        return str(message.get_payload()).encode("utf-8", "replace")


def _decoded(data: bytes, part: email.message.Message) -> str:
    charset = str(part.get_content_charset() or "")
    for codec in (charset, "utf-8", "cp1252"):
        try:
            return data.decode(codec)
        except (LookupError, UnicodeError, ValueError):
            continue
    return data.decode("latin-1")


def _body(name: str, parts: _Parts) -> tuple[str, tuple[Table, ...], tuple[str, ...]]:
    plain = "\n\n".join(text.strip() for text in parts.plain if text.strip())
    if any(len(line) > LONGEST_LINE for line in plain.split("\n")):
        raise unusable(name, "a line of the mail has more than 1,000,000 characters", "Save what matters as a file.")
    if plain or not parts.html:
        return plain, (), ()
    found = [html_content(name, html) for html in parts.html]
    return (
        "\n\n".join(content.text for content in found),
        tuple(table for content in found for table in content.tables),
        tuple(note for content in found for note in content.warnings),
    )


def _header(message: email.message.Message, name: str) -> str:
    raw = message.get(name)
    if raw is None:
        return ""
    try:
        text = str(email.header.make_header(email.header.decode_header(str(raw))))
    except (UnicodeError, LookupError, ValueError, TypeError, email.errors.MessageError):
        text = str(raw)
    return " ".join(text.split())[:2_000]


def _file_name(part: email.message.Message) -> str:
    """The attached file's name without any folder; "" when it has none."""
    try:
        raw = part.get_filename() or ""
        text = str(email.header.make_header(email.header.decode_header(raw)))
    except (UnicodeError, LookupError, ValueError, TypeError, email.errors.MessageError):
        return "attachment"
    return " ".join(text.replace("\\", "/").rpartition("/")[2].split())[:200]


def _size(count: int) -> str:
    return (
        f"{count} bytes" if count < 1_000 else f"{count // 1_000} KB" if count < 1_000_000 else f"{count / 1e6:.1f} MB"
    )
