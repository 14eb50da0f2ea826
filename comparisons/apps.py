from django.apps import AppConfig


class ComparisonsConfig(AppConfig):
    name = "comparisons"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the texts that count toward a user's storage."""
        from accounts.storage import register_texts
        from comparisons.models import Turn

        register_texts(Turn, "prompt", user="comparison__user")
