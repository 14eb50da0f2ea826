import asyncio
import re
import subprocess
import sys
from itertools import combinations
from urllib.parse import urlsplit

import pytest
from genai_prices import data_snapshot

from providers.adapters.openai_compatible import OPENAI_COMPATIBLE
from providers.kinds import KINDS, ProviderKind

ALL_KINDS = [*KINDS.values()]


def contrast(color: str) -> float:
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    luminance = sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 1.05 / (luminance + 0.05)


def test_it_has_exactly_these_kinds() -> None:
    expected = (
        "openai anthropic google mistral openrouter xai deepseek groq together fireworks deepinfra cohere perplexity"
        " airefinery ollama lmstudio vllm llamacpp demo"
    )

    assert list(KINDS) == expected.split()
    assert all(slug == kind.slug for slug, kind in KINDS.items())


@pytest.mark.parametrize("kind", ALL_KINDS, ids=lambda kind: kind.slug)
def test_it_describes_each_kind_in_full(kind: ProviderKind) -> None:
    assert re.fullmatch(r"#[0-9a-f]{6}", kind.color)
    assert contrast(kind.color) >= 4.5
    assert not kind.base_url.endswith("/")
    assert (urlsplit(kind.base_url).hostname == "127.0.0.1") is kind.local
    assert bool(kind.key_url) is kind.needs_key
    assert asyncio.iscoroutinefunction(kind.adapter.list_models)


def test_it_gives_each_kind_its_own_color() -> None:
    for one, other in combinations(ALL_KINDS, 2):
        assert one.color != other.color


def test_it_names_price_lists_that_exist() -> None:
    known = {provider.id for provider in data_snapshot.get_snapshot().providers}

    assert {kind.prices for kind in ALL_KINDS if kind.prices} <= known


def test_local_servers_use_the_adapter_of_endpoints() -> None:
    assert OPENAI_COMPATIBLE is KINDS["vllm"].adapter


def test_it_imports_neither_django_nor_the_heavy_sdks() -> None:
    heavy = "django celery channels openai anthropic google.genai mistralai httpx2 pydantic"
    program = f"import sys, providers.kinds; print([name for name in {heavy.split()!r} if name in sys.modules])"

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "[]"
