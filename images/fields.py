"""The field of a request body that names images."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.fields import IdField

MAX_IMAGES = 8
TOO_MANY = f"At most {MAX_IMAGES} images can be sent with one message."
NO_ID = "Each image has to be the id of an uploaded image."


class ImagesField(serializers.ListField):
    """The ids of up to eight images, in order; ``chosen_images`` checks later whose images they are."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            child=IdField(error_messages={"invalid": NO_ID}),
            max_length=MAX_IMAGES,
            error_messages={"max_length": TOO_MANY, "not_a_list": "The images have to be a list of ids."},
            **kwargs,
        )
