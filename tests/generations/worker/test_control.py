"""Messages to the workers."""

from __future__ import annotations

import pytest
from celery import Celery
from kombu.exceptions import OperationalError
from kombu.utils import functional
from pytest_django import Settings

from generations.models import Run
from generations.worker import control


def test_a_task_that_cannot_be_sent_is_an_error_at_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CELERY_BROKER_URL = "redis+socket:///nowhere.sock"
    app = Celery(set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    waits: list[float] = []
    monkeypatch.setattr(control, "current_app", app)
    monkeypatch.setattr(functional, "sleep", waits.append)

    with pytest.raises(OperationalError):
        control.enqueue(Run(pk=1))

    assert waits == []
