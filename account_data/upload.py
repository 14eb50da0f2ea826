"""An archive as it is sent: the body itself, or a form's file. It may be larger than any other body."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from accounts.models import User
from core.errors import InvalidInput, TooLarge
from core.rate_limits import Limit

CHOOSE = "Choose the file of an archive first."
FIELD = "file"
IMPORTS = Limit("import", 60, 300, "Too many imports at once. Wait a few minutes and try again.")


def archive_bytes(request: HttpRequest, user: User) -> bytes:
    """What was sent; raises TooManyRequests beyond ``IMPORTS`` before it is read, InvalidInput where that is no file,
    TooLarge beyond ``MAX_ARCHIVE_MB``, and what Django raises for a form that it cannot read (``UNREADABLE_FORM``),
    which every API view answers alike."""
    IMPORTS.take(str(user.public_id))
    limit = settings.MAX_ARCHIVE_MB * 1024 * 1024
    data = _file(request, limit) if request.content_type == "multipart/form-data" else request.read(limit + 1)
    if len(data) > limit:
        raise TooLarge(
            f"The archive is larger than {settings.MAX_ARCHIVE_MB} MB, the most that can be imported here. "
            "Whoever runs this installation can allow more (MAX_ARCHIVE_MB)."
        )
    if not data:
        raise InvalidInput(CHOOSE, fields={FIELD: [CHOOSE]})
    return data


def _file(request: HttpRequest, limit: int) -> bytes:
    file = request.FILES.get(FIELD)
    return b"" if file is None else bytes(file.read(limit + 1))
