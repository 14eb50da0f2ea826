"""The view that shows an image, to its owner only."""

from __future__ import annotations

import uuid

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from accounts.authentication import user_of_request
from core.errors import NotFound
from images.models import Image
from images.selectors import MISSING, user_image

HEADERS = {
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, max-age=86400",
}
"""Headers that keep a browser from running anything in the bytes; ``nosniff`` comes from the middleware."""


@require_safe
def image_detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Return an image's bytes to its owner, who is known by a session or a bearer token."""
    user = user_of_request(request)
    if user is None:
        return redirect_to_login(request.get_full_path())
    image = user_image(user, public_id)
    etag = f'"{image.sha256}"'
    response = HttpResponse(_read(image), content_type=image.media_type, headers={**HEADERS, "ETag": etag})
    return get_conditional_response(request, etag=etag, response=response) or response


def _read(image: Image) -> bytes:
    try:
        with image.file.open() as file:
            return bytes(file.read())
    except FileNotFoundError as error:
        raise NotFound(MISSING) from error
