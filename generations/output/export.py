"""Parts that the exports of comparisons and chats share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.utils.text import slugify

NAME_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Export:
    """A file: its name, media type and content."""

    name: str
    content_type: str
    content: bytes

    def response(self) -> HttpResponse:
        """Return a response that browsers save as a file."""
        headers = {"Content-Disposition": f'attachment; filename="{self.name}"'}
        return HttpResponse(self.content, content_type=self.content_type, headers=headers)


def file_name(title: str, created_at: datetime, suffix: str, *, default: str) -> str:
    """Return a file name made of a title and a date; ``default`` replaces a title without ASCII letters or digits."""
    return f"{slugify(title[:NAME_LENGTH]) or default}-{created_at:%Y-%m-%d}.{suffix}"


def one_line(text: str) -> str:
    """Return the text with all white space folded, for a Markdown heading."""
    return " ".join(text.split())
