"""REST API of presets and prompt templates."""

from __future__ import annotations

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import api_user
from core.api.openapi import NOTHING
from presets import services
from presets.models import Preset, PromptTemplate
from presets.schemas import (
    PresetSerializer,
    PromptTemplateSerializer,
    changed_preset,
    changed_template,
    checked_preset,
    checked_template,
    preset_json,
    template_json,
)
from presets.serializers import SavedPresetSerializer, SavedPromptTemplateSerializer


class PresetListApi(APIView):
    @extend_schema(responses=SavedPresetSerializer(many=True), operation_id="presets_list")
    def get(self, request: Request) -> Response:
        """Return the caller's presets, ordered by name."""
        return Response([preset_json(preset) for preset in services.user_items(Preset, api_user(request))])

    @extend_schema(request=PresetSerializer, responses={201: SavedPresetSerializer}, operation_id="presets_create")
    def post(self, request: Request) -> Response:
        """Create a preset: a set of models with their settings."""
        name, data = checked_preset(request.data)
        return Response(preset_json(services.create_preset(user=api_user(request), name=name, data=data)), status=201)


class PresetApi(APIView):
    @extend_schema(responses=SavedPresetSerializer, operation_id="presets_read")
    def get(self, request: Request, preset_id: uuid.UUID) -> Response:
        """Return a preset."""
        return Response(preset_json(services.user_item(Preset, api_user(request), preset_id)))

    @extend_schema(
        request=PresetSerializer(partial=True), responses=SavedPresetSerializer, operation_id="presets_update"
    )
    def patch(self, request: Request, preset_id: uuid.UUID) -> Response:
        """Change the given fields of a preset."""
        preset = services.user_item(Preset, api_user(request), preset_id)
        name, data = changed_preset(preset, request.data)
        return Response(preset_json(services.update_preset(preset=preset, name=name, data=data)))

    @extend_schema(responses={204: NOTHING}, operation_id="presets_delete")
    def delete(self, request: Request, preset_id: uuid.UUID) -> Response:
        """Delete a preset; comparisons that were started from it stay."""
        services.delete_item(services.user_item(Preset, api_user(request), preset_id))
        return Response(status=204)


class PromptTemplateListApi(APIView):
    @extend_schema(responses=SavedPromptTemplateSerializer(many=True), operation_id="prompt_templates_list")
    def get(self, request: Request) -> Response:
        """Return the caller's prompt templates, ordered by name."""
        return Response([template_json(each) for each in services.user_items(PromptTemplate, api_user(request))])

    @extend_schema(
        request=PromptTemplateSerializer,
        responses={201: SavedPromptTemplateSerializer},
        operation_id="prompt_templates_create",
    )
    def post(self, request: Request) -> Response:
        """Create a prompt template; its variables are written as `{{name}}`."""
        template = services.create_template(user=api_user(request), **checked_template(request.data))
        return Response(template_json(template), status=201)


class PromptTemplateApi(APIView):
    @extend_schema(responses=SavedPromptTemplateSerializer, operation_id="prompt_templates_read")
    def get(self, request: Request, template_id: uuid.UUID) -> Response:
        """Return a prompt template."""
        return Response(template_json(services.user_item(PromptTemplate, api_user(request), template_id)))

    @extend_schema(
        request=PromptTemplateSerializer(partial=True),
        responses=SavedPromptTemplateSerializer,
        operation_id="prompt_templates_update",
    )
    def patch(self, request: Request, template_id: uuid.UUID) -> Response:
        """Change the given fields of a prompt template."""
        template = services.user_item(PromptTemplate, api_user(request), template_id)
        changes = changed_template(template, request.data)
        return Response(template_json(services.update_template(template=template, **changes)))

    @extend_schema(responses={204: NOTHING}, operation_id="prompt_templates_delete")
    def delete(self, request: Request, template_id: uuid.UUID) -> Response:
        """Delete a prompt template."""
        services.delete_item(services.user_item(PromptTemplate, api_user(request), template_id))
        return Response(status=204)
