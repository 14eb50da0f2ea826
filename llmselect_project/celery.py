"""The Celery application."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "llmselect_project.settings")

app = Celery("llmselect")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add("generations.worker.process:StreamStep")
app.steps["worker"].add("llmselect_project.daily:DailyStep")
