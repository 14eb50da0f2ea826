// The slots of the compare form, one for each model: shows those in use, adds and removes one at a time. Without this
// script all eight are there.

import { closest, find, findAll, get, matching } from "./dom.js";

/** @param {HTMLElement} fieldset */
const slots = (fieldset) => findAll(fieldset, "[data-slot]");
/** @param {HTMLElement} fieldset */
const usedSlots = (fieldset) => slots(fieldset).filter((slot) => !slot.hidden);
/** @param {HTMLElement} slot */
const selectOf = (slot) => get(slot, "select", HTMLSelectElement);

/** @param {HTMLElement} slot */
function paintDot(slot) {
  const [option] = selectOf(slot).selectedOptions;
  get(slot, "[data-slot-dot]", SVGElement).setAttribute("fill", option?.dataset.color ?? "none");
}

/**
 * @param {HTMLElement} slot
 * @param {number} position - from 1
 * @param {number} least - how many models a comparison has at least
 */
function number(slot, position, least) {
  get(slot, "[data-slot-number]").textContent = String(position);
  get(slot, "[data-slot-remove]").setAttribute("aria-label", `Remove model ${position}`);
  selectOf(slot).required = position <= least;
}

/** @param {HTMLElement} slot */
function focus(slot) {
  (find(slot, "[role=combobox]") ?? selectOf(slot)).focus();
}

/** @param {HTMLElement} fieldset */
function refresh(fieldset) {
  const least = Number(fieldset.dataset.min);
  const used = usedSlots(fieldset);
  for (const [index, slot] of used.entries()) number(slot, index + 1, least);
  for (const slot of slots(fieldset)) {
    selectOf(slot).disabled = Boolean(slot.hidden);
    get(slot, "[data-slot-remove]").hidden = used.length <= least;
    paintDot(slot);
  }
  get(fieldset, "[data-slot-add]").hidden = used.length === slots(fieldset).length;
}

/** @param {HTMLElement} fieldset */
function add(fieldset) {
  const spare = slots(fieldset).find((slot) => slot.hidden);
  if (!spare) return;
  spare.hidden = false;
  refresh(fieldset);
  focus(spare);
}

/**
 * @param {HTMLElement} fieldset
 * @param {HTMLElement} slot
 */
function remove(fieldset, slot) {
  const select = selectOf(slot);
  select.value = "";
  slot.hidden = true;
  // Behind the others, so that it is the last one when it is used again.
  slot.parentElement?.append(slot);
  refresh(fieldset);
  select.dispatchEvent(new Event("change", { bubbles: true }));
  const last = usedSlots(fieldset).at(-1);
  if (last) focus(last);
}

/** @param {HTMLElement} fieldset */
function unfold(fieldset) {
  const more = get(fieldset, "[data-slots-more]");
  get(fieldset, "[data-slots-list]").append(...slots(more));
  more.remove();
}

/** @param {HTMLElement} fieldset */
function start(fieldset) {
  unfold(fieldset);
  for (const slot of findAll(fieldset, "[data-spare]")) {
    slot.hidden = !selectOf(slot).value;
    slot.removeAttribute("data-spare");
  }
  get(fieldset, "[data-slot-add]").addEventListener("click", () => add(fieldset));
  fieldset.addEventListener("change", ({ target }) => {
    const slot = closest(matching(target, "select"), "[data-slot]");
    if (slot) paintDot(slot);
  });
  fieldset.addEventListener("click", ({ target }) => {
    const slot = closest(closest(target, "[data-slot-remove]"), "[data-slot]");
    if (slot) remove(fieldset, slot);
  });
  refresh(fieldset);
}

function startAll() {
  for (const fieldset of findAll(document, "[data-slots]:has([data-slots-more])")) start(fieldset);
}

startAll();
document.addEventListener("htmx:load", startAll);
