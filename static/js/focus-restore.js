// Keeps the keyboard focus. If a swap, a disabled button or a closed <details> takes it away, it goes to the element that
// came in its place (the same id), or else to the nearest one around it that can have it. data-focus-target on an
// ancestor is a selector for a better place.

import { find } from "./dom.js";

/** @type {HTMLElement | null} */
let last = null;
/** Selectors for what can take the focus of `last`, the nearest first.
 * @type {string[]} */
let substitutes = [];

/** @param {HTMLElement} element */
function selectorsAround(element) {
  const selectors = [];
  for (
    let each = /** @type {HTMLElement | null} */ (element);
    each && each !== document.body;
    each = each.parentElement
  ) {
    if (each.dataset.focusTarget) selectors.push(each.dataset.focusTarget);
    if (each.id) selectors.push(`#${CSS.escape(each.id)}`);
  }
  return selectors;
}

/** @param {HTMLElement | null} element */
function remember(element) {
  last = element;
  substitutes = element ? selectorsAround(element) : [];
}

/** @param {Element} element */
const canHaveFocus = (element) => element.isConnected && !element.matches(":disabled") && element.checkVisibility();
const isLost = () => document.activeElement === null || document.activeElement === document.body;

/**
 * Return whether the element, or the summary of a <details>, took the focus.
 * @param {HTMLElement | null} element
 */
function focus(element) {
  const target = element?.matches("details") ? find(element, "summary") : element;
  target?.focus({ preventScroll: true });
  return target !== null && document.activeElement === target;
}

function restore() {
  if (!last || !isLost()) return;
  if (!focus(last)) substitutes.some((selector) => focus(find(document, selector)));
}

// All swaps of one message or response run in one task, and a later one may bring back what an earlier one took away.
function restoreSoon() {
  queueMicrotask(restore);
}

/** @param {FocusEvent} event */
function forgetIfLeft({ target, relatedTarget }) {
  if (relatedTarget !== null) return;
  queueMicrotask(() => {
    // The element could have kept the focus, so the user has clicked beside it.
    if (isLost() && target instanceof Element && canHaveFocus(target)) remember(null);
  });
}

/** @param {Event} event */
function restoreToSummary({ target }) {
  if (!(target instanceof HTMLDetailsElement) || target.open || !target.contains(last)) return;
  if (isLost() || target.contains(document.activeElement)) focus(target);
}

document.addEventListener("focusin", ({ target }) => {
  remember(target instanceof HTMLElement && target.matches(":focus-visible") ? target : null);
});
document.addEventListener("focusout", forgetIfLeft);
document.addEventListener("toggle", restoreToSummary, { capture: true });
document.addEventListener("htmx:afterSwap", restoreSoon);
document.addEventListener("htmx:oobAfterSwap", restoreSoon);
document.addEventListener("htmx:afterRequest", restoreSoon);
