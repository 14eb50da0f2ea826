// Each variable in the prompt, {{name}}, gets a field that fills it in as one types. Editing the prompt itself comes
// first: from then on only what is still in braces has a field.

import { copyOf, find, get, matching } from "./dom.js";

const VARIABLE = /\{\{[ \t]*([^{}\s][^{}\n]{0,59}?)[ \t]*\}\}/g;

/**
 * The prompt with variables, and what has been filled in.
 * @typedef {{ prompt: HTMLTextAreaElement, area: HTMLElement, template: string, values: Map<string, string> }} Filling
 */

/** @type {Filling | null} */
let filling = null;

/** @param {string} text */
const names = (text) => [...new Set([...text.matchAll(VARIABLE)].map(([, name]) => name ?? ""))];

/** @param {Filling} filling */
function fillIn({ prompt, template, values }) {
  prompt.value = template.replace(VARIABLE, (variable, name) => values.get(name) || variable);
  prompt.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: { isFilledIn: true } }));
}

/**
 * @param {Filling} own - the filling that the field belongs to
 * @param {string} name
 * @param {number} index
 */
function createField(own, name, index) {
  const label = copyOf(get(document, "[data-variable]", HTMLTemplateElement));
  const input = get(label, "input", HTMLInputElement);
  get(label, "span").textContent = name;
  input.id = `variable-${index}`;
  input.addEventListener("input", (event) => {
    // The field is no part of the draft; the prompt that it changes is.
    event.stopPropagation();
    own.values.set(name, input.value);
    fillIn(own);
  });
  return label;
}

/** @param {HTMLTextAreaElement} prompt */
function offerFields(prompt) {
  const area = get(prompt.form ?? document, "[data-variables]");
  const found = names(prompt.value);
  const own = { prompt, area, template: prompt.value, values: new Map() };
  filling = own;
  get(area, "[data-variables-list]").replaceChildren(...found.map((name, index) => createField(own, name, index)));
  area.hidden = found.length === 0;
}

/** @param {HTMLTextAreaElement} prompt */
function promptEdited(prompt) {
  const isUntouched = filling?.prompt === prompt && filling.values.size === 0;
  // As long as nothing is filled in and the names stay the same, the fields can stay as well.
  if (filling && isUntouched && String(names(filling.template)) === String(names(prompt.value))) {
    filling.template = prompt.value;
  } else {
    offerFields(prompt);
  }
}

function start() {
  const prompt = find(document, "[data-prompt]", HTMLTextAreaElement);
  if (!prompt || filling?.area.isConnected) return;
  const isNew = filling?.prompt !== prompt;
  offerFields(prompt);
  if (isNew) find(document, "[data-variables] input")?.focus();
}

start();
document.addEventListener("input", (event) => {
  const prompt = matching(event.target, "[data-prompt]", HTMLTextAreaElement);
  const isFilledIn = event instanceof CustomEvent && event.detail.isFilledIn;
  if (prompt && !isFilledIn) promptEdited(prompt);
});
document.addEventListener("htmx:load", start);
