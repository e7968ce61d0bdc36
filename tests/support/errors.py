"""The bodies vendors send with an error status, after recorded ones."""

from __future__ import annotations

from typing import Any

_OPENAI = {
    "401": (401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    "404": (
        404,
        "invalid_request_error",
        "model_not_found",
        "The model does not exist or you do not have access to it.",
    ),
    "413": (413, "invalid_request_error", "request_too_large", "Request entity too large."),
    "429": (429, "requests", "rate_limit_exceeded", "Rate limit reached for requests. Please try again later."),
    "500": (500, "server_error", None, "The server had an error while processing your request."),
    "502": (502, "server_error", None, "Bad gateway."),
    "503": (503, "server_error", None, "The server is overloaded or not ready yet."),
    "529": (529, "server_error", None, "Overloaded."),
    "quota": (
        429,
        "insufficient_quota",
        "insufficient_quota",
        "You exceeded your current quota, please check your plan.",
    ),
    "too_long": (
        400,
        "invalid_request_error",
        "context_length_exceeded",
        "Your input exceeds the context window of this model.",
    ),
}
_ANTHROPIC = {
    "401": (401, "authentication_error", "invalid x-api-key"),
    "404": (404, "not_found_error", "model: no such model"),
    "413": (413, "request_too_large", "Request exceeds the maximum size"),
    "429": (429, "rate_limit_error", "This request would exceed your organization's rate limit."),
    "500": (500, "api_error", "Internal server error"),
    "502": (502, "api_error", "Bad gateway"),
    "503": (503, "api_error", "Service unavailable"),
    "529": (529, "overloaded_error", "Overloaded"),
    "quota": (400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
    "too_long": (400, "invalid_request_error", "prompt is too long: 250000 tokens > 200000 maximum"),
}
_GEMINI = {
    "401": (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
    "404": (404, "NOT_FOUND", "models/none is not found for API version v1beta."),
    "413": (413, "INVALID_ARGUMENT", "Request payload size exceeds the limit."),
    "429": (429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    "500": (500, "INTERNAL", "An internal error has occurred."),
    "502": (502, "UNAVAILABLE", "Bad gateway."),
    "503": (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "529": (529, "UNAVAILABLE", "Overloaded."),
    "quota": (
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    "too_long": (
        400,
        "INVALID_ARGUMENT",
        "The input token count (2000000) exceeds the maximum number of tokens allowed.",
    ),
}


def error(dialect: str, fault: str, retry_after: str) -> tuple[int, dict[str, Any]]:
    """The status and body of a fault in a dialect. `retry_after` (seconds) stands in Gemini's body too."""
    if dialect == "anthropic":
        status, kind, message = _ANTHROPIC[fault]
        return status, {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_fake"}
    if dialect == "gemini":
        status, kind, message = _GEMINI[fault]
        return status, {
            "error": {"code": status, "message": message, "status": kind, "details": _details(fault, retry_after)}
        }
    status, kind, code, message = _OPENAI[fault]
    return status, {"error": {"message": message, "type": kind, "param": None, "code": code}}


def _details(fault: str, retry_after: str) -> list[dict[str, Any]]:
    if fault == "401":
        info = "type.googleapis.com/google.rpc.ErrorInfo"
        return [{"@type": info, "reason": "API_KEY_INVALID", "domain": "googleapis.com"}]
    if retry_after:
        return [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{retry_after}s"}]
    return []
