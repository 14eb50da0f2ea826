"""Keys, endpoints and listed models in the admin. An endpoint's key can be set here; no key can be read."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.audit import record
from accounts.models import Action, User
from core.errors import InvalidInput
from providers.catalogue import is_demo
from providers.extra_headers import parse_headers
from providers.kinds import KINDS
from providers.models import Endpoint, LanguageModel, ProviderKey, hint_of
from providers.pasted_values import cleaned_base_url, cleaned_key


@admin.register(ProviderKey)
class ProviderKeyAdmin(admin.ModelAdmin):
    list_display = ("user", "provider", "hint", "base_url", "created_at", "updated_at")
    list_filter = ("provider", "created_at", "updated_at")
    list_select_related = ("user",)
    search_fields = ("user__username", "user__email", "provider", "base_url")
    fields = readonly_fields = ("user", "provider", "hint", "base_url", "created_at", "updated_at")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("api_key")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: ProviderKey) -> None:
        record(Action.KEY_DELETED, user=obj.user, subject=f"{obj.provider}, by an administrator")
        super().delete_model(request, obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ProviderKey]) -> None:
        for key in queryset:
            self.delete_model(request, key)


class EndpointForm(forms.ModelForm):
    new_key = forms.CharField(
        label="Key",
        required=False,
        max_length=1000,
        widget=forms.PasswordInput({"autocomplete": "off"}),
        help_text="Leave this empty to keep the stored key, if there is one.",
    )
    forget_key = forms.BooleanField(label="Delete the stored key", required=False)
    new_headers = forms.CharField(
        label="New headers",
        required=False,
        widget=forms.Textarea({"autocomplete": "off", "rows": 3, "spellcheck": "false"}),
        help_text="One a line, like “X-Team: research”, for each request. They replace the stored ones, whose values "
        "are not shown. Leave this empty to keep those.",
    )
    forget_headers = forms.BooleanField(label="Delete the stored headers", required=False)
    kind = forms.ChoiceField(
        label="API",
        required=False,
        choices=lambda: [("", "OpenAI-compatible chat completions"), *_apis()],
        help_text="The API that the server speaks, with the differences of that provider.",
    )

    class Meta:
        model = Endpoint
        fields = ("name", "slug", "kind", "base_url", "color", "enabled")

    def clean_new_headers(self) -> str:
        text: str = self.cleaned_data["new_headers"]
        try:
            parse_headers(text)
        except InvalidInput as error:
            raise forms.ValidationError(error.message) from error
        return text


def _apis() -> list[tuple[str, str]]:
    return [(kind.slug, f"As {kind.label}") for kind in KINDS.values() if not is_demo(kind)]


@admin.register(Endpoint)
class EndpointAdmin(admin.ModelAdmin):
    form = EndpointForm
    list_display = ("name", "slug", "base_url", "hint", "enabled", "created_at")
    list_filter = ("enabled", "created_at")
    search_fields = ("name", "slug", "base_url")
    fields = (
        *("name", "slug", "kind", "base_url", "hint", "new_key", "forget_key"),
        *("header_names", "new_headers", "forget_headers", "color", "enabled", "created_at"),
    )
    readonly_fields = ("hint", "header_names", "created_at")
    prepopulated_fields = {"slug": ("name",)}

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("api_key", "headers")

    def save_model(self, request: HttpRequest, obj: Endpoint, form: EndpointForm, change: bool) -> None:
        new_key = cleaned_key(form.cleaned_data["new_key"])
        new_headers = form.cleaned_data["new_headers"]
        obj.base_url = cleaned_base_url(KINDS.get(obj.kind), obj.base_url)
        if new_key or form.cleaned_data["forget_key"]:
            obj.api_key, obj.hint = new_key, hint_of(new_key)
        if new_headers or form.cleaned_data["forget_headers"]:
            obj.headers = new_headers
            obj.header_names = ", ".join(name for name, _ in parse_headers(new_headers))[:1_000]
        super().save_model(request, obj, form, change)
        if {"slug", "kind", "base_url"} & set(form.changed_data):
            _forget_models(obj.slug)
        _record_endpoint(request, obj, event="changed" if change else "added")

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Endpoint) -> None:
        _record_endpoint(request, obj, event="deleted")
        _forget_models(obj.slug)
        super().delete_model(request, obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        for endpoint in queryset:
            self.delete_model(request, endpoint)


def _forget_models(provider: str) -> None:
    LanguageModel.objects.filter(provider=provider, owner=None).delete()


def _record_endpoint(request: HttpRequest, endpoint: Endpoint, *, event: str) -> None:
    record(Action.ENDPOINT_CHANGED, user=cast(User, request.user), subject=f"{endpoint.slug} {event}")


@admin.register(LanguageModel)
class LanguageModelAdmin(admin.ModelAdmin):
    list_display = ("model", "provider", "owner", "label", "context_window", "refreshed_at")
    list_filter = ("provider", ("owner", admin.EmptyFieldListFilter), "refreshed_at")
    list_select_related = ("owner",)
    search_fields = ("model", "label", "provider", "owner__username", "owner__email")
    fields = ("provider", "model", "owner", "label", "context_window", "refreshed_at")
    readonly_fields = ("provider", "model", "owner", "refreshed_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
