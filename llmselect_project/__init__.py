"""The project: settings, URLs, ASGI and Celery applications, and ``make run``."""
