"""Parts of an answer beside its text: sources, which are listed below it, and pictures, for which a note stands."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from providers.adapters.loose_json import Frame, mapping, mappings

PICTURE = "\n\n*(The model has sent a picture, which cannot be shown here.)*\n\n"
MAX_SOURCES = 100
URL_ENDS = frozenset("<>\\ \t\r\n")
"""Characters that a URL in a Markdown link cannot have."""


class Sources:
    """The pages that an answer cites, in the order in which it numbers them."""

    def __init__(self) -> None:
        self._listed: list[tuple[str, str]] = []
        self._annotated: dict[str, str] = {}

    def note(self, holder: Frame) -> None:
        """Take the sources that a frame or a part of it has; vendors repeat the whole list as it grows."""
        listed = holder.get("search_results") or holder.get("citations")
        if listed:
            self._listed = list(islice(_pages(listed), MAX_SOURCES)) or self._listed
        for annotation in mappings(holder.get("annotations")):
            for url, title in _pages([mapping(annotation.get("url_citation")) or annotation]):
                if url and (url in self._annotated or len(self._annotated) < MAX_SOURCES):
                    self._annotated[url] = title

    def as_markdown(self) -> str:
        """Return a numbered list to append to the text, or an empty string."""
        pages = self._listed or list(self._annotated.items())
        if not pages:
            return ""
        links = (f"[{title}](<{url}>)" if url else title for url, title in pages)
        return "\n\nSources:\n\n" + "\n".join(f"{number}. {link}" for number, link in enumerate(links, 1))


def _pages(entries: Any) -> Iterable[tuple[str, str]]:
    """Yield the URL and title of each entry; the URL is empty if a page may not link to it."""
    for entry in entries if isinstance(entries, list) else ():
        url = entry if isinstance(entry, str) else mapping(entry).get("url")
        title = mapping(entry).get("title")
        if not (isinstance(url, str) and url.startswith(("https://", "http://")) and URL_ENDS.isdisjoint(url)):
            url = ""
        yield url, _plain(title if isinstance(title, str) else "") or url or "A source without an address"


def _plain(title: str) -> str:
    """Return a title without the characters that mean something inside a Markdown link."""
    return " ".join(title.translate(str.maketrans("[]<>`\\", "()()'/")).split())
