// What is typed into a form with data-drafts survives a reload, and prompts that were sent come back with the
// arrow keys. Both stay in this browser, for each user apart, until the form is sent or the user signs out.

import { readJson, remove, removeAll, writeJson } from "./storage.js";

const KEPT = 20;
const NOT_DRAFTED = new Set(["csrfmiddlewaretoken", "preset_name", "template_name", "images", "image_files"]);
const sent = new WeakSet();
let walk = null;

const OWN = `llmselect:${document.body.dataset.user}:`;
const PROMPTS = `${OWN}prompts`;
const draftKey = (form) => `${OWN}draft:${form.getAttribute("action")}`;
const prompts = () => readJson(PROMPTS) ?? [];

// A box that is taken out of the page while it has the focus tells once more that it was changed.
function save(form) {
  if (sent.has(form)) return;
  const data = new FormData(form);
  const names = [...new Set(data.keys())].filter((name) => !NOT_DRAFTED.has(name));
  const draft = names.map((name) => [name, data.getAll(name)]);
  const isEmpty = draft.every(([, values]) => values.every((value) => value === ""));
  if (isEmpty) remove(draftKey(form));
  else writeJson(draftKey(form), Object.fromEntries(draft));
}

function put(control, value) {
  if (control.type === "radio") {
    control.checked = control.value === value;
    return;
  }
  if (control.matches("select") && ![...control.options].some((option) => option.value === value)) {
    control.append(new Option(value, value));
  }
  control.value = value;
}

// Before model-slots.js looks at the slots: those without a model are spare, but for the first two.
function restoreSlot(slot, index) {
  slot.toggleAttribute("data-spare", index >= 2 && !slot.querySelector("select").value);
}

function restore(form, isKept) {
  for (const [name, values] of Object.entries(readJson(draftKey(form)) ?? {})) {
    if (NOT_DRAFTED.has(name) || !isKept(name)) continue;
    const controls = [...form.querySelectorAll(`:is(input, select, textarea)[name="${CSS.escape(name)}"]`)];
    for (const [index, control] of controls.entries()) {
      put(control, control.type === "radio" ? values[0] : (values[index] ?? ""));
    }
  }
  form.querySelectorAll("[data-slot]").forEach(restoreSlot);
}

// ?preset=, ?template= and ?prompt= say what is to be in the form; from then on that is a part of the draft.
function start() {
  const query = new URLSearchParams(location.search);
  const asked = (name) => (name === "prompt" ? query.has("template") || query.has("prompt") : query.has("preset"));
  for (const form of document.querySelectorAll("form[data-drafts]")) {
    restore(form, (name) => !asked(name));
    if (!["preset", "template", "prompt"].some((name) => query.has(name))) continue;
    save(form);
    history.replaceState(history.state, "", location.pathname);
  }
}

// The server's answer says what is in the form; only a box that it left empty takes up its draft again.
function takeOver({ target }) {
  if (target === document.body) return;
  if (target.matches("form[data-drafts]")) swapped(target);
  else target.querySelectorAll("form[data-drafts]").forEach(swapped);
}

function swapped(form) {
  const { prompt } = form.elements;
  if (!prompt.value) prompt.value = readJson(draftKey(form))?.prompt?.[0] ?? "";
  save(form);
}

function remember(prompt) {
  if (!prompt.trim()) return;
  const others = prompts().filter((each) => each !== prompt);
  writeJson(PROMPTS, [...others, prompt].slice(-KEPT));
}

// The draft is gone as soon as it is on its way: the socket may bring the next box before the answer to the request,
// and then the form is not in the page any more, so it is the request itself that tells how it went.
function sending({ detail: { elt: form, xhr } }) {
  if (!form.matches("form[data-drafts]")) return;
  const [key, prompt] = [draftKey(form), form.elements.prompt.value];
  const draft = readJson(key);
  remove(key);
  sent.add(form);
  xhr.addEventListener("loadend", () => {
    if (xhr.status >= 200 && xhr.status < 300) return remember(prompt);
    sent.delete(form);
    if (draft && readJson(key) === null) writeJson(key, draft);
    return undefined;
  });
}

function show(field, text) {
  field.value = text;
  field.setSelectionRange(text.length, text.length);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

// Whoever moves the caret or changes the text has taken the prompt up, and the arrows are the caret's again.
function isWalking(field) {
  return walk?.key === draftKey(field.form) && field.value === walk.text && field.selectionStart === field.value.length;
}

function step(field, by) {
  const texts = isWalking(field) ? walk.texts : [...prompts(), ""];
  const at = (isWalking(field) ? walk.at : texts.length - 1) + by;
  if (at < 0 || at >= texts.length) return;
  walk = { key: draftKey(field.form), texts, at, text: texts[at] };
  show(field, texts[at]);
}

function press(event) {
  const field = event.target;
  if (!field.matches("form[data-drafts] textarea[name=prompt]") || event.isComposing) return;
  if (!["ArrowUp", "ArrowDown"].includes(event.key) || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey)
    return;
  const starts = event.key === "ArrowUp" && field.value === "" && prompts().length > 0;
  if (!starts && !isWalking(field)) return;
  event.preventDefault();
  step(field, event.key === "ArrowUp" ? -1 : 1);
}

start();
for (const type of ["input", "change"]) {
  document.addEventListener(type, ({ target }) => {
    if (target.form?.matches("[data-drafts]")) save(target.form);
  });
}
document.addEventListener("keydown", press);
document.addEventListener("submit", ({ target }) => {
  if (target.matches("[data-sign-out]")) removeAll(OWN);
});
document.addEventListener("htmx:load", takeOver);
document.addEventListener("htmx:beforeSend", sending);
