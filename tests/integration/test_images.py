"""Images from the upload to the vendor, with a real web process and worker."""

from __future__ import annotations

import base64
import re
from io import BytesIO
from typing import Any

import pytest
import requests
from PIL import Image

from tests.fake_providers import Script, StandIn
from tests.images import samples
from tests.integration.api_client import Program
from tests.integration.event_reader import Json

PHOTO = samples.photo(orientation=6)
MODELS = ("openai/see-a", "anthropic/see-b", "google/see-c", "mistral/see-d", "openrouter/see-e", "xai/see-f")


def uploaded(program: Program, data: bytes = b"", name: str = "cat.png") -> Json:
    response = upload(program, data or samples.encoded("PNG"), name)
    assert response.status_code == 201, response.text
    image: Json = response.json()
    return image


def upload(program: Program, data: bytes, name: str = "cat.png") -> requests.Response:
    return program.api.post("/api/v1/images", files={"file": (name, data)})


def test_every_vendor_is_shown_what_was_uploaded(alice: Program, vendors: StandIn) -> None:
    vendors.default = Script(text="A flag.")
    image = uploaded(alice, PHOTO)
    bytes_shown = alice.api.get(image["url"]).content

    comparison = alice.post("compare", alice.body(*MODELS, images=[image["id"]]))

    assert (image["width"], image["height"]) == (20, 40)
    assert [each["id"] for each in comparison["turns"][0]["images"]] == [image["id"]]
    assert {slot["status"] for slot in comparison["turns"][0]["results"]} == {"completed"}
    encoded = samples.base64_of(bytes_shown)
    for model in MODELS:
        body = vendors.wait_for_request(model=model.partition("/")[2]).body
        assert str(body).count(encoded) == 1
        assert "image/jpeg" in str(body)
    assert samples.SECRET.encode() not in bytes_shown


def test_a_further_turn_sends_its_images_and_the_earlier_ones(alice: Program, vendors: StandIn) -> None:
    first, second = uploaded(alice), uploaded(alice, samples.encoded("WEBP"))
    comparison = alice.post("compare", alice.body("openrouter/turn-a", "xai/turn-b", images=[first["id"]]))

    path = f"comparisons/{comparison['id']}/turns"
    turns = alice.post(path, {"prompt": "And this?", "images": [second["id"]]})["turns"]

    assert [[image["id"] for image in turn["images"]] for turn in turns] == [[first["id"]], [second["id"]]]
    for model in ("turn-a", "turn-b"):
        messages = vendors.wait_for_request(model=model, number=2).body["messages"]
        assert [_kinds(message) for message in messages] == [["png", "text"], ["text"], ["jpeg", "text"]]


def _kinds(message: dict[str, Any]) -> list[str]:
    if isinstance(message["content"], str):
        return ["text"]
    return [
        "text" if part["type"] == "text" else part["image_url"]["url"].partition(";")[0].rpartition("/")[2]
        for part in message["content"]
    ]


def test_a_chat_goes_on_after_an_image_that_is_too_large_for_the_vendor(alice: Program, vendors: StandIn) -> None:
    image = uploaded(alice, samples.encoded("PNG", Image.new("RGB", (9_000, 40), "red")))
    body = {"message": "What is this?", "provider": "anthropic", "model": "wide-a", "images": [image["id"]]}

    first = alice.post("chat", body)
    alice.post("chat", {"message": "Sure?", "conversation_id": first["conversation_id"]})

    vendors.wait_for_request(model="wide-a", number=2)
    sources = [
        part["source"]["data"]
        for request in vendors.requests
        for message in request.body["messages"]
        for part in message["content"]
        if isinstance(part, dict) and part["type"] == "image"
    ]
    assert (image["width"], image["height"]) == (9_000, 40)
    assert len(sources) == 2
    assert all(max(Image.open(BytesIO(base64.b64decode(source))).size) <= 2_048 for source in sources)


def test_a_chat_sends_its_images_with_every_message(alice: Program, vendors: StandIn) -> None:
    image = uploaded(alice)
    body = {"message": "What is this?", "provider": "xai", "model": "chat-a", "images": [image["id"]]}
    first = alice.post("chat", body)
    more = {"message": "Sure?", "conversation_id": first["conversation_id"]}

    alice.post("chat", more)
    fork = alice.post(f"conversations/{first['conversation_id']}/fork", status=201)

    vendors.wait_for_request(model="chat-a", number=3)
    kinds = [[_kinds(message) for message in request.body["messages"]] for request in vendors.requests]
    assert [["png", "text"]] in kinds
    assert [["png", "text"], ["text"], ["text"]] in kinds
    for conversation in (alice.get(f"conversations/{first['conversation_id']}"), fork):
        assert [len(message["images"]) for message in conversation["messages"]] == [1, 0, 0, 0]


def test_the_demo_model_names_the_images_that_it_received(alice: Program) -> None:
    images = [uploaded(alice)["id"], uploaded(alice, PHOTO)["id"]]

    answer = alice.post("chat", {"message": "Look", "provider": "demo", "model": "demo-swift", "images": images})

    assert "I was shown 2 images (40 × 20, 20 × 40 pixels), and looked at none." in answer["response"]
    models: Any = alice.get("models")
    demo = [model for model in models if model["provider"] == "demo"]
    assert all(model["vision"] for model in demo)


def test_a_photo_of_many_megabytes_arrives_as_a_smaller_one(alice: Program, vendors: StandIn) -> None:
    photo = samples.encoded("PNG", samples.noise(1700, 1700), compress_level=0)
    images = [uploaded(alice, photo)["id"] for _ in range(2)]

    comparison = alice.post("compare", alice.body("openai/big-a", "xai/big-b", images=images))

    assert {slot["status"] for slot in comparison["turns"][0]["results"]} == {"completed"}
    for model in ("big-a", "big-b"):
        urls = re.findall(r"data:image/jpeg;base64,([^'\"]+)", str(vendors.wait_for_request(model=model).body))
        assert [len(url) < len(photo) / 2 for url in urls] == [True, True]


def test_a_comparison_with_images_is_refused_if_a_model_cannot_see(alice: Program, vendors: StandIn) -> None:
    image = uploaded(alice)
    models = ("openai/gpt-4o", "openai/gpt-3.5-turbo", "mistral/mistral-nemo")

    refused = alice.api.post("/api/v1/compare/stream", json=alice.body(*models, images=[image["id"]]))

    error = refused.json()["error"]
    assert refused.status_code == 400
    assert error["message"].startswith("Images cannot be shown to gpt-3.5-turbo and Mistral NeMo.")
    assert "images" in error["fields"]
    assert vendors.requests == []


def test_a_turn_with_images_is_refused_if_a_model_cannot_see(alice: Program, vendors: StandIn) -> None:
    comparison = alice.post("compare", alice.body("openai/gpt-4o", "openai/gpt-3.5-turbo"))

    path = f"/api/v1/comparisons/{comparison['id']}/turns"
    refused = alice.api.post(path, json={"prompt": "And this?", "images": [uploaded(alice)["id"]]})

    assert refused.status_code == 400
    assert "cannot be shown to gpt-3.5-turbo." in refused.json()["error"]["message"]
    assert len(alice.get(f"comparisons/{comparison['id']}")["turns"]) == 1


def test_a_socket_takes_a_turn_with_images(alice: Program, vendors: StandIn) -> None:
    comparison = alice.post("compare", alice.body("openrouter/sock-a", "openrouter/sock-b"))
    image = uploaded(alice)

    with alice.socket(comparison["id"]) as socket:
        socket.until("done")
        socket.send({"action": "turn", "prompt": "And this?", "images": [image["id"]]})
        socket.until("done")

    turns = alice.get(f"comparisons/{comparison['id']}")["turns"]
    assert [len(turn["images"]) for turn in turns] == [0, 1]


def test_a_chat_that_continues_as_a_comparison_keeps_its_images(alice: Program, vendors: StandIn) -> None:
    image = uploaded(alice)
    body = {"message": "What is this?", "provider": "xai", "model": "along-a", "images": [image["id"]]}
    chat = alice.post("chat", body)

    compare_body = alice.body("xai/along-b", "openrouter/along-c", conversation_id=chat["conversation_id"])
    comparison = alice.post("compare", compare_body)

    assert [len(message["images"]) for message in comparison["history"]] == [1, 0]
    for model in ("along-b", "along-c"):
        messages = vendors.wait_for_request(model=model).body["messages"]
        assert [_kinds(message) for message in messages] == [["png", "text"], ["text"], ["text"]]


def test_images_are_deleted_with_their_comparison(alice: Program, vendors: StandIn) -> None:
    image = uploaded(alice)
    comparison = alice.post("compare", alice.body("xai/gone-a", "xai/gone-b", images=[image["id"]]))

    refused = alice.api.delete(f"/api/v1/images/{image['id']}")
    alice.api.delete(f"/api/v1/comparisons/{comparison['id']}")

    assert refused.status_code == 409
    assert "Delete the message" in refused.json()["error"]["message"]
    assert alice.api.get(image["url"]).status_code == 404


def test_a_stranger_cannot_use_an_image(alice: Program, bob: Program, vendors: StandIn) -> None:
    image = uploaded(alice)

    compared = bob.api.post("/api/v1/compare", json=bob.body("xai/no", images=[image["id"]]))

    assert bob.api.get(image["url"], allow_redirects=False).status_code == 404
    assert bob.api.delete(f"/api/v1/images/{image['id']}").status_code == 404
    assert compared.status_code == 400
    assert compared.json()["error"]["fields"].keys() == {"images"}
    assert vendors.requests == []


@pytest.mark.parametrize("data", [samples.SVG, samples.HTML, samples.photo() + samples.HTML, samples.huge_png(), b""])
def test_bad_files_are_refused_over_real_http(alice: Program, data: bytes) -> None:
    response = upload(alice, data)

    assert response.status_code == 400
    assert response.json()["error"]["message"].endswith(".")


def test_uploads_may_be_larger_than_other_bodies(alice: Program) -> None:
    three_megabytes = samples.encoded("PNG", samples.noise(1000, 1000), compress_level=0)
    eleven = samples.encoded("PNG", samples.noise(2000, 1900), compress_level=0)

    taken, refused = upload(alice, three_megabytes), upload(alice, eleven)
    body = alice.api.post("/api/v1/compare", json=alice.body("xai/m", prompt="x" * 2_200_000))

    assert len(three_megabytes) > 2_900_000
    assert taken.status_code == 201
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_large")
    assert "larger than 10 MB" in refused.json()["error"]["message"]
    assert body.status_code == 413
    assert alice.api.get(taken.json()["url"]).content == three_megabytes
