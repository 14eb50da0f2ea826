from __future__ import annotations

import dataclasses
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.errors import InvalidInput
from images import validation
from images.validation import ANIMATED, BROKEN, EMPTY, NOT_ALONE, TOO_MANY_PIXELS, UNKNOWN, check_image
from tests.images import samples
from tests.images.samples import HTML, PROFILE, SECRET, SVG, encoded

GOOD = {
    "PNG": samples.noted_png(),
    "JPEG": samples.photo(),
    "WEBP": samples.noted_webp(),
    "GIF": encoded("GIF", comment=SECRET),
}


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def refusal(data: bytes) -> str:
    with pytest.raises(InvalidInput) as refused:
        check_image(data)
    return refused.value.message


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "I;16"])
def test_it_keeps_a_png_of_any_depth_as_it_is(mode: str) -> None:
    data = encoded("PNG", Image.new(mode, (7, 5)))

    checked = check_image(data)

    assert (checked.media_type, checked.width, checked.height) == ("image/png", 7, 5)
    assert checked.data == data


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (encoded("JPEG"), "image/jpeg"),
        (encoded("JPEG", progressive=True), "image/jpeg"),
        (encoded("JPEG", samples.picture(mode="CMYK")), "image/jpeg"),
        (encoded("WEBP"), "image/webp"),
        (encoded("WEBP", lossless=True), "image/webp"),
        (encoded("WEBP", Image.new("RGBA", (7, 5), (1, 2, 3, 90))), "image/webp"),
    ],
)
def test_it_loses_no_quality(data: bytes, media_type: str) -> None:
    checked = check_image(data)

    assert checked.media_type == media_type
    assert opened(checked.data).tobytes() == opened(data).tobytes()


@pytest.mark.parametrize("format_", GOOD)
def test_it_removes_everything_but_the_picture(format_: str) -> None:
    checked = check_image(GOOD[format_])

    kept = opened(checked.data)
    assert kept.convert("RGB").tobytes() == opened(GOOD[format_]).convert("RGB").tobytes()
    assert SECRET.encode() not in checked.data
    assert not kept.getexif()
    assert not {"comment", "Comment", "xmp", "exif", "XML:com.adobe.xmp"} & kept.info.keys()


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("tags", [PROFILE, samples.large_profile(300_000)], ids=["small", "large"])
def test_it_keeps_a_color_profile(format_: str, tags: bytes) -> None:
    checked = check_image(encoded(format_, icc_profile=tags))

    assert opened(checked.data).info["icc_profile"] == tags


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("profile", samples.bad_profiles())
def test_it_drops_what_is_no_color_profile(format_: str, profile: str) -> None:
    data = encoded(format_, icc_profile=samples.bad_profiles()[profile])

    checked = check_image(data)

    assert "icc_profile" not in opened(checked.data).info
    assert opened(checked.data).tobytes() == opened(data).tobytes()
    assert len(checked.data) < 2000


def test_it_keeps_no_color_profile_of_more_than_1_mb() -> None:
    large = samples.large_profile(1024 * 1024)

    assert refusal(encoded("PNG", icc_profile=large)) == BROKEN
    for format_ in ("JPEG", "WEBP"):
        assert len(check_image(encoded(format_, icc_profile=large)).data) < 2000


def test_it_drops_the_name_of_a_color_profile() -> None:
    data = encoded("PNG", icc_profile=PROFILE)
    start = data.index(b"iCCP") - 4
    content = SECRET.encode() + data[start + 8 :][: int.from_bytes(data[start : start + 4], "big")].lstrip(
        b"ICC Profile"
    )
    named = data[:start] + samples.chunk(b"iCCP", content) + data[data.index(b"IDAT") - 4 :]

    checked = check_image(named)

    assert opened(named).info["icc_profile"] == opened(checked.data).info["icc_profile"] == PROFILE
    assert SECRET.encode() in named
    assert SECRET.encode() not in checked.data


def with_segment(jpeg: bytes, marker: int) -> bytes:
    """Return a JPEG with a note in a segment before its tables."""
    place = jpeg.index(b"\xff\xdb")
    return jpeg[:place] + bytes((0xFF, marker)) + (2 + len(SECRET)).to_bytes(2, "big") + SECRET.encode() + jpeg[place:]


@pytest.mark.parametrize("marker", [0xC8, 0xDF, 0xE1, 0xEF, 0xF0, 0xFD, 0xFE])
def test_it_drops_unknown_segments_of_a_jpeg(marker: int) -> None:
    plain = encoded("JPEG", icc_profile=PROFILE)

    assert check_image(with_segment(plain, marker)).data == check_image(plain).data == plain


@pytest.mark.parametrize("marker", [0x02, 0x4F, 0xBF, 0xDE])
def test_it_refuses_a_jpeg_of_reserved_segments(marker: int) -> None:
    assert refusal(with_segment(encoded("JPEG"), marker)) == BROKEN


def test_it_refuses_files_of_too_many_tiny_parts() -> None:
    jpeg, png, gif = encoded("JPEG"), encoded("PNG"), encoded("GIF")
    crumbs = [
        jpeg[:2] + b"\xff\xd0" * 1100 + jpeg[2:],
        jpeg[:2] + b"\xff" * 1100 + jpeg[2:],
        png[:33] + samples.chunk(b"tEXt", b"") * 1200 + png[33:],
        gif[:-1] + b"\x21\xfe" + b"\x01x" * 1100 + b"\0;",
    ]

    assert [refusal(data) for data in crumbs] == [BROKEN] * 4
    assert check_image(jpeg[:2] + b"\xff" * 900 + jpeg[2:]).data == jpeg


def test_it_refuses_a_jpeg_of_too_many_scans() -> None:
    progressive = encoded("JPEG", progressive=True)
    start, end = progressive.index(b"\xff\xda"), len(progressive) - 2
    scan = progressive[start : progressive.index(b"\xff", start + 14)]

    assert check_image(progressive).data == progressive
    assert refusal(progressive[:end] + scan * 120 + progressive[end:]) == BROKEN


@pytest.mark.parametrize("format_", ["PNG", "WEBP", "JPEG"])
def test_it_encodes_no_more_pixels_than_models_are_sent(format_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reduced = dataclasses.replace(getattr(validation, format_), encoded_pixels=200)
    monkeypatch.setattr(validation, format_, reduced)

    checked = check_image(encoded(format_, exif=samples.exif(6), icc_profile=PROFILE))
    untouched = check_image(encoded(format_))

    kept = opened(checked.data)
    assert (checked.width, checked.height) == kept.size == (10, 20)
    assert kept.info["icc_profile"] == PROFILE
    assert (untouched.width, untouched.height) == (40, 20)


@pytest.mark.parametrize(
    ("format_", "data"),
    [
        ("JPEG", samples.photo(orientation=6)),
        ("PNG", encoded("PNG", exif=samples.exif(6))),
        ("WEBP", encoded("WEBP", exif=samples.exif(6))),
    ],
)
def test_it_turns_a_picture_that_only_its_metadata_rotates(format_: str, data: bytes) -> None:
    checked = check_image(data)

    kept = opened(checked.data).convert("RGB")
    assert (checked.width, checked.height) == kept.size == (20, 40)
    top, bottom = kept.getpixel((10, 2)), kept.getpixel((10, 38))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 200 > 100 > top[2]
    assert bottom[2] > 200 > 100 > bottom[0]
    assert not opened(checked.data).getexif()
    assert SECRET.encode() not in checked.data


def test_it_keeps_a_gif_as_a_png_with_the_same_pixels() -> None:
    image = samples.picture().quantize(8)

    checked = check_image(encoded("GIF", image, transparency=0))

    assert checked.media_type == "image/png"
    assert (
        opened(checked.data).convert("RGBA").tobytes()
        == opened(encoded("GIF", image, transparency=0)).convert("RGBA").tobytes()
    )


@pytest.mark.parametrize("format_", ["PNG", "WEBP", "GIF"])
def test_it_refuses_animations(format_: str) -> None:
    assert refusal(samples.animation(format_)) == ANIMATED


def test_it_refuses_bombs_without_decoding_them() -> None:
    assert refusal(samples.endless_gif()) == ANIMATED
    assert refusal(samples.huge_png(60_000)) == refusal(samples.huge_png(7_100)) == TOO_MANY_PIXELS


@pytest.mark.parametrize(
    "data",
    [SVG, HTML, b"<?xml version='1.0'?>" + SVG, b"%PDF-1.7", b"BM" + b"\0" * 60, b"GIF", b"RIFF\x04\0\0\0WAVE", b"\0"],
)
def test_it_refuses_files_that_are_not_images(data: bytes) -> None:
    assert refusal(data) == UNKNOWN


@pytest.mark.parametrize("format_", ["TIFF", "BMP", "ICO", "PPM", "AVIF"])
def test_it_refuses_formats_that_models_do_not_accept(format_: str) -> None:
    assert refusal(encoded(format_)) == UNKNOWN


def test_it_refuses_an_empty_file() -> None:
    assert refusal(b"") == EMPTY


@pytest.mark.parametrize("format_", GOOD)
def test_it_refuses_an_image_with_something_after_its_end(format_: str) -> None:
    assert refusal(GOOD[format_] + HTML) == NOT_ALONE
    assert refusal(GOOD[format_] + b"PK\x03\x04" + b"\0" * 60) == NOT_ALONE
    assert check_image(GOOD[format_] + b"\r\n\0\0").data == check_image(GOOD[format_]).data


def test_it_cuts_off_the_data_that_phones_append_to_a_photo() -> None:
    alone = check_image(samples.photo()).data

    assert check_image(samples.photo() + encoded("JPEG")).data == alone
    assert check_image(samples.photo() + b"\0\0\0\x18ftypmp42" + b"\0" * 60).data == alone
    assert check_image(encoded("MPO", save_all=True, append_images=[samples.picture()])).media_type == "image/jpeg"


def test_it_leaves_no_page_in_an_image() -> None:
    hidden = encoded("JPEG", comment=HTML)
    script = b"GIF89a" + encoded("GIF", comment=b"*/=alert(1)/*")[6:]

    assert HTML not in check_image(hidden).data
    assert b"alert" not in check_image(script).data


@pytest.mark.parametrize("format_", GOOD)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_it_refuses_half_an_image(format_: str, part: float) -> None:
    data = encoded(format_, samples.picture(200, 100))

    assert refusal(data[: int(len(data) * part)]) == BROKEN


def test_it_refuses_an_image_whose_pixels_are_missing_or_damaged() -> None:
    png = bytearray(encoded("PNG"))
    png[-20] ^= 0xFF

    assert refusal(samples.short_png()) == BROKEN
    assert refusal(bytes(png)) == BROKEN


@given(format_=st.sampled_from(sorted(GOOD)), data=st.data())
def test_it_accepts_any_damaged_file_or_refuses_it_with_a_sentence(format_: str, data: st.DataObject) -> None:
    damaged = bytearray(GOOD[format_])
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))

    try:
        checked = check_image(bytes(damaged))
    except InvalidInput as refused:
        assert refused.message.endswith(".")
    else:
        assert opened(checked.data).size == (checked.width, checked.height)
