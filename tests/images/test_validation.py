from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.errors import InvalidInput
from images.validation import ANIMATED, BROKEN, EMPTY, NOT_ALONE, TOO_MANY_PIXELS, UNKNOWN, check_image
from tests.images import samples
from tests.images.samples import HTML, SECRET, SVG, encoded

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


def test_it_keeps_a_color_profile() -> None:
    assert opened(check_image(samples.photo()).data).info["icc_profile"] == b"a color profile"


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
