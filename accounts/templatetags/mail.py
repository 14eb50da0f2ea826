"""The template tag that says if this installation sends mail."""

from __future__ import annotations

from django import template

from accounts.mail import sends_mail

register = template.Library()
register.simple_tag(sends_mail)
