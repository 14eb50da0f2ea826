from __future__ import annotations

import pytest

from generations.models import Generation
from generations.output.remedies import remedy_for
from providers.adapters.base import ErrorCode

OWN, SERVER = "user", "server"


@pytest.mark.parametrize(
    ("provider", "code", "key_source", "url"),
    [
        ("openai", ErrorCode.INVALID_API_KEY, OWN, "/keys/#key-openai"),
        ("openai", ErrorCode.NO_API_KEY, "", "/keys/#key-openai"),
        ("openai", ErrorCode.INVALID_API_KEY, SERVER, None),
        ("openai", ErrorCode.QUOTA_EXCEEDED, OWN, "https://platform.openai.com/settings/organization/billing"),
        ("xai", ErrorCode.QUOTA_EXCEEDED, OWN, "https://console.x.ai"),
        ("openai", ErrorCode.QUOTA_EXCEEDED, SERVER, None),
        ("google", ErrorCode.PERMISSION_DENIED, OWN, "https://aistudio.google.com/apikey"),
        ("openai", ErrorCode.MODEL_NOT_FOUND, SERVER, "/models/#models-openai"),
        ("my-endpoint", ErrorCode.MODEL_NOT_FOUND, SERVER, "/models/#models-my-endpoint"),
        ("my-endpoint", ErrorCode.QUOTA_EXCEEDED, SERVER, None),
        ("openai", ErrorCode.OVER_BUDGET, SERVER, "/settings/usage/"),
        ("openai", ErrorCode.TIMEOUT, OWN, None),
        ("openai", "", OWN, None),
    ],
)
def test_it_links_to_the_page_that_helps(provider: str, code: str, key_source: str, url: str | None) -> None:
    remedy = remedy_for(Generation(provider=provider, error_code=code, key_source=key_source))

    assert (remedy and remedy.url) == url
    assert remedy is None or remedy.is_external == remedy.url.startswith("https:")
