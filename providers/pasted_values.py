"""Keys and base URLs as people paste them, without what was copied along with them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from providers.kinds import ProviderKind

AROUND = " \t\r\n\u200b\u2060\ufeff,;\"'`“”‘’"
ASSIGNMENT = re.compile(r"(export\s+|set\s+|\$env:)?[A-Z][A-Z0-9]*(_[A-Z0-9]+)+\s*[=:]\s*(?=\S)")
SCHEME = re.compile(r"(authorization:\s*)?bearer\s+", re.IGNORECASE)
ENDPOINTS = (
    *("/chat/completions", "/completions", "/responses", "/messages", "/models", "/embeddings"),
    *("/api/chat", "/api/generate", "/api/tags"),
)
"""Paths below a base URL that documentation shows together with it."""
VERSION = re.compile(r"/v\d+(alpha|beta)?$")
HOST = re.compile(r"https?://[^/?#\s]+", re.IGNORECASE)
TWICE = re.compile(r"(/v\d+(?:alpha|beta)?)\1+$")


def cleaned_key(text: str) -> str:
    """Return a key without white space, quotes, the name of its variable, and ``Bearer`` around it."""
    key = text.strip(AROUND)
    for prefix in (ASSIGNMENT, SCHEME):
        found = prefix.match(key)
        if found:
            key = key[found.end() :].strip(AROUND)
    return key


def cleaned_base_url(kind: ProviderKind | None, text: str) -> str:
    """Return a base URL as this kind's adapter needs it: without the path of an endpoint, with the version once, and
    without it if the adapter adds it. A local server's URL without a path gets the usual one, and the URL of a customer
    the path of the vendor's form. ``kind`` is None for an endpoint of an administrator.
    """
    url = text.strip(AROUND).rstrip("/")
    path = _path(kind.base_url_form) if kind is not None else ""
    if path and not url.endswith(path) and (host := HOST.match(url)):
        return host[0] + path
    for endpoint in ENDPOINTS:
        url = url.removesuffix(endpoint).rstrip("/")
    url = TWICE.sub(r"\1", url)
    if kind is not None and kind.adds_version:
        return VERSION.sub("", url)
    return f"{url}{_path(kind.base_url)}" if kind is not None and kind.local and url and not _path(url) else url


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
