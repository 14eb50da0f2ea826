from __future__ import annotations

from dataclasses import replace

import pytest

from providers.adapters.base import ErrorCode, ProviderError
from providers.adapters.capabilities import Thinking
from providers.kinds import KINDS
from tests.fake_providers import StandIn
from tests.providers.adapters.calls import target_of

AZURE = KINDS["azure"].adapter


async def test_a_deployment_has_the_capabilities_of_its_model(vendors: StandIn) -> None:
    vendors.models["azure"] = [{"id": "our-brain", "model": "gpt-6.1-sol"}, {"id": "our-ear", "model": "whisper"}]

    (listed,) = await AZURE.list_models(target_of(vendors, "azure"))

    assert listed.id == "our-brain"
    assert listed.capabilities.thinking is Thinking.ALWAYS
    assert listed.capabilities.efforts == ("low", "medium", "high", "xhigh", "max")


async def test_a_resource_without_a_list_of_deployments_lists_none(vendors: StandIn) -> None:
    target = replace(target_of(vendors, "azure"), headers=(("api-key", ""),))

    assert await AZURE.list_models(target) == []


async def test_a_refused_key_is_said(vendors: StandIn) -> None:
    target = replace(target_of(vendors, "azure"), api_key="sk-refused-0001")

    with pytest.raises(ProviderError) as caught:
        await AZURE.list_models(target)

    assert caught.value.code == ErrorCode.INVALID_API_KEY
