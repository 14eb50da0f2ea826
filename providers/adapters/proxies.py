"""The proxy that the environment names for a URL.

aiohttp's ``trust_env`` would ask two threads for it before each request, and take credentials from a .netrc file.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


class UnusableProxyError(ValueError):
    """A proxy in the environment that cannot be used; the message is the name of its variable."""


@lru_cache
def environment_proxy(base_url: str) -> str | None:
    """Return the proxy for this URL, None without one and for the machine itself; raises UnusableProxyError.

    ``NO_PROXY`` may have networks such as 10.0.0.0/8 beside names and addresses.
    """
    url, proxies = urlsplit(base_url), getproxies()
    host = url.hostname or ""
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or _is_loopback(host) or proxy_bypass(host) or _is_in_networks(host, proxies.get("no", "")):
        return None
    if not proxy.startswith("http://"):
        raise UnusableProxyError(f"{url.scheme.upper()}_PROXY")
    return proxy


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_in_networks(host: str, excluded: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    for entry in excluded.split(","):
        try:
            if "/" in entry and address in ip_network(entry.strip(), strict=False):
                return True
        except ValueError:
            continue
    return False
