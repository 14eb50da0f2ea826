from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from providers.key_rotation import rotate_keys


class Command(BaseCommand):
    help = "Encrypt every stored secret with the first key in FIELD_ENCRYPTION_KEY. Then the others can be removed."

    def handle(self, *args: Any, **options: Any) -> None:
        result = rotate_keys()
        self.stdout.write(f"Encrypted with the first key: {result.done}. Using it now: {result.current}.")
        if result.unreadable:
            raise CommandError(
                f"{result.unreadable} stored secrets cannot be read with any key in FIELD_ENCRYPTION_KEY and were left "
                "as they are. Put the old key back into it, or have their owners enter them again."
            )
