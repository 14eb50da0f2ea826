// Single keys for frequent actions, while nothing is being typed. [data-shortcuts] opens the list of them.

import { closest, find, get } from "./dom.js";
import { readText, writeText } from "./storage.js";

const TYPING = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
const dialog = get(document, "#shortcuts", HTMLDialogElement);
const isEnabled = get(dialog, "[data-single-keys]", HTMLInputElement);

/** @param {string} selector */
function click(selector) {
  find(document, selector)?.click();
}

/** @param {number} position - of the column, from 1 */
const vote = (position) => click(`.turn:last-of-type .vote-bar [name=preferred_index][value="${position - 1}"]`);

/** @type {Record<string, () => void>} */
const ACTIONS = {
  "?": () => dialog.showModal(),
  "/": () => (find(document, "#search") ?? find(document, ".follow-up textarea"))?.focus(),
  s: () => click("[data-stop-all]"),
  t: () => click(".turn:last-of-type .vote-bar [value=tie]"),
  l: () => click("[data-latest]"),
};

/** @param {KeyboardEvent} event */
function actionFor({ key, target, ctrlKey, metaKey, altKey, isComposing, repeat }) {
  if (ctrlKey || metaKey || altKey || isComposing || repeat) return null;
  if (dialog.open || !isEnabled.checked || closest(target, TYPING)) return null;
  if (/^[1-8]$/.test(key)) return () => vote(Number(key));
  return Object.hasOwn(ACTIONS, key) ? ACTIONS[key] : null;
}

document.addEventListener("keydown", (event) => {
  const action = actionFor(event);
  if (!action) return;
  event.preventDefault();
  action();
});

document.addEventListener("click", ({ target }) => {
  if (closest(target, "[data-shortcuts]")) dialog.showModal();
  // The backdrop belongs to the dialog itself, everything in front of it to an element inside.
  else if (target === dialog) dialog.close();
  else if (closest(target, "[data-print]")) window.print();
});

isEnabled.checked = readText("single-keys") !== "off";
isEnabled.addEventListener("change", () => writeText("single-keys", isEnabled.checked ? "on" : "off"));
