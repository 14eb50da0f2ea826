// The compare form's draft survives a reload, and prompts that were sent come back with the arrow keys. Both are kept in
// this browser alone, for each user apart, until the prompt is sent or the user signs out.

const PREFIX = "llmselect";
const KEPT = 20;
const DRAFTED = ["prompt", "system"];
let walk = null;

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: the page works without it.
  }
}

const draftKey = (form) => `${PREFIX}:draft:${form.dataset.drafts}`;
const promptsKey = (form) => `${PREFIX}:prompts:${form.dataset.drafts}`;
const prompts = (form) => read(promptsKey(form)) ?? [];
const typed = (form) => DRAFTED.map((name) => [name, form.elements[name].value]);

function save(form) {
  const filled = typed(form).filter(([, text]) => text);
  write(draftKey(form), filled.length > 0 ? Object.fromEntries(filled) : null);
}

function restore(form) {
  const draft = read(draftKey(form)) ?? {};
  for (const name of DRAFTED) {
    const field = form.elements[name];
    if (!draft[name] || field.value) continue;
    field.value = draft[name];
    const fold = field.closest("details");
    if (fold) fold.open = true;
  }
}

function remember(form, prompt) {
  if (!prompt.trim()) return;
  const others = prompts(form).filter((each) => each !== prompt);
  write(promptsKey(form), [...others, prompt].slice(-KEPT));
}

function put(field, text) {
  field.value = text;
  field.setSelectionRange(text.length, text.length);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function isWalking(field) {
  return walk !== null && walk.field === field && field.value === walk.text;
}

function step(field, by) {
  const texts = isWalking(field) ? walk.texts : [...prompts(field.form), field.value];
  const at = (isWalking(field) ? walk.at : texts.length - 1) + by;
  if (at < 0 || at >= texts.length) return;
  walk = { field, texts, at, text: texts[at] };
  put(field, texts[at]);
}

function leave(field) {
  put(field, walk.texts.at(-1));
  walk = null;
}

function press(event) {
  const field = event.target;
  if (event.isComposing || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
  const walking = isWalking(field);
  const starts = event.key === "ArrowUp" && field.value === "" && prompts(field.form).length > 0;
  if (!walking && !starts) return;
  if (event.key === "ArrowUp") step(field, -1);
  else if (event.key === "ArrowDown") step(field, 1);
  else if (event.key === "Escape") leave(field);
  else return;
  event.preventDefault();
}

function sent({ detail }) {
  const form = detail.elt;
  if (!form.matches?.("form[data-drafts]") || !detail.xhr.getResponseHeader("HX-Redirect")) return;
  remember(form, form.elements.prompt.value);
  write(draftKey(form), null);
}

function startAll() {
  for (const form of document.querySelectorAll("form[data-drafts]:not([data-drafting])")) {
    form.dataset.drafting = "";
    restore(form);
    form.addEventListener("input", () => save(form));
    form.elements.prompt.addEventListener("keydown", press);
  }
}

startAll();
document.addEventListener("htmx:load", startAll);
document.addEventListener("htmx:beforeOnLoad", sent);
