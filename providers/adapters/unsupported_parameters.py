"""A second request without a parameter that a vendor refused.

New models often drop parameters that their predecessors had, and the vendor's refusal names the parameter.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

REFUSED = re.compile(
    r"unsupported|not supported|does ?n[o']t support|not support|deprecated|unrecognized|unknown (name|parameter|field)"
    r"|not permitted|not allowed|extra[_ ]forbidden|extra inputs|only the default|incompatible|cannot both"
    r"|must be verified|unexpected (keyword|field)|invalid (value|argument|parameter)|may only be|not available for",
    re.IGNORECASE,
)


def without_refused(body: dict[str, Any], optional: Mapping[str, str], refusal: str) -> dict[str, Any] | None:
    """Return the body without the first optional field that the refusal mentions; None if it mentions none.

    ``optional`` maps a field's dotted path to a pattern that matches its name in a refusal.
    """
    if not REFUSED.search(refusal):
        return None
    for path, pattern in optional.items():
        if _has(body, path) and re.search(pattern, refusal, re.IGNORECASE):
            return _without(body, path)
    return None


def _has(body: Any, path: str) -> bool:
    for name in path.split("."):
        if not isinstance(body, dict) or name not in body:
            return False
        body = body[name]
    return True


def _without(body: dict[str, Any], path: str) -> dict[str, Any]:
    """Return a copy without the field, and without objects that this leaves empty."""
    body = copy.copy(body)
    name, _, rest = path.partition(".")
    if rest:
        inner = _without(body[name], rest)
        body[name] = inner
        if inner:
            return body
    del body[name]
    return body
