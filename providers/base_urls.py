"""Checks of base URLs that users set: an ordinary user must not make the server connect to private networks.

These checks give a clear sentence at once; ``adapters/ssrf.py`` checks the IP address again at every connection.
"""

from __future__ import annotations

import re
import socket
from urllib.parse import SplitResult, urlsplit

from core.errors import InvalidInput
from providers.adapters.public_ip import is_public_address

UNUSABLE = "The base URL has to look like https://example.org/v1."
WITHOUT_LOGIN = "The base URL may not contain a username or password. Put the key into its own field."
WITHOUT_QUERY = "The base URL may not contain “?” or “#”."
NOT_FOUND = "The host of the base URL cannot be found. Check its spelling."
NOT_PUBLIC = (
    "The base URL leads to a private or local IP address. Ask an administrator to add it as an endpoint if you need it."
)
MAX_LENGTH = 500
"""The length of the column."""
UNUSUAL = re.compile(r"[\s\\\x00-\x1f\x7f]")
# An IPv4 address in one of its odd spellings (2130706433, 0x7f.1, 0177.0.0.1) ends in such a label.
NUMERIC_LABEL = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)
IPV4 = re.compile(r"(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}")


def check_url(url: str) -> str:
    """Return a base URL without trailing slashes; raises InvalidInput unless it is plain http(s)."""
    parts = _split(url.strip())
    if "@" in parts.netloc:
        raise refusal(WITHOUT_LOGIN)
    if "?" in url or "#" in url:
        raise refusal(WITHOUT_QUERY)
    return url.strip().rstrip("/")


def check_public_url(url: str) -> str:
    """Return an ordinary user's base URL like ``check_url``; raises InvalidInput also if an IP address of its host is
    not public. Queries the DNS."""
    base_url = check_url(url)
    parts = urlsplit(base_url)
    if not all(map(is_public_address, _ip_addresses(_ascii_host(parts), parts.port or 443))):
        raise refusal(NOT_PUBLIC)
    return base_url


def refusal(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, fields={"base_url": [sentence]})


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError as exc:
        raise refusal(UNUSABLE) from exc
    if not usable or len(url) > MAX_LENGTH or UNUSUAL.search(url):
        raise refusal(UNUSABLE)
    return parts


def _ascii_host(parts: SplitResult) -> str:
    """Return the host as the DNS gets it, with full-width digits and the like in their plain form."""
    host = parts.hostname or ""
    if ":" in host:
        return host
    try:
        host = host.encode("idna").decode().lower().rstrip(".")
    except UnicodeError as exc:
        raise refusal(UNUSABLE) from exc
    if NUMERIC_LABEL.fullmatch(host.rpartition(".")[2]) and not IPV4.fullmatch(host):
        raise refusal(UNUSABLE)
    return host


def _ip_addresses(host: str, port: int) -> list[str]:
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise refusal(NOT_FOUND) from exc
    return [str(address[0]) for *_, address in infos]
