"""The forms for account data on the settings page: import of an archive, and deletion of the account."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from account_data.deletion import delete_account
from account_data.import_threads import start_import
from account_data.services import ImportResult
from accounts.http import AuthenticatedHttpRequest
from accounts.views import settings_context
from core.errors import RequestError, TooManyRequests

NAMES = {
    "conversations": ("chat", "chats"),
    "comparisons": ("comparison", "comparisons"),
    "presets": ("set of models", "sets of models"),
    "prompt_templates": ("prompt template", "prompt templates"),
}


@require_POST
@login_required
def archive_import(request: AuthenticatedHttpRequest) -> HttpResponse:
    try:
        result = start_import(request, request.user).result()
    except TooManyRequests:
        raise
    except RequestError as error:
        return _respond(request, "account_data/_archive.html", status=400, archive_error=error.message)
    summary = _summary(result)
    if request.htmx:
        return render(request, "account_data/_archive.html", {"archive_done": summary})
    messages.success(request, summary)
    return redirect("accounts:settings")


@require_POST
@login_required
def account_delete(request: AuthenticatedHttpRequest) -> HttpResponse:
    try:
        delete_account(user=request.user, password=request.POST.get("password", ""))
    except TooManyRequests:
        raise
    except RequestError as error:
        return _respond(request, "account_data/_deletion.html", status=400, deletion_error=error.message)
    logout(request)
    messages.success(request, "Your account was deleted, with everything in it.")
    return redirect("account_login")


def _summary(result: ImportResult) -> str:
    """Return the result of an import in sentences."""
    imported = [_amount(name, count.imported) for name, count in result.counts.items() if count.imported]
    skipped = sum(count.skipped for count in result.counts.values())
    sentences = [f"Imported {_enumeration(imported)}." if imported else "It contained nothing new."]
    if skipped:
        sentences.append(f"{skipped} {'was' if skipped == 1 else 'were'} here already.")
    if result.unknown:
        sentences.append("Some of it is unknown to this version and was left out.")
    return " ".join(sentences)


def _enumeration(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _amount(name: str, count: int) -> str:
    singular, plural = NAMES.get(name, (name, name))
    return f"{count} {singular if count == 1 else plural}"


def _respond(request: AuthenticatedHttpRequest, part: str, *, status: int, **context: Any) -> HttpResponse:
    template = part if request.htmx else "accounts/account_settings.html"
    return render(request, template, settings_context(request, **context), status=status)
