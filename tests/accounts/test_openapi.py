from __future__ import annotations

from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema


@pytest.fixture
def schema() -> Any:
    generator: Any = SchemaGenerator
    return generator(urlconf="accounts.api_urls").get_schema(request=None, public=True)


def test_it_describes_the_accounts_api(schema: Any) -> None:
    validate_schema(schema)  # type: ignore[no-untyped-call]

    operations = {
        (method, path): operation["operationId"]
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }
    assert operations == {
        ("post", "/auth/register"): "auth_register",
        ("post", "/auth/login"): "auth_login",
        ("post", "/auth/refresh"): "auth_refresh",
        ("post", "/auth/logout"): "auth_logout",
        ("get", "/tokens"): "tokens_list",
        ("post", "/tokens"): "tokens_create",
        ("delete", "/tokens/{token_id}"): "tokens_delete",
    }
    assert schema["paths"]["/tokens"]["get"]["security"] == [{"bearer": []}, {"session": []}]


def test_it_describes_the_user(schema: Any) -> None:
    user = schema["components"]["schemas"]["User"]

    assert set(user["properties"]) == {"id", "username", "email", "is_administrator", "streaming", "date_joined"}
