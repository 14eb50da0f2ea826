from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "conversations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what follows the first exchange of a chat."""
        import conversations.titles  # noqa: F401
