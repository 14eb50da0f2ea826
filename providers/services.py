"""Storage and tests of keys, and refreshes of the lists of models.

``test_key`` and ``refresh_models`` call the provider on an event loop of their own, because importing an SDK would
block the loop of a web process. Call them from a thread, and never inside ``atomic``.
"""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from accounts.models import Action, User
from core.errors import InvalidInput, NotFound
from core.process_cache import forget_all
from core.rate_limits import Limit
from providers.adapters.base import ErrorCode, ListedModel, ProviderError
from providers.adapters.sdk import models_of
from providers.base_urls import check_public_url, check_url
from providers.kinds import KINDS, ProviderKind
from providers.listed_models import encode
from providers.models import MAX_MODEL_LENGTH, LanguageModel, ProviderKey, hint_of
from providers.pasted_values import cleaned_base_url, cleaned_key
from providers.selectors import ResolvedTarget, enabled_endpoint, provider_access, resolve_target, takes_key

logger = logging.getLogger(__name__)

MAX_KEY_LENGTH = 1000
MAX_MODELS = 2000
MAX_ADDED = 50
"""Models of one provider that a user can add by hand."""
ROWS_AT_ONCE = 200
KEY_TESTS = Limit("key-test", 30, 60, "Too many key tests at once. Wait a minute and try again.")
REFRESHES = Limit("model-list", 30, 60, "Too many refreshes of model lists at once. Wait a minute and try again.")
PRINTABLE = re.compile(r"[\x21-\x7e]*")


@dataclass(frozen=True, slots=True)
class KeyTest:
    """The result of a key test: a sentence, and an error code of the API (None if the key works) with what the vendor
    said."""

    ok: bool
    message: str
    code: ErrorCode | None = None
    vendor_message: str | None = None


def set_key(*, user: User, provider: str, api_key: str, base_url: str = "") -> ProviderKey:
    """Store a user's key, replacing an earlier one; without ``base_url`` it is sent to the provider's usual URL.

    Key and URL are always set together, so that a stolen session cannot send a stored key elsewhere. Raises NotFound
    and InvalidInput.
    """
    kind = _kind(provider)
    api_key = _checked_key(kind, api_key)
    base_url = _checked_base_url(user, kind, base_url)
    if kind.base_url_form and not base_url:
        raise _invalid("base_url", f"Enter the base URL of your resource, like {kind.base_url_form}.")
    if not api_key and not base_url:
        raise _invalid("base_url", f"Enter the URL at which {kind.label} runs, or a key.")
    stored = {"api_key": api_key, "hint": hint_of(api_key), "base_url": base_url, "first_used_at": None}
    with transaction.atomic():
        key, _ = ProviderKey.objects.update_or_create(user=user, provider=provider, defaults=stored)
        record(Action.KEY_SET, user=user, subject=provider)
    return key


@transaction.atomic
def delete_key(*, user: User, provider: str) -> None:
    """Delete a user's key and the models listed for it. Raises NotFound, and InvalidInput for a provider that takes
    no key."""
    _kind(provider)
    deleted, _ = ProviderKey.objects.filter(user=user, provider=provider).delete()
    if not deleted:
        raise NotFound("You have no key for this provider.")
    LanguageModel.objects.filter(owner=user, provider=provider).delete()
    record(Action.KEY_DELETED, user=user, subject=provider)


@transaction.atomic
def delete_all_keys(*, user: User) -> None:
    """Delete all keys of a user."""
    for provider in list(ProviderKey.objects.filter(user=user).values_list("provider", flat=True)):
        delete_key(user=user, provider=provider)


def note_first_use(*, user: User, provider: str, resolved: ResolvedTarget) -> None:
    """Record the first use of a user's own key since it was set; no query for any later use."""
    if not resolved.is_first_use:
        return
    with transaction.atomic():
        # The filtered update decides between several workers that use the key at the same moment.
        unused = ProviderKey.objects.filter(user=user, provider=provider, first_used_at=None)
        if unused.update(first_used_at=timezone.now()):
            record(Action.KEY_FIRST_USED, user=user, subject=provider)


def test_key(*, user: User, provider: str) -> KeyTest:
    """Make the cheapest real call with the key that this user's requests use. Raises NotFound, and TooManyRequests
    beyond ``KEY_TESTS``."""
    label = provider_access(user, provider).info.label
    KEY_TESTS.take(str(user.public_id))
    try:
        resolved = resolve_target(user, provider)
        note_first_use(user=user, provider=provider, resolved=resolved)
        asyncio.run(resolved.adapter.check_key(resolved.target))
    except ProviderError as error:
        _log(provider, "failed a key test", error)
        return KeyTest(ok=False, message=error.message, code=error.code, vendor_message=error.vendor_message or None)
    return KeyTest(ok=True, message=_success(label, resolved))


def refresh_models(*, user: User, provider: str) -> list[ListedModel]:
    """Fetch the provider's own list of models and store it, for the user if their key was used, else for the server.

    Returns the models. Raises NotFound, ProviderError, and TooManyRequests beyond ``REFRESHES``; then the stored
    list stays as it was.
    """
    REFRESHES.take(str(user.public_id))
    resolved = resolve_target(user, provider)
    note_first_use(user=user, provider=provider, resolved=resolved)
    try:
        listed = asyncio.run(models_of(resolved.adapter, resolved.target))
    except ProviderError as error:
        _log(provider, "did not list its models", error)
        raise
    return store_models(provider, user if resolved.key_source == "user" else None, listed)


def store_models(provider: str, owner: User | None, listed: list[ListedModel]) -> list[ListedModel]:
    """Replace the stored list of a key's models, of the server's key if it has no owner; return those that were stored.

    Rows that stay keep the label and context window that an administrator wrote.
    """
    models = [model for model in listed if _is_usable(model.id)][:MAX_MODELS]
    now, stated = timezone.now(), {model.id: encode(model) for model in models}
    with transaction.atomic():
        rows = LanguageModel.objects.filter(provider=provider, owner=owner)
        rows.exclude(model__in=stated).exclude(added_by_hand=True).delete()
        known = {row.model: row for row in rows if row.model in stated}
        changed = [row for name, row in known.items() if row.listed != stated[name]]
        for row in changed:
            row.listed = stated[row.model]
        LanguageModel.objects.bulk_update(changed, ["listed"], batch_size=ROWS_AT_ONCE)
        rows.update(refreshed_at=now)
        LanguageModel.objects.bulk_create(
            [
                LanguageModel(provider=provider, owner=owner, model=name, listed=listed, refreshed_at=now)
                for name, listed in stated.items()
                if name not in known
            ],
            ignore_conflicts=True,
        )
    forget_all()
    return models


def add_model(*, user: User, provider: str, model: str) -> None:
    """Add a model to those that this user can choose from, by the id that the provider calls it by. Raises NotFound and
    InvalidInput."""
    access = provider_access(user, provider)
    model = model.strip()
    if not _is_usable(model):
        raise _invalid("model", f"Enter the model's id, as {access.info.label} calls it.")
    if access.refusal:
        raise _invalid("model", access.refusal)
    own = LanguageModel.objects.filter(owner=user, provider=provider)
    if own.filter(added_by_hand=True).count() >= MAX_ADDED:
        raise _invalid("model", f"You have added {MAX_ADDED} models of {access.info.label}. Remove one first.")
    # A row that a refresh has stored stays what it is.
    own.get_or_create(
        model=model,
        defaults={"owner": user, "provider": provider, "added_by_hand": True, "refreshed_at": timezone.now()},
    )
    forget_all()


def remove_model(*, user: User, provider: str, model: str) -> None:
    """Remove a model that this user has added; raises NotFound if they have not."""
    added = LanguageModel.objects.filter(owner=user, provider=provider, model=model, added_by_hand=True)
    if not _is_usable(model) or not added.delete()[0]:
        raise NotFound("You have not added this model.")
    forget_all()


def _kind(provider: str) -> ProviderKind:
    kind = KINDS.get(provider)
    if kind is not None and takes_key(kind):
        return kind
    if kind is not None:
        raise _invalid("provider", f"{kind.label} works without a key.")
    endpoint = enabled_endpoint(provider)
    raise _invalid("provider", f"Only an administrator can set the key for {endpoint.name}.")


def _checked_key(kind: ProviderKind, api_key: str) -> str:
    api_key = cleaned_key(api_key)
    if kind.needs_key and not api_key:
        raise _invalid("api_key", f"Enter your key for {kind.label}.")
    if len(api_key) > MAX_KEY_LENGTH or not PRINTABLE.fullmatch(api_key):
        raise _invalid("api_key", "This is not a key: it contains spaces or other unusual characters. Copy it again.")
    return api_key


def _checked_base_url(user: User, kind: ProviderKind, base_url: str) -> str:
    base_url = cleaned_base_url(kind, base_url)
    if not base_url:
        return ""
    return check_url(base_url) if user.is_staff else check_public_url(base_url)


def _is_usable(model: str) -> bool:
    return 0 < len(model) <= MAX_MODEL_LENGTH and model.isprintable()


def _invalid(field: str, sentence: str) -> InvalidInput:
    return InvalidInput(sentence, fields={field: [sentence]})


def _success(label: str, resolved: ResolvedTarget) -> str:
    match resolved.key_source:
        case "user" if resolved.target.api_key:
            return f"{label} accepted your key."
        case "server":
            return f"{label} accepted the server's key."
        case _:
            return f"{label} responded."


def _log(provider: str, event: str, error: ProviderError) -> None:
    logger.warning("%s %s (%s): %s", provider, event, error.code, error.detail)
