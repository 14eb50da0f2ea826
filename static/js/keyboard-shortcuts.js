// Keys for what is done often, while nothing is typed; [data-shortcuts] opens the list of them.

import { readText, writeText } from "./storage.js";

const dialog = document.getElementById("shortcuts");
const single = dialog.querySelector("[data-single-keys]");
const TYPING = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

function click(selector) {
  document.querySelector(selector)?.click();
}

const vote = (number) => click(`.turn:last-of-type .vote-bar [name=preferred_index][value="${number - 1}"]`);
const write = () => (document.getElementById("search") ?? document.querySelector(".follow-up textarea"))?.focus();

const ACTIONS = {
  "?": () => dialog.showModal(),
  "/": write,
  s: () => click("[data-stop-all]"),
  t: () => click(".turn:last-of-type .vote-bar [value=tie]"),
  l: () => click("[data-latest]"),
};

function actionFor(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return null;
  if (dialog.open || !single.checked || event.target.closest(TYPING)) return null;
  if (/^[1-8]$/.test(event.key)) return () => vote(Number(event.key));
  return Object.hasOwn(ACTIONS, event.key) ? ACTIONS[event.key] : null;
}

document.addEventListener("keydown", (event) => {
  const action = actionFor(event);
  if (!action) return;
  event.preventDefault();
  action();
});

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-shortcuts]")) dialog.showModal();
  else if (target === dialog) dialog.close();
  else if (target.closest("[data-print]")) window.print();
});

single.checked = readText("single-keys") !== "off";
single.addEventListener("change", () => writeText("single-keys", single.checked ? "on" : "off"));
