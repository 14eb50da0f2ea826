"""The pages of keys and models. Changes respond to a plain form with a redirect, to HTMX with the part that changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from accounts.http import AuthenticatedHttpRequest
from accounts.models import User
from core.errors import InvalidInput, NotFound, TooManyRequests
from providers import services
from providers.adapters.base import ProviderError
from providers.catalogue import catalogue_groups
from providers.selectors import Access, provider_access, provider_accesses

# Not 400: while DEBUG is on, django-htmx takes that for a crash and replaces the page with its response.
FORM_REFUSED = 422
MAX_UNUSED = 8
"""Providers without a key that are shown; the others are folded."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Notice:
    """The result of the last action, with what the vendor said if it refused."""

    ok: bool
    text: str
    vendor_message: str | None = None


@dataclass(frozen=True, slots=True)
class KeyCard:
    """One provider on the page of keys; ``errors`` are by field, ``base_url`` is the typed or stored value."""

    access: Access
    base_url: str = ""
    notice: Notice | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return self.access.info.label


@require_GET
@login_required
@never_cache
def key_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    return render(request, "providers/key_list.html", _key_lists(_cards(request.user)))


@sensitive_post_parameters("api_key")
@require_POST
@login_required
@never_cache
def key_set(request: AuthenticatedHttpRequest, provider: str) -> HttpResponse:
    user, base_url = request.user, request.POST.get("base_url", "")
    try:
        services.set_key(user=user, provider=provider, api_key=request.POST.get("api_key", ""), base_url=base_url)
    except NotFound as error:
        raise Http404 from error
    except InvalidInput as error:
        errors = {name: texts[0] for name, texts in (error.fields or {}).items()}
        return _refused(request, KeyCard(provider_access(user, provider), base_url, errors=errors))
    return _done(request, provider, _saved(user, provider))


@require_POST
@login_required
def key_delete(request: AuthenticatedHttpRequest, provider: str) -> HttpResponse:
    try:
        services.delete_key(user=request.user, provider=provider)
    except NotFound as error:
        raise Http404 from error
    return _done(request, provider, Notice(ok=True, text="Deleted."))


@require_POST
@login_required
def key_test(request: AuthenticatedHttpRequest, provider: str) -> HttpResponse:
    try:
        result = services.test_key(user=request.user, provider=provider)
    except NotFound as error:
        raise Http404 from error
    return _done(request, provider, Notice(result.ok, result.message, result.vendor_message))


@require_GET
@login_required
@never_cache
def model_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    groups, others = _folded(catalogue_groups(request.user), lambda group: group.can_refresh or group.usable)
    return render(request, "providers/model_list.html", {"groups": groups, "others": others})


@require_POST
@login_required
def model_refresh(request: AuthenticatedHttpRequest, provider: str) -> HttpResponse:
    return _with_models(request, provider, _refreshed(request.user, provider))


@require_POST
@login_required
def model_add(request: AuthenticatedHttpRequest, provider: str) -> HttpResponse:
    return _changed(request, provider, services.add_model, "Added.")


@require_POST
@login_required
def model_remove(request: AuthenticatedHttpRequest, provider: str) -> HttpResponse:
    return _changed(request, provider, services.remove_model, "Removed.")


def _changed(request: AuthenticatedHttpRequest, provider: str, change: Callable[..., None], done: str) -> HttpResponse:
    """Add or remove the model that the form names."""
    try:
        change(user=request.user, provider=provider, model=request.POST.get("model", ""))
    except NotFound as error:
        raise Http404 from error
    except InvalidInput as error:
        return _with_models(request, provider, Notice(ok=False, text=error.message))
    return _with_models(request, provider, Notice(ok=True, text=done))


def _with_models(request: AuthenticatedHttpRequest, provider: str, notice: Notice) -> HttpResponse:
    group = next((group for group in catalogue_groups(request.user) if group.provider == provider), None)
    if group is None:
        raise Http404
    if request.htmx:
        return render(request, "providers/_model_group.html", {"group": group, "notice": notice, "open": True})
    _add_message(request, group.label, notice)
    return redirect(f"{reverse('providers:model-list')}#models-{provider}")


def _refreshed(user: User, provider: str) -> Notice:
    try:
        models = services.refresh_models(user=user, provider=provider)
    except NotFound as error:
        raise Http404 from error
    except ProviderError as error:
        return Notice(ok=False, text=error.message, vendor_message=error.vendor_message)
    if not models:
        return Notice(ok=False, text="It lists no chat models.")
    return Notice(ok=True, text=f"It lists {len(models)} model{'' if len(models) == 1 else 's'}.")


def _saved(user: User, provider: str) -> Notice:
    """Test a key that was just stored, and fetch its list of models."""
    try:
        test = services.test_key(user=user, provider=provider)
        notice = _refreshed(user, provider) if test.ok else Notice(False, test.message, test.vendor_message)
    except TooManyRequests:
        return Notice(ok=True, text="Saved.")
    text = f"Saved. {test.message} {notice.text}" if test.ok else f"Saved. {notice.text}"
    return Notice(notice.ok, text, notice.vendor_message)


def _key_lists(cards: list[KeyCard]) -> dict[str, list[KeyCard]]:
    shown, others = _folded(cards, lambda card: not card.access.refusal or bool(card.errors))
    return {"cards": shown, "others": others}


def _folded(items: list[T], is_in_use: Callable[[T], bool]) -> tuple[list[T], list[T]]:
    """Return the providers to show, and the many that are folded: those that are not in use but for the first few."""
    unused = [item for item in items if not is_in_use(item)]
    others = unused[MAX_UNUSED:]
    return [item for item in items if item not in others], others


def _cards(user: User) -> list[KeyCard]:
    return [_card(item) for item in provider_accesses(user) if item.takes_key]


def _card(item: Access, notice: Notice | None = None) -> KeyCard:
    return KeyCard(item, item.key.base_url if item.key else "", notice)


def _done(request: AuthenticatedHttpRequest, provider: str, notice: Notice) -> HttpResponse:
    item = provider_access(request.user, provider)
    if request.htmx:
        return render(request, "providers/_key.html", {"card": _card(item, notice), "open": True})
    _add_message(request, item.info.label, notice)
    return redirect(f"{reverse('providers:key-list')}#key-{provider}")


def _refused(request: AuthenticatedHttpRequest, card: KeyCard) -> HttpResponse:
    if request.htmx:
        return render(request, "providers/_key.html", {"card": card, "open": True}, status=FORM_REFUSED)
    cards = [card if card.access.provider == other.access.provider else other for other in _cards(request.user)]
    return render(request, "providers/key_list.html", _key_lists(cards), status=FORM_REFUSED)


def _add_message(request: AuthenticatedHttpRequest, label: str, notice: Notice) -> None:
    messages.add_message(request, messages.SUCCESS if notice.ok else messages.ERROR, f"{label}: {notice.text}")
