"""Markdown to sanitized HTML, whole or while it streams. Knows no Django."""

from generations.rendering.oob import oob
from generations.rendering.open_block import Patch
from generations.rendering.page import render
from generations.rendering.stream import StreamRenderer

__all__ = ["Patch", "StreamRenderer", "oob", "render"]
