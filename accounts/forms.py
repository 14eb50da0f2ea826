"""Forms of the account pages."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.core import context
from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.api_tokens import WITHOUT_SCOPE, delete_all_api_tokens
from accounts.mail import sends_mail
from accounts.models import ApiToken, TokenScope, User, all_scopes
from core.errors import RequestError

NO_MAIL = "This installation sends no mail. Ask its administrator for a new password."


class LoginForm(allauth_forms.LoginForm):  # type: ignore[misc]
    """allauth's form with a label that says what to enter."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Username or email"
        del self.fields["login"].widget.attrs["placeholder"]


class SignupForm(allauth_forms.SignupForm):  # type: ignore[misc]
    """allauth's form, plus the invitation from the link that the user opened."""

    invitation = forms.CharField(required=False, widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.fields["invitation"].initial = context.request.GET.get("invitation", "")

    def try_save(self, request: HttpRequest) -> tuple[AbstractBaseUser | None, HttpResponse | None]:
        """Show a refusal in the form, even if only saving the account could find it."""
        try:
            user, response = super().try_save(request)
        except RequestError as error:
            self.add_error(None, error.message)
            return None, render(request, "account/signup.html", {"form": self}, status=error.status)
        return user, response

    @transaction.atomic
    def save(self, request: HttpRequest) -> Any:
        return super().save(request)


class ChangePasswordForm(allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    """allauth's form, which also offers to delete the API tokens: a new password ends everything else."""

    delete_tokens = forms.BooleanField(
        required=False,
        label="Delete my API tokens as well",
        help_text="Do so if somebody else may know your password. Programs that use them are refused from then on.",
    )

    @transaction.atomic
    def save(self) -> None:
        super().save()
        if self.cleaned_data["delete_tokens"]:
            delete_all_api_tokens(self.user)


class ResetPasswordForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    """allauth's form, which says if no mail can be sent."""

    no_mail = NO_MAIL

    def clean(self) -> dict[str, Any] | None:
        if not sends_mail():
            raise forms.ValidationError(NO_MAIL)
        cleaned: dict[str, Any] | None = super().clean()
        return cleaned


class ApiTokenForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        label="Permissions",
        choices=TokenScope.choices,
        initial=all_scopes,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": WITHOUT_SCOPE},
    )

    class Meta:
        model = ApiToken
        fields = ["name", "expires_at"]
        labels = {"name": "Name", "expires_at": "Expires on (optional)"}
        help_texts = {"name": "Name the program that will use it, so that you know which token to delete."}
        widgets = {
            "name": forms.TextInput({"autocomplete": "off"}),
            "expires_at": forms.DateTimeInput({"type": "date"}, format="%Y-%m-%d"),
        }


class OwnBudgetForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["own_dollars_per_day", "own_dollars_per_month"]
        labels = {"own_dollars_per_day": "Dollars per day", "own_dollars_per_month": "Dollars per month"}
        widgets = {
            name: forms.NumberInput({"step": "0.01", "min": "0", "inputmode": "decimal", "autocomplete": "off"})
            for name in ("own_dollars_per_day", "own_dollars_per_month")
        }
