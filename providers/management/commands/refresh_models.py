from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from providers.list_refreshes import refresh_lists


class Command(BaseCommand):
    help = "Fetch the lists of models of all providers whose key is known, as a worker does once a day."

    def handle(self, *args: Any, **options: Any) -> None:
        count = refresh_lists()
        self.stdout.write(f"Stored {count} list{'' if count == 1 else 's'} of models.")
