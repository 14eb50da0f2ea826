"""The providers API: keys (never their text) and models."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import api_user
from core.api.openapi import NOTHING, refusals
from core.api.validation import validated
from providers import services
from providers.adapters.base import ProviderError
from providers.catalogue import catalogue
from providers.errors import ProviderRefused
from providers.selectors import provider_access, provider_accesses
from providers.serializers import (
    CatalogueModelSerializer,
    KeySerializer,
    KeyTestSerializer,
    NewKeySerializer,
    RefreshModelsSerializer,
)


class KeyListApi(APIView):
    @extend_schema(operation_id="keys_list", responses=KeySerializer(many=True))
    def get(self, request: Request) -> Response:
        """List every provider that takes a key, and whose key pays for the caller's requests. No key is returned."""
        keys = [item for item in provider_accesses(api_user(request)) if item.takes_key]
        return Response(KeySerializer(keys, many=True).data)


class KeyApi(APIView):
    @extend_schema(operation_id="keys_set", request=NewKeySerializer, responses=KeySerializer)
    def put(self, request: Request, provider: str) -> Response:
        """Store the caller's own key, replacing an earlier one."""
        user = api_user(request)
        services.set_key(user=user, provider=provider, **validated(NewKeySerializer, request.data))
        return Response(KeySerializer(provider_access(user, provider)).data)

    @extend_schema(operation_id="keys_delete", request=None, responses={204: NOTHING})
    def delete(self, request: Request, provider: str) -> Response:
        """Delete the caller's own key."""
        services.delete_key(user=api_user(request), provider=provider)
        return Response(status=204)


class KeyTestApi(APIView):
    @extend_schema(operation_id="keys_test", request=None, responses={200: KeyTestSerializer, **refusals(400)})
    def post(self, request: Request, provider: str) -> Response:
        """Test the key that the caller's requests use, with the cheapest real call. A refused key is a result, not an
        error."""
        return Response(KeyTestSerializer(services.test_key(user=api_user(request), provider=provider)).data)


class ModelListApi(APIView):
    @extend_schema(operation_id="models_list", responses=CatalogueModelSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List all models; those that the caller can use now come first."""
        return Response(CatalogueModelSerializer(catalogue(api_user(request)), many=True).data)


class RefreshModelsApi(APIView):
    @extend_schema(
        operation_id="models_refresh",
        request=RefreshModelsSerializer,
        responses={200: CatalogueModelSerializer(many=True), **refusals(404, 429, 503)},
    )
    def post(self, request: Request) -> Response:
        """Fetch a provider's own list with the key that the caller's requests use, and return that provider's
        models."""
        user, provider = api_user(request), validated(RefreshModelsSerializer, request.data)["provider"]
        try:
            services.refresh_models(user=user, provider=provider)
        except ProviderError as error:
            raise ProviderRefused(error) from error
        models = [model for model in catalogue(user) if model.provider == provider]
        return Response(CatalogueModelSerializer(models, many=True).data)
