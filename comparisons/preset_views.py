"""Pages of presets and prompt templates: saving and applying them in the compare form, and the page that lists them."""

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
"""The fields of the compare form for the name of a new preset or template."""


@login_required
@never_cache
@require_GET
def saved_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show all presets and templates of the user."""
    return _page(request)


@login_required
@require_POST
def preset_create(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Save the form's models and settings as a preset, and show the form again as it was."""
    user = request.user
    form = ComparisonForm(user, request.POST)
    try:
        name, data = checked_preset({"name": request.POST.get("preset_name", ""), **form.body()})
        preset = services.create_preset(user=user, name=name, data=data)
    except RequestError as error:
        return _refused_form(request, form, error, renamed={"name": "preset_name"})
    return _form(request, form, note=f"Saved as the set “{preset.name}”.", keep_prompt=True)


@login_required
@require_POST
def template_create(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Save the form's prompt as a template, and show the form again as it was."""
    user = request.user
    form = ComparisonForm(user, request.POST)
    body = {"name": request.POST.get("template_name", ""), "text": request.POST.get("prompt", "")}
    try:
        template = services.create_template(user=user, **checked_template(body))
    except RequestError as error:
        return _refused_form(request, form, error, renamed={"name": "template_name", "text": "prompt"})
    return _form(request, form, note=f"Saved as the template “{template.name}”.", keep_prompt=True)


@login_required
@require_POST
def preset_apply(request: AuthenticatedHttpRequest, preset_id: uuid.UUID) -> HttpResponse:
    """Show the form with the preset's models and settings; the prompt stays as it was."""
    form = ComparisonForm(request.user, request.POST)
    preset = services.user_item(Preset, request.user, preset_id)
    form.apply_preset(preset)
    return _form(request, form, note=f"These are the models and settings of “{preset.name}”.", keep_prompt=True)


@login_required
@require_POST
def template_apply(request: AuthenticatedHttpRequest, template_id: uuid.UUID) -> HttpResponse:
    """Show the form with the template's text as its prompt; models and settings stay as they were."""
    form = ComparisonForm(request.user, request.POST)
    form.apply_template(services.user_item(PromptTemplate, request.user, template_id))
    return _form(request, form)


@login_required
@require_POST
def preset_update(request: AuthenticatedHttpRequest, preset_id: uuid.UUID) -> HttpResponse:
    """Rename a preset."""
    preset = services.user_item(Preset, request.user, preset_id)
    try:
        name, _ = changed_preset(preset, {"name": request.POST.get("name", "")})
        services.update_preset(preset=preset, name=name)
    except RequestError as error:
        return _page(request, preset_id, error)
    return redirect("comparisons:saved-list")


@login_required
@require_POST
def template_update(request: AuthenticatedHttpRequest, template_id: uuid.UUID) -> HttpResponse:
    """Change a template's name and text."""
    template = services.user_item(PromptTemplate, request.user, template_id)
    body = {field: request.POST.get(field, "") for field in ("name", "text")}
    try:
        services.update_template(template=template, **changed_template(template, body))
    except RequestError as error:
        return _page(request, template_id, error)
    return redirect("comparisons:saved-list")


@login_required
@require_POST
def preset_delete(request: AuthenticatedHttpRequest, preset_id: uuid.UUID) -> HttpResponse:
    """Delete a preset."""
    services.delete_item(services.user_item(Preset, request.user, preset_id))
    return redirect("comparisons:saved-list")


@login_required
@require_POST
def template_delete(request: AuthenticatedHttpRequest, template_id: uuid.UUID) -> HttpResponse:
    """Delete a template."""
    services.delete_item(services.user_item(PromptTemplate, request.user, template_id))
    return redirect("comparisons:saved-list")


def _form(
    request: AuthenticatedHttpRequest, form: ComparisonForm, *, note: str = "", keep_prompt: bool = False
) -> HttpResponse:
    """Return the form; with ``keep_prompt`` HTMX does not swap the prompt, in which the user may still be typing."""
    return render(request, "comparisons/compare.html", {**form.context(), "note": note, "keep_prompt": keep_prompt})


def _refused_form(
    request: AuthenticatedHttpRequest, form: ComparisonForm, error: RequestError, *, renamed: dict[str, str]
) -> HttpResponse:
    """Return the form with each error at its field, and with the name that was typed."""
    context = form.context(error, renamed)
    context["form"] = {**context["form"], **{name: request.POST.get(name, "") for name in NAMES}}
    return render(request, "comparisons/compare.html", context, status=error.status)


def _page(
    request: AuthenticatedHttpRequest, wrong_id: uuid.UUID | None = None, error: RequestError | None = None
) -> HttpResponse:
    """Return the list; the item ``wrong_id`` keeps the text that was typed for it, with the errors at its fields."""
    context = {
        "presets": [_preset_row(preset) for preset in services.user_items(Preset, request.user)],
        "prompt_templates": services.user_items(PromptTemplate, request.user),
        "wrong_id": wrong_id,
        "typed": request.POST,
        "errors": {field: texts[0] for field, texts in (error.fields or {}).items()} if error else {},
    }
    return render(request, "comparisons/saved.html", context, status=error.status if error else 200)


def _preset_row(preset: Preset) -> dict[str, Any]:
    models = [model_label(entry["provider"], entry["model"]) for entry in preset.data["providers"]]
    return {"public_id": preset.public_id, "name": preset.name, "models": models, "form": preset_values(preset)}
