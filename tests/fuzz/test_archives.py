from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from account_data.sections import SECTIONS
from account_data.services import ImportResult, import_archive
from accounts.models import User
from core.errors import InvalidInput
from tests.account_data.conftest import Json, Person
from tests.fuzz.bad_json import changed
from tests.security.error_shape import is_sentence
from tests.security.owned_rows import rows_of

many_examples = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def archive(transactional_db: None, redis: Redis, uploads: Path) -> Json:
    """The archive of a user who was deleted afterwards."""
    person = Person(User.objects.create_user("alice", "alice@example.org", None))
    person.say("Hello?", images=[person.upload_image()])
    person.compare_on(person.compare("Hello?"), "And now?")
    archive = person.export()
    person.user.delete()
    return archive


@pytest.fixture
def newcomer(archive: Json) -> User:
    return User.objects.create_user("bob", "bob@example.org", None)


@many_examples
@given(data=st.data())
def test_it_imports_all_of_a_changed_archive_or_nothing(
    data: st.DataObject, archive: Json, newcomer: User, uploads: Path
) -> None:
    check(newcomer, json.dumps(data.draw(changed(archive))).encode(), uploads)


@many_examples
@given(data=st.data())
def test_it_imports_all_of_a_garbled_file_or_nothing(
    data: st.DataObject, archive: Json, newcomer: User, uploads: Path
) -> None:
    raw = json.dumps(archive).encode()
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, len(raw)))

    check(newcomer, raw[:start] + data.draw(st.binary(max_size=5)) + raw[end:], uploads)


def check(user: User, raw: bytes, uploads: Path) -> None:
    """Import an archive, check the result, and undo the import."""
    with transaction.atomic():
        before, files = rows_of(user), set(uploads.rglob("*.*"))
        try:
            imported = import_archive(user=user, data=raw)
        except InvalidInput as error:
            assert is_sentence(error.message), error.message
            assert rows_of(user) == before
            assert set(uploads.rglob("*.*")) == files
        else:
            check_complete(user, json.loads(raw), imported)
        transaction.set_rollback(True)


def check_complete(user: User, archive: Json, imported: ImportResult) -> None:
    """Check that every item of every section was stored and can be exported again."""
    for section in SECTIONS:
        if section.save is not None and section.name in archive:
            counts, keys = imported.counts[section.name], section.keys(user)
            assert len(keys) == counts.imported == len(archive[section.name])
            assert all(section.to_json(key, set()) for key in keys)
