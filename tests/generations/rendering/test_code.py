from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from generations.rendering.code import highlighted
from generations.rendering.languages import ALIASES, LANGUAGES
from generations.rendering.limits import MAX_GROWTH
from tests.fuzz.code_patterns import PATTERNS

CSS = Path(__file__).parents[3] / "static/css/code.css"
TAG = re.compile(r"<[^>]*>")
SPAN = re.compile(r'<span class="(\w+)">([^<]*)</span>')

SAMPLES = [
    (
        "python",
        'def f(x: Path) -> None:  # why\n    return rb"a" if x is None else MAX + 0x1F',
        'def=k f=nf Path=nc None=no # why=c return=k rb"a"=s if=k is=k None=no else=k MAX=no 0x1F=m',
    ),
    (
        "python",
        '@cached\nclass Ab(Bc):\n    """Doc\n    more."""',
        '@cached=nd class=k Ab=nc Bc=nc """Doc\n    more."""=s',
    ),
    ("js", "const a = `x ${b}` // c\nnew Map().get(1.5e3)", "const=k `x ${b}`=s // c=c new=k Map=nb get=k 1.5e3=m"),
    ("js", 's.replace(/"/g, "-")', 'replace=nf /"/g=s "-"=s'),
    ("ts", "let a: string | null = null; /* x\ny */", "let=k string=nb null=no null=no /* x\ny */=c"),
    (
        "c++",
        '#include <map>\nstd::string s = "a\\"b"; // x',
        '#include &lt;map&gt;=cp std=nb string=nb "a\\"b"=s // x=c',
    ),
    (
        "rust",
        "fn f<'a>(x: &'a str) -> Option<u8> { println!(\"x\") }",
        "fn=k 'a=nv 'a=nv str=nb Option=nb u8=nb println!=nf \"x\"=s",
    ),
    ("go", "x := fmt.Sprint(`a\nb`, 'c', nil)", "Sprint=nc `a\nb`=s 'c'=s nil=no"),
    ("html", '<!-- c --><a href="x">don\'t</a>', '&lt;!-- c --&gt;=c &lt;a=nt href=na "x"=s &lt;/a=nt'),
    ("html", '<a id="b"></a>', '&lt;a=nt id=na "b"=s &lt;/a=nt'),
    ("html", "<script>let a = '</b>'</script>", "&lt;script=nt let=k '&lt;/b&gt;'=s &lt;/script=nt"),
    ("html", "<style>\na { color: #fff }\n</style>", "&lt;style=nt color=na #fff=m &lt;/style=nt"),
    ("css", ".a:hover { margin: 1.5rem; } /* x */ @media", ".a=nc margin=na 1.5rem=m /* x */=c @media=k"),
    ("json", '{"a": [1, true, "b"]}', '"a"=na 1=m true=no "b"=s'),
    ("yaml", "a-b: yes # c\n- d: 'e'\n  http://x", "a-b=na yes=no # c=c - d=na 'e'=s"),
    ("toml", '[a]\nb = "c" # d', '[a]=gh b=na "c"=s # d=c'),
    ("sql", "SELECT a FROM t -- x\nWHERE b = 'it''s'", "SELECT=k FROM=k -- x=c WHERE=k 'it''s'=s"),
    ("bash", '$ cd ~/if && echo "$A" # x\nif-not', '$=gp cd=nb echo=nb "$A"=s # x=c'),
    ("diff", "+++ b\n@@ -1 @@\n+new\n-old\n same", "+++ b=gh @@ -1 @@=gu +new=gi -old=gd"),
    ("lisp", "(defun f (x) ; y\n  (print :a))", "defun=k x=nf ; y=c print=nf :a=no"),
    ("latex", "\\frac{1}{2} % x", "\\frac=k % x=c"),
]


@pytest.mark.parametrize(("language", "source", "tokens"), SAMPLES)
def test_it_marks_the_tokens_of_a_language(language: str, source: str, tokens: str) -> None:
    html = highlighted(source, language)

    assert " ".join(f"{text.strip()}={name}" for name, text in SPAN.findall(html)) == tokens


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_changes_no_character_and_grows_within_its_limit(language: str) -> None:
    sources = [pattern * (1000 // len(pattern)) for pattern in PATTERNS]

    pages = [highlighted(source, language) for source in sources]

    assert [unescape(TAG.sub("", html)) for html in pages] == sources
    assert [html for html, source in zip(pages, sources, strict=True) if len(html) > MAX_GROWTH * len(source)] == []


def test_every_name_of_a_language_leads_to_one() -> None:
    assert set(ALIASES.values()) <= LANGUAGES.keys()
    assert not ALIASES.keys() & LANGUAGES.keys()


def test_every_class_has_a_color() -> None:
    used = {
        name for language in LANGUAGES.values() for name in (*dict(language.tokens), *language.words.values()) if name
    }
    colored = set(re.findall(r"\.([a-z]{1,2})\b", CSS.read_text()))

    assert {*used, "m", "nc", "nf", "no"} <= colored
