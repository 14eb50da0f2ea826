// A searchable list over the <select> of each slot, which stays the field that the form sends.
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/

import { closest, copyOf, find, findAll, get } from "./dom.js";

/**
 * The one list that is open.
 * @typedef {object} Picker
 * @property {HTMLElement} slot
 * @property {HTMLInputElement} input
 * @property {HTMLSelectElement} select
 * @property {HTMLElement} popup - everything below the input
 * @property {HTMLElement} list - the listbox in it
 */

const PRICES = "Prices are per million tokens.";
const UNLISTED = /^(?<provider>[^\s/]+)\/(?<model>\S.*)$/;
const GAP_PX = 4;
/** @type {Picker | null} */
let opened = null;

/** @param {HTMLElement} slot */
const inputOf = (slot) => get(slot, "[role=combobox]", HTMLInputElement);
/** @param {HTMLElement} slot */
const selectOf = (slot) => get(slot, "select", HTMLSelectElement);
/** @param {HTMLElement} list */
const options = (list) => findAll(list, "[role=option]");
/** @param {HTMLElement} list */
const shownOptions = (list) => options(list).filter((option) => !option.hidden);
/** @param {HTMLElement} option */
const groupOf = (option) => closest(option, "[role=group]");
/** @param {HTMLElement} option */
const isDisabled = (option) => option.getAttribute("aria-disabled") === "true";
/** @param {HTMLElement} option */
const isActive = (option) => "active" in option.dataset;

// The input of a slot

/**
 * @param {HTMLInputElement} input
 * @param {HTMLSelectElement} select
 */
function showChoice(input, select) {
  const [option] = select.selectedOptions;
  input.value = select.value ? (option?.textContent ?? "") : "";
  input.title = select.value;
  if (document.activeElement === input) input.select();
}

/** @param {HTMLElement} slot */
function equip(slot) {
  const select = selectOf(slot);
  const input = Object.assign(document.createElement("input"), {
    type: "text",
    id: `${select.id}-search`,
    className: "picker-input",
    placeholder: "Choose a model",
    autocomplete: "off",
    spellcheck: false,
  });
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  if (select.getAttribute("aria-invalid")) input.setAttribute("aria-invalid", "true");
  get(slot, "label", HTMLLabelElement).htmlFor = input.id;
  select.tabIndex = -1;
  select.setAttribute("aria-hidden", "true");
  select.after(input);
  select.addEventListener("change", () => showChoice(input, select));
  listen(slot, input);
  showChoice(input, select);
}

/**
 * @param {HTMLElement} slot
 * @param {HTMLInputElement} input
 */
function listen(slot, input) {
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => {
    if (opened?.slot !== slot) input.select();
    open(slot);
  });
  input.addEventListener("input", () => search(slot));
  input.addEventListener("keydown", (event) => press(slot, event));
  slot.addEventListener("focusout", ({ relatedTarget }) => {
    const isInside = relatedTarget instanceof Node && slot.contains(relatedTarget);
    if (opened?.slot === slot && !isInside) close();
  });
}

// Opening and closing

/** @param {HTMLElement} slot */
function build(slot) {
  const slots = closest(slot, "[data-slots]") ?? document;
  const popup = copyOf(get(slots, "[data-model-list]", HTMLTemplateElement));
  const list = get(popup, "[role=listbox]");
  list.id = "picker-list";
  for (const [index, option] of options(list).entries()) {
    const provider = groupOf(option)?.getAttribute("aria-label") ?? "";
    const name = find(option, ".picker-name")?.textContent ?? "";
    option.id = `picker-option-${index}`;
    option.dataset.search = `${provider} ${option.dataset.value} ${name}`.toLowerCase();
  }
  // The focus stays in the input.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", ({ target }) => pick(closest(target, "[role=option]")));
  return popup;
}

/** @param {Picker} picker */
function place({ slot, popup }) {
  const room = (slot.offsetParent?.clientWidth ?? 0) - popup.offsetWidth;
  const { top, bottom } = slot.getBoundingClientRect();
  const isAbove = window.innerHeight - bottom < popup.offsetHeight && top > popup.offsetHeight;
  popup.style.top = isAbove
    ? `${slot.offsetTop - popup.offsetHeight - GAP_PX}px`
    : `${slot.offsetTop + slot.offsetHeight + GAP_PX}px`;
  popup.style.left = `${Math.max(0, Math.min(slot.offsetLeft, room))}px`;
}

/**
 * Open the list of a slot, unless it is open.
 * @param {HTMLElement} slot
 * @returns {Picker}
 */
function open(slot) {
  if (opened?.slot === slot) return opened;
  close();
  const [input, select, popup] = [inputOf(slot), selectOf(slot), build(slot)];
  const picker = { slot, input, select, popup, list: get(popup, "[role=listbox]") };
  opened = picker;
  slot.append(popup);
  place(picker);
  input.setAttribute("aria-expanded", "true");
  input.setAttribute("aria-controls", picker.list.id);
  narrow(picker, "");
  const current = options(picker.list).find((option) => option.dataset.value === select.value);
  current?.setAttribute("aria-selected", "true");
  if (current) activate(picker, current);
  return picker;
}

function close() {
  if (!opened) return;
  const { input, select, popup } = opened;
  opened = null;
  popup.remove();
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-controls");
  input.removeAttribute("aria-activedescendant");
  showChoice(input, select);
}

// Searching

/**
 * Offer provider/model as it is typed, if the provider is known and the model is not in the list.
 * @param {Picker} picker
 * @param {string} text
 */
function offerUnlisted({ list }, text) {
  const option = get(list, "[data-unlisted]");
  const { provider = "", model = "" } = UNLISTED.exec(text.trim())?.groups ?? {};
  const value = `${provider.toLowerCase()}/${model}`;
  const group = find(list, `[role=group][data-provider="${CSS.escape(provider.toLowerCase())}"]`);
  const isListed = options(list).some((each) => each !== option && each.dataset.value === value);
  option.hidden = !group || isListed;
  if (!group || isListed) return;
  Object.assign(option.dataset, { ...group.dataset, value });
  option.setAttribute("aria-disabled", String(group.dataset.reason !== ""));
  option.textContent = `Use ${value}`;
}

/**
 * Show only the options that have every word of the text.
 * @param {Picker} picker
 * @param {string} text
 */
function narrow(picker, text) {
  const { list } = picker;
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const option of options(list)) option.hidden = !words.every((word) => option.dataset.search?.includes(word));
  offerUnlisted(picker, text);
  for (const group of findAll(list, "[role=group]")) group.hidden = shownOptions(group).length === 0;
  const count = shownOptions(list).length;
  showNote(
    picker,
    count === 0
      ? "No models match. Type provider/model to use a model that is not listed."
      : `${count} ${count === 1 ? "model" : "models"}. ${PRICES}`,
  );
}

/** @param {HTMLElement} slot */
function search(slot) {
  const { value } = inputOf(slot);
  const picker = open(slot);
  activate(picker, null);
  narrow(picker, value);
  const first = value.trim() && shownOptions(picker.list).find((option) => !isDisabled(option));
  if (first) activate(picker, first);
}

/**
 * @param {Picker} picker
 * @param {string} text
 */
function showNote({ popup }, text) {
  get(popup, "[data-picker-note]").textContent = text;
}

// The active option, which Enter picks

/**
 * @param {Picker} picker
 * @param {HTMLElement | null} option
 */
function activate(picker, option) {
  find(picker.list, "[data-active]")?.removeAttribute("data-active");
  picker.input.removeAttribute("aria-activedescendant");
  if (!option) return;
  option.dataset.active = "";
  reveal(picker, option);
  picker.input.setAttribute("aria-activedescendant", option.id);
  explain(picker, option);
}

/**
 * Scroll the list alone; scrollIntoView would scroll the page as well.
 * @param {Picker} picker
 * @param {HTMLElement} option
 */
function reveal({ list }, option) {
  const top = option.offsetTop - (find(list, ".picker-provider")?.offsetHeight ?? 0);
  const bottom = option.offsetTop + option.offsetHeight - list.clientHeight;
  list.scrollTop = Math.min(top, Math.max(bottom, list.scrollTop));
}

/**
 * Say why a model cannot be used, and lead the link to its provider's key.
 * @param {Picker} picker
 * @param {HTMLElement} option
 */
function explain(picker, option) {
  const { reason = "", provider = "" } = option.dataset.reason ? option.dataset : (groupOf(option)?.dataset ?? {});
  get(picker.popup, "[data-picker-keys]", HTMLAnchorElement).hash = provider ? `key-${provider}` : "";
  if (isDisabled(option)) showNote(picker, reason);
}

/**
 * @param {Picker} picker
 * @param {1 | -1} step
 */
function move(picker, step) {
  const choices = shownOptions(picker.list);
  const current = choices.findIndex(isActive);
  const from = current < 0 && step < 0 ? 0 : current;
  activate(picker, choices.at((from + step) % choices.length) ?? null);
}

/** @param {HTMLElement | null} option */
function pick(option) {
  if (!option || !opened) return;
  const { select } = opened;
  if (isDisabled(option)) {
    activate(opened, option);
    get(opened.popup, "[data-picker-keys]").focus();
    return;
  }
  choose(select, option.dataset.value ?? "", option.dataset.color);
  close();
  select.dispatchEvent(new Event("change", { bubbles: true }));
}

/**
 * @param {HTMLSelectElement} select
 * @param {string} value
 * @param {string | undefined} color - for a model that the select does not have yet
 */
function choose(select, value, color) {
  let choice = [...select.options].find((each) => each.value === value);
  if (!choice) {
    choice = new Option(value, value);
    if (color !== undefined) choice.dataset.color = color;
    select.append(choice);
  }
  choice.selected = true;
}

// Keys

/** @type {Record<string, (picker: Picker) => void>} */
const KEYS = {
  ArrowDown: (picker) => move(picker, 1),
  ArrowUp: (picker) => move(picker, -1),
  Home: (picker) => activate(picker, shownOptions(picker.list).at(0) ?? null),
  End: (picker) => activate(picker, shownOptions(picker.list).at(-1) ?? null),
  Enter: ({ list }) => pick(find(list, "[data-active]")),
  Escape: close,
};
const OPENING_KEYS = ["ArrowDown", "ArrowUp", "Enter"];

/**
 * @param {HTMLElement} slot
 * @param {KeyboardEvent} event
 */
function press(slot, event) {
  const act = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : undefined;
  if (event.isComposing || event.ctrlKey || event.metaKey || !act) return;
  const isOpen = opened?.slot === slot;
  if (!isOpen && !OPENING_KEYS.includes(event.key)) return;
  event.preventDefault();
  if (opened && isOpen) act(opened);
  else open(slot);
}

function start() {
  if (opened && !opened.slot.isConnected) opened = null;
  for (const slot of findAll(document, "[data-slot]:not(:has([role=combobox]))")) equip(slot);
}

start();
document.addEventListener("htmx:load", start);
window.addEventListener("resize", () => opened && place(opened));
