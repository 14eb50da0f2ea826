"""The place of the scenario for fair shares: fifty answers started at once by a user who has room for three.

It begins with the limits themselves; until they are there it gives no rows.
"""

from __future__ import annotations

from tests.chaos.installation import Installation
from tests.chaos.rows import Row


async def run(installation: Installation) -> list[Row]:
    return []
