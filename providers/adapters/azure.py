"""Azure OpenAI: OpenAI's API at a base URL of each customer, with deployments instead of models.

Source: https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle (the v1 API, which needs no version).
"""

from __future__ import annotations

from dataclasses import replace

from providers.adapters.base import ListedModel, ProviderError, Target
from providers.adapters.capabilities import capabilities_of
from providers.adapters.loose_json import mapping, mappings
from providers.adapters.model_lists import by_id, listed_models
from providers.adapters.openai import OpenAIAdapter
from providers.adapters.openai_compatible import read_json

DEPLOYMENTS = "//openai/deployments?api-version=2023-03-15-preview"
"""The only list of deployments that a resource's own key can read; ``/models`` has all models of the region."""


class AzureOpenAIAdapter(OpenAIAdapter):
    """OpenAI's API with the deployments of a resource as models."""

    async def list_models(self, target: Target) -> list[ListedModel]:
        """Return the deployments of chat models, each with what is known of its model; none if they cannot be listed,
        since some resources do not have the list."""
        await self.check_key(target)
        try:
            listing = await read_json(_with_key_header(target), DEPLOYMENTS)
        except ProviderError as error:
            if error.retryable:
                raise
            return []
        return by_id(
            ListedModel(str(item.get("id") or ""), capabilities=capabilities_of(str(item.get("model"))))
            for item in mappings(mapping(listing).get("data"))
            if listed_models([{"id": item.get("model")}])
        )


def _with_key_header(target: Target) -> Target:
    return replace(target, headers=(("api-key", target.api_key), *target.headers))
