"""What a vendor's error means, in one place: seven shapes of body, and what the same status says elsewhere.

Seen in recorded traffic: `{"error": {"message", "type", "code"}}` (OpenAI and most others), `{"type": "error",
"error": {...}}` (Anthropic), `{"error": {"code", "status", "details"}}`, also in a list (Google), `{"error": "text"}`
(Ollama, xAI), `{"detail": "text" or [...]}` (Mistral), `{"message": "text"}` (Cohere, gateways), plain text, HTML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from orchestra_cli.types import CallFailed, FailureKind

DAY_S = 86_400.0
WORDS_AT_MOST = 500
REQUEST_ID_HEADERS = ("x-request-id", "request-id", "apim-request-id", "x-amzn-requestid")

_TOO_LONG = re.compile(
    r"context[ _]?(length|window)|maximum context|max context length|(prompt|input) (is )?too long"
    r"|too many (input )?tokens|(token count|number of tokens)[^.]{0,60}exceed"
    r"|exceeds? the (maximum|max|model)[^.]{0,40}token"
    r"|request too large|reduce the length|string_above_max_length|too large for (the )?model",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"insufficient_quota|insufficient[ _](balance|credits?|funds)|credit balance|billing|out of credits"
    r"|payment required"
    r"|exceeded your (current|monthly) (quota|included credits)|spending limit|monthly (limit|included credits)"
    r"|no credits|top up your",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"invalid[ _]?(x-)?(api|access)[ _-]?key|api[ _]key (not valid|is invalid|expired)|incorrect api key"
    r"|API_KEY_INVALID"
    r"|api[ _]key not found|authentication[ _](fails|error|header)|unauthenticated|unauthorized|no api key"
    r"|invalid (authentication|token|credentials)",
    re.IGNORECASE,
)
_GONE = re.compile(
    r"model_not_found|model_decommissioned|decommissioned|DeploymentNotFound|unknown_model|invalid_model"
    r"|model_not_available"
    r"|\bmodels?\b[^.]{0,120}(not found|does not exist|not exist|not a valid model|no longer|been deprecated"
    r"|not supported"
    r"|is not available|no endpoints)|no endpoints found|invalid model|not a valid model",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"content_filter|content_policy|content management policy|ResponsibleAIPolicyViolation"
    r"|safety (system|reasons|polic)"
    r"|usage polic(y|ies)|moderation|invalid_prompt|data_inspection_failed|prohibited",
    re.IGNORECASE,
)
_RETRY_WORDS = re.compile(r"(?:retry|try again) in\s+([0-9hms. ]*[0-9](?:h|ms|m|s)?(?:econds?)?)", re.IGNORECASE)
_SPAN = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|h|m|s|$)?", re.IGNORECASE)
_PER_MINUTE = re.compile(r"limit:?\s*([0-9][0-9,_]*)", re.IGNORECASE)
_ASKED_FOR = re.compile(r"requested:?\s*([0-9][0-9,_]*)", re.IGNORECASE)
_CONTROL = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069]"
)


@dataclass(frozen=True, slots=True)
class Said:
    """What an error body says: its sentence, and every code word in it (types, codes, reasons), lower case."""

    words: str
    codes: frozenset[str]
    body: Any = None

    @property
    def all(self) -> str:
        """Codes and sentence as one text to search in."""
        return " ".join((*sorted(self.codes), self.words))


def clean(text: str) -> str:
    """A vendor's words fit for a terminal: no control or direction characters, one line, at most 500 characters."""
    line = " ".join(_CONTROL.sub("", text).split())
    return line if len(line) <= WORDS_AT_MOST else line[: WORDS_AT_MOST - 1] + "…"


def read_body(body: bytes | str) -> Said:
    """What a body of any of the seven shapes says."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    try:
        data = json.loads(text)
    except ValueError:
        return Said(clean(re.sub(r"<[^>]*>", " ", text)), frozenset())
    return read_error(data)


def read_error(data: Any) -> Said:
    """The same for a body that is already JSON."""
    if isinstance(data, list) and data and isinstance(data[0], dict):
        data = data[0]
    if not isinstance(data, dict):
        return Said(clean(str(data)), frozenset())
    inner = data.get("error") if data.get("error") is not None else data.get("errors", data)
    if isinstance(inner, list) and inner:
        inner = inner[0]
    if not isinstance(inner, dict):
        return Said(clean(str(inner)), _codes(data), data)
    return Said(clean(_sentence(inner) or _sentence(data)), _codes(inner) | _codes(data), data)


def _sentence(data: dict[str, Any]) -> str:
    for key in ("message", "Message", "detail", "error_description", "title"):
        value = data.get(key)
        if isinstance(value, str) and value:
            raw = data.get("metadata", {}).get("raw") if isinstance(data.get("metadata"), dict) else None
            return f"{value}: {raw}" if isinstance(raw, str) else value
        if isinstance(value, list):
            return "; ".join(str(item.get("msg", item)) if isinstance(item, dict) else str(item) for item in value)
        if isinstance(value, dict):
            return _sentence(value)
    return ""


def _codes(data: dict[str, Any]) -> frozenset[str]:
    found = {data.get(key) for key in ("type", "code", "status", "error_code", "reason")}
    inner = data.get("innererror")
    if isinstance(inner, dict):
        found.add(inner.get("code"))
    details = data.get("details")
    if isinstance(details, list):
        found |= {item.get("reason") for item in details if isinstance(item, dict)}
    return frozenset(word.lower() for word in found if isinstance(word, str) and word != "error")


def request_id(headers: Mapping[str, str]) -> str:
    """The vendor's id of this exchange, "" when it gave none."""
    return next((headers[name] for name in REQUEST_ID_HEADERS if headers.get(name)), "")


def retry_after(headers: Mapping[str, str], said: Said, now: datetime | None = None) -> float | None:
    """Seconds to wait as told, by header (milliseconds, seconds, date) or in the body; None when nothing was told.

    Only for errors: Anthropic sends `retry-after` on ordinary answers too.
    """
    told = [_header_wait(headers, now or datetime.now(UTC)), _body_wait(said)]
    known = [wait for wait in told if wait is not None]
    return max(known) if known else None


def _header_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    waits = []
    raw_ms = headers.get("retry-after-ms", "")
    if raw_ms.replace(".", "", 1).isdigit():
        waits.append(float(raw_ms) / 1000)
    raw = headers.get("retry-after", "").strip()
    if raw.replace(".", "", 1).isdigit():
        waits.append(float(raw))
    elif raw:
        try:
            waits.append(max(0.0, (parsedate_to_datetime(raw) - now).total_seconds()))
        except (TypeError, ValueError):
            waits.append(span(raw) or 0.0)
    return max(waits) if waits else None


def _body_wait(said: Said) -> float | None:
    error = said.body.get("error") if isinstance(said.body, dict) else None
    for detail in (error.get("details") if isinstance(error, dict) else None) or ():
        if isinstance(detail, dict) and isinstance(detail.get("retryDelay"), str):
            return span(detail["retryDelay"])
    match = _RETRY_WORDS.search(said.words)
    return span(match.group(1)) if match else None


def span(text: str) -> float | None:
    """Seconds in "48s", "6m0s", "1h2m3.5s", "120ms" or "7"; None when it is none of these."""
    scale = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "": 1.0}
    parts = _SPAN.findall(text.strip())
    return sum(float(number) * scale[unit.lower()] for number, unit in parts) if parts else None


def classify(
    status: int,
    headers: Mapping[str, str],
    body: bytes | str | Said,
    *,
    provider: str = "",
    sent_tokens: int = 0,
    window: int | None = None,
    now: datetime | None = None,
) -> CallFailed:
    """The CallFailed that an HTTP error is.

    `sent_tokens` is about what we sent and `window` what the model takes: a 429 that no waiting can cure (Gemini,
    Azure) is "too_long". `body` may be what `read_body` made of it.
    """
    said = body if isinstance(body, Said) else read_body(body)
    wait = retry_after(headers, said, now)
    kind = _kind(status, said, wait, sent_tokens, window)
    return CallFailed(
        kind,
        _message(kind, provider, status, said),
        provider=provider,
        status=status,
        billed=_billed(kind, status),
        retry_after_s=wait if kind in ("rate_limited", "quota", "server") else None,
        words=said.words,
        request_id=request_id(headers),
    )


def _billed(kind: FailureKind, status: int) -> Literal["no", "maybe", "yes"]:
    return "maybe" if kind == "server" and status == 504 else "no"


_BY_STATUS: dict[int, FailureKind] = {401: "key_rejected", 402: "quota", 404: "model_gone", 413: "too_long"}


def _kind(status: int, said: Said, wait: float | None, sent_tokens: int, window: int | None) -> FailureKind:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status == 429:
        return _kind_of_429(said, wait, sent_tokens, window)
    if status == 403:
        return _kind_of_403(said)
    if status == 408 or status >= 500:
        return "too_long" if _TOO_LONG.search(said.all) else "server"
    return _kind_of_400(said)


def _kind_of_400(said: Said) -> FailureKind:
    """400, 422 and their kin: only the words tell."""
    if _TOO_LONG.search(said.all):
        return "too_long"
    if _KEY.search(said.all):
        return "key_rejected"
    if _GONE.search(said.all):
        return "model_gone"
    if _REFUSED.search(said.all):
        return "refused"
    if _MONEY.search(said.all):
        return "quota"
    return "bad_request"


def _kind_of_403(said: Said) -> FailureKind:
    if _MONEY.search(said.all):
        return "quota"
    if _REFUSED.search(said.all):
        return "refused"
    if _GONE.search(said.all):
        return "model_gone"
    return "key_rejected"


def _kind_of_429(said: Said, wait: float | None, sent_tokens: int, window: int | None) -> FailureKind:
    if _TOO_LONG.search(said.all) or _never_fits(said, sent_tokens, window):
        return "too_long"
    if wait is not None and wait >= DAY_S:
        return "quota"
    if wait is None and _MONEY.search(said.all):
        return "quota"
    if "insufficient_quota" in said.codes:
        return "quota"
    return "rate_limited"


def _never_fits(said: Said, sent_tokens: int, window: int | None) -> bool:
    """Whether one request alone is more than the limit that was hit, so that waiting is in vain."""
    if window is not None and sent_tokens > window:
        return True
    limit = _PER_MINUTE.search(said.words) if "token" in said.words.lower() else None
    if limit is None:
        return False
    asked = _ASKED_FOR.search(said.words)
    size = max(sent_tokens, _number(asked.group(1)) if asked else 0)
    return size > _number(limit.group(1))


def _number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


_SAYS: dict[str, str] = {
    "server": "is out of order",
    "rate_limited": "asks us to wait",
    "quota": "wants money: this account's quota or credit is used up",
    "too_long": "takes no input of this length",
    "refused": "refused to answer",
    "key_rejected": "does not accept the key",
    "model_gone": "does not offer this model",
    "bad_request": "does not accept our request",
}


def _message(kind: FailureKind, provider: str, status: int, said: Said) -> str:
    words = f": {said.words}" if said.words else ""
    return f"{provider or 'The provider'} {_SAYS[kind]} (HTTP {status}){words}"
