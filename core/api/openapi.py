"""The parts of the OpenAPI document that all operations share: authentication, and responses to refused requests.

The request and response of an operation are described at its view, by drf-spectacular's ``extend_schema``. That works
for asynchronous views as well, because ``api_view`` attaches a class that drf-spectacular can read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.views import APIView

NOTHING = OpenApiResponse(description="Done.")
NOTHING_LEFT = OpenApiResponse(description="Nothing is left to send.")
RESUME_POINT = [
    OpenApiParameter("after", str, description="The `id` of the last event that you have."),
    OpenApiParameter("Last-Event-ID", str, OpenApiParameter.HEADER, description="The same `id`, as browsers send it."),
]
STATUS_DESCRIPTIONS = {
    400: "Something in the request is not valid; `fields` names it.",
    401: "Not signed in, or the token is not valid.",
    403: "Not allowed, or a session came without its CSRF token.",
    404: "Does not exist, or belongs to another user.",
    409: "Not possible in its current state.",
    413: "The body is too large.",
    415: "The body has an unsupported content type.",
    429: "Too many requests, too many waiting answers, or a budget is used up.",
    503: "A part of the installation is unavailable at the moment.",
}
RETRY_AFTER = {
    "description": "Seconds after which to try again.",
    "schema": {"type": "integer", "minimum": 1},
}
EVENT = {
    "type": "object",
    "description": "Each event of the stream.",
    "properties": {"id": {"type": "string"}, "data": {"type": "string", "description": "JSON."}},
    "required": ["id", "data"],
}
SAFE = ("GET", "HEAD")


class ErrorDetailSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), required=False
    )


class ErrorSerializer(serializers.Serializer[Any]):
    error = ErrorDetailSerializer()


class ApiAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.ApiAuthentication"
    name = ["bearer", "session"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        return [
            {"type": "http", "scheme": "bearer", "description": "A JWT access token, or a personal token `lls_…`."},
            {
                "type": "apiKey",
                "in": "cookie",
                "name": settings.SESSION_COOKIE_NAME,
                "description": "A browser's session; requests that change something need the CSRF token as well.",
            },
        ]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        # One of the two is enough; a single object with both names would require both.
        return [{name: []} for name in self.name]


class ApiSchema(AutoSchema):
    """Adds to every operation the refusals that follow from its method, path and body; ``refusals`` adds more at the
    view."""

    def get_request_serializer(self) -> Any:
        # For a DELETE drf-spectacular would guess a body from the view.
        return None if self.method == "DELETE" else super().get_request_serializer()

    def _get_request_body(self, direction: Any = "request") -> Any:
        """Return the body, including that of a DELETE that declares one."""
        inherited: Any = super()
        if self.method != "DELETE" or self.get_request_serializer() is None:
            return inherited._get_request_body(direction)
        # drf-spectacular describes bodies of POST, PUT and PATCH only.
        self.method = "POST"
        try:
            return inherited._get_request_body(direction)
        finally:
            self.method = "DELETE"

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        inherited: Any = super()
        bodies: dict[str, Any] = inherited._get_response_bodies(direction)
        for status, refusal in refusals(*self._refusals()).items():
            if str(status) not in bodies:
                bodies[str(status)] = inherited._get_response_for_code(refusal, str(status))
        for name in bodies.keys() & {"429", "503"}:
            bodies[name]["headers"] = {"Retry-After": RETRY_AFTER}
        return dict(sorted(bodies.items()))

    def _refusals(self) -> Iterator[int]:
        body = self._get_request_body()
        if body is not None or self._get_parameters():
            yield 400
        if self.view.authentication_classes:
            yield 401
            if self.method not in SAFE:
                yield 403
        if "{" in self.path:
            yield 404
        if body is not None:
            yield 413
            if list(body["content"]) == ["application/json"]:
                yield 415


def refusals(*statuses: int) -> dict[int, OpenApiResponse]:
    """Return the responses of refused requests, for ``extend_schema``."""
    return {status: OpenApiResponse(ErrorSerializer, description=STATUS_DESCRIPTIONS[status]) for status in statuses}


def stream_of(description: str) -> dict[tuple[int, str], OpenApiResponse]:
    """Return the response of a view that streams, for ``extend_schema``."""
    return {(200, "text/event-stream"): OpenApiResponse(EVENT, description=description)}


def described_view(view: Callable[..., Any], methods: tuple[str, ...]) -> type[APIView]:
    """Return a class with these methods that describes a function in the document, like REST framework's
    ``api_view``."""

    def method() -> Callable[..., None]:
        def described(self: APIView, request: object, **kwargs: object) -> None: ...

        described.__doc__ = view.__doc__
        return described

    names = [name.lower() for name in methods]
    return type(view.__name__, (APIView,), {"http_method_names": names, **{name: method() for name in names}})
