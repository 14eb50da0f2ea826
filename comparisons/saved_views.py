"""Saving what the compare form says, and the page on which saved sets and templates are renamed and deleted."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from rest_framework.exceptions import ValidationError

from accounts.errors import RequestError, validation_error
from accounts.models import User
from comparisons import saved
from comparisons.forms import ComparisonForm
from comparisons.models import Preset, PromptTemplate
from comparisons.saved_requests import changed_preset, changed_template, checked_preset, checked_template


@login_required
@never_cache
@require_GET
def saved_list(request: HttpRequest) -> HttpResponse:
    """All saved sets and templates."""
    return _page(request)


@login_required
@never_cache
@require_POST
def preset_create(request: HttpRequest) -> HttpResponse:
    """Save the form's models and settings; answers with the form as it was, so that no prompt is lost."""
    user = _user(request)
    form = ComparisonForm(user, request.POST)
    try:
        name, data = checked_preset({"name": request.POST.get("preset_name", ""), **form.body()})
        preset = saved.add_preset(user=user, name=name, data=data)
    except (RequestError, ValidationError) as error:
        return _form(request, form, error, renamed={"name": "preset_name"})
    return _form(request, form, note=f"Saved as the set “{preset.name}”.")


@login_required
@never_cache
@require_POST
def template_create(request: HttpRequest) -> HttpResponse:
    """Save the form's prompt as a template; answers with the form as it was."""
    user = _user(request)
    form = ComparisonForm(user, request.POST)
    body = {"name": request.POST.get("template_name", ""), "text": request.POST.get("prompt", "")}
    try:
        template = saved.add_template(user=user, **checked_template(body))
    except (RequestError, ValidationError) as error:
        return _form(request, form, error, renamed={"name": "template_name", "text": "prompt"})
    return _form(request, form, note=f"Saved as the template “{template.name}”.")


@login_required
@require_POST
def preset_update(request: HttpRequest, preset_id: uuid.UUID) -> HttpResponse:
    """Rename a set."""
    preset = saved.own_item(Preset, _user(request), preset_id)
    try:
        name, _ = changed_preset(preset, {"name": request.POST.get("name", "")})
        saved.change_preset(preset=preset, name=name)
    except (RequestError, ValidationError) as error:
        return _page(request, error)
    return redirect("comparisons:saved-list")


@login_required
@require_POST
def template_update(request: HttpRequest, template_id: uuid.UUID) -> HttpResponse:
    """Change a template's name and text."""
    template = saved.own_item(PromptTemplate, _user(request), template_id)
    given = {field: request.POST[field] for field in ("name", "text") if field in request.POST}
    try:
        saved.change_template(template=template, **changed_template(template, given))
    except (RequestError, ValidationError) as error:
        return _page(request, error)
    return redirect("comparisons:saved-list")


@login_required
@require_POST
def preset_delete(request: HttpRequest, preset_id: uuid.UUID) -> HttpResponse:
    """Delete a set."""
    saved.delete_item(saved.own_item(Preset, _user(request), preset_id))
    return redirect("comparisons:saved-list")


@login_required
@require_POST
def template_delete(request: HttpRequest, template_id: uuid.UUID) -> HttpResponse:
    """Delete a template."""
    saved.delete_item(saved.own_item(PromptTemplate, _user(request), template_id))
    return redirect("comparisons:saved-list")


def _form(
    request: HttpRequest,
    form: ComparisonForm,
    error: RequestError | ValidationError | None = None,
    **context: Any,
) -> HttpResponse:
    refused = validation_error(error) if isinstance(error, ValidationError) else error
    renamed = context.pop("renamed", {})
    page = {**form.context(refused, renamed), **context}
    return render(request, "comparisons/compare.html", page, status=refused.status if refused else 200)


def _page(request: HttpRequest, error: RequestError | ValidationError | None = None) -> HttpResponse:
    refused = validation_error(error) if isinstance(error, ValidationError) else error
    user = _user(request)
    context = {
        "presets": saved.own_items(Preset, user),
        "prompt_templates": saved.own_items(PromptTemplate, user),
        "error": refused.message if refused else "",
    }
    return render(request, "comparisons/saved.html", context, status=refused.status if refused else 200)


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
