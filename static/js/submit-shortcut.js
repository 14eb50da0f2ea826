// Ctrl+Enter (⌘ on a Mac) sends a form with data-send-shortcut. Enter in a field with data-enter-clicks clicks the
// button beside it instead of sending the form.

import { closest, find } from "./dom.js";

/** @param {KeyboardEvent} event */
function buttonFor({ target, ctrlKey, metaKey }) {
  if (!ctrlKey && !metaKey) {
    const row = closest(target, "[data-enter-clicks]")?.parentElement;
    return row && find(row, "button");
  }
  const form = closest(target, "form[data-send-shortcut]");
  return form && (find(form, "[data-send]") ?? find(form, "button[type='submit']"));
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  const button = buttonFor(event);
  if (!button) return;
  event.preventDefault();
  button.click();
});
