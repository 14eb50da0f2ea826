"""A page that has only a form with an image field, with the scripts and styles of the running LLMSelect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from django.contrib.auth import get_user_model
from django.template import engines
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests.browser.visitor import Visitor
from tests.frontend.server import policy
from tests.images import samples

PATH = "/a-form-with-images/"
PAGE = """{% extends "base.html" %}{% load static %}
{% block head %}
<link rel="stylesheet" href="{% static 'css/images.css' %}">
<script type="module" src="{% static 'js/image-upload.js' %}"></script>
{% endblock %}
{% block content %}<form class="card stack" action="{{ path }}">
<textarea name="prompt" aria-label="Prompt" rows="3"></textarea>
{% include "_image_input.html" %}
<button class="button button-primary" type="submit">Send</button></form>{% endblock %}"""


class Picture:
    """An image that the form shows from the start."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.public_id, self.url = told["id"], told["url"]

    def get_absolute_url(self) -> str:
        return str(self.url)


class ImageForm:
    """The form, in a visitor's tab, opened until the page has got as far as ``until``."""

    def __init__(
        self,
        visitor: Visitor,
        images: Sequence[dict[str, Any]] = (),
        page: Page | None = None,
        until: Literal["commit", "load"] = "load",
    ) -> None:
        self.visitor = visitor
        self.page = page or visitor.page
        self._images = [Picture(told) for told in images]
        self.page.route(f"**{PATH}*", self._show)
        self.page.goto(f"{visitor.live.base_url}{PATH}", wait_until=until)

    def _show(self, route: Route) -> None:
        cookies = {cookie["name"]: cookie["value"] for cookie in self.page.context.cookies()}
        context = {
            "csrf_token": cookies.get("csrftoken", ""),
            "images": self._images,
            "path": PATH,
            "user": get_user_model()(username="alice"),
        }
        html = engines["django"].from_string(PAGE).render(context)
        route.fulfill(body=html, content_type="text/html", headers={"Content-Security-Policy": policy()})

    @property
    def field(self) -> Locator:
        return self.page.get_by_label("Add images")

    @property
    def prompt(self) -> Locator:
        return self.page.get_by_label("Prompt")

    @property
    def thumbnails(self) -> Locator:
        return self.page.locator(".images-thumbnail")

    @property
    def error(self) -> Locator:
        return self.page.locator("[data-images-error]")

    @property
    def ids(self) -> list[str]:
        """The ids that the form would send now."""
        return [str(each.input_value()) for each in self.page.locator("input[name=images]").all()]

    def choose(self, *files: tuple[str, bytes]) -> None:
        self.field.set_input_files(
            [FilePayload(name=name, mimeType="application/octet-stream", buffer=data) for name, data in files]
        )

    def add(self, number: int = 1) -> None:
        """Choose some images, and wait until they are uploaded."""
        before = self.thumbnails.count()
        self.choose(*[(f"{each}.png", samples.encoded("PNG")) for each in range(number)])
        expect(self.thumbnails).to_have_count(before + number)

    def send(self) -> None:
        self.page.get_by_role("button", name="Send").click()

    @property
    def sent(self) -> list[str]:
        """The ids that the form has sent."""
        self.page.wait_for_url(lambda url: "?" in url)
        return parse_qs(urlsplit(self.page.url).query).get("images", [])
