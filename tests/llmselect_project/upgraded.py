"""``python -m tests.llmselect_project.upgraded``: open everything that version 0.1 stored, and print what came back."""

from __future__ import annotations

import json
import os
from typing import Any

IDS = {
    "comparison": "bedb9489-42ba-48c0-82f3-8153ec10139b",
    "chat": "9e61420b-1eaa-465f-9662-e50fd11197ea",
    "preset": "18a6f443-bfc8-4dee-b1ca-42fc73e32480",
    "template": "83b5e836-df36-48d9-a2d7-2b2f0cfcf3f9",
}
TOKEN = "lls_4J_yUU59orQ2fN9m8viBPvRzksECWirvcXzvtXnP3D0"
PAGES = (
    "/",
    f"/comparisons/{IDS['comparison']}/",
    f"/chat/{IDS['chat']}/",
    f"/?preset={IDS['preset']}",
    "/saved/",
    "/history/",
    "/keys/",
    "/settings/",
    "/settings/usage/",
    "/settings/activity/",
)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "llmselect_project.settings")
    import django

    django.setup()
    print(json.dumps(_opened()))


def _opened() -> dict[str, Any]:
    from django.test import Client

    from accounts.models import User
    from providers.models import ProviderKey

    api = Client(headers={"authorization": f"Bearer {TOKEN}"}, SERVER_NAME="localhost")
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(User.objects.get(username="alice"))
    bob = User.objects.get(username="bob")
    return {
        "comparison": api.get(f"/api/v1/comparisons/{IDS['comparison']}").json(),
        "chat": api.get(f"/api/v1/conversations/{IDS['chat']}").json(),
        "preset": api.get(f"/api/v1/presets/{IDS['preset']}").json(),
        "template": api.get(f"/api/v1/prompt-templates/{IDS['template']}").json(),
        "usage": api.get("/api/v1/usage").json(),
        "key": ProviderKey.objects.get(user__username="alice").api_key,
        "limits": [bob.limits.max_running, bob.limits.max_queued],
        "permissions": sorted(bob.get_all_permissions()),
        "pages": {page: browser.get(page).status_code for page in PAGES},
    }


if __name__ == "__main__":
    main()
