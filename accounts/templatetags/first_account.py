"""Template tag for the pages on which accounts are created."""

from __future__ import annotations

from django import template

from accounts.models import User

register = template.Library()


@register.simple_tag
def is_first_account() -> bool:
    """Return True if there is no account yet; the next one becomes the administrator's."""
    return not User.objects.exists()
