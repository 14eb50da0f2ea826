from django.apps import AppConfig


class PresetsConfig(AppConfig):
    name = "presets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the texts that count toward a user's storage."""
        from accounts.storage import register_texts
        from presets.models import Preset, PromptTemplate

        register_texts(Preset, "data")
        register_texts(PromptTemplate, "text")
