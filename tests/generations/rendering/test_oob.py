from __future__ import annotations

from pathlib import Path

import django_htmx
import pytest
from playwright.sync_api import Page

from generations.rendering import Patch, StreamRenderer, oob, render

HTMX = Path(django_htmx.__file__).parent / "static/django_htmx/htmx-2.min.js"
KEY = "3f2a-0"
ANSWER = """Intro with `code` and **bold** words
on two lines.

- one
- two with **bold**
- three

  loose, and the start < of more

```html
<tr><td>x & y</td></tr>

  indented
```

| a | b |
|---|:-:|
| 1 | <b>2 |
| 3 | $x^2$ |

Setext
------

1. last
2. item"""


def test_it_joins_appended_texts() -> None:
    html = oob("k", [Patch("tail", "a "), Patch("tail", "b")])

    assert html == '<div id="k-tail" hx-swap-oob="beforeend">a b</div>'


def test_it_drops_patches_that_a_later_one_replaces() -> None:
    patches = [Patch("tail", "a"), Patch("before-open", "<p>1</p>"), Patch("open", "x"), Patch("before-open", "<hr>")]

    html = oob("k", [*patches, Patch("open", '<p data-tail="">y</p>')])

    assert html == (
        '<div id="k-open" hx-swap-oob="beforebegin"><p>1</p><hr></div>'
        '<div id="k-open" hx-swap-oob="innerHTML"><p id="k-tail">y</p></div>'
    )


def test_it_sends_rows_inside_a_table_body() -> None:
    html = oob("k", [Patch("tail", "<tr><td>1</td></tr>")])

    assert html == '<tbody id="k-tail" hx-swap-oob="beforeend"><tr><td>1</td></tr></tbody>'


def test_it_sends_nothing_without_patches() -> None:
    assert oob("k", []) == ""


@pytest.mark.parametrize("batch", [1, 5])
def test_it_turns_a_real_page_into_the_html_of_the_whole(browser_page: Page, batch: int) -> None:
    renderer = StreamRenderer()
    browser_page.set_content(f"<div id='column'>{renderer.snapshot(KEY)}</div><div id='whole'>{render(ANSWER)}</div>")
    browser_page.add_script_tag(path=str(HTMX))

    messages = []
    for start in range(0, len(ANSWER), 3 * batch):
        patches = [patch for at in range(start, start + 3 * batch, 3) for patch in renderer.feed(ANSWER[at : at + 3])]
        messages.append((oob(KEY, patches), renderer.snapshot(KEY)))
    messages.append((oob(KEY, renderer.flush()), renderer.snapshot(KEY)))
    wrong = browser_page.evaluate(
        """(messages) => messages.filter(([fragments, snapshot]) => {
            htmx.swap("#column", fragments, {swapStyle: "none"})
            const expected = document.createElement("div")
            expected.innerHTML = snapshot
            return document.querySelector("#column").innerHTML !== expected.innerHTML
        })""",
        messages,
    )
    final, whole = browser_page.evaluate(
        f"""() => {{
            const open = document.getElementById("{KEY}-open")
            open.querySelectorAll("[id]").forEach((element) => element.removeAttribute("id"))
            open.replaceWith(...open.childNodes)
            return [document.querySelector("#column").innerHTML, document.querySelector("#whole").innerHTML]
        }}"""
    )

    assert wrong == []
    assert final == whole
