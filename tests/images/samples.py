"""Image files of every kind, with the metadata that cameras and users leave in them."""

from __future__ import annotations

import base64
import os
import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

SECRET = "48.2082 N, 16.3738 E"
"""A location, for example, which other users must not read."""
ORIENTATION, DESCRIPTION, GPS, LATITUDE = 0x0112, 0x010E, 0x8825, 0x0002
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" height="9"/></svg>'
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
HTML = b"<!DOCTYPE html><script>alert(1)</script>"


def picture(width: int = 40, height: int = 20, mode: str = "RGB") -> Image.Image:
    """Return a picture that is red on the left and blue on the right."""
    image = Image.new(mode, (width, height), "blue")
    image.paste("red", (0, 0, width // 2, height))
    return image


def encoded(format_: str, image: Image.Image | None = None, **options: Any) -> bytes:
    out = BytesIO()
    (image or picture()).save(out, format_, **options)
    return out.getvalue()


def noise(width: int, height: int) -> Image.Image:
    """Return a picture that cannot be compressed."""
    return Image.frombytes("RGB", (width, height), os.urandom(3 * width * height))


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def exif(orientation: int = 1) -> Image.Exif:
    """Return a camera's metadata: a description, a location, and an orientation."""
    tags = Image.Exif()
    tags[DESCRIPTION], tags[ORIENTATION] = SECRET, orientation
    tags.get_ifd(GPS)[LATITUDE] = (48.0, 12.0, 29.5)
    return tags


def photo(orientation: int = 1) -> bytes:
    """Return a JPEG as a camera writes it."""
    return encoded("JPEG", exif=exif(orientation), comment=SECRET, icc_profile=PROFILE, quality=80)


def large_profile(size: int) -> bytes:
    """Return a well-formed color profile with a table of this size in it."""
    return profile_with(os.urandom(size))


def profile_with(table: bytes) -> bytes:
    """Return a well-formed color profile with these bytes in it."""
    return _profile(PROFILE[4:] + table)


def bad_profiles() -> dict[str, bytes]:
    """Return contents that take the place of a color profile."""
    tags = PROFILE[:128] + (50_000).to_bytes(4, "big") + PROFILE[132:]
    outside = PROFILE[:136] + (10_000).to_bytes(4, "big") + PROFILE[140:]
    return {
        "text": b"a color profile",
        "short": PROFILE[:100],
        "longer": PROFILE + HTML,
        "no signature": PROFILE.replace(b"acsp", b"html"),
        "too many tags": tags,
        "tag outside": outside,
    }


def _profile(rest: bytes) -> bytes:
    return (len(rest) + 4).to_bytes(4, "big") + rest


def noted_png() -> bytes:
    notes = PngInfo()
    notes.add_text("Comment", SECRET)
    notes.add_itxt("XML:com.adobe.xmp", SECRET, zip=True)
    return encoded("PNG", pnginfo=notes, exif=exif())


def noted_webp() -> bytes:
    return encoded("WEBP", exif=exif(), xmp=SECRET.encode())


def animation(format_: str) -> bytes:
    frames = [picture(), picture().transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    return encoded(format_, frames[0], save_all=True, append_images=frames[1:], duration=100)


def huge_png(side: int = 60_000) -> bytes:
    """Return a small file that declares a huge number of pixels."""
    return _png(struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0), zlib.compress(b"\0" * 10_000))


def short_png() -> bytes:
    """Return a complete file with fewer pixels than it declares."""
    return _png(struct.pack(">IIBBBBB", 40, 20, 8, 2, 0, 0, 0), zlib.compress(b"\0" * 50))


def _png(header: bytes, pixels: bytes) -> bytes:
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, content) for name, content in chunks)


def chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG file."""
    checksum = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + checksum


def endless_gif() -> bytes:
    """Return a file of 150 kB with ten thousand pictures of 16,000 × 16,000 pixels."""
    frame = b"\x2c" + struct.pack("<HHHH", 0, 0, 16_000, 16_000) + b"\0\x02\x02\x4c\x01\0"
    screen = struct.pack("<HHBBB", 16_000, 16_000, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return b"GIF89a" + screen + frame * 10_000 + b"\x3b"
