// On a narrow screen one column fills the width and the others are a swipe away. The tabs above say which one is shown
// and lead to the others.

import { closest, find, findAll, get, matching } from "./dom.js";

/** @type {WeakSet<Element>} */
const scheduled = new WeakSet();

/** @param {HTMLElement} columns */
function shownIndex(columns) {
  const { left } = columns.getBoundingClientRect();
  /** @param {HTMLElement} column */
  const distance = (column) => Math.abs(column.getBoundingClientRect().left - left);
  const visible = findAll(columns, ":scope > *").filter((column) => column.offsetWidth > 0);
  return visible.sort((one, other) => distance(one) - distance(other))[0]?.dataset.index;
}

/** @param {HTMLElement} columns */
function markCurrent(columns) {
  const index = shownIndex(columns);
  for (const tab of findAll(columns.parentElement ?? document, "[data-column-tab]")) {
    if (tab.dataset.columnTab === index) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
}

/** @param {Event} event */
function scrolled({ target }) {
  const columns = matching(target, ".columns");
  if (!columns || scheduled.has(columns)) return;
  scheduled.add(columns);
  // Measuring makes the browser lay out the page, so it waits for the next frame.
  requestAnimationFrame(() => {
    scheduled.delete(columns);
    markCurrent(columns);
  });
}

/** @param {HTMLElement} tab */
function scrollToColumn(tab) {
  const turn = closest(tab, ".turn");
  const columns = turn && find(turn, ".columns");
  if (!columns) return;
  const column = get(columns, `.column[data-index="${tab.dataset.columnTab}"]`);
  const padding = Number.parseFloat(getComputedStyle(columns).paddingLeft);
  const distance = column.getBoundingClientRect().left - columns.getBoundingClientRect().left - padding;
  columns.scrollTo({ left: columns.scrollLeft + distance });
}

document.addEventListener("scroll", scrolled, { passive: true, capture: true });
document.addEventListener("click", (event) => {
  const tab = closest(event.target, "[data-column-tab]");
  if (!tab) return;
  event.preventDefault();
  scrollToColumn(tab);
});
