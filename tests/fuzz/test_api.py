"""Schemathesis reads the OpenAPI document and sends every request in it, correctly and incorrectly.

A larger run, which draws new cases each time:

    FUZZ_EXAMPLES=500 .venv/bin/python -m pytest tests/fuzz/test_api.py
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from schemathesis import Case

from tests.fuzz.owned_objects import Things
from tests.support.live import Live

EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "")
# These read the same bodies as `comparisons` and `chat/stream`, which every value at a limit is tried on.
OTHER_DOORS = [f"POST /api/v1/{path}" for path in ("compare", "compare/stream", "chat")]
CONFIG = {
    "generation": {
        "max-examples": int(EXAMPLES or 3),
        "deterministic": not EXAMPLES,
        "with-security-parameters": False,
    },
    # No schema says which providers there are, what a picture is, or that a vote has to be for one thing.
    "checks": {"positive_data_acceptance": {"enabled": False}},
    "operations": [
        {"include-name": OTHER_DOORS, "phases": {"coverage": {"enabled": bool(EXAMPLES)}}},
        {"include-name": "POST /api/v1/images", "checks": {"negative_data_rejection": {"enabled": False}}},
    ],
}
generator: Any = SchemaGenerator
schema = schemathesis.openapi.from_dict(
    generator().get_schema(public=True), config=schemathesis.Config.from_dict(CONFIG)
)


@pytest.fixture(scope="module")
def things(installation: Live) -> Things:
    return Things(installation)


@pytest.fixture(scope="module", autouse=True)
def told_before(installation: Live) -> dict[Path, int]:
    """The length of the logs before these tests, which run beside tests that break connections."""
    paths = [installation.log_path(name) for name in ("web", "worker")]
    return {path: path.stat().st_size for path in paths}


@pytest.fixture
def all_things(things: Things) -> Things:
    things.create_again()
    return things


@schema.parametrize()
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_does_what_the_document_says(case: Case[Any], installation: Live, all_things: Things) -> None:
    all_things.put_into(case)

    case.call_and_validate(base_url=installation.base_url, session=all_things.account.api)


def test_it_has_met_nothing_that_it_did_not_expect(installation: Live, told_before: dict[Path, int]) -> None:
    told = [path.read_bytes()[length:].decode(errors="replace") for path, length in told_before.items()]

    assert [trace for each in told for trace in each.split("Traceback")[1:]] == []
