"""An open comparison page without a browser: its elements, and the changes that htmx makes with fragments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser

VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "path", "source", "wbr"})
TARGET = re.compile(r"(?:#(?P<hash>[\w-]+)|\[id='(?P<id>[\w-]+)'\])(?P<down>(?:>:last-child)*)")


@dataclass(eq=False)
class Element:
    """One element; its children are elements and text."""

    tag: str
    attributes: dict[str, str | None] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)
    parent: Element | None = None

    @property
    def elements(self) -> list[Element]:
        return [child for child in self.children if isinstance(child, Element)]

    @property
    def inner_html(self) -> str:
        return "".join(child.html if isinstance(child, Element) else escape(child, False) for child in self.children)

    @property
    def html(self) -> str:
        attributes = "".join(f' {name}="{escape(value or "")}"' for name, value in self.attributes.items())
        end = "" if self.tag in VOID else f"</{self.tag}>"
        return f"<{self.tag}{attributes}>{self.inner_html}{end}"

    @property
    def text(self) -> str:
        return "".join(child.text if isinstance(child, Element) else child for child in self.children)

    def all(self) -> Iterator[Element]:
        yield self
        for child in self.elements:
            yield from child.all()

    def by_id(self, id_: str) -> Element:
        found = [each for each in self.all() if each.attributes.get("id") == id_]
        assert len(found) == 1, f"{len(found)} elements have the id {id_}"
        return found[0]

    def add(self, children: list[Element | str], position: int | None = None) -> None:
        """Insert children, at the end if no position is given."""
        at = len(self.children) if position is None else position
        self.children[at:at] = children
        for child in children:
            if isinstance(child, Element):
                child.parent = self

    def replace(self, replacement: list[Element | str]) -> None:
        """Replace this element with other nodes."""
        assert self.parent is not None
        position = self.parent.children.index(self)
        del self.parent.children[position]
        self.parent.add(replacement, position)


class _Parser(HTMLParser):
    """A parser for HTML in which every element is closed; anything else fails the test."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self._open[-1].add([element])
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].add([Element(tag, dict(attrs))])

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].add([data])


def parse(html: str) -> Element:
    """Parse a document or fragment; return a nameless element with its nodes."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    assert parser._open == [parser.root], "an element was left open"
    return parser.root


class Page:
    """The page as it was served; ``take`` applies a message of its socket."""

    def __init__(self, html: str) -> None:
        self.root = parse(html)

    @property
    def socket_path(self) -> str:
        (path,) = [each.attributes["ws-connect"] for each in self.root.all() if "ws-connect" in each.attributes]
        return unescape(path or "")

    @property
    def columns(self) -> list[Element]:
        return [each for each in self.root.all() if each.tag == "article" and "data-index" in each.attributes]

    def answer(self, index: int) -> str:
        """Return the HTML of a column's answer without insertion marks; columns are counted over all turns."""
        result_id = str(self.columns[index].attributes["id"]).removeprefix("column-")
        html = self.root.by_id(f"text-{result_id}").inner_html
        html = html.replace(f' id="text-{result_id}-tail"', "")
        before, opened, open_block = html.partition(f'<div id="text-{result_id}-open" class="open-block">')
        return before + open_block.removesuffix("</div>") if opened else html

    def take(self, message: str) -> None:
        """Apply the out-of-band swaps of one message, in their order."""
        for fragment in parse(message).elements:
            swap = fragment.attributes.pop("hx-swap-oob") or ""
            how, _, selector = swap.partition(":")
            targets = self._targets(selector or f"#{fragment.attributes['id']}")
            assert targets, f"nothing to swap on the page: {fragment.html[:200]}"
            for target in targets:
                self._swap(how, fragment, target)

    def _targets(self, selectors: str) -> list[Element]:
        return [target for selector in selectors.split(", ") for target in self._found(selector)]

    def _found(self, selector: str) -> list[Element]:
        match = TARGET.fullmatch(selector)
        assert match, f"no selector: {selector}"
        found = [each for each in self.root.all() if each.attributes.get("id") == (match["hash"] or match["id"])]
        for _ in range(match["down"].count(":last-child")):
            found = [element.elements[-1] for element in found]
        return found

    @staticmethod
    def _swap(how: str, fragment: Element, target: Element) -> None:
        match how:
            case "true":
                target.replace([fragment])
            case "outerHTML":
                target.replace(fragment.children)
            case "innerHTML":
                target.children.clear()
                target.add(fragment.children)
            case "beforeend":
                target.add(fragment.children)
            case "beforebegin":
                assert target.parent is not None
                target.parent.add(fragment.children, target.parent.children.index(target))
            case "delete":
                target.replace([])
            case other:
                raise AssertionError(f"unknown swap {other}")


def canonical(html: str) -> str:
    """Return HTML in the form in which ``Element.html`` writes it, for comparisons."""
    return parse(html).inner_html
