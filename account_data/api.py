"""The API of a whole account: its archive, and its deletion."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from account_data.deletion import delete_account
from account_data.import_threads import start_import
from account_data.services import archive_stream
from accounts.api import MeApi
from accounts.audit import record
from accounts.decorators import api_view
from accounts.http import api_user
from accounts.models import Action, User
from core.api.openapi import NOTHING, refusals
from core.api.validation import validated
from core.async_db import in_thread
from generations.fields import TextField


class FileSerializer(serializers.Serializer[Any]):
    file = serializers.FileField()


class CountsSerializer(serializers.Serializer[Any]):
    imported = serializers.IntegerField()
    skipped = serializers.IntegerField(help_text="Entries that you already had.")


class ImportedSerializer(serializers.Serializer[Any]):
    """The number of imported and skipped entries by section."""

    conversations = CountsSerializer(required=False)
    comparisons = CountsSerializer(required=False)
    presets = CountsSerializer(required=False)
    prompt_templates = CountsSerializer(required=False)
    unknown = serializers.ListField(
        child=serializers.CharField(), help_text="Names of sections that this version does not know."
    )


@extend_schema(methods=["GET"], operation_id="archive_export", responses=OpenApiTypes.OBJECT)
@extend_schema(
    methods=["POST"],
    operation_id="archive_import",
    request={"application/json": OpenApiTypes.OBJECT, "multipart/form-data": FileSerializer},
    responses={201: ImportedSerializer, **refusals(409, 503)},
)
@api_view("GET", "POST")
async def archive(request: HttpRequest, user: User) -> HttpResponseBase:
    """Export everything in the caller's account as one file, or import such a file."""
    if request.method == "POST":
        imported = await asyncio.wrap_future(start_import(request, user))
        return JsonResponse({**asdict(imported)["counts"], "unknown": imported.unknown}, status=201)
    await in_thread(record, Action.EXPORTED, user=user, subject="everything")
    headers = {
        "Content-Disposition": f'attachment; filename="llmselect-{timezone.now():%Y-%m-%d}.json"',
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
    }
    return StreamingHttpResponse(archive_stream(user), content_type="application/json", headers=headers)


class DeletionSerializer(serializers.Serializer[Any]):
    password = TextField(max_length=1000)


class AccountApi(MeApi):
    @extend_schema(
        operation_id="auth_me_delete",
        request=DeletionSerializer,
        responses={204: NOTHING, **refusals(409, 429, 503)},
    )
    def delete(self, request: Request) -> Response:
        """Delete the caller's account with everything in it. Running answers are stopped."""
        delete_account(user=api_user(request), password=validated(DeletionSerializer, request.data)["password"])
        logout(request._request)
        return Response(status=204)
