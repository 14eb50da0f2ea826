from __future__ import annotations

from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema


def test_it_describes_all_methods_of_the_account() -> None:
    generator: Any = SchemaGenerator
    schema = generator(urlconf="account_data.api_urls").get_schema(request=None, public=True)

    validate_schema(schema)  # type: ignore[no-untyped-call]
    operations = {method: operation["operationId"] for method, operation in schema["paths"]["/auth/me"].items()}
    assert operations == {"get": "auth_me", "patch": "auth_me_update", "delete": "auth_me_delete"}
