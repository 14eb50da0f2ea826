"""URLs of images."""

from __future__ import annotations

from django.urls import path

from images import views

app_name = "images"
urlpatterns = [path("images/<uuid:public_id>/", views.image_detail, name="image-detail")]
