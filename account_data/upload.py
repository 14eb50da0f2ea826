"""The upload of an archive: the request's body, or the file in a form. It may be larger than any other body."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from accounts.models import User
from core.errors import InvalidInput, TooLarge
from core.rate_limits import Limit

NO_FILE = "Choose the file of an archive first."
FIELD = "file"
IMPORTS = Limit("import", 60, 300, "Too many imports at once. Wait a few minutes and try again.")


def archive_bytes(request: HttpRequest, user: User) -> bytes:
    """Return the uploaded archive.

    Raises TooManyRequests beyond ``IMPORTS`` before it reads the upload, InvalidInput if there is no file, TooLarge
    beyond ``MAX_ARCHIVE_MB``, and Django's own errors for a malformed form (``UNREADABLE_FORM``), which ``api_view``
    handles.
    """
    IMPORTS.take(str(user.public_id))
    limit = settings.MAX_ARCHIVE_MB * 1024 * 1024
    data = _file(request, limit) if request.content_type == "multipart/form-data" else request.read(limit + 1)
    if len(data) > limit:
        raise TooLarge(
            f"The archive is larger than {settings.MAX_ARCHIVE_MB} MB, the most that can be imported here. "
            "The operator of this installation can allow more (MAX_ARCHIVE_MB)."
        )
    if not data:
        raise InvalidInput(NO_FILE, fields={FIELD: [NO_FILE]})
    return data


def _file(request: HttpRequest, limit: int) -> bytes:
    file = request.FILES.get(FIELD)
    return b"" if file is None else bytes(file.read(limit + 1))
