from __future__ import annotations

import re

from llmselect_project import settings
from tests.support.live import ROOT


def test_it_documents_every_variable_that_is_read() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    documented = set(re.findall(r"^\| .*?`([A-Z][A-Z_]+)`", page, re.MULTILINE))
    documented |= set(re.findall(r"`([A-Z]+_(?:API_KEY|BASE_URL))`", page))
    read = {name for name in settings.env.dump() if not name.startswith("DEMO_")}

    assert documented == read
