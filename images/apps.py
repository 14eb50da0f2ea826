from django.apps import AppConfig


class ImagesConfig(AppConfig):
    name = "images"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the files that count toward a user's storage."""
        from accounts.storage import register_sizes
        from images.models import Image

        register_sizes(Image, "size")
