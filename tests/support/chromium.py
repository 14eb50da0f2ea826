"""The browser of the tests: the installed Chromium, or one that is downloaded.

``python -m tests.support.chromium`` downloads one if none is installed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, WebError, sync_playwright

# The headless shell renders alike and takes a third of the processor time of a whole Chromium.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@cache
def executable() -> str:
    """Return the path of a Chromium that starts; ``""`` if none does."""
    candidates = [shutil.which(name) for name in NAMES]
    return next((path for path in [*candidates, _playwright_path()] if path and _starts(path)), "")


def download() -> bool:
    """Install a Chromium, from Playwright or else from Debian; return True if one starts then."""
    attempts = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() == 0:
        packages = ("chromium-headless-shell", "chromium")
        attempts += [["apt-get", "update", "-qq"], *(["apt-get", "install", "-y", "-qq", name] for name in packages)]
    for arguments in attempts:
        if shutil.which(arguments[0]):
            subprocess.run(arguments, check=False)
        executable.cache_clear()
        if executable():
            return True
    return False


@contextmanager
def launched() -> Iterator[Browser]:
    """A running Chromium, which is closed with the block."""
    path = executable()
    assert path, "The tests need a browser: install Chromium, or run `make test`, which does."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


def intercept(page: Page, url: str | re.Pattern[str], handler: Callable[[Route], object]) -> None:
    """Let the handler answer the requests of a page to some URLs, from the return of this function on.

    ``Page.route`` alone returns before an open page knows of it: the next request may still pass by the handler.
    """

    def answer(route: Route) -> None:
        if route.request.method == "HEAD":
            answered.append(route)
            route.fulfill(status=204)
        else:
            route.fallback()

    page.route(url, handler)
    if page.url == "about:blank":
        return
    answered: list[Route] = []
    page.route("**", answer)
    while not answered:
        page.evaluate("fetch(location.href, {method: 'HEAD'}).then(() => null)")
    page.unroute("**", answer)


def note_problems(context: BrowserContext, problems: list[str]) -> None:
    """Add to ``problems`` every console error, uncaught exception and CSP violation of the context's pages.

    The title of an open chat may arrive while a search leaves the chat out of the list, which htmx reports.
    """

    def note_console(message: ConsoleMessage) -> None:
        if message.text.startswith("htmx:oobErrorNoTarget, #chat-link-"):
            return
        if message.type == "error" or "Content Security Policy" in message.text:
            problems.append(f"{message.text} ({message.location})")

    def note_exception(error: WebError) -> None:
        problems.append(str(error.error))

    context.on("console", note_console)
    context.on("weberror", note_exception)


def _playwright_path() -> str:
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _starts(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    if not executable() and not download():
        sys.exit("The tests need a browser, and none could be installed. Install Chromium and run `make test` again.")
