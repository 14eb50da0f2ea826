"""The shapes of images in the OpenAPI document; ``json`` builds them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class UploadSerializer(serializers.Serializer[Any]):
    file = serializers.FileField()


class ImageSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    media_type = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    url = serializers.CharField(help_text="Its path on this installation, for its owner.")


class UploadedImageSerializer(ImageSerializer):
    size = serializers.IntegerField(help_text="In bytes.")
