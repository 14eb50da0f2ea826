"""Serializers that describe images in the OpenAPI document; ``json.py`` builds the JSON itself."""

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
    url = serializers.CharField(help_text="The path of the image on this installation. Only its owner can open it.")


class UploadedImageSerializer(ImageSerializer):
    size = serializers.IntegerField(help_text="In bytes.")
