"""Image file formats: functions that split a file by its own structure into the picture and the rest, without decoding.

A picture keeps only the parts that decide how it looks: no locations, names, comments or previews. A file that is cut
off may also raise IndexError.

    PNG   https://www.w3.org/TR/png-3/#5Chunk-layout     JPEG  ITU-T T.81, annex B
    WebP  https://developers.google.com/speed/webp/docs/riff_container     GIF  GIF89a, grammar in appendix B
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from zlib import crc32

from images.color_profiles import are_well_formed_pieces, is_well_formed, png_profile

PNG_CHUNKS = frozenset(b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP sBIT bKGD pHYs".split())
WEBP_CHUNKS = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP"))
WEBP_METADATA_FLAGS, WEBP_PROFILE_FLAG = 0b1100, 0b100000
# Markers without a length and content of their own.
JPEG_BARE_MARKERS = frozenset((0x01, *range(0xD0, 0xD8)))
# Frames, tables and scans (T.81, table B.1).
JPEG_PICTURE = frozenset((*range(0xC0, 0xC8), *range(0xC9, 0xD0), 0xDA, 0xDB, 0xDC, 0xDD))
JPEG_PROFILE = b"ICC_PROFILE\0"
MOST_SCANS = 100
"""Scans of a progressive JPEG; it usually has ten. Each is decoded over the whole picture."""
JPEG_SCAN, JPEG_END, JPEG_FILL = 0xDA, 0xD9, 0xFF
# Within a scan, FF 00 is a byte of data and FF D0 to FF D7 are restart markers.
AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
GIF_IMAGE, GIF_EXTENSION, GIF_END = 0x2C, 0x21, 0x3B
NO_STRUCTURE = "the file is cut off or has another structure"


FREE_STEPS, BYTES_PER_STEP = 1000, 100
"""The parts that a file may have, and the bytes that each further one has on average: a GIF has a part for each 255."""


class BrokenImageError(ValueError):
    """A file that is not of the format that its first bytes announce, or that is cut off."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A file in two parts: ``picture``, a complete smaller file, and ``rest``, the bytes after the end of the image."""

    picture: bytes
    rest: bytes
    animated: bool = False


class _Steps:
    """The steps from part to part of a file; too many tiny parts are refused, because each costs time."""

    def __init__(self, data: bytes) -> None:
        self._left = FREE_STEPS + len(data) // BYTES_PER_STEP

    def take(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise BrokenImageError("the file has too many parts")


def png_parts(data: bytes) -> Parts:
    chunks, animated, offset, steps = [data[:8]], False, 8, _Steps(data)
    while offset < len(data):
        steps.take()
        length, name = int.from_bytes(data[offset : offset + 4], "big"), data[offset + 4 : offset + 8]
        # A length and a name of four bytes each, the content, and a checksum of four bytes.
        chunk = data[offset : offset + 12 + length]
        offset += 12 + length
        animated |= name == b"acTL"
        if name == b"iCCP":
            chunks.append(_png_profile_chunk(chunk[8:-4]))
        elif name in PNG_CHUNKS:
            chunks.append(chunk)
        if name == b"IEND" and offset <= len(data):
            return Parts(b"".join(chunks), data[offset:], animated)
    raise BrokenImageError(NO_STRUCTURE)


def _png_profile_chunk(content: bytes) -> bytes:
    profile = png_profile(content)
    if profile is None:
        return b""
    named = b"iCCP" + profile
    return len(profile).to_bytes(4, "big") + named + crc32(named).to_bytes(4, "big")


def jpeg_parts(data: bytes) -> Parts:
    segments, profile, offset, scans, steps = [data[:2]], list[bytes](), 2, 0, _Steps(data)
    while data[offset] == 0xFF:
        steps.take()
        marker = data[offset + 1]
        if marker == JPEG_END:
            return Parts(b"".join([*_with_profile(segments, profile), data[offset : offset + 2]]), data[offset + 2 :])
        end = offset + 1
        if marker != JPEG_FILL:
            length = 0 if marker in JPEG_BARE_MARKERS else int.from_bytes(data[offset + 2 : offset + 4], "big")
            end = offset + 2 + length
            segment = data[offset:end]
            if marker == 0xE2 and segment[4:].startswith(JPEG_PROFILE):
                profile.append(segment)
            elif _affects_picture(marker, segment[4:]):
                segments.append(segment)
        offset = end
        if marker == JPEG_SCAN:
            scans += 1
            following = AFTER_SCAN.search(data, offset)
            if following is None or scans > MOST_SCANS:
                break
            segments.append(data[offset : following.start()])
            offset = following.start()
    raise BrokenImageError(NO_STRUCTURE)


def _affects_picture(marker: int, content: bytes) -> bool:
    """Return True if a JPEG segment affects how the picture looks: of the application segments, only color coding
    does."""
    return (
        marker in JPEG_PICTURE
        or (marker == 0xE0 and content.startswith(b"JFIF\0") and len(content) == 14)
        or (marker == 0xEE and content.startswith(b"Adobe") and len(content) == 12)
    )


def _with_profile(segments: list[bytes], profile: list[bytes]) -> list[bytes]:
    """Return the segments with those of a well-formed profile, behind the JFIF segment, which has to be the first."""
    if not are_well_formed_pieces([each[4 + len(JPEG_PROFILE) :] for each in profile]):
        return segments
    place = 2 if len(segments) > 1 and segments[1].startswith(b"\xff\xe0") else 1
    return [*segments[:place], *profile, *segments[place:]]


def webp_parts(data: bytes) -> Parts:
    end = 8 + int.from_bytes(data[4:8], "little")
    chunks, animated, offset, steps = dict[bytes, bytes](), False, 12, _Steps(data)
    while offset < end <= len(data):
        steps.take()
        length, name = int.from_bytes(data[offset + 4 : offset + 8], "little"), data[offset : offset + 4]
        # A chunk of odd length is padded to an even one.
        chunk = data[offset : offset + 8 + length + length % 2]
        offset += len(chunk)
        animated |= name in (b"ANIM", b"ANMF")
        if name in WEBP_CHUNKS and (name != b"ICCP" or is_well_formed(chunk[8 : 8 + length])):
            chunks.setdefault(name, chunk)
    if offset != end:
        raise BrokenImageError(NO_STRUCTURE)
    if b"VP8X" in chunks:
        chunks[b"VP8X"] = _webp_header(chunks[b"VP8X"], has_profile=b"ICCP" in chunks)
    picture = b"WEBP" + b"".join(chunks.values())
    return Parts(b"RIFF" + len(picture).to_bytes(4, "little") + picture, data[end:], animated)


def _webp_header(chunk: bytes, *, has_profile: bool) -> bytes:
    """Return a VP8X chunk that announces no more than there is."""
    removed = WEBP_METADATA_FLAGS if has_profile else WEBP_METADATA_FLAGS | WEBP_PROFILE_FLAG
    return chunk[:8] + bytes([chunk[8] & ~removed]) + chunk[9:]


def gif_parts(data: bytes) -> Parts:
    """Return the parts of a GIF; its picture keeps all blocks, even comments, because it is stored as a PNG anyway."""
    images, offset, steps = 0, 13 + _gif_table(data[10]), _Steps(data)
    while data[offset] != GIF_END:
        if data[offset] == GIF_IMAGE:
            images += 1
            if images > 1:
                return Parts(data, b"", animated=True)
            offset += 11 + _gif_table(data[offset + 9])
        elif data[offset] == GIF_EXTENSION:
            offset += 2
        else:
            raise BrokenImageError(NO_STRUCTURE)
        while data[offset]:
            steps.take()
            offset += 1 + data[offset]
        steps.take()
        offset += 1
    return Parts(data[: offset + 1], data[offset + 1 :])


def _gif_table(flags: int) -> int:
    """Return the length in bytes of the color table that these flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
