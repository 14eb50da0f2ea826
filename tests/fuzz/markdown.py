"""Markdown documents as models write them, and malformed ones."""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = st.sampled_from(
    [
        *(
            "word",
            "Wörter",
            "日本語",
            "🌍",
            "`code`",
            "**bold**",
            "*it",
            "_is_",
            "~~no~~",
            "$x^2$",
            "$$y$$",
            "[a](b)",
            "<b>",
        ),
        *(
            "</b>",
            "<script>",
            "&amp;",
            "&#0;",
            "\\*",
            "https://a.example",
            "![i](j)",
            "a|b",
            "(c)",
            "\u200b",
            "\x00",
            "\\",
        ),
        *("[^1]", "<!--", "-->", "<", ">", "||", "```", "`", "$", "*", "_", "\t", "1.", "-", "#"),
    ]
)
LINES = st.lists(WORDS, max_size=8).map(" ".join)
ENDS = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", "\n\n", "\n\n\n", "  \n", "\\\n"])
LANGUAGES = st.sampled_from(["", "python", "js", "no-such-language", "a b", "{.c}", "<b>"])
MARKERS = st.sampled_from(
    ["- ", "* ", "+ ", "1. ", "12) ", "- [ ] ", "- [x] ", "> ", ">> ", "# ", "###### ", "    ", "\t"]
)
RULES = st.sampled_from(
    ["---", "***", "===", "| a | b |\n|---|:-:|", "|-|", "<details>", "</details>", "<div>", "$$", "~~~"]
)


@st.composite
def fences(draw: st.DrawFn) -> str:
    """Draw a fence, closed or not, that may contain shorter and longer fence marks."""
    mark = draw(st.sampled_from(["```", "````", "~~~"]))
    lines = draw(st.lists(st.one_of(LINES, st.sampled_from(["```", "~~~", "    ```", "`````"])), max_size=5))
    return "\n".join([f"{mark}{draw(LANGUAGES)}", *lines, draw(st.sampled_from([mark, "", f"{mark} "]))])


@st.composite
def marked(draw: st.DrawFn) -> str:
    """Draw lines that begin with markers of lists, quotations and headings, more or less indented."""
    lines = draw(st.lists(st.tuples(st.integers(0, 5), st.lists(MARKERS, max_size=3), LINES), min_size=1, max_size=6))
    return "\n".join(" " * indent + "".join(markers) + line for indent, markers, line in lines)


@st.composite
def tables(draw: st.DrawFn) -> str:
    rows = draw(st.lists(st.lists(LINES, min_size=1, max_size=4).map("|".join), max_size=5))
    return "\n".join(["|a|b|", "|-|:-:|", *(f"|{row}|" for row in rows)])


@st.composite
def indented(draw: st.DrawFn) -> str:
    """Draw any block, indented further."""
    block: str = draw(st.one_of(fences(), marked(), tables(), LINES))
    before = draw(st.sampled_from(["", "  ", "   ", "    ", "> ", "- ", "\t"]))
    return "\n".join(before + line for line in block.split("\n"))


def documents() -> st.SearchStrategy[str]:
    """Return a strategy for blocks with any line ends between them, without link definitions.

    A stream does not know a definition before it arrives, so it renders the text before it differently.
    """
    blocks = st.one_of(fences(), marked(), tables(), indented(), LINES, RULES, st.text(max_size=20))
    parts = st.lists(st.tuples(blocks, ENDS), max_size=7)
    return parts.map(lambda pairs: "".join(block + end for block, end in pairs)).filter(lambda text: "]:" not in text)
