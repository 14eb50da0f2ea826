from __future__ import annotations

import pytest

from accounts.models import User
from tests.comparisons.conftest import Api


@pytest.fixture
def api(alice: User) -> Api:
    return Api(alice)
