import asyncio
import os
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from genai_prices import data_snapshot

from providers.colors import contrast
from providers.kind_lists import LISTS, written
from providers.kinds import KINDS, ProviderKind

ALL_KINDS = [*KINDS.values()]


def test_each_kind_has_its_own_slug_and_label() -> None:
    assert all(slug == kind.slug for slug, kind in KINDS.items())
    assert len({kind.label for kind in ALL_KINDS}) == len(ALL_KINDS)


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_the_lists_of_providers_are_up_to_date(path: Path) -> None:
    assert "<!-- end of providers -->" in path.read_text()
    assert written(path) == path.read_text(), "Run make provider-lists."


MADE_UP = """
import django
from providers.adapters.openai_compatible import OPENAI_COMPATIBLE
from providers.kinds import KINDS, ProviderKind

KINDS["madeup"] = ProviderKind("madeup", "Made Up", OPENAI_COMPATIBLE, "https://made.up/v1", key_url="https://made.up")
django.setup()

from django.conf import settings
from providers.colors import contrast
from providers.kind_lists import configuration_table, readme_list
from providers.selectors import provider_info

assert settings.PROVIDER_API_KEYS["madeup"] == "sk-made-up"
assert settings.PROVIDER_BASE_URLS["madeup"] == "https://made.up/v1"
assert provider_info("madeup").label == "Made Up"
assert contrast(KINDS["madeup"].color) >= 4.5
assert "Made Up" in readme_list() and "`MADEUP_API_KEY`" in configuration_table()
print("good")
"""


def test_a_new_kind_takes_one_entry() -> None:
    environment = {**os.environ, "MADEUP_API_KEY": "sk-made-up", "DJANGO_SETTINGS_MODULE": "llmselect_project.settings"}

    run = subprocess.run([sys.executable, "-c", MADE_UP], capture_output=True, text=True, env=environment)

    assert run.stdout.strip().endswith("good"), run.stderr


@pytest.mark.parametrize("kind", ALL_KINDS, ids=lambda kind: kind.slug)
def test_it_describes_each_kind_in_full(kind: ProviderKind) -> None:
    assert re.fullmatch(r"#[0-9a-f]{6}", kind.color)
    assert contrast(kind.color) >= 4.5
    assert bool(kind.base_url) is not bool(kind.base_url_form)
    assert not (kind.base_url or kind.base_url_form).endswith("/")
    assert (urlsplit(kind.base_url).hostname == "127.0.0.1") is kind.local
    assert bool(kind.key_url) is kind.needs_key
    assert asyncio.iscoroutinefunction(kind.adapter.list_models)


def test_it_gives_each_kind_its_own_color() -> None:
    for one, other in combinations(ALL_KINDS, 2):
        assert one.color != other.color


def test_it_names_price_lists_that_exist() -> None:
    known = {provider.id for provider in data_snapshot.get_snapshot().providers}

    assert {kind.prices for kind in ALL_KINDS if kind.prices} <= known


def test_it_imports_neither_django_nor_the_heavy_sdks() -> None:
    heavy = "django celery channels openai anthropic google.genai mistralai httpx2 pydantic"
    program = f"import sys, providers.kinds; print([name for name in {heavy.split()!r} if name in sys.modules])"

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "[]"
