from django.apps import AppConfig


class ProvidersConfig(AppConfig):
    name = "providers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # The receivers register themselves when they are imported.
        from core.process_cache import forget_when_changed
        from providers import receivers  # noqa: F401
        from providers.models import Endpoint, LanguageModel, ProviderKey

        forget_when_changed(Endpoint, ProviderKey, LanguageModel)
