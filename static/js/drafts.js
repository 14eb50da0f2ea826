// What is typed into a form with data-drafts survives a reload, and the arrow keys bring back prompts that were sent.
// Both stay in this browser, for each user separately; a draft until its form is sent, everything until the user signs
// out.

import { findAll, get, matching } from "./dom.js";
import { readJson, remove, removeAll, writeJson } from "./storage.js";

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */
/** @typedef {Record<string, string[]>} Draft - the values of each field, by its name */

const PREFIX = `llmselect:${document.body.dataset.user}:`;
const PROMPTS_KEY = `${PREFIX}prompts`;
const MAX_PROMPTS = 20;
const FORM = "form[data-drafts]";
const NOT_DRAFTED = new Set(["csrfmiddlewaretoken", "preset_name", "template_name", "images", "image_files"]);
/** Forms whose request is under way.
 * @type {WeakSet<HTMLFormElement>} */
const sent = new WeakSet();
/** The walk through former prompts; `text` is the prompt that it has put into the box.
 * @type {{ key: string, texts: string[], at: number, text: string } | null} */
let walk = null;

/** @param {HTMLFormElement} form */
const draftKey = (form) => `${PREFIX}draft:${form.getAttribute("action")}`;
/** @param {HTMLFormElement} form */
const promptOf = (form) => get(form, "textarea[name=prompt]", HTMLTextAreaElement);
/**
 * @param {HTMLFormElement} form
 * @returns {Draft | null}
 */
const draftOf = (form) => readJson(draftKey(form));

// Drafts

/** @param {HTMLFormElement} form */
function save(form) {
  // A box that is removed from the page while it has the focus reports a change once more.
  if (sent.has(form)) return;
  const data = new FormData(form);
  const names = [...new Set(data.keys())].filter((name) => !NOT_DRAFTED.has(name));
  const draft = names.map((name) => ({ name, values: data.getAll(name) }));
  if (draft.every(({ values }) => values.every((value) => value === ""))) remove(draftKey(form));
  else writeJson(draftKey(form), Object.fromEntries(draft.map(({ name, values }) => [name, values])));
}

/**
 * @param {Control} control
 * @param {string} value
 */
function setValue(control, value) {
  if (control instanceof HTMLSelectElement && ![...control.options].some((option) => option.value === value)) {
    control.append(new Option(value, value));
  }
  control.value = value;
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {string[]} values
 */
function restoreField(form, name, values) {
  const selector = `:is(input, select, textarea)[name="${CSS.escape(name)}"]`;
  const controls = /** @type {Control[]} */ (findAll(form, selector));
  for (const [index, control] of controls.entries()) {
    if (control instanceof HTMLInputElement && control.type === "radio") control.checked = control.value === values[0];
    else setValue(control, values[index] ?? "");
  }
}

/**
 * Fill the fields that `isWanted` from the draft.
 * @param {HTMLFormElement} form
 * @param {(name: string) => boolean} isWanted
 */
function restore(form, isWanted) {
  for (const [name, values] of Object.entries(draftOf(form) ?? {})) {
    if (!NOT_DRAFTED.has(name) && isWanted(name)) restoreField(form, name, values);
  }
  // Before model-slots.js hides the spare slots: those without a model, except for the first two.
  for (const [index, slot] of findAll(form, "[data-slot]").entries()) {
    slot.toggleAttribute("data-spare", index >= 2 && !get(slot, "select", HTMLSelectElement).value);
  }
}

// ?preset=, ?template= and ?prompt= come before the draft; from then on what they brought is part of it.
function start() {
  const query = new URLSearchParams(location.search);
  const hasPrompt = query.has("template") || query.has("prompt");
  for (const form of findAll(document, FORM, HTMLFormElement)) {
    restore(form, (name) => !(name === "prompt" ? hasPrompt : query.has("preset")));
    if (!hasPrompt && !query.has("preset")) continue;
    save(form);
    // A reload is to bring back the draft and not the address once more.
    history.replaceState(history.state, "", location.pathname);
  }
}

/** @param {HTMLFormElement} form */
function formSwapped(form) {
  const prompt = promptOf(form);
  prompt.value ||= draftOf(form)?.prompt?.[0] ?? "";
  save(form);
}

/**
 * Take over the forms that the server sent: what they contain is the draft, only an empty box is filled from it.
 * @param {HTMLElement} element
 */
function formsSwapped(element) {
  if (element === document.body) return;
  const form = matching(element, FORM, HTMLFormElement);
  for (const each of form ? [form] : findAll(element, FORM, HTMLFormElement)) formSwapped(each);
}

/** @param {DocumentEventMap["htmx:beforeSend"]} event */
function sending({ detail: { elt, xhr } }) {
  const form = matching(elt, FORM, HTMLFormElement);
  if (!form) return;
  const [key, prompt, draft] = [draftKey(form), promptOf(form).value, draftOf(form)];
  // At once, because the socket may bring the next box before the response to this request.
  remove(key);
  sent.add(form);
  // The form may have left the page by then and would get no event of htmx.
  xhr.addEventListener("loadend", () => {
    if (xhr.status >= 200 && xhr.status < 300) {
      rememberPrompt(prompt);
    } else {
      sent.delete(form);
      if (draft && readJson(key) === null) writeJson(key, draft);
    }
  });
}

// Former prompts

/** @returns {string[]} */
const prompts = () => readJson(PROMPTS_KEY) ?? [];

/** @param {string} prompt */
function rememberPrompt(prompt) {
  if (!prompt.trim()) return;
  const others = prompts().filter((each) => each !== prompt);
  writeJson(PROMPTS_KEY, [...others, prompt].slice(-MAX_PROMPTS));
}

/**
 * Return the walk that goes on in this box. It ends with a change of the text or of the caret's place: from then on the
 * arrow keys move the caret.
 * @param {HTMLTextAreaElement} box
 * @param {string} key
 */
function currentWalk(box, key) {
  const isUnchanged = walk?.key === key && box.value === walk.text && box.selectionStart === box.value.length;
  return isUnchanged ? walk : null;
}

/**
 * @param {HTMLTextAreaElement} box
 * @param {string} key
 * @param {1 | -1} by
 */
function step(box, key, by) {
  const { texts, at } = currentWalk(box, key) ?? { texts: [...prompts(), ""], at: prompts().length };
  const text = texts[at + by];
  if (text === undefined) return;
  walk = { key, texts, at: at + by, text };
  box.value = text;
  box.setSelectionRange(text.length, text.length);
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

/** @param {KeyboardEvent} event */
function press(event) {
  const box = matching(event.target, `${FORM} textarea[name=prompt]`, HTMLTextAreaElement);
  if (!box?.form || event.isComposing || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  if (event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = draftKey(box.form);
  const isStart = event.key === "ArrowUp" && box.value === "" && prompts().length > 0;
  if (!isStart && !currentWalk(box, key)) return;
  event.preventDefault();
  step(box, key, event.key === "ArrowUp" ? -1 : 1);
}

start();
for (const type of ["input", "change"]) {
  document.addEventListener(type, ({ target }) => {
    const control = /** @type {Control | null} */ (matching(target, "input, select, textarea"));
    if (control?.form?.matches(FORM)) save(control.form);
  });
}
document.addEventListener("keydown", press);
document.addEventListener("submit", ({ target }) => {
  if (matching(target, "[data-sign-out]")) removeAll(PREFIX);
});
document.addEventListener("htmx:load", ({ detail: { elt } }) => formsSwapped(elt));
document.addEventListener("htmx:beforeSend", sending);
