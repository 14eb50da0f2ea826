from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from comparisons.models import Comparison
from presets.models import Preset, PromptTemplate
from presets.services import create_preset, create_template

SWIFT, SCHOLAR = "demo/demo-swift", "demo/demo-scholar"
FORM: dict[str, Any] = {
    "models": [SWIFT, SCHOLAR],
    "prompt": "Explain {{topic}}.",
    "system": "Be brief.",
    "tier": "standard",
    "temperature": "0.2",
    "stop": "END\nSTOP",
}


def preset(user: User, *models: str, **data: Any) -> Preset:
    entries = [dict(zip(("provider", "model"), model.split("/", 1), strict=True)) for model in models]
    defaults: dict[str, Any] = {"providers": entries, "system": "", "tier": None, "parameters": {}}
    return create_preset(user=user, name="A set", data={**defaults, **data})


def chosen(page: Any) -> list[str]:
    return re.findall(r'<option value="([^"]+)"[^>]*\sselected', page.content.decode())


def typed(page: Any, name: str) -> str:
    text = page.content.decode()
    area = re.search(rf'<textarea id="{name}".*?>(.*?)</textarea>', text, re.DOTALL)
    field = re.search(rf'<input id="{name}".*?value="(.*?)"', text, re.DOTALL)
    match = area or field
    assert match
    return html.unescape(match[1])


def errors(page: Any) -> dict[str, str]:
    matches = re.findall(r'<p class="error" id="([\w-]+)-error">([^<]+)</p>', page.content.decode())
    return {name: html.unescape(text) for name, text in matches}


def test_it_saves_the_models_and_settings_of_the_form_and_loses_nothing(browser: Client, alice: User) -> None:
    page = browser.post("/presets/", {**FORM, "preset_name": "  My   set "})

    assert page.status_code == 200
    assert "Saved as the set “My set”." in page.content.decode()
    assert (typed(page, "prompt"), typed(page, "preset_name")) == (FORM["prompt"], "")
    saved = Preset.objects.get(user=alice)
    assert saved.name == "My set"
    assert saved.data == {
        "providers": [{"provider": "demo", "model": "demo-swift"}, {"provider": "demo", "model": "demo-scholar"}],
        "system": "Be brief.",
        "tier": "standard",
        "parameters": {"temperature": 0.2, "stop": ["END", "STOP"]},
    }


def test_it_fills_the_form_from_a_saved_set(browser: Client, alice: User) -> None:
    browser.post("/presets/", {**FORM, "preset_name": "My set"})
    saved = Preset.objects.get(user=alice)

    page = browser.get(f"/?preset={saved.public_id}")

    assert chosen(page)[:2] == [SWIFT, SCHOLAR]
    assert [typed(page, name) for name in ("system", "temperature", "stop")] == ["Be brief.", "0.2", "END\nSTOP"]
    assert re.search(r'value="standard"\s+checked', page.content.decode())


def test_a_set_replaces_all_models_and_settings_and_keeps_the_prompt(browser: Client, alice: User) -> None:
    saved = preset(alice, SCHOLAR, "demo/demo-thinker", parameters={"seed": 0})

    page = browser.post(f"/presets/{saved.public_id}/apply/", {**FORM, "top_p": "0.5"})

    assert chosen(page) == [SCHOLAR, "demo/demo-thinker"]
    assert typed(page, "prompt") == FORM["prompt"]
    assert [typed(page, name) for name in ("system", "temperature", "top_p", "seed")] == ["", "", "", "0"]


def test_it_shows_models_of_a_set_that_cannot_be_chosen_now(browser: Client, alice: User) -> None:
    saved = preset(alice, "openai/gpt-of-last-year", SWIFT)

    page = browser.get(f"/?preset={saved.public_id}")

    assert chosen(page) == ["openai/gpt-of-last-year", SWIFT]


def test_a_template_replaces_the_prompt_and_keeps_models_and_settings(browser: Client, alice: User) -> None:
    template = create_template(user=alice, name="Define", text="Define {{word}}.")

    page = browser.post(f"/prompt-templates/{template.public_id}/apply/", FORM)

    assert typed(page, "prompt") == "Define {{word}}."
    assert (chosen(page)[:2], typed(page, "temperature")) == ([SWIFT, SCHOLAR], "0.2")
    assert typed(browser.get(f"/?template={template.public_id}"), "prompt") == "Define {{word}}."


@pytest.mark.parametrize(
    ("path", "change", "field"),
    [
        ("/presets/", {"preset_name": " "}, "preset_name"),
        ("/presets/", {"preset_name": "x" * 81}, "preset_name"),
        ("/presets/", {"preset_name": "A set"}, "preset_name"),
        ("/presets/", {"preset_name": "New", "models": [SWIFT]}, "models"),
        ("/presets/", {"preset_name": "New", "models": [SWIFT, "nobody/x"]}, "models"),
        ("/presets/", {"preset_name": "New", "temperature": "hot"}, "temperature"),
        ("/presets/", {"preset_name": "New", "tier": "huge"}, "tier"),
        ("/prompt-templates/", {"template_name": ""}, "template_name"),
        ("/prompt-templates/", {"template_name": "A template"}, "template_name"),
        ("/prompt-templates/", {"template_name": "New", "prompt": "  "}, "prompt"),
    ],
)
def test_it_says_beside_the_field_why_nothing_is_saved(
    browser: Client, alice: User, path: str, change: dict[str, Any], field: str
) -> None:
    preset(alice, SWIFT)
    create_template(user=alice, name="A template", text="Hello")

    page = browser.post(path, {**FORM, **change})

    assert page.status_code == 400
    assert list(errors(page)) == [field]
    assert typed(page, "system") == "Be brief."
    name = next(name for name in change if name.endswith("_name"))
    assert typed(page, name) == change[name]
    assert Preset.objects.count() == PromptTemplate.objects.count() == 1


def test_it_asks_before_it_sends_a_prompt_with_variables(browser: Client, alice: User) -> None:
    page = browser.post("/", FORM)

    assert page.status_code == 400
    assert errors(page)["prompt"].startswith("There is no value for “topic”.")
    assert 'name="as_is"' in page.content.decode()
    assert typed(page, "prompt") == FORM["prompt"]
    assert not Comparison.objects.filter(user=alice).exists()


def test_it_sends_variables_as_they_are_if_the_user_says_so(browser: Client, alice: User, redis: object) -> None:
    response = browser.post("/", {**FORM, "as_is": "1"})

    assert response.status_code == 302
    assert Comparison.objects.get(user=alice).turns.get().prompt == "Explain {{topic}}."


def test_it_offers_examples_until_the_user_has_a_comparison(browser: Client, alice: User) -> None:
    new = browser.get("/").content.decode()
    Comparison.objects.create(user=alice, title="Old")
    known = browser.get("/").content.decode()

    assert "need no key" in new
    example = re.search(r'href="(\?prompt=[^"]+)"', new)
    assert example
    assert typed(browser.get(f"/{example[1]}"), "prompt") == "Explain what a closure is, with a short example."
    assert "need no key" not in known


def test_it_renames_and_deletes_on_its_page(browser: Client, alice: User) -> None:
    saved, template = preset(alice, SWIFT), create_template(user=alice, name="Old", text="Old {{x}}")

    browser.post(f"/presets/{saved.public_id}/", {"name": "Renamed"})
    browser.post(f"/prompt-templates/{template.public_id}/", {"name": "New", "text": "New {{y}}"})
    page = browser.get("/saved/").content.decode()

    assert "<h3>Renamed</h3>" in page
    assert "<h3>New</h3>" in page
    assert "New {{y}}" in page
    for path in (f"/presets/{saved.public_id}/delete/", f"/prompt-templates/{template.public_id}/delete/"):
        assert browser.post(path).headers["location"] == "/saved/"
    assert not Preset.objects.exists()
    assert not PromptTemplate.objects.exists()


def test_it_keeps_the_typed_text_if_an_edit_is_refused(browser: Client, alice: User) -> None:
    create_template(user=alice, name="Taken", text="Hello")
    template = create_template(user=alice, name="Free", text="Hello")

    page = browser.post(f"/prompt-templates/{template.public_id}/", {"name": "Taken", "text": "A long edit"})

    assert page.status_code == 400
    assert "A long edit" in page.content.decode()
    assert page.content.decode().count("You already have a template with this name.") == 1
    template.refresh_from_db()
    assert (template.name, template.text) == ("Free", "Hello")


@pytest.mark.parametrize("query", ["preset=x", "template=", "preset=00000000-0000-4000-8000-000000000000"])
def test_unknown_ids_are_not_found(browser: Client, query: str) -> None:
    assert browser.get(f"/?{query}").status_code == 404


def test_the_admin_lists_presets_and_templates(client: Client, alice: User) -> None:
    client.force_login(User.objects.create_superuser("admin", "admin@example.org", None))
    saved, template = preset(alice, SWIFT), create_template(user=alice, name="Letter", text="Dear {{name}}")

    presets = client.get("/admin/presets/preset/?q=alice").content.decode()
    templates = client.get("/admin/presets/prompttemplate/?q=Dear").content.decode()

    assert saved.name in presets
    assert template.name in templates
    assert client.get("/admin/presets/prompttemplate/?q=nothing").content.decode().count("Letter") == 0
    assert client.get(f"/admin/presets/preset/{saved.pk}/change/").status_code == 200
