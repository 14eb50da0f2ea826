"""Servers on this computer are offered on a public installation only if its operator says so."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from accounts.models import User
from providers.adapters.base import ErrorCode, ProviderError
from providers.models import ProviderKey
from providers.selectors import check_callable, provider_access, resolve_target, server_targets
from providers.services import set_key


@pytest.fixture
def public(settings: Settings) -> None:
    settings.LOCAL_KINDS = frozenset({"vllm"})


@pytest.mark.usefixtures("public")
def test_a_server_on_this_computer_is_switched_off(alice: User) -> None:
    with pytest.raises(ProviderError, match="OLLAMA_BASE_URL") as refused:
        check_callable(alice, "ollama")
    with pytest.raises(ProviderError, match="switched off"):
        resolve_target(alice, "ollama")

    assert refused.value.code == ErrorCode.PERMISSION_DENIED
    assert "switched off" in provider_access(alice, "ollama").refusal
    assert not {"ollama", "lmstudio", "llamacpp"} & dict(server_targets()).keys()


@pytest.mark.usefixtures("public")
def test_a_key_does_not_switch_it_on(alice: User) -> None:
    ProviderKey.objects.create(user=alice, provider="ollama", api_key="a-key", hint="…-key")

    with pytest.raises(ProviderError, match="switched off"):
        check_callable(alice, "ollama")
    with pytest.raises(ProviderError, match="switched off"):
        resolve_target(alice, "ollama")


@pytest.mark.usefixtures("public")
def test_a_public_address_of_ones_own_is_called(alice: User) -> None:
    set_key(user=alice, provider="ollama", api_key="", base_url="https://8.8.8.8/v1")

    check_callable(alice, "ollama")

    target = resolve_target(alice, "ollama").target
    assert (target.base_url, target.guarded) == ("https://8.8.8.8/v1", True)
    assert provider_access(alice, "ollama").refusal == ""


@pytest.mark.usefixtures("public")
def test_the_operator_can_switch_one_on(alice: User) -> None:
    check_callable(alice, "vllm")

    assert not resolve_target(alice, "vllm").target.guarded
    assert "vllm" in dict(server_targets())
