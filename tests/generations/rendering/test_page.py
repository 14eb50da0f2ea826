from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from generations.rendering import render

ATTACKS = [
    "<script>alert(1)</script>",
    "a <script>alert(1)</script> b",
    "<img src=x onerror=alert(1)>",
    "a <img src=x onerror=alert(1)> b",
    "<b onclick=alert(1)>x</b>",
    "<div style='position:fixed' onmouseover=alert(1)>\nx\n</div>",
    "<iframe src='https://example.org'></iframe>",
    "<form action='/logout'><button>Go</button></form>",
    "<svg onload=alert(1)><script>1</script></svg>",
    "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
    "<details ontoggle=alert(1) open>\n<summary>x</summary>",
    "[a](javascript:alert(1)) <javascript:alert(1)> [b](data:text/html,x) [c](/logout)",
    "<a href='javascript:alert(1)'>x</a> <a href=' jav&#x09;ascript:alert(1)'>y</a>",
    "![x](https://example.org/pixel.png?secret)",
    '```"><script>alert(1)</script>\nx\n```',
    "| <script>x</script> |\n|---|\n| <img src=x onerror=y> |",
    "$<script>alert(1)</script>$ $\\text{<img src=x onerror=alert(1)>}$ $\\href{javascript:alert(1)}{x}$",
    "<!-- <script>alert(1)</script> --> <!--> <img src=x onerror=alert(1)> -->",
    "<p id=csrf class=code-block data-copy hx-get='/logout' hx-trigger=load>x</p>",
    "<style>*{display:none}</style>",
    "<textarea><script>alert(1)</script>",
]
FORBIDDEN_TAGS = {"script", "style", "img", "iframe", "form", "svg", "object", "embed", "textarea", "template", "base"}


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("attack", ATTACKS)
def test_it_leaves_nothing_that_runs_or_loads_or_acts(attack: str) -> None:
    elements = Elements(render(attack))

    assert not FORBIDDEN_TAGS & {tag for tag, _ in elements.tags}
    for _, attributes in elements.tags:
        assert not [name for name in attributes if name.startswith(("on", "hx-", "id", "style", "src"))]
        assert re.match(r"(https?|mailto):", attributes.get("href") or "https:")


@pytest.mark.parametrize("text", ["Vec<String>", "<script>alert(1)</script>", "<img src=x onerror=y>", "a <T, U> b"])
def test_it_shows_tags_that_are_not_allowed_as_text(text: str) -> None:
    elements = Elements(render(f"See {text} here"))

    assert elements.text == f"See {text} here"


def test_it_keeps_harmless_tags() -> None:
    html = render("H<sub>2</sub>O and <kbd>Ctrl</kbd><br>x <b class=y>bold</b>")

    assert html == "<p>H<sub>2</sub>O and <kbd>Ctrl</kbd><br>x <b>bold</b></p>"


def test_it_balances_tags_within_their_paragraph_and_block() -> None:
    html = render("a <b>b\n\n<div>\n<i>c\n\nd </div> e")

    assert html == "<p>a <b>b</b></p><div>\n<i>c\n</i></div><p>d &lt;/div&gt; e</p>"


def test_it_sends_links_to_a_new_tab_without_a_trace() -> None:
    html = render('[a](https://b.c/?x=1&y=2 "t") <d@e.f>')

    rest = 'target="_blank" rel="noopener noreferrer nofollow"'
    assert html == (
        f'<p><a href="https://b.c/?x=1&amp;y=2" title="t" {rest}>a</a> <a href="mailto:d@e.f" {rest}>d@e.f</a></p>'
    )


def test_it_links_to_images_instead_of_loading_them() -> None:
    html = render("![alt *text*](https://b.c/d.png)")

    assert html == (
        '<p><a href="https://b.c/d.png" target="_blank" rel="noopener noreferrer nofollow">alt <em>text</em></a></p>'
    )


def test_it_frames_and_highlights_a_closed_fence() -> None:
    html = render("```python\nif x < 1:  # why\n```")

    assert html == (
        '<div class="code-block"><div class="code-head"><span class="code-language">python</span>'
        '<button type="button" class="copy" data-copy>Copy</button></div>'
        '<pre tabindex="0"><code class="language-python">'
        '<span class="k">if</span> x &lt; <span class="m">1</span>:  <span class="c"># why</span>\n</code></pre></div>'
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("```python\nx = 1\n", "x = 1\n"),
        ("```klingon\nx = 1\n```", "x = 1\n"),
        ("```\nx = 1\n```", "x = 1\n"),
        ("    x = 1\n", "x = 1\n"),
        ("````python\nx = 1\n```\n", "x = 1\n```\n"),
    ],
)
def test_it_leaves_open_unknown_and_unnamed_code_plain(text: str, shown: str) -> None:
    html = render(text)

    assert f">{shown}</code></pre></div>" in html


@pytest.mark.parametrize(
    "language", ["python", "js", "html", "c++", "diff", "json", "bash", "sql", "rust", "yaml", "tex"]
)
def test_it_changes_no_character_of_code(language: str) -> None:
    source = '\n\n  def a(b):\n\treturn \'<é>\' & "x" -- # // \\\n+1\n-2\n\n$x = {"a": [1, true]};\n\n'

    elements = Elements(render(f"~~~{language}\n{source}~~~"))

    assert elements.text == f"{language}Copy{source}"


def test_it_highlights_fences_in_lists_and_quotations() -> None:
    html = render("1. a\n\n   ```js\n   let b\n   ```\n\n> ```js\n> let c\n> ```")

    assert html.count('<span class="k">let</span>') == 2


def test_it_writes_tables_that_can_scroll() -> None:
    html = render("|a|b|c|\n|-|:-:|-:|\n|1|`x|`|\n")

    assert html == (
        '<div class="table-wrap" tabindex="0"><table dir="auto"><thead><tr><th>a</th><th class="align-center">b</th>'
        '<th class="align-right">c</th></tr></thead><tbody><tr><td>1</td><td class="align-center">`x</td>'
        '<td class="align-right">`</td></tr></tbody></table></div>'
    )


def test_it_writes_task_lists() -> None:
    html = render("- [ ] a\n- [x] b")

    assert html == (
        '<ul dir="auto"><li><input type="checkbox" disabled=""> a</li>'
        '<li><input type="checkbox" disabled="" checked=""> b</li></ul>'
    )


def test_it_strikes_text_through_and_starts_lists_at_any_number() -> None:
    html = render("7. ~~a~~\n8. b")

    assert html == '<ol dir="auto" start="7"><li><del>a</del></li><li>b</li></ol>'


def test_it_writes_formulas_as_mathml() -> None:
    html = render("So $x^2$ and\n\n$$\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}$$")

    assert "<math><msup>" in html
    assert 'display="block"' in html
    assert html.count("<mtd") == 4


@pytest.mark.parametrize("formula", [r"\frac", r"\left( x", r"\begin{x}", "x" * 3_000])
def test_it_shows_the_source_of_formulas_that_it_cannot_read(formula: str) -> None:
    elements = Elements(render(f"a $$ {formula} $$"))

    assert [tag for tag, _ in elements.tags] == ["p", "code"]
    assert elements.text == f"a $$ {formula} $$"


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        (r"a \(x_1 + y_1\), b \[ x*y*z \] c", 2),
        ("\\[\n\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}\n\\]", 1),
        ("> \\[\n> x\n> \\]", 1),
        (r"*a \(x\) b*", 1),
        (r"*a \(x* b\)", 1),
        (r"\\(x\\)", 0),
        (r"\(x\] \)", 0),
        ("\\(a\n\nb\\)", 0),
    ],
)
def test_it_reads_formulas_in_tex_brackets(text: str, formulas: int) -> None:
    html = render(text)

    assert html.count("<math") == formulas


@pytest.mark.parametrize("text", ["$5 and $10", "from $5/$10 on", "US$20,000–$30,000", "$5-$6 or $7"])
def test_it_does_not_take_prices_for_formulas(text: str) -> None:
    html = render(text)

    assert html == f"<p>{text}</p>"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        (" \n\t\n", ""),
        ("a\r\nb\rc", "<p>a<br>\nb<br>\nc</p>"),
        ("a\x00b\ud800c\x1a", "<p>a\ufffdb\ufffdc\ufffd</p>"),
        ("日本 **é**", "<p>日本 <strong>é</strong></p>"),
        ("Title\n===", "<h1>Title</h1>"),
        ("***", "<hr>"),
        ("a\\\nb  \nc", "<p>a<br>\nb<br>\nc</p>"),
        ("<!-- note -->", ""),
        ("---\na: b\n---", "<hr><h2>a: b</h2>"),
    ],
)
def test_it_renders_edge_cases(text: str, html: str) -> None:
    assert render(text) == html


def test_it_finds_link_definitions_at_the_end() -> None:
    html = render("[a][b]\n\n[b]: https://c.d")

    assert '<a href="https://c.d"' in html
