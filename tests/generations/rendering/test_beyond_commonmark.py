"""Markdown whose meaning for people differs from that of CommonMark."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generations.rendering import render
from tests.generations.rendering.patched_html import streamed
from tests.generations.rendering.test_stream import FRAGMENTS

LINK = ' target="_blank" rel="noopener noreferrer nofollow"'
fragments = [fragment for fragment in FRAGMENTS if fragment not in ("※", "\x1a")]


def plain(html: str) -> str:
    return html.replace(LINK, "")


def words(html: str) -> str:
    return unescape(re.sub("<[^>]*>", "", html))


@pytest.mark.parametrize(
    ("text", "bold"),
    [
        ("Pay **$1.50** for kale, not **$2.00**.", ["$1.50", "$2.00"]),
        ("**Basic**: **$10**/month, **Pro**: **$20**/month", ["Basic", "$10", "Pro", "$20"]),
        ("**$0** is the script's name, **$1** the first argument.", ["$0", "$1"]),
        ("**$5** or **$x** or **5$**", ["$5", "$x", "5$"]),
        (
            "含**「重点」**内容。它**不变。**源码。这是**“取出并重置”模式**。",
            ["「重点」", "不变。", "“取出并重置”模式"],
        ),
        ("**하이퍼텍스트(HTTP)**는 프로토콜", ["하이퍼텍스트(HTTP)"]),
        ("**[문서](https://a.b)**는", ["문서"]),
        ('คำ**"สำคัญ"**มาก', ['"สำคัญ"']),
        ("Das ist **„wichtig“**es Wort. **Note:**text", ["„wichtig“", "Note:"]),
        ("2**(n) and 3**(m), `含**「`, $x**「y$", []),
    ],
)
def test_it_sees_all_bold_text(text: str, bold: list[str]) -> None:
    html = render(text)

    assert [words(content) for content in re.findall("<strong>(.*?)</strong>", html)] == bold
    if bold:
        assert "*" not in words(html)


@pytest.mark.parametrize(
    "text",
    [
        "Set $HOME/$USER and $PATH:$LD_LIBRARY_PATH first. Compare $AAPL/$MSFT. Write ${name} and ${value}$.",
        "$foo$bar ${foo}$, $a.$b, $(pwd)/$(ls)",
        "$20k/$x, $5 for apples and a 3$ tip",
        r"\$5 and 5\$",
        "US$5 and CA$7",
        "from $5-$10 or $7",
        "O plano custa $20 (R$ 110), $5 ou R$ 25, also A$ 8",
        "约$10（NT$ 300）, 花费10$，剩20$。 货币：美元（$）、加元（C$）",
        "5$, 10$, 15$; (5$), (10$); 5$/Monat, 50$/Jahr; 10$-20$. Ça coûte 5$. Sinon 10$.",
        "السعر: $5 أو 10$",
        "USD ($), CAD ($); US$), Canada (CA$); Ramen ($$), sushi ($$$), curry ($$)",
        "符号$和符号$",
        "costs $ 5 - $ 10 or $ 3/month, $ 4/month; US$ 5 = A$ 7",
        "run $ cd a/b and then $ ls -l /tmp; $ x = 5 and $ y = 6",
        "[citation needed]",
    ],
)
def test_it_takes_no_price_and_no_variable_for_a_formula(text: str) -> None:
    html = render(text.replace("[", r"\[").replace("]", r"\]"))

    assert "<math" not in html
    assert words(html) == text.replace(r"\$", "$")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("The $5 plan uses `price=${cost}` now.", "<p>The $5 plan uses <code>price=${cost}</code> now.</p>"),
        (
            "[$5 plan](https://a.b/1) or [$10 plan](https://a.b/2)",
            '<p><a href="https://a.b/1">$5 plan</a> or <a href="https://a.b/2">$10 plan</a></p>',
        ),
        ("<https://a.b/?x=$y> $z", '<p><a href="https://a.b/?x=$y">https://a.b/?x=$y</a> $z</p>'),
    ],
)
def test_it_pairs_dollars_in_plain_text_alone(text: str, html: str) -> None:
    assert plain(render(text)) == html


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("$n$th and $ij$th, $x^*$ and $y^*$; $[A,B](x)$", 5),
        (r"\(x^*\) and \(y^*\)", 2),
        ("The price is $5, and $x$ is 3", 1),
        ("**$x$** *$y$* [$z$](https://a.b)", 3),
        ("$x_1$则$y$", 2),
        ("> $$\n> x\n> $$", 1),
        ("$$ x = \\text{$5} $$", 1),
        ("$H_2$O and CO$_2$, $T_1$w", 3),
        (r"$\sim$5, $\approx$10, 3$\times$4", 3),
        (r"If $ a_{ij} > 0 $ then $ \alpha $ and $ x + y $", 3),
        (r"$[0,1)$, $f(x)$, $\left[0,1\right)$, \(n\)", 4),
    ],
)
def test_it_sees_formulas_beside_all_that_they_contain(text: str, formulas: int) -> None:
    html = render(text)

    assert html.count("<math") == formulas
    assert not re.search(r"[*\\]", words(re.sub("<math.*?</math>", "", html)))


@pytest.mark.parametrize(
    ("latex", "rows"),
    [
        (r"\begin{aligned} x &= a + b \\ &= 2 \end{aligned}", 2),
        (r"\begin{align} x &= a \label{a} \\ y &= 2 \nonumber \end{align}", 2),
        (r"\begin{alignat}{2} x &= a \\ y &= 2 \end{alignat}", 2),
        (r"\begin{alignedat}{2} x &= a \end{alignedat}", 1),
        (r"\begin{aligned}[t] x &= a \end{aligned}", 1),
        (r"\begin{gathered} a \\ b \end{gathered}", 2),
        (r"\begin{gather*} a \\ b \end{gather*}", 2),
        (r"\begin{eqnarray} a &=& b \\ c &=& d \end{eqnarray}", 2),
        (r"\begin{dcases} a & b \\ c & d \end{dcases}", 2),
        (r"\begin{equation} a = b \notag \end{equation}", 0),
        (r"a = b \\ c = d", 2),
        (r"\begin{flalign} a &= b \\ c &= d \end{flalign}", 2),
        (r"\begin{rcases} a \\ b \end{rcases}", 2),
        (r"\text{5\% of } x", 0),
        (r"\big\{ \Biggl\| x \Biggr\| \big\}", 0),
    ],
)
def test_it_sets_all_usual_environments(latex: str, rows: int) -> None:
    html = render(f"$$\n{latex}\n$$")

    assert html.count("<math") == 1
    assert html.count("<mtr") == rows
    assert not re.search(r"[&\\]", words(html))


@pytest.mark.parametrize(
    "latex",
    [
        r"\arg\max_x f",
        r"\operatorname*{arg\,max}_x f",
        r"\mathop{\mathrm{arg\,max}}_x f",
        r"\mathop{\arg\max}\limits_x f",
        r"\underset{x}{\operatorname{arg~max}} f",
    ],
)
def test_the_name_of_an_operator_may_have_two_words(latex: str) -> None:
    assert words(render(f"${latex}$")).replace("\u00a0", " ").replace("\u2009", " ") == "arg maxxf"


@pytest.mark.parametrize(
    "text",
    [
        r"\begin{equation}E = mc^2\end{equation}",
        "so\n\\begin{align*}\na &= b \\\\\n&= c_1 * d_2\n\\end{align*}\nthat",
        "- \\begin{gather}\n  a \\\\ b\n  \\end{gather}",
        "> \\begin{equation}\n> x=1\n> \\end{equation}",
        "so \\[\n\\begin{align}\na &= b\n\\end{align}\n\\]",
    ],
)
def test_an_environment_on_lines_of_its_own_needs_no_delimiters(text: str) -> None:
    html = render(text)

    assert html.count("<math") == 1
    assert not re.search(r"[&\\]", words(html))


def test_an_environment_within_a_sentence_is_shown() -> None:
    assert "<math" not in render(r"Write \begin{equation} x = 1 \end{equation} for it.")


@pytest.mark.parametrize(
    "latex",
    [
        r"\ce{2H2 + O2 -> 2H2O}",
        r"\unknown{x}",
        r"a & b",
        r"\begin{tikzpicture} \draw (0,0); \end{tikzpicture}",
        r"\begin{CD} a \end{CD}",
        r"\left( a \\ b \right)",
        r"\left( a \\ {b \\ c} \right)",
        r"\def\x{a} \x",
        r"\newcommand{\x}{a} \x",
        r"\let\a=b",
        r"\eqref{a}",
    ],
)
def test_it_shows_the_source_of_a_formula_with_an_unknown_command(latex: str) -> None:
    html = render(f"x \\({latex}\\)")

    assert "<math" not in html
    assert words(re.findall("<code>(.*?)</code>", html)[0]) == f"\\({latex}\\)"


@pytest.mark.parametrize(
    "text",
    [
        "$$\nx = 1\n+ 2\n$$",
        "so:\n\\[\nx\n=\ny\n- d\n\\]\nthat",
        "- a\n  $$\n  x\n  + y\n  $$\n- b",
        "> $$\n> x\n> + y\n> $$",
        "1. one\n\n   $$\n   a\n   # b\n   $$\n\n2. two",
        "$$ a =\n+ c $$",
        "a|b\n-|-\n1|2\n\n$$\nx\n+ 1\n$$",
    ],
)
@pytest.mark.parametrize("size", [1, 5, 100])
def test_a_display_formula_is_one_although_its_lines_look_like_blocks(text: str, size: int) -> None:
    column = streamed([text[start : start + size] for start in range(0, len(text), size)])

    assert column.html == render(text)
    assert column.html.count("<math") == 1
    assert not re.search(r"<h\d|[$\\]", column.html)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("$$\nx\n\n+ 2\n$$", '<p>$$<br>\nx</p><ul dir="auto"><li>2<br>\n$$</li></ul>'),
        ("$$ costs more.\n- a", '<p>$$ costs more.</p><ul dir="auto"><li>a</li></ul>'),
        ("$$\n**x**\n+ 2", "<p>$$<br>\n<strong>x</strong><br>\n+ 2</p>"),
        ("$$\nonly some words\n$$", "<p>$$<br>\nonly some words<br>\n$$</p>"),
    ],
)
def test_dollars_that_no_formula_follows_are_shown(text: str, html: str) -> None:
    assert render(text) == html


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"[\[1\]](https://a.b) \[Name\] \[1, 2\] \[x\] arr\[0\] \(x86\)", "[1] [Name] [1, 2] [x] arr[0] (x86)"),
        ("~$5–~$10 ~/bin:~/go 从“~”到“~”", "~$5–~$10 ~/bin:~/go 从“~”到“~”"),
        ("[User]: Hello\n[Bot]: Hi\n[10:31]: Out", "[User]: Hello\n[Bot]: Hi\n[10:31]: Out"),
        ("Text[1].\n\n[1]: https://a.b\n[2]: https://c.d", "Text[1].[1]: https://a.b\n[2]: https://c.d"),
    ],
)
def test_it_takes_no_plain_text_for_a_sign(text: str, shown: str) -> None:
    html = render(text)

    assert words(html) == shown
    assert not re.search("<(math|del|code)", html)


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"\text{List<int>}", "List<int>"),
        (r"\texttt{<div>}", "<div>"),
        (r"\begin{aligned} a &= b \\[4pt] c &= d \\* e &= f \end{aligned}", "a=bc=de=f"),
        (r"50%", "50%"),
        (r"\text{5\% of } x", "5% of x"),
        (r"\text{if $x^2$ is even, and \$5}", "if x2 is even, and $5"),
        (r"\mbox{if } x \dotsc", "if x..."),
        (r"\sum_{\substack{a \\ b{c}}} x", "∑abcx"),
        (r"x = 1 \tag{1}", "x=1(1)"),
        (r"\begin{array}{@{}l|c@{}} a & b \\ \hline c & d \end{array}", "abcd"),
        (r"a\mathbin{+}b", "a+b"),
    ],
)
def test_it_loses_no_sign_of_a_formula(latex: str, shown: str) -> None:
    html = render(rf"a \({latex}\) b **c**")

    assert words(re.findall("<math.*?</math>", html)[0]).replace("\u00a0", " ") == shown
    assert html.endswith("</math> b <strong>c</strong></p>")


@pytest.mark.parametrize(
    "text", ["$" + "a" * 20_000 + "$", "$" + "字" * 20_000 + "$", "```md\n```py\n```\n```\n" * 1_000]
)
def test_it_takes_no_time_for_long_words_and_many_fences(text: str) -> None:
    assert len(render(text)) >= len(text) // 2


@pytest.mark.parametrize(
    ("text", "links"),
    [
        (
            "See https://example.org/a_b_c, www.example.org and <https://example.org>.",
            ["https://example.org/a_b_c", "https://www.example.org", "https://example.org"],
        ),
        (
            "(https://a.b/c_(d)) or https://a.b/x.html#a.__init__!",
            ["https://a.b/c_(d)", "https://a.b/x.html#a.__init__"],
        ),
        ("_https://a.b/_ **https://a.b/c** ~~https://a.b/d~~", ["https://a.b/", "https://a.b/c", "https://a.b/d"]),
        ("看https://a.b/c。好 www.a.b，好", ["https://a.b/c", "https://www.a.b"]),
        (r"https://a.b/?x=1&amp;y=2 https://a.b/c\_d", ["https://a.b/?x=1&y=2", "https://a.b/c_d"]),
        ("http://localhost:8000/a `http://a.b` [http://a.b](http://c.d)", ["http://localhost:8000/a", "http://c.d"]),
        ("https://a.b/_c d_ and https://a.b/`x`", ["https://a.b/_c", "https://a.b/"]),
        ('https://a.b/$x$ | "https://a.b/c"', ["https://a.b/", "https://a.b/c"]),
        ("https:// www. foo://a.b mailto:a@b.c xhttps://a.b a.www.b", []),
        ('<a href="https://a.b">https://c.d</a> https://e.f', ["https://a.b", "https://e.f"]),
    ],
)
def test_it_links_bare_urls(text: str, links: list[str]) -> None:
    html = render(text)

    assert [unescape(link) for link in re.findall('href="([^"]*)"', html)] == links


def test_it_shows_all_characters_around_a_url() -> None:
    html = render("a (https://a.b/_c d_). *https://e.f* **b** https://a.b/\\_x&amp;y")

    assert words(html) == "a (https://a.b/_c d_). https://e.f b https://a.b/_x&y"


def test_it_shows_notes_and_where_they_belong() -> None:
    html = plain(render("Fact[^1] and more[^2][^3]; not [^a-z].\n\n[^1]: Source\n[^2]: https://a.b\n[^a]: x"))

    assert html == (
        "<p>Fact<sup>[1]</sup> and more<sup>[2]</sup><sup>[3]</sup>; not [^a-z].</p><p><sup>[1]</sup> Source<br>\n"
        '<sup>[2]</sup> <a href="https://a.b">https://a.b</a><br>\n[^a]: x</p>'
    )


def test_it_ends_lines_as_they_are_written() -> None:
    html = render("Roses are red\nViolets are blue\n\n- a\n  b")

    assert html == '<p>Roses are red<br>\nViolets are blue</p><ul dir="auto"><li>a<br>\nb</li></ul>'


@pytest.mark.parametrize(
    ("text", "code", "after"),
    [
        ("```markdown\n# T\n\n```python\nx\n```\n\ny\n```\n\nAfter", "# T\n\n```python\nx\n```\n\ny\n", "After"),
        ("~~~md\n~~~sh\nx\n~~~\n~~~js\ny\n~~~\n~~~\nAfter", "~~~sh\nx\n~~~\n~~~js\ny\n~~~\n", "After"),
        ("- ```md\n  ```py\n  x\n  ```\n  ```\n- After", "```py\nx\n```\n", "After"),
        ("> ```md\n> ```py\n> x\n> ```\n> ```\n\nAfter", "```py\nx\n```\n", "After"),
        ("````md\n```py\nx\n```\n````\nAfter", "```py\nx\n```\n", "After"),
        ("```python\n```js\nx\n```\nAfter", "```js\nx\n", "After"),
        ("```md\n```py\nx\n```\nAfter", "```py\nx\n```\nAfter", ""),
        ('```markdown title="README.md"\n```py\nx\n```\n```\nAfter', "```py\nx\n```\n", "After"),
    ],
)
@pytest.mark.parametrize("size", [1, 5, 100])
def test_a_fence_of_markdown_holds_inner_fences(text: str, code: str, after: str, size: int) -> None:
    column = streamed([text[start : start + size] for start in range(0, len(text), size)])

    assert column.html == render(text)
    (block,) = re.findall("<code.*?>(.*?)</code>", column.html, re.DOTALL)
    assert words(block) == code
    assert words(column.html.rpartition("</div>")[2]).strip() == after


def test_it_lays_lists_quotations_and_tables_out_from_the_side_of_their_first_letter() -> None:
    html = render("1. أولاً\n\n> שלום\n\n| ا |\n|---|\n| ب |")

    assert re.findall('<(\\w+) dir="auto"', html) == ["ol", "blockquote", "table"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(fragments), max_size=20).map("".join))
def test_it_puts_back_all_that_it_hides_from_the_parser(text: str) -> None:
    html = render(text)

    assert not {"\x1a", "※", "§", "\U00010100"} & set(html)
