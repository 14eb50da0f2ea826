"""Django app of the project."""

from __future__ import annotations

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """The project, which gives its Celery application to each process that sets Django up."""

    name = "llmselect_project"

    def ready(self) -> None:
        import llmselect_project.celery  # noqa: F401
