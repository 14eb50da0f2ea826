"""The project: settings, URLs, ASGI and Celery applications, and ``make run``."""

from llmselect_project.celery import app as celery_app

__all__ = ["celery_app"]
