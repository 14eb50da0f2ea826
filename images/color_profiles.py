"""Color profiles in images: only well-formed ones of bounded size are kept, so that nothing else rides in their place.

A photo with a wide gamut looks pale without its profile. (ICC.1:2022, section 7)
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

LARGEST_PROFILE = 1024 * 1024
"""Bytes of a profile; those of displays have some kB, those of presses about 600 kB."""
MOST_TAGS = 100
HEADER, TAG = 128, 12
"""The sizes of a profile's header, and of an entry in the table of tags that follows it with its length."""
PNG_PREFIX = b"ICC Profile\0\0"
"""The name of a profile in a PNG file, which could be any text, and its compression (PNG, 11.3.2.3)."""


def is_well_formed(profile: bytes) -> bool:
    """Return True for a profile with the size that it states, the signature, and tags within it."""
    if not HEADER + 4 <= len(profile) <= LARGEST_PROFILE or profile[36:40] != b"acsp":
        return False
    tags, start = _number(profile, HEADER), HEADER + 4
    end = start + TAG * tags
    if _number(profile, 0) != len(profile) or tags > MOST_TAGS or end > len(profile):
        return False
    places = [(_number(profile, entry + 4), _number(profile, entry + 8)) for entry in range(start, end, TAG)]
    return all(end <= offset and offset + size <= len(profile) for offset, size in places)


def are_well_formed_pieces(pieces: Sequence[bytes]) -> bool:
    """Return True if these are all pieces of a well-formed profile in order, each behind its number and their amount
    (ICC.1:2022, B.4)."""
    numbered = all(piece[:2] == bytes((number, len(pieces))) for number, piece in enumerate(pieces, 1) if number < 256)
    return numbered and len(pieces) < 256 and is_well_formed(b"".join(piece[2:] for piece in pieces))


def png_profile(content: bytes) -> bytes | None:
    """Return the content of an iCCP chunk with nothing but a well-formed profile; None if there is none."""
    _, _, rest = content.partition(b"\0")
    inflater = zlib.decompressobj()
    try:
        profile = inflater.decompress(rest[1:], LARGEST_PROFILE + 1)
    except zlib.error:
        return None
    return PNG_PREFIX + zlib.compress(profile) if is_well_formed(profile) else None


def _number(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset : offset + 4], "big")
