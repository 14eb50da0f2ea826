from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Signal receivers and the OpenAPI extension register themselves when they are imported.
        from accounts import receivers  # noqa: F401
        from core.api import openapi  # noqa: F401
