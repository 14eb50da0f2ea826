"""The accounts API: sign-up, sign-in, the caller's account, and personal API tokens."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import services
from accounts.api_tokens import create_api_token, delete_api_token
from accounts.http import api_user
from accounts.jwt import TokenPair, issue_pair, rotate_pair
from accounts.models import ApiToken, User
from accounts.serializers import (
    ApiTokenSerializer,
    LoginSerializer,
    LogoutSerializer,
    NewApiTokenSerializer,
    PreferencesSerializer,
    RefreshSerializer,
    RegisterSerializer,
    TokenPairSerializer,
    UserSerializer,
)
from core.api.openapi import NOTHING, refusals
from core.api.validation import validated
from core.client_address import rate_limit_address
from core.rate_limits import Limit

REFRESHES = Limit("refresh", 60, 60, "Too many refreshes from this address. Wait a minute and try again.")


class PublicApi(APIView):
    """Base of views that need no sign-in; an invalid token in the header is ignored."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class RegisterApi(PublicApi):
    @extend_schema(
        operation_id="auth_register",
        request=RegisterSerializer,
        responses={201: TokenPairSerializer, **refusals(403, 429, 503)},
    )
    def post(self, request: Request) -> Response:
        """Sign up. The first account of a fresh installation becomes its administrator."""
        user = services.register_user(request._request, **validated(RegisterSerializer, request.data))
        return Response(_signed_in(user, issue_pair(user)), status=201)


class LoginApi(PublicApi):
    @extend_schema(
        operation_id="auth_login",
        request=LoginSerializer,
        responses={200: TokenPairSerializer, **refusals(401, 429, 503)},
    )
    def post(self, request: Request) -> Response:
        """Sign in with a username or an email address."""
        data = validated(LoginSerializer, request.data)
        user = services.log_in(request._request, login=data["username"], password=data["password"], code=data["code"])
        return Response(_signed_in(user, issue_pair(user)))


class RefreshApi(PublicApi):
    @extend_schema(
        operation_id="auth_refresh",
        request=RefreshSerializer,
        responses={200: TokenPairSerializer, **refusals(401, 429)},
    )
    def post(self, request: Request) -> Response:
        """Exchange a refresh token for a new pair of tokens. A refresh token works once."""
        REFRESHES.take(rate_limit_address(request._request))
        return Response(_signed_in(*rotate_pair(validated(RefreshSerializer, request.data)["refresh"])))


class LogoutApi(PublicApi):
    @extend_schema(
        operation_id="auth_logout",
        request=LogoutSerializer,
        responses={204: NOTHING, **refusals(401, 403)},
    )
    def post(self, request: Request) -> Response:
        """Revoke the refresh token in the body, and end the session if the request has one."""
        services.log_out(request._request, refresh=validated(LogoutSerializer, request.data)["refresh"])
        return Response(status=204)


class MeApi(APIView):
    @extend_schema(operation_id="auth_me", responses=UserSerializer)
    def get(self, request: Request) -> Response:
        """Return the caller's account."""
        return Response(UserSerializer(api_user(request)).data)

    @extend_schema(
        operation_id="auth_me_update",
        request=PreferencesSerializer,
        responses=UserSerializer,
    )
    def patch(self, request: Request) -> Response:
        """Change the caller's preferences."""
        user, preferences = api_user(request), validated(PreferencesSerializer, request.data)
        if "streaming" in preferences:
            services.set_streaming(user, streaming=preferences["streaming"])
        return Response(UserSerializer(user).data)


class ApiTokenListApi(APIView):
    @extend_schema(operation_id="tokens_list", responses=ApiTokenSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the caller's personal API tokens, newest first, without their text."""
        tokens = ApiToken.objects.filter(user=api_user(request))
        return Response(ApiTokenSerializer(tokens, many=True).data)

    @extend_schema(
        operation_id="tokens_create",
        request=ApiTokenSerializer,
        responses={201: NewApiTokenSerializer},
    )
    def post(self, request: Request) -> Response:
        """Create a personal API token. This response is the only one that contains its text."""
        token, text = create_api_token(api_user(request), **validated(ApiTokenSerializer, request.data))
        return Response({**ApiTokenSerializer(token).data, "token": text}, status=201)


class ApiTokenApi(APIView):
    @extend_schema(operation_id="tokens_delete", responses={204: NOTHING})
    def delete(self, request: Request, token_id: UUID) -> Response:
        """Delete a personal API token. Programs that use it are refused from then on."""
        delete_api_token(api_user(request), public_id=token_id)
        return Response(status=204)


def _signed_in(user: User, pair: TokenPair) -> dict[str, Any]:
    return {"user": UserSerializer(user).data, "access": pair.access, "refresh": pair.refresh}
