"""Patches as out-of-band fragments of htmx 2, for its WebSocket and SSE extensions alike.

For any swap but ``outerHTML``, htmx inserts the children of the fragment's outer element. That element is one that may
contain them, because a parser drops table rows inside a ``div``.
"""

from __future__ import annotations

from html import escape

from generations.rendering.open_block import Patch
from generations.rendering.writer import with_tail


def oob(key: str, patches: list[Patch]) -> str:
    """Return the fragments that update one column, addressed to the ids ``{key}-open`` and ``{key}-tail``."""
    return "".join(_fragment(escape(key), patch) for patch in merged(patches))


def merged(patches: list[Patch]) -> list[Patch]:
    """Return fewer patches with the same effect: those that a later ``open`` replaces are dropped, and appended texts
    are joined."""
    closed = "".join(patch.html for patch in patches if patch.swap == "before-open")
    result: list[Patch] = [Patch("before-open", closed)] if closed else []
    for patch in _since_last_open(patches):
        if result and result[-1].swap == patch.swap == "tail":
            result[-1] = Patch("tail", result[-1].html + patch.html)
        elif patch.swap != "before-open":
            result.append(patch)
    return result


def _since_last_open(patches: list[Patch]) -> list[Patch]:
    opens = [number for number, patch in enumerate(patches) if patch.swap == "open"]
    return patches[opens[-1] :] if opens else patches


def _fragment(key: str, patch: Patch) -> str:
    html = with_tail(patch.html, key)
    match patch.swap:
        case "before-open":
            return f'<div id="{key}-open" hx-swap-oob="beforebegin">{html}</div>'
        case "open":
            return f'<div id="{key}-open" hx-swap-oob="innerHTML">{html}</div>'
        case "tail":
            wrapper = "tbody" if html.startswith("<tr>") else "div"
            return f'<{wrapper} id="{key}-tail" hx-swap-oob="beforeend">{html}</{wrapper}>'
        case "item":
            return f"<ul hx-swap-oob=\"beforeend:[id='{key}-open']&gt;:last-child\">{html}</ul>"
        case "last-item":
            last = f"[id='{key}-open']&gt;:last-child&gt;:last-child"
            return f'<li hx-swap-oob="outerHTML:{last}"{html.removeprefix("<li")}'
