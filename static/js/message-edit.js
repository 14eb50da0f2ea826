// Edits a message of a chat in its place: <details data-edit> holds the form.

import { closest, find, get } from "./dom.js";

/** @param {EventTarget | null} target */
const editOf = (target) => closest(target, "[data-edit]", HTMLDetailsElement);

/** @param {Event} event */
function toggled({ target }) {
  const details = editOf(target);
  if (!details) return;
  closest(details, ".entry")?.toggleAttribute("data-editing", details.open);
  if (!details.open) return;
  // Older messages keep their form in a <template> until it is used.
  const template = find(details, "template", HTMLTemplateElement);
  if (template) {
    template.replaceWith(template.content.cloneNode(true));
    window.htmx.process(details);
  }
  const area = get(details, "textarea", HTMLTextAreaElement);
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}

document.addEventListener("toggle", toggled, { capture: true });
document.addEventListener("click", ({ target }) => {
  const details = editOf(closest(target, "[data-edit-cancel]"));
  if (details) details.open = false;
});
document.addEventListener("keydown", ({ key, target }) => {
  const details = editOf(target);
  if (key === "Escape" && details?.open) details.open = false;
});
