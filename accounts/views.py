"""The settings page of an account. A change responds with a redirect, or to HTMX with the changed part of the page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.api_tokens import create_api_token, delete_api_token
from accounts.audit import user_entries
from accounts.forms import ApiTokenForm
from accounts.http import AuthenticatedHttpRequest
from accounts.models import ApiToken
from accounts.services import set_streaming
from core.errors import NotFound, RequestError
from core.pages import offset_page

ACTIVITY_PAGE_SIZE = 50


@require_GET
@login_required
@never_cache
def settings_page(request: AuthenticatedHttpRequest) -> HttpResponse:
    return render(request, "accounts/account_settings.html", settings_context(request))


@require_GET
@login_required
@never_cache
def activity(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the user's own audit trail, newest first, a page at a time."""
    page = offset_page(user_entries(request.user), request, ACTIVITY_PAGE_SIZE)
    context = {"entries": page.rows, "days": settings.AUDIT_DAYS, "next": page.next, "previous": page.previous}
    return render(request, "accounts/activity.html", context)


@require_POST
@login_required
def streaming_set(request: AuthenticatedHttpRequest) -> HttpResponse:
    set_streaming(request.user, streaming=request.POST.get("streaming") == "on")
    if request.htmx:
        return render(request, "accounts/_streaming.html", {"saved": True})
    return redirect("accounts:settings")


@require_POST
@login_required
@never_cache
def api_token_create(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Create a token. The response is the page even without HTMX: after a redirect the token's text would be lost."""
    form = ApiTokenForm(request.POST)
    if not form.is_valid():
        return _respond(request, form=form, status=400)
    try:
        _, text = create_api_token(request.user, **form.cleaned_data)
    except RequestError as error:
        form.add_error("expires_at", error.message)
        return _respond(request, form=form, status=400)
    return _respond(request, new_token=text, status=201)


@require_POST
@login_required
def api_token_delete(request: AuthenticatedHttpRequest, token_id: UUID) -> HttpResponse:
    try:
        delete_api_token(request.user, public_id=token_id)
    except NotFound as error:
        return _respond(request, error=error.message, status=error.status)
    return _respond(request) if request.htmx else redirect("accounts:settings")


def _respond(request: AuthenticatedHttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    template = "accounts/_api_tokens.html" if request.htmx else "accounts/account_settings.html"
    return render(request, template, settings_context(request, **context), status=status)


def settings_context(request: AuthenticatedHttpRequest, **context: Any) -> dict[str, Any]:
    """Return the context of the settings page, updated with ``context`` of the part that was just used."""
    user = request.user
    defaults = {
        "form": ApiTokenForm(),
        "tokens": ApiToken.objects.filter(user=user),
        "second_factor": is_mfa_enabled(user),
    }
    return {**defaults, **context}
