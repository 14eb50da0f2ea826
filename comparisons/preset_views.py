"""Sets and prompt templates: saving and using them from the compare form, and the page on which they are edited."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.http import AuthenticatedHttpRequest
from comparisons.forms import ComparisonForm, preset_values
from core.errors import RequestError
from presets import services
from presets.models import Preset, PromptTemplate
from presets.schemas import changed_preset, changed_template, checked_preset, checked_template
from providers.selectors import model_label

NAMES = ("preset_name", "template_name")
"""The fields of the compare form under which something is saved."""


@login_required
@never_cache
@require_GET
def saved_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """All saved sets and templates."""
    return _page(request)


@login_required
@require_POST
def preset_create(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Save the form's models and settings; answers with the form as it was, so that no prompt is lost."""
    user = request.user
    form = ComparisonForm(user, request.POST)
    try:
        name, data = checked_preset({"name": request.POST.get("preset_name", ""), **form.body()})
        preset = services.add_preset(user=user, name=name, data=data)
    except RequestError as error:
        return _refused_form(request, form, error, renamed={"name": "preset_name"})
    return _form(request, form, note=f"Saved as the set “{preset.name}”.", keep_prompt=True)


@login_required
@require_POST
def template_create(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Save the form's prompt as a template; answers with the form as it was."""
    user = request.user
    form = ComparisonForm(user, request.POST)
    body = {"name": request.POST.get("template_name", ""), "text": request.POST.get("prompt", "")}
    try:
        template = services.add_template(user=user, **checked_template(body))
    except RequestError as error:
        return _refused_form(request, form, error, renamed={"name": "template_name", "text": "prompt"})
    return _form(request, form, note=f"Saved as the template “{template.name}”.", keep_prompt=True)


@login_required
@require_POST
def preset_apply(request: AuthenticatedHttpRequest, preset_id: uuid.UUID) -> HttpResponse:
    """The form with the set's models and settings; the prompt stays as it was."""
    form = ComparisonForm(request.user, request.POST)
    preset = services.own_item(Preset, request.user, preset_id)
    form.take_preset(preset)
    return _form(request, form, note=f"These are the models and settings of “{preset.name}”.", keep_prompt=True)


@login_required
@require_POST
def template_apply(request: AuthenticatedHttpRequest, template_id: uuid.UUID) -> HttpResponse:
    """The form with the template's text as its prompt; models and settings stay as they were."""
    form = ComparisonForm(request.user, request.POST)
    form.take_template(services.own_item(PromptTemplate, request.user, template_id))
    return _form(request, form)


@login_required
@require_POST
def preset_update(request: AuthenticatedHttpRequest, preset_id: uuid.UUID) -> HttpResponse:
    """Rename a set."""
    preset = services.own_item(Preset, request.user, preset_id)
    try:
        name, _ = changed_preset(preset, {"name": request.POST.get("name", "")})
        services.change_preset(preset=preset, name=name)
    except RequestError as error:
        return _page(request, preset_id, error)
    return redirect("comparisons:saved-list")


@login_required
@require_POST
def template_update(request: AuthenticatedHttpRequest, template_id: uuid.UUID) -> HttpResponse:
    """Change a template's name and text."""
    template = services.own_item(PromptTemplate, request.user, template_id)
    given = {field: request.POST.get(field, "") for field in ("name", "text")}
    try:
        services.change_template(template=template, **changed_template(template, given))
    except RequestError as error:
        return _page(request, template_id, error)
    return redirect("comparisons:saved-list")


@login_required
@require_POST
def preset_delete(request: AuthenticatedHttpRequest, preset_id: uuid.UUID) -> HttpResponse:
    """Delete a set."""
    services.delete_item(services.own_item(Preset, request.user, preset_id))
    return redirect("comparisons:saved-list")


@login_required
@require_POST
def template_delete(request: AuthenticatedHttpRequest, template_id: uuid.UUID) -> HttpResponse:
    """Delete a template."""
    services.delete_item(services.own_item(PromptTemplate, request.user, template_id))
    return redirect("comparisons:saved-list")


def _form(
    request: AuthenticatedHttpRequest, form: ComparisonForm, *, note: str = "", keep_prompt: bool = False
) -> HttpResponse:
    """The form; with ``keep_prompt`` HTMX leaves the box alone, for somebody may have written on meanwhile."""
    return render(request, "comparisons/compare.html", {**form.context(), "note": note, "keep_prompt": keep_prompt})


def _refused_form(
    request: AuthenticatedHttpRequest, form: ComparisonForm, error: RequestError, *, renamed: dict[str, str]
) -> HttpResponse:
    """The form with the sentence at its field, and the name that was typed."""
    context = form.context(error, renamed)
    context["form"] = {**context["form"], **{name: request.POST.get(name, "") for name in NAMES}}
    return render(request, "comparisons/compare.html", context, status=error.status)


def _page(
    request: AuthenticatedHttpRequest, wrong_id: uuid.UUID | None = None, error: RequestError | None = None
) -> HttpResponse:
    """The page; what was typed for the item that was refused stays in its fields, with the sentence beside them."""
    context = {
        "presets": [_preset_row(preset) for preset in services.own_items(Preset, request.user)],
        "prompt_templates": services.own_items(PromptTemplate, request.user),
        "wrong_id": wrong_id,
        "typed": request.POST,
        "errors": {field: texts[0] for field, texts in (error.fields or {}).items()} if error else {},
    }
    return render(request, "comparisons/saved.html", context, status=error.status if error else 200)


def _preset_row(preset: Preset) -> dict[str, Any]:
    models = [model_label(entry["provider"], entry["model"]) for entry in preset.data["providers"]]
    return {"public_id": preset.public_id, "name": preset.name, "models": models, "form": preset_values(preset)}
