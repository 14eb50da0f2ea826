"""The refusal of a request because of a provider's error."""

from __future__ import annotations

from core.errors import RequestError
from providers.adapters.base import ErrorCode, ProviderError


class ProviderRefused(RequestError):
    """A refusal with the provider's error code; its status is 429 if the provider asks to wait, 503 if another try can
    help, else 400."""

    def __init__(self, error: ProviderError) -> None:
        super().__init__(error.message, retry_after=error.retry_after)
        self.code = error.code
        if error.code is ErrorCode.RATE_LIMITED:
            self.status = 429
        elif error.retryable:
            self.status = 503
