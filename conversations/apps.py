from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "conversations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what follows the first exchange of a chat, and the texts that count toward a user's storage."""
        import conversations.titles  # noqa: F401
        from accounts.storage import register_texts
        from conversations.models import Conversation, Message

        register_texts(Conversation, "system")
        register_texts(Message, "text", user="conversation__user")
