"""Validation of uploads: a file has to be a still image and nothing else, judged by its content alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps

from core.errors import InvalidInput
from images.file_formats import Parts, gif_parts, jpeg_parts, png_parts, webp_parts

MAX_PIXELS = 50_000_000
"""The pixels of a large phone camera's photo; decoded they are 200 MB at most."""
MOST_ENCODED = 12_000_000
"""The pixels to which a PNG or WebP image is reduced if it has to be encoded again, which takes a second for each ten
million. Models are sent fewer."""
ORIENTATION = 0x0112
"""The Exif tag (TIFF 6.0, section 8)."""
QUALITY = 95
"""For JPEG and WebP files that are encoded again: high, because a model should see what the user saw."""
EMPTY = "The file is empty. Choose another one."
UNKNOWN = "This is not a PNG, JPEG, WebP or GIF image. Save it as one of these first."
BROKEN = "The image is damaged and cannot be read. Save it again, or choose another one."
ANIMATED = "The image is animated, but models see still images only. Choose a still one."
NOT_ALONE = "There is something else in this file after the image. Save the image again, or choose another one."
TOO_MANY_PIXELS = f"The image has more than {MAX_PIXELS // 1_000_000} million pixels. Make it smaller first."

_decoding = threading.BoundedSemaphore(2)
"""A limit of two decoded images in memory, however many users upload at once."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An upload that passed all checks, as it is to be stored; sizes in pixels."""

    media_type: str
    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Format:
    """An image format: its name in Pillow, the function that splits its files, and the most pixels that are encoded."""

    name: str
    parts: Callable[[bytes], Parts]
    encoded_pixels: int

    @property
    def media_type(self) -> str:
        return f"image/{self.name.lower()}"


PNG = Format("PNG", png_parts, MOST_ENCODED)
JPEG = Format("JPEG", jpeg_parts, MAX_PIXELS)
WEBP = Format("WEBP", webp_parts, MOST_ENCODED)
GIF = Format("GIF", gif_parts, MOST_ENCODED)


def check_image(data: bytes) -> Checked:
    """Return the picture in ``data``, upright and without metadata; raises InvalidInput if there is anything else."""
    format_ = _format(data)
    try:
        parts = format_.parts(data)
    except (ValueError, IndexError) as error:
        raise InvalidInput(BROKEN) from error
    if parts.animated:
        raise InvalidInput(ANIMATED)
    if not _is_allowed_rest(format_, parts.rest):
        raise InvalidInput(NOT_ALONE)
    with _decoding:
        return _decode(format_, data, parts.picture)


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


def _is_allowed_rest(format_: Format, rest: bytes) -> bool:
    """Return True if only padding follows an image, or data that phones append: more pictures, or a short film."""
    if not rest.strip(b"\0\r\n "):
        return True
    # Another JPEG, an MP4 file, or the trailer of Samsung's phones.
    return format_ is JPEG and (rest.startswith(b"\xff\xd8\xff") or rest[4:8] == b"ftyp" or rest.endswith(b"SEFT"))


def _decode(format_: Format, original: bytes, picture: bytes) -> Checked:
    # Pillow raises anything from a SyntaxError to a zlib.error for damaged data.
    try:
        stored_format, data = _stored_data(format_, original, picture)
        # An image cannot be loaded after verify(), so it is opened twice.
        with _open(stored_format, data) as image:
            image.verify()
        with _open(stored_format, data) as image:
            image.load()
            return Checked(stored_format.media_type, image.width, image.height, data)
    except InvalidInput:
        raise
    except Exception as error:
        raise InvalidInput(BROKEN) from error


def _stored_data(format_: Format, original: bytes, picture: bytes) -> tuple[Format, bytes]:
    """Return the format and bytes to store: those of the picture, unless it has to be encoded again.

    A picture that only its metadata rotates is turned, and a GIF becomes a PNG, because not every model accepts GIFs.
    """
    with _open(format_, original) as image:
        if format_ is GIF:
            return PNG, _encode(PNG, image)
        if image.info.get("exif") and image.getexif().get(ORIENTATION, 1) != 1:
            return format_, _encode(format_, image)
    return format_, picture


def _open(format_: Format, data: bytes) -> Image.Image:
    try:
        image = Image.open(BytesIO(data), formats=[format_.name])
    except Image.DecompressionBombError as error:
        raise InvalidInput(TOO_MANY_PIXELS) from error
    if image.width * image.height > MAX_PIXELS:
        raise InvalidInput(TOO_MANY_PIXELS)
    return image


def _encode(format_: Format, image: Image.Image) -> bytes:
    """Return the picture upright, and reduced if it has too many pixels for its format."""
    profile, scale = image.info.get("icc_profile"), (format_.encoded_pixels / (image.width * image.height)) ** 0.5
    if scale < 1:
        image.thumbnail((int(image.width * scale), int(image.height * scale)), reducing_gap=2.0)
    out = BytesIO()
    ImageOps.exif_transpose(image).save(out, format_.name, quality=QUALITY, icc_profile=profile)
    return format_.parts(out.getvalue()).picture
