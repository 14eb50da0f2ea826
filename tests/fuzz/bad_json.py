"""JSON with unexpected parts."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        7,
        2**31,
        2**63,
        2**70,
        -0.0,
        0.5,
        1e308,
        "",
        " ",
        "x",
        "\x00",
        "\ud800",
        "\u202e",
        "é" * 300,
    ),
    *(
        "completed",
        "user",
        "assistant",
        "tie",
        "2026-11-21T08:00:00+00:00",
        "0001-01-01T00:00:00Z",
        UNKNOWN_ID,
        "9" * 5000,
    ),
    *([], {}, [[]], [None], [7], ["x"], {"x": 1}, {"id": UNKNOWN_ID}, {"provider": "demo", "model": "demo-swift"}),
)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.sampled_from(ODD)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=9), inner, max_size=4)),
    max_leaves=12,
)


@st.composite
def changed(draw: st.DrawFn, value: Any, max_changes: int = 3) -> Any:
    """Return the value with a few of its parts replaced, left out, doubled or exchanged."""
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, max_changes))):
        parts = list(_parts(value))
        if not parts:
            return value
        parent, key = parts[draw(st.integers(0, len(parts) - 1))]
        match draw(st.integers(0, 4)):
            case 0 | 1:
                parent[key] = copy.deepcopy(draw(st.one_of(st.sampled_from(ODD), anything)))
            case 2:
                del parent[key]
            case 3 if isinstance(parent, list):
                parent.append(copy.deepcopy(parent[key]))
            case _:
                other, name = parts[draw(st.integers(0, len(parts) - 1))]
                parent[key] = copy.deepcopy(other[name])
    return value


def _parts(value: Any) -> Iterator[tuple[Any, Any]]:
    keys: Any = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _parts(value[key])
