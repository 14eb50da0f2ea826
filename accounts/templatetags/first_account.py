"""For the pages on which accounts are made."""

from __future__ import annotations

from django import template

from accounts.models import User

register = template.Library()


@register.simple_tag
def is_first_account() -> bool:
    """Whether nobody has an account yet, so that the next one becomes the administrator's."""
    return not User.objects.exists()
