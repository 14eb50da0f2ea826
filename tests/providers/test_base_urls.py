from __future__ import annotations

import pytest

from core.errors import InvalidInput
from providers.adapters.public_ip import is_public_address
from providers.base_urls import check_public_url, check_url


@pytest.mark.parametrize(
    "address",
    [
        *("1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1"),
    ],
)
def test_it_recognizes_a_public_address(address: str) -> None:
    assert is_public_address(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1"),
        *("ff02::1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::"),
        *("2001:db8::1", "2001:0:4136:e378:8000:63bf:80ff:fffe", "localhost", "", "2130706433", "127.1"),
    ],
)
def test_it_counts_nothing_else_as_public(address: str) -> None:
    assert not is_public_address(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:11434/v1", "http://localhost:8000", "http://localhost./v1", "http://[::1]/v1"),
        *("http://10.0.0.5/v1", "http://169.254.169.254/latest/meta-data", "http://[::ffff:127.0.0.1]/v1"),
        *("http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/", "http://127.0.0.1./"),
        *("http://１２７.0.0.1/", "http://①②⑦.0.0.1/", "http://[64:ff9b::7f00:1]/", "http://0/", "http://1.1.1.1.0x1/"),
        *("http://16843009/", "http://0x1010101/", "http://01.1.1.1/"),
    ],
)
def test_it_refuses_private_addresses_and_odd_spellings(url: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_public_url(url)

    assert refusal.value.fields == {"base_url": [refusal.value.message]}


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://example.org", "file:///etc/passwd", "example.org/v1", "http://", "https:///v1", "http://a b/", "//x"),
        *("http://me:secret@1.1.1.1/", "http://1.1.1.1/?x=1", "http://1.1.1.1/#x", "http://1.1.1.1:0/"),
        *("http://1.1.1.1:99999/", "http://1.1.1.1\\@127.0.0.1/", "http://[::1/", "http://1.1.1.1/\nx", "x" * 600),
    ],
)
def test_it_refuses_anything_but_a_plain_web_url(url: str) -> None:
    with pytest.raises(InvalidInput):
        check_url(url)


def test_it_says_that_a_host_cannot_be_found() -> None:
    with pytest.raises(InvalidInput, match="cannot be found"):
        check_public_url("https://no-such-host.invalid/v1")


def test_it_returns_a_public_url_in_its_usual_form() -> None:
    assert check_public_url(" https://1.1.1.1/v1/ ") == "https://1.1.1.1/v1"
    assert check_public_url("https://[2606:4700:4700::1111]:8443") == "https://[2606:4700:4700::1111]:8443"


def test_it_lets_an_administrator_name_any_host() -> None:
    assert check_url("http://localhost:11434/v1/") == "http://localhost:11434/v1"
