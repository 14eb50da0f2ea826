from __future__ import annotations

import os
from io import BytesIO

import pytest
from PIL import Image as Pictures

from providers.adapters.base import Finished, Image, Message, Request
from providers.adapters.fitted_images import (
    COMMON_FORMATS,
    MOST_BYTES,
    MOST_BYTES_IN_ALL,
    WITH_WEBP,
    with_fitting_images,
)
from providers.adapters.http import HttpClients
from providers.adapters.retries import Retries, open_retried_stream
from providers.kinds import KINDS
from tests.fake_providers import StandIn
from tests.providers.adapters.calls import LONG_TIMEOUTS, target_of


def image(format_: str, width: int, height: int, *, noise: bool = False, mode: str = "RGB") -> Image:
    picture = Pictures.new(mode, (width, height), "red")
    if noise:
        picture = Pictures.frombytes(mode, (width, height), os.urandom(width * height * len(mode)))
    output = BytesIO()
    picture.save(output, format_)
    return Image("1", f"image/{format_.lower()}", width, height, output.getvalue())


def request_with(*images: Image) -> Request:
    return Request("m", (Message("user", "What is this?", images),))


async def fitted(*images: Image, formats: frozenset[str] = COMMON_FORMATS) -> tuple[Image, ...]:
    return (await with_fitting_images(request_with(*images), formats)).messages[0].images


async def test_an_image_that_fits_stays_as_it_is() -> None:
    request = request_with(image("PNG", 40, 20), image("JPEG", 2048, 10))

    assert await with_fitting_images(request, COMMON_FORMATS) is request


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
async def test_a_large_image_becomes_a_smaller_copy(format_: str) -> None:
    (copy,) = await fitted(image(format_, 9000, 300))

    with Pictures.open(BytesIO(copy.data)) as picture:
        assert picture.size == (copy.width, copy.height) == (2048, 68)
        assert f"image/{str(picture.format).lower()}" == copy.media_type
    assert copy.media_type in COMMON_FORMATS


async def test_a_heavy_image_becomes_light_enough() -> None:
    (copy,) = await fitted(image("PNG", 2000, 2000, noise=True))

    assert len(copy.data) <= MOST_BYTES
    assert max(copy.width, copy.height) >= 1024


async def test_many_images_are_light_enough_together() -> None:
    copies = await fitted(*[image("PNG", 1500, 1000, noise=True)] * 8)

    assert sum(len(each.data) for each in copies) <= MOST_BYTES_IN_ALL


async def test_webp_is_sent_only_where_it_is_read() -> None:
    webp = image("WEBP", 40, 20, mode="RGBA")

    (converted,) = await fitted(webp)

    assert converted.media_type == "image/jpeg"
    assert await fitted(webp, formats=WITH_WEBP) == (webp,)


async def test_what_cannot_be_read_is_sent_as_it_is() -> None:
    broken = Image("1", "image/png", 9000, 9000, b"not an image")

    assert await fitted(broken) == (broken,)


@pytest.mark.parametrize(
    ("slug", "media_type"), [("openai", "image/webp"), ("xai", "image/jpeg"), ("ollama", "image/jpeg")]
)
async def test_each_provider_is_sent_what_it_reads(
    slug: str, media_type: str, vendors: StandIn, clients: HttpClients
) -> None:
    request = request_with(image("WEBP", 40, 20))
    stream = open_retried_stream(
        KINDS[slug].adapter, clients, target_of(vendors, slug), request, LONG_TIMEOUTS, Retries(0, 1, 1)
    )

    events = [event async for event in stream]

    assert isinstance(events[-1], Finished)
    assert f"data:{media_type};base64" in str((await vendors.request()).body)
