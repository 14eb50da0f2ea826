"""Export of everything in an account as an archive, and import of such an archive."""

from __future__ import annotations

import logging
from codecs import BOM_UTF8
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from account_data.imports.reader import LARGEST_INTEGER, Part
from account_data.imports.remains import delete_unpublished
from account_data.imports.slices import lock_user
from account_data.sections import FORMAT, SECTIONS, VERSION, Section
from accounts.audit import record
from accounts.models import Action, User
from accounts.storage import check_storage
from core.async_db import in_thread
from core.errors import Conflict, InvalidInput

logger = logging.getLogger(__name__)

NOT_JSON = "Nothing was imported: the file is not JSON, or was cut off. Choose a file that LLMSelect exported."
NEWER_VERSION = "Nothing was imported: a newer version of LLMSelect wrote this archive. Update this installation first."
CONCURRENT_IMPORT = "Nothing was imported: another user imported the same archive at this moment. Import it again."


@dataclass(slots=True)
class Counts:
    """The numbers of a section's entries that were imported, and that were skipped because the user has them."""

    imported: int = 0
    skipped: int = 0


@dataclass(slots=True)
class ImportResult:
    """The result of an import. ``unknown`` lists sections that this version does not know."""

    counts: dict[str, Counts] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


async def archive_stream(user: User) -> AsyncGenerator[bytes, None]:
    """Yield an archive of everything that belongs to the user, in pieces.

    Only one image, conversation or comparison is in memory at a time, and no database connection is held while the
    client reads.
    """
    header = {"format": FORMAT, "version": VERSION, "exported_at": timezone.now().isoformat()}
    yield orjson.dumps(header)[:-1]  # Without the closing brace: the sections follow.
    counts, images = dict.fromkeys((section.name for section in SECTIONS), 0), set[str]()
    for section in SECTIONS:
        yield f',\n"{section.name}":['.encode()
        for key in await in_thread(section.keys, user):
            entry = await in_thread(_entry, section, key, images)
            if entry is not None:
                yield b",\n" + entry if counts[section.name] else b"\n" + entry
                counts[section.name] += 1
        yield b"]"
    yield b"}\n"
    logger.info("user %s exported an archive: %s", user.public_id, counts)


def _entry(section: Section, key: int, images: set[str]) -> bytes | None:
    json = section.to_json(key, images)
    return None if json is None else orjson.dumps(json)


def import_archive(*, user: User, data: bytes) -> ImportResult:
    """Add the entries of an archive that the user does not have yet: all of them, or none if there is an error.

    Everything is checked first, then written in slices and hidden, and shown at once in the end. If the process is
    killed in between, what is hidden stays until ``delete_remains``, and does not keep a later import from succeeding.

    Raises InvalidInput with the position of an error, StorageFull if the archive may not fit, and Conflict if another
    import took the same ids.
    """
    check_storage(user, len(data))
    archive = _archive(data)
    items_by_section = {
        section: [section.read(part, user) for part in archive.parts(section.name)]
        for section in SECTIONS
        if section.name in archive.names()
    }
    result = ImportResult(unknown=sorted(archive.names() - _KNOWN_NAMES))
    begun = timezone.now()
    try:
        for section, items in items_by_section.items():
            if section.write is not None:
                section.write(user, items, begun)
        result.counts = _publish(user, items_by_section)
    except IntegrityError as error:
        raise Conflict(CONCURRENT_IMPORT) from error
    finally:
        _delete_unpublished(user, begun)
    logger.info("user %s imported an archive: %s", user.public_id, result.counts)
    return result


def _publish(user: User, items_by_section: Mapping[Section, Sequence[Any]]) -> dict[str, Counts]:
    counts = {}
    with transaction.atomic():
        lock_user(user)
        for section, items in items_by_section.items():
            if section.save is not None:
                new = section.save(user, items)
                counts[section.name] = Counts(new, len(items) - new)
        record(Action.IMPORTED, user=user, subject="archive")
    return counts


def _delete_unpublished(user: User, begun: datetime) -> None:
    try:
        delete_unpublished(user, begun)
    except DatabaseError as error:
        logger.warning("what an import has left is hidden, and the cleanup will delete it: %s", error)


_KNOWN_NAMES = {"format", "version", "exported_at", *(section.name for section in SECTIONS)}


def _archive(data: bytes) -> Part:
    try:
        decoded: Any = orjson.loads(data.removeprefix(BOM_UTF8))
    except orjson.JSONDecodeError as error:
        raise InvalidInput(NOT_JSON) from error
    archive = Part(decoded)
    if archive.raw("format") != FORMAT:
        archive.refuse("format", f"has to be {FORMAT}")
    if archive.integer("version", 1, LARGEST_INTEGER) > VERSION:
        raise InvalidInput(NEWER_VERSION, fields={"version": [NEWER_VERSION]})
    return archive
