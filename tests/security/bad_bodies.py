"""Invalid bodies of a comparison, grouped by the field that is wrong."""

from __future__ import annotations

import json
from typing import Any

DEMO = {"provider": "demo", "model": "demo-swift"}
GOOD: dict[str, Any] = {"prompt": "Hello", "providers": [DEMO]}
NUL = "a\x00b"
LONG = "x" * 100_001
MISSING = "00000000-0000-4000-8000-000000000000"


def body(**changes: Any) -> dict[str, Any]:
    """Return a valid body with these changes; ``...`` leaves a field out."""
    return {name: value for name, value in {**GOOD, **changes}.items() if value is not ...}


def entry(**changes: Any) -> dict[str, Any]:
    """Return a valid body with these changes in its only entry; ``...`` leaves a field out."""
    return body(providers=[{name: value for name, value in {**DEMO, **changes}.items() if value is not ...}])


WRONG_TYPES = ("1", 1.5, True, [1], {"a": 1}, float(10**30))
BAD_TEXTS = (7, True, ["x"], {"a": 1}, NUL, LONG)
BAD_PARAMETERS: dict[str, tuple[Any, ...]] = {
    "temperature": (-0.1, 2.1, "0.7", True, [0.7], {}, 10**30),
    "top_p": (-0.1, 1.1, "0.5", False, [], {}),
    "max_tokens": (0, -1, 1_000_001, 10**30, *WRONG_TYPES),
    "seed": (2**31, -(2**31) - 1, 10**30, *WRONG_TYPES),
    "stop": ("END", [1], [True], [["END"]], [""], ["a"] * 5, ["x" * 201], [NUL], {"a": 1}, 7),
    "reasoning_effort": ("huge", "", 1, True, ["low"], {"low": 1}),
}
BAD_VALUES: dict[str, tuple[Any, ...]] = {
    "prompt": (..., "", "  \n\t ", None, *BAD_TEXTS),
    "system": BAD_TEXTS,
    "images": ("x", 7, True, {}, [7], ["x"], [None], [[MISSING]], [MISSING], [MISSING] * 9),
    "tier": ("long", 7, True, ["brief"], {"a": 1}),
    "blind": (True, "true", "perhaps", [True]),
    "stream": ("perhaps", 7, [True], {}),
    "providers": (
        *(..., None, [], "demo", 7, True, DEMO, {}, {"0": DEMO}, [DEMO] * 9),
        *([None], ["demo"], [7], [True], [[]], [[DEMO]], [{}]),
        [DEMO, {"provider": "nobody", "model": "x"}],
    ),
    "parameters": ("hot", 7, [], True),
}
BAD_ENTRIES: dict[str, tuple[Any, ...]] = {
    "provider": (..., None, "", " ", "nobody", "Demo", *BAD_TEXTS),
    "model": (None, "", "  ", *BAD_TEXTS),
    "parameters": ("hot", 7, [], True),
}


def bad_bodies() -> dict[str, tuple[str, list[dict[str, Any]]]]:
    """Return the field that the response has to name and the invalid bodies, by a name for the test's parameter."""
    bodies = {field: (field, [body(**{field: bad}) for bad in values]) for field, values in BAD_VALUES.items()}
    for field, values in BAD_ENTRIES.items():
        bodies[f"an entry's {field}"] = ("providers", [entry(**{field: bad}) for bad in values])
    for name, values in BAD_PARAMETERS.items():
        bodies[name] = ("parameters", [body(parameters={name: bad}) for bad in values])
        bodies[f"an entry's {name}"] = ("providers", [entry(parameters={name: bad}) for bad in values])
    return bodies


NOT_OBJECTS = [b"", b" ", b"[]", b"[1]", b'"Hello"', b"7", b"null", b"true", json.dumps([GOOD]).encode()]
NOT_JSON = [
    b"prompt=Hello",
    b"{",
    b'{"prompt": "Hello"',
    b"{'prompt': 'Hello'}",
    b"\xff\xfe",
    b'{"prompt": "\xff"}',
    b'{"prompt": "\\ud800"}',
    b'{"prompt": "a\x00b"}',
    *(json.dumps(body(parameters={"temperature": each})).encode() for each in (float("nan"), float("inf"))),
    b'{"prompt": "Hello", "parameters": {"temperature": 1e999}}',
    b"[" * 100_000,
    b'{"prompt":' * 100_000,
]
