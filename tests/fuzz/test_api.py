"""Tests of every request in the OpenAPI document, with valid and invalid values that Schemathesis generates.

A larger run, which draws new cases each time:

    FUZZ_EXAMPLES=500 .venv/bin/python -m pytest tests/fuzz/test_api.py
"""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from schemathesis import Case

from tests.fuzz.owned_objects import OwnedObjects
from tests.support.live import Live

pytestmark = pytest.mark.usefixtures("no_traceback")

EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "")
# These have the same bodies as `comparisons` and `chat/stream`, which are tested with every value at a limit.
SAME_BODIES = [f"POST /api/v1/{path}" for path in ("compare", "compare/stream", "chat")]
CONFIG = {
    "generation": {
        "max-examples": int(EXAMPLES or 3),
        "deterministic": not EXAMPLES,
        "with-security-parameters": False,
    },
    # A schema cannot say which providers exist, which bytes are an image, or that a vote has to be for one answer.
    "checks": {"positive_data_acceptance": {"enabled": False}},
    "operations": [
        {"include-name": SAME_BODIES, "phases": {"coverage": {"enabled": bool(EXAMPLES)}}},
        {"include-name": "POST /api/v1/images", "checks": {"negative_data_rejection": {"enabled": False}}},
    ],
}
generator: Any = SchemaGenerator
schema = schemathesis.openapi.from_dict(
    generator().get_schema(public=True), config=schemathesis.Config.from_dict(CONFIG)
)


@pytest.fixture(scope="module")
def owned_objects(installation: Live) -> OwnedObjects:
    return OwnedObjects(installation)


@pytest.fixture
def owned(owned_objects: OwnedObjects) -> OwnedObjects:
    owned_objects.create_again()
    return owned_objects


@schema.parametrize()
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_behaves_as_the_openapi_document_says(case: Case[Any], installation: Live, owned: OwnedObjects) -> None:
    owned.use_in(case)

    case.call_and_validate(base_url=installation.base_url, session=owned.account.api)
