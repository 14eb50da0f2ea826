"""Parts that the exports of comparisons and chats share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote

from django.http import HttpResponse
from django.utils.text import slugify

NAME_LENGTH = 60
UNSAFE = re.compile(r"[\x00-\x1f\x7f<>:\"/\\|?*.,;!'’“”„«»()\[\]{}#%&=+~`^$@]")
"""Characters that some file system does not take, and other punctuation."""


class FileName(NamedTuple):
    """A file's name, and one of ASCII letters for programs that know no others (RFC 6266)."""

    full: str
    ascii: str


@dataclass(frozen=True, slots=True)
class Export:
    """A file: its name, media type and content."""

    name: FileName
    content_type: str
    content: bytes

    def response(self) -> HttpResponse:
        """Return a response that browsers save as a file."""
        disposition = f'attachment; filename="{self.name.ascii}"'
        if self.name.full != self.name.ascii:
            disposition += f"; filename*=UTF-8''{quote(self.name.full)}"
        return HttpResponse(self.content, content_type=self.content_type, headers={"Content-Disposition": disposition})


def file_name(title: str, created_at: datetime, suffix: str, *, default: str) -> FileName:
    """Return a file name made of a title and a date; ``default`` replaces a title without letters."""
    title, end = title[:NAME_LENGTH], f"{created_at:%Y-%m-%d}.{suffix}"
    full = "-".join(UNSAFE.sub(" ", title).split()).strip("-.").lower()
    return FileName(f"{full or default}-{end}", f"{slugify(full) or default}-{end}")


def one_line(text: str) -> str:
    """Return the text with all white space folded, for a Markdown heading."""
    return " ".join(text.split())
