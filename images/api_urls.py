"""URLs of images in the API, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from images import api

app_name = "images_api"
urlpatterns = [
    path("images", api.image_create, name="image-create"),
    path("images/<uuid:image_id>", api.image_delete, name="image-delete"),
]
