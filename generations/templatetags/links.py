"""A template filter for text that may contain URLs."""

from __future__ import annotations

from django import template
from django.utils.html import urlize
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def linked(text: str) -> SafeString:
    """Return escaped text in which each URL is a link to a new tab."""
    html = urlize(text, nofollow=True, autoescape=True)
    # All else is escaped, so each tag is one of these links.
    return mark_safe(html.replace('rel="nofollow"', 'target="_blank" rel="noopener noreferrer nofollow"'))  # noqa: S308
