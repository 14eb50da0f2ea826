"""Deletion of an account with everything that belongs to it."""

from __future__ import annotations

import logging

from django.contrib.sessions.models import Session
from django.db import transaction
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.audit import record_deletion
from accounts.models import FirstAccount, User
from core.errors import Conflict, InvalidInput
from core.rate_limits import Limit
from generations.deletion import delete_logs, prepare_deletion
from generations.models import Generation, Run
from generations.selectors import streaming_claims
from generations.worker import control
from images.models import Image
from images.services import delete_files

logger = logging.getLogger(__name__)

WRONG_PASSWORD = "That password is wrong. Nothing was deleted."
LAST_ADMINISTRATOR = (
    "You are the only administrator, and other people have accounts here. Make one of them an administrator first."
)
PASSWORD_FAILURES = Limit("delete-account", 10, 300, "Too many wrong passwords. Wait a few minutes and try again.")
SESSIONS_AT_ONCE = 500


def delete_account(*, user: User, password: str) -> None:
    """Delete a user with everything that belongs to the account; running answers are stopped.

    Raises InvalidInput for a wrong password, TooManyRequests after too many of them, and Conflict for the last
    administrator while there are other users. Nothing can be started meanwhile: new rows of the user wait for the lock.
    """
    attempt = PASSWORD_FAILURES.take(str(user.public_id))
    if not user.check_password(password):
        raise InvalidInput(WRONG_PASSWORD, fields={"password": [WRONG_PASSWORD]})
    PASSWORD_FAILURES.give_back(attempt)
    with transaction.atomic():
        _lock(user)
        generations = Generation.objects.filter(user=user)
        writers, claims = prepare_deletion(generations), streaming_claims(generations)
        topics = set(Run.objects.filter(user=user).values_list("topic", flat=True))
        images = list(Image.objects.filter(user=user))
        OutstandingToken.objects.filter(user=user).delete()
        _end_sessions(user)
        public_id = user.public_id
        User.objects.filter(pk=user.pk).delete()
        record_deletion()
        if not User.objects.exists():
            FirstAccount.objects.all().delete()
        transaction.on_commit(lambda: delete_files(images), robust=True)
    logger.info("user %s deleted their account", public_id)
    control.send_stop(claims)
    delete_logs(topics, writers)


def _lock(user: User) -> None:
    """Lock all administrators and the user; raises Conflict for the last administrator.

    Of several administrators who leave at once, each waits for the one before, so the last one is refused.
    """
    administrators = User.objects.filter(is_staff=True, is_superuser=True, is_active=True)
    administrator_keys = set(administrators.select_for_update().order_by("pk").values_list("pk", flat=True))
    User.objects.select_for_update().get(pk=user.pk)
    if administrator_keys == {user.pk} and User.objects.exclude(pk=user.pk).exists():
        raise Conflict(LAST_ADMINISTRATOR)


def _end_sessions(user: User) -> None:
    # The user is inside the encoded data of a session, so the database cannot filter by it.
    for session in Session.objects.iterator(SESSIONS_AT_ONCE):
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()
