"""The stored form of a request: encoded to JSON when a generation is created, decoded by the worker.

``{"system": "…", "messages": [{"role", "text", "images": [id, …]}], "listed": {…}}``; ``images`` is left out if there
are none, ``listed`` if the provider's list states nothing about the model (see ``providers/listed_models.py``).
Parameters are stored in a field of their own, without those that are left to the provider.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from dataclasses import asdict
from typing import Any

from accounts.models import User
from generations.models import Generation
from images.models import Image as StoredImage
from images.selectors import user_images
from providers.adapters.base import ErrorCode, Image, ListedModel, Message, Parameters, ProviderError, Request
from providers.listed_models import decode, encode

IMAGE_GONE = "An image of this conversation is no longer there. Send the message again without it."
EMPTY: dict[str, Any] = {"system": "", "messages": []}


def encode_parameters(parameters: Parameters) -> dict[str, Any]:
    return {name: value for name, value in asdict(parameters).items() if value not in (None, ())}


def decode_parameters(stored: dict[str, Any]) -> Parameters:
    return Parameters(**{**stored, "stop": tuple(stored.get("stop", ()))})


def encode_request(request: Request) -> dict[str, Any]:
    """Return the JSON of a request, with the ids of its images but not their bytes."""
    encoded: dict[str, Any] = {
        "system": request.system,
        "messages": [_encode_message(message) for message in request.messages],
    }
    listed = encode(request.listed)
    return encoded | {"listed": listed} if listed else encoded


def decode_request(generation: Generation) -> Request:
    """Return a generation's request with the bytes of its images; one query if it has any.

    Raises ProviderError if an image was deleted.
    """
    stored = generation.request or EMPTY
    images = _load_images(generation.user, {name for message in stored["messages"] for name in _image_ids(message)})
    messages = tuple(
        Message(message["role"], message["text"], tuple(images[name] for name in _image_ids(message)))
        for message in stored["messages"]
    )
    parameters = decode_parameters(generation.parameters)
    return Request(generation.model, messages, stored["system"], parameters, stored_listed(generation))


def stored_listed(generation: Generation) -> ListedModel:
    """Return what the provider's list stated about a generation's model when it was started."""
    return decode(generation.model, (generation.request or EMPTY).get("listed", {}))


def stored_texts(stored: dict[str, Any] | None) -> Iterator[str]:
    """Yield the system prompt and the messages' texts."""
    stored = stored or EMPTY
    yield stored["system"]
    for message in stored["messages"]:
        yield message["text"]


def stored_image_count(stored: dict[str, Any] | None) -> int:
    return sum(len(_image_ids(message)) for message in (stored or EMPTY)["messages"])


def _encode_message(message: Message) -> dict[str, Any]:
    encoded: dict[str, Any] = {"role": message.role, "text": message.text}
    return encoded | {"images": [image.id for image in message.images]} if message.images else encoded


def _image_ids(message: dict[str, Any]) -> list[str]:
    ids: list[str] = message.get("images", [])
    return ids


def _load_images(user: User, ids: Collection[str]) -> dict[str, Image]:
    if not ids:
        return {}
    try:
        images = {str(image.public_id): _load_image(image) for image in user_images(user, map(uuid.UUID, ids))}
    except OSError as error:
        raise ProviderError(ErrorCode.BAD_REQUEST, IMAGE_GONE, detail=f"an image cannot be read: {error}") from error
    if len(images) < len(ids):
        raise ProviderError(ErrorCode.BAD_REQUEST, IMAGE_GONE, detail="an image is not in the database")
    return images


def _load_image(stored: StoredImage) -> Image:
    with stored.file.open() as file:
        return Image(str(stored.public_id), stored.media_type, stored.width, stored.height, file.read())
