"""Image file formats: functions that split a file by its own structure into the picture and the rest, without decoding.

A picture keeps only the parts that decide how it looks: no locations, names, comments or previews. A file that is cut
off may also raise IndexError.

    PNG   https://www.w3.org/TR/png-3/#5Chunk-layout     JPEG  ITU-T T.81, annex B
    WebP  https://developers.google.com/speed/webp/docs/riff_container     GIF  GIF89a, grammar in appendix B
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PNG_CHUNKS = frozenset(b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP sBIT bKGD pHYs".split())
WEBP_CHUNKS = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP"))
WEBP_METADATA_FLAGS = 0b1100
# Markers without a length and content of their own.
JPEG_BARE_MARKERS = frozenset((0x01, *range(0xD0, 0xD8)))
JPEG_APPLICATIONS = frozenset((*range(0xE0, 0xF0), 0xFE))
JPEG_SCAN, JPEG_END, JPEG_FILL = 0xDA, 0xD9, 0xFF
# Within a scan, FF 00 is a byte of data and FF D0 to FF D7 are restart markers.
AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
GIF_IMAGE, GIF_EXTENSION, GIF_END = 0x2C, 0x21, 0x3B
NO_STRUCTURE = "the file is cut off or has another structure"


class BrokenImageError(ValueError):
    """A file that is not of the format that its first bytes announce, or that is cut off."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A file in two parts: ``picture``, a complete smaller file, and ``rest``, the bytes after the end of the image."""

    picture: bytes
    rest: bytes
    animated: bool = False


def png_parts(data: bytes) -> Parts:
    chunks, animated, offset = [data[:8]], False, 8
    while offset < len(data):
        length, name = int.from_bytes(data[offset : offset + 4], "big"), data[offset + 4 : offset + 8]
        # A length and a name of four bytes each, the content, and a checksum of four bytes.
        chunk = data[offset : offset + 12 + length]
        offset += 12 + length
        animated |= name == b"acTL"
        if name in PNG_CHUNKS:
            chunks.append(chunk)
        if name == b"IEND" and offset <= len(data):
            return Parts(b"".join(chunks), data[offset:], animated)
    raise BrokenImageError(NO_STRUCTURE)


def jpeg_parts(data: bytes) -> Parts:
    segments, offset = [data[:2]], 2
    while data[offset] == 0xFF:
        marker = data[offset + 1]
        if marker == JPEG_END:
            return Parts(b"".join([*segments, data[offset : offset + 2]]), data[offset + 2 :])
        end = offset + 1
        if marker != JPEG_FILL:
            length = 0 if marker in JPEG_BARE_MARKERS else int.from_bytes(data[offset + 2 : offset + 4], "big")
            end = offset + 2 + length
            if _affects_picture(marker, data[offset + 4 : end]):
                segments.append(data[offset:end])
        offset = end
        if marker == JPEG_SCAN:
            following = AFTER_SCAN.search(data, offset)
            if following is None:
                break
            segments.append(data[offset : following.start()])
            offset = following.start()
    raise BrokenImageError(NO_STRUCTURE)


def _affects_picture(marker: int, content: bytes) -> bool:
    """Return True if a JPEG segment affects how the picture looks: of the application segments, only color profiles
    and color coding do."""
    if marker not in JPEG_APPLICATIONS:
        return True
    return (
        (marker == 0xE0 and content.startswith(b"JFIF\0") and len(content) == 14)
        or (marker == 0xE2 and content.startswith(b"ICC_PROFILE\0"))
        or (marker == 0xEE and content.startswith(b"Adobe") and len(content) == 12)
    )


def webp_parts(data: bytes) -> Parts:
    end = 8 + int.from_bytes(data[4:8], "little")
    chunks, animated, offset = [b"WEBP"], False, 12
    while offset < end <= len(data):
        length, name = int.from_bytes(data[offset + 4 : offset + 8], "little"), data[offset : offset + 4]
        # A chunk of odd length is padded to an even one.
        chunk = data[offset : offset + 8 + length + length % 2]
        offset += len(chunk)
        animated |= name in (b"ANIM", b"ANMF")
        if name == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~WEBP_METADATA_FLAGS]) + chunk[9:]
        if name in WEBP_CHUNKS:
            chunks.append(chunk)
    if offset != end:
        raise BrokenImageError(NO_STRUCTURE)
    picture = b"".join(chunks)
    return Parts(b"RIFF" + len(picture).to_bytes(4, "little") + picture, data[end:], animated)


def gif_parts(data: bytes) -> Parts:
    """Return the parts of a GIF; its picture keeps all blocks, even comments, because it is stored as a PNG anyway."""
    images, offset = 0, 13 + _gif_table(data[10])
    while data[offset] != GIF_END:
        if data[offset] == GIF_IMAGE:
            images += 1
            offset += 11 + _gif_table(data[offset + 9])
        elif data[offset] == GIF_EXTENSION:
            offset += 2
        else:
            raise BrokenImageError(NO_STRUCTURE)
        while data[offset]:
            offset += 1 + data[offset]
        offset += 1
    return Parts(data[: offset + 1], data[offset + 1 :], animated=images > 1)


def _gif_table(flags: int) -> int:
    """Return the length in bytes of the color table that these flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
