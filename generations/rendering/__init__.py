"""Markdown to sanitized HTML, for a whole text or for one that still arrives. This package knows no Django."""

from generations.rendering.oob import oob
from generations.rendering.open_block import Patch
from generations.rendering.page import render
from generations.rendering.stream import StreamRenderer

__all__ = ["Patch", "StreamRenderer", "oob", "render"]
