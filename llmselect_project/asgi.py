"""The ASGI application."""

from __future__ import annotations

import os

import django
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "llmselect_project.settings")
django.setup()

application = import_string("llmselect_project.asgi_routes.application")
