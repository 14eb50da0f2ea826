// The reader's layout of the columns: their order and widths, one of them alone, wide or compact. It changes only the
// display; each column keeps its number. It is written as the rules of one stylesheet, so that it also holds for columns
// that are swapped in later.

import { closest, find, findAll, get } from "./dom.js";
import { announce } from "./live-region.js";
import { readText, writeText } from "./storage.js";
import { recall, remember } from "./view-state.js";

const MIN_WIDTH = 240;
const MAX_WIDTH = 1600;
const WIDTH_STEP = 32;
const DENSITIES = ["wide", "compact"];
const HANDLE = "[data-grip], [data-splitter]";
const root = get(document, "[data-comparison]");
const comparison = root.dataset.comparison ?? "";
const sheet = new CSSStyleSheet();

/** @type {Required<Omit<import("./view-state.js").ViewState, "sources">>} */
const view = { order: [], widths: {}, focused: null, ...recall(comparison) };
let density = readText("density");

/** @param {HTMLElement} column */
const indexOf = (column) => Number(column.dataset.index);
/** @param {HTMLElement} column */
const nameOf = (column) => get(column, ".column-label").textContent;
/** @param {EventTarget | null} target */
const columnOf = (target) => closest(target, ".column");
const columnCount = () => Number(find(root, ".columns")?.dataset.count ?? 0);

/** The indexes of all columns from left to right; what is stored may be of another number of columns. */
function order() {
  const all = Array.from({ length: columnCount() }, (_, index) => index);
  return [...new Set([...view.order.filter((index) => all.includes(index)), ...all])];
}

/** The indexes of the columns that the reader made wider or narrower, with their widths. */
function widths() {
  const all = Object.entries(view.widths).map(([index, width]) => ({ index: Number(index), width }));
  return all.filter(({ index, width }) => index < columnCount() && Number.isFinite(width));
}

// Painting

function orderRules() {
  return order().map(
    (index, position) => `:is(.column[data-index="${index}"], [data-column-tab="${index}"]) { order: ${position}; }`,
  );
}

function widthRules() {
  const rules = widths().map(
    ({ index, width }) =>
      `.column[data-index="${index}"] { flex: 0 var(--shrink) ${width}px; min-width: min(${width}px, var(--least)); }`,
  );
  return `@media (min-width: 48rem) { ${rules.join(" ")} }`;
}

function focusRule() {
  if (view.focused === null || view.focused >= columnCount()) return "";
  return `.column:not([data-index="${Number(view.focused)}"]) { display: none; }`;
}

function paintButtons() {
  for (const button of findAll(document, "button[data-density]")) {
    button.setAttribute("aria-pressed", String(button.dataset.density === root.dataset.density));
  }
  const isChanged = widths().length > 0 || order().some((index, position) => index !== position);
  get(document, "[data-reset-columns]").hidden = !isChanged;
  get(document, "[data-show-all]").hidden = !("focused" in root.dataset);
}

/**
 * Give the splitters the widths of their columns, for screen readers.
 * @param {HTMLElement} part
 */
function describeSplitters(part) {
  for (const splitter of findAll(part, "[data-splitter]")) {
    const column = columnOf(splitter);
    const width = column ? view.widths[indexOf(column)] : undefined;
    splitter.setAttribute("aria-valuenow", String(width ?? MIN_WIDTH));
    splitter.setAttribute("aria-valuetext", width === undefined ? "automatic" : `${width} pixels`);
  }
}

function paint() {
  const focused = focusRule();
  sheet.replaceSync(`@media screen { ${[...orderRules(), widthRules(), focused].join("\n")} }`);
  root.dataset.density = DENSITIES.find((each) => each === density) ?? DENSITIES[0];
  if (focused) root.dataset.focused = "";
  else delete root.dataset.focused;
  paintButtons();
  describeSplitters(root);
}

/** @param {Partial<typeof view>} change */
function update(change) {
  Object.assign(view, change);
  remember(comparison, change);
  paint();
}

// Order

/**
 * @param {HTMLElement} column
 * @param {number} position - from 0; brought into the range
 */
function moveTo(column, position) {
  const others = order().filter((index) => index !== indexOf(column));
  const within = Math.min(Math.max(position, 0), others.length);
  update({ order: [...others.slice(0, within), indexOf(column), ...others.slice(within)] });
  announce(`${nameOf(column)} moved to position ${within + 1} of ${others.length + 1}.`);
}

/**
 * @param {HTMLElement} column
 * @param {number} step
 */
function moveBy(column, step) {
  moveTo(column, order().indexOf(indexOf(column)) + step);
  column.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/**
 * Swap the column with the one under the pointer once the pointer is past the middle of that one; any earlier, and they
 * would swap back and forth.
 * @param {HTMLElement} column
 * @param {number} x - of the pointer
 */
function dragTo(column, x) {
  const other = findAll(column.parentElement ?? root, ":scope > .column").find((each) => {
    const { left, right } = each.getBoundingClientRect();
    return each !== column && left <= x && x <= right;
  });
  if (!other) return;
  const { left, width } = other.getBoundingClientRect();
  const [from, to] = [order().indexOf(indexOf(column)), order().indexOf(indexOf(other))];
  if (to > from ? x > left + width / 2 : x < left + width / 2) moveTo(column, to);
}

// Widths

/**
 * @param {HTMLElement} column
 * @param {number} width - in pixels; brought into the range
 */
function setWidth(column, width) {
  const within = Math.round(Math.min(Math.max(width, MIN_WIDTH), MAX_WIDTH));
  update({ widths: { ...view.widths, [indexOf(column)]: within } });
}

/** @param {HTMLElement} column */
function resetWidth(column) {
  const { [indexOf(column)]: _, ...others } = view.widths;
  update({ widths: others });
}

// Pointers

/**
 * Call `moved` for each move of the pointer until it is released.
 * @param {HTMLElement} handle
 * @param {(event: PointerEvent) => void} moved
 */
function drag(handle, moved) {
  handle.focus({ preventScroll: true });
  root.dataset.dragging = "";
  const ended = new AbortController();
  const { signal } = ended;
  const end = () => {
    ended.abort();
    delete root.dataset.dragging;
  };
  document.addEventListener("pointermove", moved, { signal });
  document.addEventListener("pointerup", end, { signal });
  document.addEventListener("pointercancel", end, { signal });
}

root.addEventListener("pointerdown", (event) => {
  const handle = closest(event.target, HANDLE);
  const column = columnOf(handle);
  if (event.button !== 0 || !handle || !column) return;
  event.preventDefault();
  const [from, width] = [event.clientX, column.offsetWidth];
  if ("grip" in handle.dataset) drag(handle, ({ clientX }) => dragTo(column, clientX));
  else drag(handle, ({ clientX }) => setWidth(column, width + clientX - from));
});

root.addEventListener("dblclick", ({ target }) => {
  const column = columnOf(closest(target, "[data-splitter]"));
  if (column) resetWidth(column);
});

// Keys

/** @type {Record<string, (column: HTMLElement) => void>} */
const GRIP_KEYS = {
  ArrowLeft: (column) => moveBy(column, -1),
  ArrowRight: (column) => moveBy(column, 1),
};
/** @type {Record<string, (column: HTMLElement) => void>} */
const SPLITTER_KEYS = {
  ArrowLeft: (column) => setWidth(column, column.offsetWidth - WIDTH_STEP),
  ArrowRight: (column) => setWidth(column, column.offsetWidth + WIDTH_STEP),
  Home: (column) => setWidth(column, MIN_WIDTH),
  End: (column) => setWidth(column, MAX_WIDTH),
  Enter: resetWidth,
};

root.addEventListener("keydown", (event) => {
  const handle = closest(event.target, HANDLE);
  const column = columnOf(handle);
  const act = handle && ("grip" in handle.dataset ? GRIP_KEYS : SPLITTER_KEYS)[event.key];
  if (!act || !column) return;
  event.preventDefault();
  act(column);
});

// Captured, to see whether a menu is open before Escape closes it.
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || view.focused === null) return;
    if (!find(document, "dialog[open], details[data-menu][open]")) showAll();
  },
  { capture: true },
);

// Buttons

function showAll() {
  const column = find(root, `.column[data-index="${view.focused}"]`);
  update({ focused: null });
  column?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** @param {HTMLElement} column */
function toggleFocus(column) {
  if (view.focused === indexOf(column)) showAll();
  else update({ focused: indexOf(column) });
}

/** @param {string} chosen */
function setDensity(chosen) {
  density = chosen;
  writeText("density", chosen);
  paint();
}

document.addEventListener("click", ({ target }) => {
  const button = closest(target, "button");
  if (!button) return;
  const column = columnOf(button);
  if (button.dataset.density) setDensity(button.dataset.density);
  else if ("resetColumns" in button.dataset) update({ order: [], widths: {} });
  else if ("showAll" in button.dataset) showAll();
  else if (column && "focusColumn" in button.dataset) toggleFocus(column);
  else if (column && "move" in button.dataset) moveBy(column, Number(button.dataset.move));
  else return;
  closest(button, "details[data-menu]")?.removeAttribute("open");
});

document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
paint();
document.addEventListener("htmx:load", ({ detail: { elt } }) => describeSplitters(elt));
