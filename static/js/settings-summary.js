// The summary of the settings lists what is set while they are folded: a <span data-setting=…> for each of the fields.

import { closest, find, findAll } from "./dom.js";

/** @param {HTMLFormElement} form */
function summarize(form) {
  for (const part of findAll(form, "[data-setting]")) {
    const field = form.elements.namedItem(part.dataset.setting ?? "");
    const value = field && "value" in field ? String(field.value).trim() : "";
    part.hidden = value === "";
    const shown = find(part, "[data-setting-value]");
    if (shown) shown.textContent = value;
  }
}

function summarizeAll() {
  for (const form of findAll(document, "form:has([data-setting])", HTMLFormElement)) summarize(form);
}

summarizeAll();
document.addEventListener("input", ({ target }) => {
  if (closest(target, ".settings")) summarizeAll();
});
document.addEventListener("htmx:load", summarizeAll);
