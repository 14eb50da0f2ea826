from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.template.loader import render_to_string
from django.test import RequestFactory
from pytest_django.fixtures import Settings

Render = Callable[..., str]


@pytest.fixture
def render(settings: Settings) -> Render:
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }

    def render_page(template: str, context: dict[str, Any] | None = None, **user: Any) -> str:
        request = RequestFactory().get("/")
        request.user = get_user_model()(username="alice", **user)
        return render_to_string(template, context, request=request)

    return render_page
