"""A test for IP addresses of the public internet."""

from __future__ import annotations

import ipaddress

NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""IPv4 addresses behind a translator (RFC 6052)."""
NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")
"""IPv4 addresses behind a translator of the local network (RFC 8215)."""


def is_public_address(address: str) -> bool:
    """Return True for an IP address that anybody can reach; anything that is not an IP address is not public.

    An IPv6 address that embeds an IPv4 address (mapped, NAT64, 6to4, Teredo) is as public as the latter.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return _is_public(ip)
    embedded = _embedded_ipv4(ip)
    # Python counts site-local addresses (RFC 3879) and local NAT64 among the global ones.
    return _is_public(embedded) if embedded else _is_public(ip) and not ip.is_site_local and ip not in NAT64_LOCAL


def _is_public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _embedded_ipv4(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
