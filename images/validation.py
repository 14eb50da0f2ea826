"""Validation of an upload as a still image and nothing else, by its content alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps

from core.errors import InvalidInput
from images.file_formats import Parts, gif_parts, jpeg_parts, png_parts, webp_parts

MAX_PIXELS = 50_000_000
"""The pixels of a large phone camera; decoded they are 200 MB at most."""
ORIENTATION = 0x0112
QUALITY = 95
EMPTY = "The file is empty. Choose another one."
UNKNOWN = "This is not a PNG, JPEG, WebP or GIF image. Save it as one of these first."
BROKEN = "The image is damaged and cannot be read. Save it again, or choose another one."
ANIMATED = "The image is animated, but models see still images only. Choose a still one."
NOT_ALONE = "There is something else in this file after the image. Save the image again, or choose another one."
TOO_MANY_PIXELS = f"The image has more than {MAX_PIXELS // 1_000_000} million pixels. Make it smaller first."

_decoding = threading.BoundedSemaphore(2)
"""The number of images in memory as pixels, however many users upload at once."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The parts of an upload to store."""

    media_type: str
    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Format:
    """A format by Pillow's name."""

    name: str
    parts: Callable[[bytes], Parts]

    @property
    def media_type(self) -> str:
        return f"image/{self.name.lower()}"


PNG = Format("PNG", png_parts)
JPEG = Format("JPEG", jpeg_parts)
WEBP = Format("WEBP", webp_parts)
GIF = Format("GIF", gif_parts)


def check_image(data: bytes) -> Checked:
    """Return the picture in ``data``, upright and without metadata; raises InvalidInput with a sentence for anything
    else."""
    format_ = _format(data)
    try:
        parts = format_.parts(data)
    except (ValueError, IndexError) as error:
        raise InvalidInput(BROKEN) from error
    if parts.animated:
        raise InvalidInput(ANIMATED)
    if not _is_left_by_cameras(format_, parts.rest):
        raise InvalidInput(NOT_ALONE)
    with _decoding:
        return _decoded(format_, data, parts.picture)


def _format(data: bytes) -> Format:
    if not data:
        raise InvalidInput(EMPTY)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WEBP
    if data.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    raise InvalidInput(UNKNOWN)


def _is_left_by_cameras(format_: Format, rest: bytes) -> bool:
    """Return True if nothing follows an image, or only what phones append: more pictures, or a short film."""
    if not rest.strip(b"\0\r\n "):
        return True
    return format_ is JPEG and (rest.startswith(b"\xff\xd8\xff") or rest[4:8] == b"ftyp" or rest.endswith(b"SEFT"))


def _decoded(format_: Format, original: bytes, picture: bytes) -> Checked:
    # Pillow raises anything from a SyntaxError to a zlib.error for damaged data.
    try:
        kept, data = _kept(format_, original, picture)
        with _opened(kept, data) as image:
            image.verify()
        with _opened(kept, data) as image:
            image.load()
            return Checked(kept.media_type, image.width, image.height, data)
    except InvalidInput:
        raise
    except Exception as error:
        raise InvalidInput(BROKEN) from error


def _kept(format_: Format, original: bytes, picture: bytes) -> tuple[Format, bytes]:
    """Return the picture as it is, unless it is rotated by its metadata alone, or a GIF, which not every model
    accepts."""
    with _opened(format_, original) as image:
        if format_ is GIF:
            return PNG, _encoded(PNG, image)
        if image.info.get("exif") and image.getexif().get(ORIENTATION, 1) != 1:
            return format_, _encoded(format_, ImageOps.exif_transpose(image))
    return format_, picture


def _opened(format_: Format, data: bytes) -> Image.Image:
    try:
        image = Image.open(BytesIO(data), formats=[format_.name])
    except Image.DecompressionBombError as error:
        raise InvalidInput(TOO_MANY_PIXELS) from error
    if image.width * image.height > MAX_PIXELS:
        raise InvalidInput(TOO_MANY_PIXELS)
    return image


def _encoded(format_: Format, image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, format_.name, quality=QUALITY, icc_profile=image.info.get("icc_profile"))
    return format_.parts(out.getvalue()).picture
