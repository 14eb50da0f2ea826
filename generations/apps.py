from django.apps import AppConfig


class GenerationsConfig(AppConfig):
    name = "generations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the texts that count toward a user's storage."""
        from accounts.storage import register_texts
        from generations.models import Generation

        register_texts(Generation, "text", "reasoning", "past_attempts", "timeline", "request")
