"""Image file formats: a file is split into the picture and the rest by its own structure, without decoding it.

Only the parts that decide how the picture looks are kept; locations, names, comments and previews are not.

    PNG   https://www.w3.org/TR/png-3/#5Chunk-layout     JPEG  ITU-T T.81, annex B
    WebP  https://developers.google.com/speed/webp/docs/riff_container     GIF  GIF89a, grammar in appendix B
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PNG_CHUNKS = frozenset(b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP sBIT bKGD pHYs".split())
WEBP_CHUNKS = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP"))
WEBP_METADATA_FLAGS = 0b1100
JPEG_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))
JPEG_APPLICATIONS = frozenset((*range(0xE0, 0xF0), 0xFE))
JPEG_SCAN, JPEG_END, JPEG_FILL = 0xDA, 0xD9, 0xFF
AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
GIF_IMAGE, GIF_EXTENSION, GIF_END = 0x2C, 0x21, 0x3B
NO_STRUCTURE = "the file is cut off or has another structure"


class BrokenImageError(ValueError):
    """The file is not of the format that its first bytes announce."""


@dataclass(frozen=True, slots=True)
class Parts:
    """``picture`` is a complete smaller file, ``rest`` the bytes after its end."""

    picture: bytes
    rest: bytes
    animated: bool = False


def png_parts(data: bytes) -> Parts:
    kept, animated, at = [data[:8]], False, 8
    while at < len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        chunk = data[at : at + 12 + length]
        at += 12 + length
        animated |= name == b"acTL"
        if name in PNG_CHUNKS:
            kept.append(chunk)
        if name == b"IEND" and at <= len(data):
            return Parts(b"".join(kept), data[at:], animated)
    raise BrokenImageError(NO_STRUCTURE)


def jpeg_parts(data: bytes) -> Parts:
    kept, at = [data[:2]], 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker == JPEG_END:
            return Parts(b"".join([*kept, data[at : at + 2]]), data[at + 2 :])
        end = at + 1
        if marker != JPEG_FILL:
            end = at + 2 + (0 if marker in JPEG_ALONE else int.from_bytes(data[at + 2 : at + 4], "big"))
            if _shapes_jpeg(marker, data[at + 4 : end]):
                kept.append(data[at:end])
        at = end
        if marker == JPEG_SCAN:
            following = AFTER_SCAN.search(data, at)
            if following is None:
                break
            kept.append(data[at : following.start()])
            at = following.start()
    raise BrokenImageError(NO_STRUCTURE)


def _shapes_jpeg(marker: int, content: bytes) -> bool:
    """Return True if a segment affects how the picture looks: of the application segments only color profiles and
    color coding."""
    if marker not in JPEG_APPLICATIONS:
        return True
    return (
        (marker == 0xE0 and content.startswith(b"JFIF\0") and len(content) == 14)
        or (marker == 0xE2 and content.startswith(b"ICC_PROFILE\0"))
        or (marker == 0xEE and content.startswith(b"Adobe") and len(content) == 12)
    )


def webp_parts(data: bytes) -> Parts:
    end = 8 + int.from_bytes(data[4:8], "little")
    kept, animated, at = [b"WEBP"], False, 12
    while at < end <= len(data):
        length, name = int.from_bytes(data[at + 4 : at + 8], "little"), data[at : at + 4]
        chunk = data[at : at + 8 + length + length % 2]
        at += len(chunk)
        animated |= name in (b"ANIM", b"ANMF")
        if name == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~WEBP_METADATA_FLAGS]) + chunk[9:]
        if name in WEBP_CHUNKS:
            kept.append(chunk)
    if at != end:
        raise BrokenImageError(NO_STRUCTURE)
    picture = b"".join(kept)
    return Parts(b"RIFF" + len(picture).to_bytes(4, "little") + picture, data[end:], animated)


def gif_parts(data: bytes) -> Parts:
    """Return all of it, comments too: a GIF is stored as a PNG."""
    images, at = 0, 13 + _gif_table(data[10])
    while data[at] != GIF_END:
        if data[at] == GIF_IMAGE:
            images += 1
            at += 11 + _gif_table(data[at + 9])
        elif data[at] == GIF_EXTENSION:
            at += 2
        else:
            raise BrokenImageError(NO_STRUCTURE)
        while data[at]:
            at += 1 + data[at]
        at += 1
    return Parts(data[: at + 1], data[at + 1 :], animated=images > 1)


def _gif_table(flags: int) -> int:
    """Return the length of the color table that these flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
