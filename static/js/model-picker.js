// A searchable list over each slot's <select>, which stays what the form sends. Pattern: ARIA's combobox with a listbox.

const PRICES = "Prices are per million tokens.";
const OTHER = /^([^\s/]+)\/(\S.*)$/;
let opened = null;

const options = (list) => [...list.querySelectorAll("[role=option]")];
const shown = (list) => options(list).filter((option) => !option.hidden);
const isDisabled = (option) => option.getAttribute("aria-disabled") === "true";

function show(input, select) {
  const [option] = select.selectedOptions;
  input.value = select.value ? option.textContent : "";
  input.title = select.value;
  if (document.activeElement === input) input.select();
}

function equip(slot) {
  const select = slot.querySelector("select");
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
  slot.querySelector("label").htmlFor = input.id;
  select.tabIndex = -1;
  select.setAttribute("aria-hidden", "true");
  select.after(input);
  select.addEventListener("change", () => show(input, select));
  listen(slot, input);
  show(input, select);
}

function listen(slot, input) {
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => {
    if (opened?.slot !== slot) input.select();
    open(slot);
  });
  input.addEventListener("input", () => search(slot));
  input.addEventListener("keydown", (event) => press(slot, event));
  slot.addEventListener("focusout", ({ relatedTarget }) => {
    if (opened?.slot === slot && !slot.contains(relatedTarget)) close();
  });
}

function build(slot) {
  const popup = slot
    .closest("[data-slots]")
    .querySelector("[data-model-list]")
    .content.firstElementChild.cloneNode(true);
  const list = popup.querySelector("[role=listbox]");
  list.id = "picker-list";
  options(list).forEach((option, index) => {
    const provider = option.closest("[role=group]")?.getAttribute("aria-label") ?? "";
    const name = option.querySelector(".picker-name")?.textContent ?? "";
    option.id = `picker-option-${index}`;
    option.dataset.search = `${provider} ${option.dataset.value} ${name}`.toLowerCase();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", ({ target }) => pick(target.closest("[role=option]")));
  return popup;
}

function place(slot, popup) {
  const room = slot.offsetParent.clientWidth - popup.offsetWidth;
  const below = window.innerHeight - slot.getBoundingClientRect().bottom;
  const isAbove = below < popup.offsetHeight && slot.getBoundingClientRect().top > popup.offsetHeight;
  popup.style.top = `${isAbove ? slot.offsetTop - popup.offsetHeight - 4 : slot.offsetTop + slot.offsetHeight + 4}px`;
  popup.style.left = `${Math.max(0, Math.min(slot.offsetLeft, room))}px`;
}

function open(slot) {
  if (opened?.slot === slot) return;
  close();
  const [input, select, popup] = [slot.querySelector("[role=combobox]"), slot.querySelector("select"), build(slot)];
  const list = popup.querySelector("[role=listbox]");
  opened = { slot, input, select, popup, list };
  slot.append(popup);
  place(slot, popup);
  input.setAttribute("aria-expanded", "true");
  input.setAttribute("aria-controls", list.id);
  narrow("");
  const current = options(list).find((option) => option.dataset.value === select.value);
  current?.setAttribute("aria-selected", "true");
  if (current) activate(current);
}

function close() {
  if (!opened) return;
  const { input, select, popup } = opened;
  opened = null;
  popup.remove();
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-controls");
  input.removeAttribute("aria-activedescendant");
  show(input, select);
}

function offerOther(text) {
  const option = opened.list.querySelector("[data-other]");
  const [, provider = "", model = ""] = OTHER.exec(text.trim()) ?? [];
  const value = `${provider.toLowerCase()}/${model}`;
  const group = opened.list.querySelector(`[data-provider="${CSS.escape(provider.toLowerCase())}"]`);
  option.hidden = !group || options(opened.list).some((each) => each !== option && each.dataset.value === value);
  if (option.hidden) return;
  option.dataset.value = value;
  option.dataset.color = group.dataset.color;
  option.dataset.reason = group.dataset.reason;
  option.dataset.provider = group.dataset.provider;
  option.setAttribute("aria-disabled", String(group.dataset.reason !== ""));
  option.textContent = `Use ${value}`;
}

function narrow(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const option of options(opened.list))
    option.hidden = !words.every((word) => option.dataset.search.includes(word));
  offerOther(text);
  for (const group of opened.list.querySelectorAll("[role=group]")) group.hidden = shown(group).length === 0;
  const count = shown(opened.list).length;
  note(
    count === 0
      ? "No models match. Type provider/model to use a model that is not listed."
      : `${count} ${count === 1 ? "model" : "models"}. ${PRICES}`,
  );
}

function search(slot) {
  const { value } = slot.querySelector("[role=combobox]");
  open(slot);
  activate(null);
  narrow(value);
  const first = value.trim() && shown(opened.list).find((option) => !isDisabled(option));
  if (first) activate(first);
}

function note(text) {
  opened.popup.querySelector("[data-picker-note]").textContent = text;
}

function activate(option) {
  opened.list.querySelector("[data-active]")?.removeAttribute("data-active");
  opened.input.removeAttribute("aria-activedescendant");
  if (!option) return;
  option.dataset.active = "";
  reveal(option);
  opened.input.setAttribute("aria-activedescendant", option.id);
  lead(option);
}

// Moves the list alone: scrollIntoView would move the page as well.
function reveal(option) {
  const { list } = opened;
  const top = option.offsetTop - (list.querySelector(".picker-provider")?.offsetHeight ?? 0);
  const bottom = option.offsetTop + option.offsetHeight - list.clientHeight;
  list.scrollTop = Math.min(top, Math.max(bottom, list.scrollTop));
}

// Why a model cannot be used, and the way to where that is changed.
function lead(option) {
  const { reason, provider } = option.dataset.reason ? option.dataset : (option.closest("[role=group]")?.dataset ?? {});
  const link = opened.popup.querySelector("[data-picker-keys]");
  link.hash = provider ? `key-${provider}` : "";
  if (isDisabled(option)) note(reason);
}

function move(step) {
  const choices = shown(opened.list);
  if (choices.length === 0) return;
  const at = choices.findIndex((option) => "active" in option.dataset);
  const from = at < 0 && step < 0 ? 0 : at;
  activate(choices[(from + step + choices.length) % choices.length]);
}

function jump(end) {
  const last = shown(opened.list).at(end);
  if (last) activate(last);
}

function pick(option) {
  if (!option) return;
  if (isDisabled(option)) {
    activate(option);
    opened.popup.querySelector("[data-picker-keys]").focus();
    return;
  }
  const { select } = opened;
  const { value } = option.dataset;
  let choice = [...select.options].find((each) => each.value === value);
  if (!choice) {
    choice = new Option(value, value);
    choice.dataset.color = option.dataset.color;
    select.append(choice);
  }
  choice.selected = true;
  close();
  select.dispatchEvent(new Event("change", { bubbles: true }));
}

const KEYS = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  Home: () => jump(0),
  End: () => jump(-1),
  Enter: () => pick(opened.list.querySelector("[data-active]")),
  Escape: close,
};

function press(slot, event) {
  if (event.isComposing || event.ctrlKey || event.metaKey || !(event.key in KEYS)) return;
  const wasOpen = opened?.slot === slot;
  if (!wasOpen && !["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
  event.preventDefault();
  if (wasOpen) KEYS[event.key]();
  else open(slot);
}

function startAll() {
  if (opened && !opened.slot.isConnected) opened = null;
  for (const slot of document.querySelectorAll("[data-slot]:not(:has([role=combobox]))")) equip(slot);
}

startAll();
document.addEventListener("htmx:load", startAll);
window.addEventListener("resize", () => opened && place(opened.slot, opened.popup));
