"""Upload and deletion of images. These are plain views, because uploads are not JSON."""

from __future__ import annotations

import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor

from django.core.files import File
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from drf_spectacular.utils import extend_schema

from accounts.decorators import api_view
from accounts.models import User
from core.api.openapi import NOTHING, refusals
from core.async_db import in_thread
from core.errors import InvalidInput
from images.json import image_json
from images.selectors import user_image
from images.serializers import UploadedImageSerializer, UploadSerializer
from images.services import admit_upload, checked_upload, delete_image, keep_image

NO_FILE = "Send one image in the field “file” of a form (multipart/form-data)."
_threads = ThreadPoolExecutor(2, thread_name_prefix="images")
"""Threads that read and check uploads, which takes seconds for large images; nothing else waits for them."""


@extend_schema(
    operation_id="images_create",
    request={"multipart/form-data": UploadSerializer},
    responses={201: UploadedImageSerializer, **refusals(409, 429, 503)},
)
@api_view("POST")
async def image_create(request: HttpRequest, user: User) -> HttpResponseBase:
    """Upload one image: a PNG, JPEG, WebP or GIF file that is not animated."""
    loop = asyncio.get_running_loop()
    file = await loop.run_in_executor(_threads, _file, request)
    await in_thread(admit_upload, user=user, file=file)
    checked = await loop.run_in_executor(_threads, lambda: checked_upload(file.read()))
    image = await in_thread(keep_image, user=user, checked=checked)
    return JsonResponse({**image_json(image), "size": image.size}, status=201)


@extend_schema(operation_id="images_delete", responses={204: NOTHING, **refusals(409)})
@api_view("DELETE")
async def image_delete(_request: HttpRequest, user: User, image_id: uuid.UUID) -> HttpResponseBase:
    """Delete an image that belongs to no message."""
    await in_thread(_delete, user, image_id)
    return HttpResponse(status=204)


def _file(request: HttpRequest) -> File[bytes]:
    """Return the only file of a form; raises InvalidInput if there is none or another one."""
    files = request.FILES.getlist("file")
    if len(files) != 1:
        raise InvalidInput(NO_FILE, fields={"file": [NO_FILE]})
    return files[0]


def _delete(user: User, image_id: uuid.UUID) -> None:
    delete_image(image=user_image(user, image_id))
