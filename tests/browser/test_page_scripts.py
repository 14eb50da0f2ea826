"""The loading of a page's scripts: all at once, and from the browser's cache the next time."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import urljoin

import pytest
import requests

from tests.browser.visitor import Visitor

IMPORT = re.compile(r'from "(\./[^"]+)"')


def urls(visitor: Visitor, selector: str, attribute: str) -> set[str]:
    elements = visitor.page.locator(selector)
    return set(elements.evaluate_all(f"(elements) => elements.map((element) => element.{attribute})"))


@cache
def loaded(url: str) -> requests.Response:
    return requests.get(url, timeout=10)


def imports(modules: set[str]) -> set[str]:
    """Return the URLs of what the modules import, and of what those import in turn."""
    imported = {urljoin(url, name) for url in modules for name in IMPORT.findall(loaded(url).text)}
    return imported | imports(imported) if imported else imported


@pytest.mark.parametrize("page", ["compare", "comparison", "chat", "history", "settings"])
def test_a_page_preloads_every_module_that_its_scripts_import(visitor: Visitor, page: str) -> None:
    if page == "comparison":
        visitor.begin("openai/m")
        visitor.wait_for_end()
    else:
        visitor.go({"compare": "/", "chat": "/chat/", "history": "/history/", "settings": "/settings/"}[page])

    modules = urls(visitor, "script[type=module]", "src")
    imported = imports(modules)

    assert urls(visitor, "link[rel=modulepreload]", "href") == imported
    for url in modules | imported:
        assert "immutable" in loaded(url).headers["Cache-Control"], url
