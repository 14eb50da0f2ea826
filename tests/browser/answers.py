"""Texts that the stand-in vendors send as answers in these tests."""

from __future__ import annotations

RICH = """# Über Brüche

A first paragraph with **bold**, `code`, [a link](https://example.org/) and [a late one][late].

| Fruit | Price |
|:--|--:|
| apple | 1.50 |
| pear | 2.25 |
| quince | 3.00 |

- one
- two with *stress*
  - inner
- three

```python
def half(number: int) -> float:
    return number / 2


print(half(3))
```

Money first: $5/$10. Then $a^2 + b^2 = c^2$, and 世界 🌍.

> quoted
> twice

1. first
2. second

[late]: https://example.org/late

The end.
"""
HOSTILE = """<script>window.injected = "script"</script>
<img src=x onerror="window.injected = 'img'"><svg onload="window.injected = 'svg'"></svg>
<style>body { display: none }</style><iframe src="javascript:parent.injected = 'frame'"></iframe>

A paragraph with <b onclick="window.injected = 'click'">bold</b> and <script>window.injected = "inline"</script>.

[a link](javascript:window.injected='link') ![a picture](https://evil.example/x.png) </div></article></section>

<a href="javascript:window.injected='href'" style="position:fixed;inset:0">everywhere</a>
<div id="comparison" hx-get="/history/" hx-trigger="load" data-hx-get="/" hx-swap-oob="innerHTML:body">swap</div>
<form action="https://evil.example/"><input name="csrfmiddlewaretoken"><button>Send</button></form>

| <script>window.injected = "cell"</script> | </table></div> |
|--|--|
| <img src=x onerror=window.injected=1> | {{ csrf_token }} |

```html
</code></pre><script>window.injected = "fence"</script>
```

$</math><script>window.injected = "math"</script>$

The end.
"""
