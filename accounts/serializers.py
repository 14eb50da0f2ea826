"""Serializers of the accounts API; they validate input and shape output, but save nothing."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import ApiToken, TokenScope, User
from core.api.fields import EmailField, FlagField, StringField


class UserSerializer(serializers.ModelSerializer[User]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    is_administrator = serializers.BooleanField(source="is_staff", read_only=True)

    class Meta:
        model = User
        fields = ["id", "username", "email", "is_administrator", "streaming", "date_joined"]
        read_only_fields = ["username", "email", "date_joined"]


class PreferencesSerializer(serializers.Serializer[Any]):
    streaming = FlagField(required=False)


class RegisterSerializer(serializers.Serializer[Any]):
    username = StringField(max_length=150)
    email = EmailField(max_length=254)
    password = StringField(max_length=1000, trim_whitespace=False, write_only=True)
    invitation = StringField(max_length=64, required=False, default="", write_only=True)


class LoginSerializer(serializers.Serializer[Any]):
    username = StringField(max_length=254, help_text="The username or the email address.")
    password = StringField(max_length=1000, trim_whitespace=False, write_only=True)
    code = StringField(
        max_length=20,
        required=False,
        default="",
        write_only=True,
        help_text="The code of the second factor, if one is set up.",
    )


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = StringField(max_length=4000)


class LogoutSerializer(serializers.Serializer[Any]):
    refresh = StringField(max_length=4000, required=False, default="")


class TokenPairSerializer(serializers.Serializer[Any]):
    user = UserSerializer()
    access = serializers.CharField()
    refresh = serializers.CharField()


class ApiTokenSerializer(serializers.ModelSerializer[ApiToken]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    name = StringField(max_length=100)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=TokenScope.choices),
        required=False,
        max_length=len(TokenScope),
        help_text="The rights of the token. Without it, everything that the caller may do.",
    )

    class Meta:
        model = ApiToken
        fields = ["id", "name", "hint", "scopes", "created_at", "last_used_at", "expires_at"]
        read_only_fields = ["hint", "created_at", "last_used_at"]


class NewApiTokenSerializer(ApiTokenSerializer):
    token = serializers.CharField(help_text="Shown only this once.")

    class Meta(ApiTokenSerializer.Meta):
        fields = [*ApiTokenSerializer.Meta.fields, "token"]
