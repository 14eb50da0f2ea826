"""Accounts in the admin: users, limits, invitations, personal API tokens (never their text), and the audit trail."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, cast

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.audit import record, record_deletion
from accounts.models import Action, ApiToken, AuditEntry, Invitation, Limits, User
from core.admin import HistoryAdmin

INVITATION_LIFETIME = timedelta(days=7)

# Administrators sign in on the same page as all users, with its rate limits and the second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


class UserCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("username", "email")


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    add_form = UserCreationForm
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "email", "usable_password", "password1", "password2")}),
    )
    fieldsets = (
        (None, {"fields": ("username", "email", "password", "public_id")}),
        ("Preferences", {"fields": ("streaming",)}),
        ("Permissions", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("public_id", "last_login", "date_joined")
    list_display = ("username", "email", "is_active", "is_staff", "last_login", "date_joined")
    list_filter = ("is_active", "is_staff", "is_superuser", "date_joined")
    search_fields = ("username", "email", "public_id")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """List the user's audit trail among the objects to delete, although its entries alone cannot be deleted."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return deleted, counts, lacking - {AuditEntry._meta.verbose_name}, protected

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: User) -> None:
        super().delete_model(request, obj)
        record_deletion()

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            self.delete_model(request, user)


@admin.register(Limits)
class LimitsAdmin(admin.ModelAdmin):
    list_display = (
        *("__str__", "max_running", "max_queued", "requests_per_minute", "tokens_per_day", "tokens_per_month"),
        *("dollars_per_day", "dollars_per_month", "priority"),
    )
    list_filter = ("priority", "group")
    list_select_related = ("user", "group")
    search_fields = ("user__username", "user__email", "group__name")
    autocomplete_fields = ("user", "group")
    fieldsets = (
        (
            "Applies to",
            {
                "fields": ("user", "group"),
                "description": "Either a user or a group; a group's limits apply to each member.",
            },
        ),
        ("Requests", {"fields": ("max_running", "max_queued", "requests_per_minute", "priority")}),
        (
            "Budgets for the server's keys",
            {
                "fields": ("tokens_per_day", "tokens_per_month", "dollars_per_day", "dollars_per_month"),
                "description": "Days and months are in UTC. An empty field sets no limit.",
            },
        ),
    )


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    list_display = ("name", "user", "hint", "scopes", "created_at", "last_used_at", "expires_at")
    list_filter = ("created_at", "expires_at")
    list_select_related = ("user",)
    search_fields = ("name", "user__username", "user__email")
    fields = readonly_fields = ("name", "user", "hint", "scopes", "created_at", "last_used_at", "expires_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: ApiToken) -> None:
        record(Action.TOKEN_DELETED, user=obj.user, subject=f"{obj}, by an administrator")
        super().delete_model(request, obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset:
            self.delete_model(request, token)


@admin.register(AuditEntry)
class AuditEntryAdmin(HistoryAdmin):
    """The audit trail, read-only: entries cannot be added, changed or deleted."""

    list_display = ("at", "action", "user", "subject", "address")
    list_filter = ("action", "at")
    list_select_related = ("user",)
    search_fields = ("user__username", "user__email", "subject", "address")
    fields = readonly_fields = ("at", "action", "user", "subject", "address")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _default_expiry() -> datetime:
    return timezone.now() + INVITATION_LIFETIME


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):
    list_display = ("__str__", "created_by", "created_at", "expires_at", "used_by", "used_at")
    list_filter = ("created_at", "expires_at", ("used_at", admin.EmptyFieldListFilter))
    list_select_related = ("created_by", "used_by")
    search_fields = ("note", "used_by__username", "used_by__email")
    fields = ("note", "expires_at", "link", "created_by", "used_by", "used_at")
    readonly_fields = ("link", "created_by", "used_by", "used_at")

    @admin.display(description="Link to send")
    def link(self, invitation: Invitation) -> str:
        if not invitation.token:
            return "Save the invitation to get its link."
        return f"{settings.PUBLIC_URL}{reverse('account_signup')}?invitation={invitation.token}"

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"expires_at": _default_expiry()}

    def save_model(self, request: HttpRequest, obj: Invitation, form: ModelForm[Invitation], change: bool) -> None:
        if not change:
            obj.token = secrets.token_urlsafe(32)
            obj.created_by = cast(User, request.user)
        super().save_model(request, obj, form, change)
