"""Images as a provider takes them: a smaller copy of one that is too large, or of a format that it does not read.

Vendors refuse images by bytes, pixels and format, each at another limit, and scale down what they take. These limits
are below those of all of them: Anthropic takes 5 MB in base64 and 8,000 pixels, Groq 4 MB, xAI and most local servers
no WebP, and a request to Anthropic has at most 32 MB.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

from providers.adapters.base import Image, Message, Request

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

logger = logging.getLogger(__name__)

COMMON_FORMATS = frozenset({"image/png", "image/jpeg"})
"""The formats that every model with eyes reads."""
WITH_WEBP = COMMON_FORMATS | {"image/webp"}
MOST_BYTES = 3_500_000
MOST_BYTES_IN_ALL = 20_000_000
"""Bytes of all images of a request; in base64 they are a third more."""
SIDES = (2048, 1536, 1024, 768, 512)
"""Pixels of the longer side, the first one for which an image is small enough."""
QUALITY = 85
_decoding = threading.Lock()
"""One decoded image in memory at a time: it may have 200 MB."""


async def with_fitting_images(request: Request, formats: frozenset[str]) -> Request:
    """Return the request with images that are small enough, in one of these formats."""
    images = [image for message in request.messages for image in message.images]
    if not images:
        return request
    most = min(MOST_BYTES, MOST_BYTES_IN_ALL // len(images))
    if all(_fits(image, formats, most) for image in images):
        return request
    messages = await asyncio.to_thread(_fitted_messages, request.messages, formats, most)
    return replace(request, messages=messages)


def _fits(image: Image, formats: frozenset[str], most: int) -> bool:
    return image.media_type in formats and len(image.data) <= most and max(image.width, image.height) <= SIDES[0]


def _fitted_messages(messages: tuple[Message, ...], formats: frozenset[str], most: int) -> tuple[Message, ...]:
    return tuple(
        replace(message, images=tuple(_fitted(image, formats, most) for image in message.images))
        for message in messages
    )


def _fitted(image: Image, formats: frozenset[str], most: int) -> Image:
    if _fits(image, formats, most):
        return image
    from PIL import Image as Pictures

    try:
        with _decoding, Pictures.open(BytesIO(image.data)) as picture:
            return _smaller(image, picture, most)
    except (OSError, ValueError, Pictures.DecompressionBombError) as error:
        # It was whole when it was uploaded; the provider says what it thinks of it.
        logger.warning("image %s cannot be made smaller: %s", image.id, error)
        return image


def _smaller(image: Image, picture: Picture, most: int) -> Image:
    for side in SIDES:
        picture.thumbnail((side, side))
        media_type, data = _encoded(picture, most)
        if len(data) <= most:
            break
    return replace(image, media_type=media_type, data=data, width=picture.width, height=picture.height)


def _encoded(picture: Picture, most: int) -> tuple[str, bytes]:
    """Return the picture as PNG if it is one and stays small enough, since it may be text, else as JPEG on white."""
    from PIL import Image as Pictures

    if picture.format in ("PNG", "GIF"):
        data = _saved(picture, "PNG", optimize=False)
        if len(data) <= most:
            return "image/png", data
    with picture.convert("RGBA") as layer, Pictures.new("RGB", picture.size, "white") as page:
        page.paste(layer, mask=layer.getchannel("A"))
        return "image/jpeg", _saved(page, "JPEG", quality=QUALITY)


def _saved(picture: Picture, format_: str, **options: object) -> bytes:
    output = BytesIO()
    picture.save(output, format_, **options)
    return output.getvalue()
