// Places in the prompt that are to be filled in, {{name}}, get a small field each, which fills them while one types.
// Whoever edits the prompt itself decides: from then on only what is still in braces has a field.

const PLACE = /\{\{[ \t]*([^{}\s][^{}\n]{0,59}?)[ \t]*\}\}/g;
let filling = null;

const names = (text) => [...new Set([...text.matchAll(PLACE)].map(([, name]) => name))];

function fill({ prompt, source, values }) {
  const text = source.replace(PLACE, (place, name) => values.get(name) || place);
  prompt.value = text;
  prompt.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: { filled: true } }));
}

function field(name, index) {
  const label = document.querySelector("[data-variable]").content.firstElementChild.cloneNode(true);
  const [caption, input] = label.children;
  caption.textContent = name;
  input.id = `variable-${index}`;
  input.addEventListener("input", (event) => {
    event.stopPropagation();
    filling.values.set(name, input.value);
    fill(filling);
  });
  return label;
}

function offer(prompt) {
  const area = prompt.form.querySelector("[data-variables]");
  const found = names(prompt.value);
  filling = { prompt, area, source: prompt.value, values: new Map() };
  area.querySelector("[data-variables-list]").replaceChildren(...found.map(field));
  area.hidden = found.length === 0;
}

function isSame(prompt) {
  return filling?.prompt === prompt && String(names(filling.source)) === String(names(prompt.value));
}

function edited(prompt) {
  if (isSame(prompt) && filling.values.size === 0) filling.source = prompt.value;
  else offer(prompt);
}

function startAll() {
  const prompt = document.querySelector("[data-prompt]");
  if (!prompt || filling?.area.isConnected) return;
  const isNew = filling?.prompt !== prompt;
  offer(prompt);
  if (isNew) filling.area.querySelector("input")?.focus();
}

startAll();
document.addEventListener("input", ({ target, detail }) => {
  if (target.matches?.("[data-prompt]") && !detail?.filled) edited(target);
});
document.addEventListener("htmx:load", startAll);
