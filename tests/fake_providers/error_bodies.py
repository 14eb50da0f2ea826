"""The error bodies that real vendors send."""

from __future__ import annotations

from typing import Any

OPENAI: dict[int, tuple[str, str | None, str]] = {
    400: ("invalid_request_error", None, "We could not parse the JSON body of your request."),
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided: {key}."),
    403: ("invalid_request_error", None, "You have insufficient permissions for this operation."),
    404: ("invalid_request_error", "model_not_found", "The model `{model}` does not exist."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for {model}. Visit /account/billing to learn more."),
    500: ("server_error", None, "The server had an error while processing your request."),
}
ANTHROPIC: dict[int, tuple[str, str]] = {
    400: ("invalid_request_error", "messages: at least one message is required"),
    401: ("authentication_error", "invalid x-api-key"),
    403: ("permission_error", "Your API key does not have permission to use the specified resource."),
    404: ("not_found_error", "model: {model}"),
    429: ("rate_limit_error", "This request would exceed your organization's rate limit."),
    500: ("api_error", "Internal server error"),
    529: ("overloaded_error", "Overloaded"),
}
GOOGLE: dict[int, tuple[int, str, str]] = {
    400: (400, "INVALID_ARGUMENT", "Invalid value at 'contents'."),
    401: (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
    403: (403, "PERMISSION_DENIED", "The caller does not have permission"),
    404: (404, "NOT_FOUND", "models/{model} is not found for API version v1beta"),
    429: (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details."),
    500: (500, "INTERNAL", "An internal error has occurred."),
}


def refusal(vendor: str, status: int, model: str, key: str) -> tuple[int, Any]:
    """Return the status and JSON body of this vendor's refusal; Google responds with 400 to a bad key, others with
    401."""
    names = {"model": model, "key": key}
    if vendor == "anthropic":
        kind, message = ANTHROPIC.get(status, ANTHROPIC[500])
        return status, {"type": "error", "error": {"type": kind, "message": message.format(**names)}}
    if vendor == "google":
        return _google(status, names)
    if vendor == "mistral" and status == 401:
        return 401, {"detail": "Unauthorized"}
    kind, code, message = OPENAI.get(status, OPENAI[500])
    error = {"message": message.format(**names), "type": kind, "param": None, "code": code}
    return status, {"error": error} if vendor != "mistral" else {"object": "error", **error}


def parameter_refusal(vendor: str, name: str) -> Any:
    """Return a vendor's response to a parameter that a model does not accept."""
    if vendor == "anthropic":
        error = {"type": "invalid_request_error", "message": f"`{name}` is deprecated for this model."}
        return {"type": "error", "error": error}
    if vendor == "google":
        message = f"{name} is not supported for this model."
        return {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}
    message = f"Unsupported parameter: '{name}' is not supported with this model."
    return {
        "error": {"message": message, "type": "invalid_request_error", "param": name, "code": "unsupported_parameter"}
    }


def _google(status: int, names: dict[str, str]) -> tuple[int, Any]:
    real, name, message = GOOGLE.get(status, (status, "UNKNOWN", "Something went wrong."))
    error: dict[str, Any] = {"code": real, "message": message.format(**names), "status": name}
    if status == 401:
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
    if status == 429:
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}]
    return real, {"error": error}
