// How this reader looks at the columns: their order and widths, one of them alone, wide or compact. It changes nothing
// but the display, and slots keep their numbers. The view is written as the rules of one stylesheet, so that it holds
// for whatever is swapped in.

import { readText, writeText } from "./storage.js";
import { recall, remember } from "./view-state.js";

const NARROWEST = 240;
const WIDEST = 1600;
const STEP = 32;
const DENSITIES = ["wide", "compact"];
const board = document.querySelector("[data-board]");
const sheet = new CSSStyleSheet();
const view = { order: [], widths: {}, focused: null, ...recall(board.dataset.board) };
let density = readText("density");

const indexOf = (column) => Number(column.dataset.index);
const count = () => Number(board.querySelector(".columns")?.dataset.count ?? 0);

function order() {
  const natural = Array.from({ length: count() }, (_, index) => index);
  return [...new Set([...view.order.filter((index) => natural.includes(index)), ...natural])];
}

function widths() {
  return Object.entries(view.widths).filter(([index, width]) => index < count() && Number.isFinite(width));
}

function orderRules() {
  return order().map(
    (index, position) => `:is(.column[data-index="${index}"], [data-column-tab="${index}"]) { order: ${position}; }`,
  );
}

function widthRules() {
  const rules = widths().map(
    ([index, width]) =>
      `.column[data-index="${index}"] { flex: 0 var(--shrink) ${width}px; min-width: min(${width}px, var(--least)); }`,
  );
  return `@media (min-width: 48rem) { ${rules.join(" ")} }`;
}

function focusRule() {
  if (view.focused === null || view.focused >= count()) return "";
  return `.column:not([data-index="${Number(view.focused)}"]) { display: none; }`;
}

function paintButtons() {
  for (const button of document.querySelectorAll("[data-density]")) {
    if (button !== board) button.setAttribute("aria-pressed", String(button.dataset.density === board.dataset.density));
  }
  const changed = widths().length > 0 || order().some((index, position) => index !== position);
  document.querySelector("[data-reset-columns]").hidden = !changed;
  document.querySelector("[data-show-all]").hidden = !("focused" in board.dataset);
}

// A splitter says its column's width to those who do not see it.
function describe(root) {
  for (const splitter of root.querySelectorAll("[data-splitter]")) {
    const width = view.widths[indexOf(splitter.closest(".column"))];
    splitter.setAttribute("aria-valuenow", width ?? NARROWEST);
    splitter.setAttribute("aria-valuetext", width === undefined ? "automatic" : `${width} pixels`);
  }
}

function paint() {
  const alone = focusRule();
  sheet.replaceSync(`@media screen { ${[...orderRules(), widthRules(), alone].join("\n")} }`);
  board.dataset.density = DENSITIES.includes(density) ? density : DENSITIES[0];
  if (alone) board.dataset.focused = "";
  else delete board.dataset.focused;
  paintButtons();
  describe(board);
}

function keep(change) {
  Object.assign(view, change);
  remember(board.dataset.board, change);
  paint();
}

function say(words) {
  document.getElementById("announcements").textContent = words;
}

const nameOf = (column) => column.querySelector(".column-label").textContent;

// Order

function place(column, position) {
  const others = order().filter((index) => index !== indexOf(column));
  const at = Math.min(Math.max(position, 0), others.length);
  keep({ order: [...others.slice(0, at), indexOf(column), ...others.slice(at)] });
  say(`${nameOf(column)} moved to position ${at + 1} of ${others.length + 1}.`);
}

function move(column, by) {
  place(column, order().indexOf(indexOf(column)) + by);
  column.scrollIntoView({ block: "nearest", inline: "nearest" });
}

// The columns swap places once the pointer is past the middle of the other one.
function dragTo(column, x) {
  const places = order();
  const mine = places.indexOf(indexOf(column));
  const other = [...column.parentElement.children].find((each) => {
    const { left, right } = each.getBoundingClientRect();
    return each !== column && left <= x && x <= right;
  });
  if (!other) return;
  const { left, width } = other.getBoundingClientRect();
  const theirs = places.indexOf(indexOf(other));
  if (theirs > mine ? x > left + width / 2 : x < left + width / 2) place(column, theirs);
}

// Widths

function widen(column, width) {
  const within = Math.round(Math.min(Math.max(width, NARROWEST), WIDEST));
  keep({ widths: { ...view.widths, [indexOf(column)]: within } });
}

function narrowBack(column) {
  const { [indexOf(column)]: _, ...rest } = view.widths;
  keep({ widths: rest });
}

// Pointers

function drag(event, follow) {
  event.preventDefault();
  event.target.closest("[data-grip], [data-splitter]").focus({ preventScroll: true });
  const moved = (later) => follow(later);
  const end = () => {
    document.removeEventListener("pointermove", moved);
    document.removeEventListener("pointerup", end);
    document.removeEventListener("pointercancel", end);
    delete board.dataset.dragging;
  };
  board.dataset.dragging = "";
  document.addEventListener("pointermove", moved);
  document.addEventListener("pointerup", end);
  document.addEventListener("pointercancel", end);
}

board.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  const handle = event.target.closest("[data-grip], [data-splitter]");
  const column = handle?.closest(".column");
  if (!column) return;
  const { clientX: from } = event;
  const width = column.offsetWidth;
  if ("grip" in handle.dataset) drag(event, ({ clientX }) => dragTo(column, clientX));
  else drag(event, ({ clientX }) => widen(column, width + clientX - from));
});

board.addEventListener("dblclick", (event) => {
  const splitter = event.target.closest("[data-splitter]");
  if (splitter) narrowBack(splitter.closest(".column"));
});

// Keys

const GRIP_KEYS = { ArrowLeft: (column) => move(column, -1), ArrowRight: (column) => move(column, 1) };
const SPLITTER_KEYS = {
  ArrowLeft: (column) => widen(column, column.offsetWidth - STEP),
  ArrowRight: (column) => widen(column, column.offsetWidth + STEP),
  Home: (column) => widen(column, NARROWEST),
  End: (column) => widen(column, WIDEST),
  Enter: narrowBack,
};

board.addEventListener("keydown", (event) => {
  const handle = event.target.closest("[data-grip], [data-splitter]");
  const act = handle && ("grip" in handle.dataset ? GRIP_KEYS : SPLITTER_KEYS)[event.key];
  if (!act) return;
  event.preventDefault();
  act(handle.closest(".column"));
});

// Before the menus, which Escape closes first.
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || view.focused === null) return;
    if (!document.querySelector("dialog[open], details[data-menu][open]")) showAll();
  },
  true,
);

// Buttons

function showAll() {
  const column = board.querySelector(`.column[data-index="${view.focused}"]`);
  keep({ focused: null });
  column?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function toggleAlone(column) {
  if (view.focused === indexOf(column)) return showAll();
  return keep({ focused: indexOf(column) });
}

function choose(chosen) {
  density = chosen;
  writeText("density", chosen);
  paint();
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  const column = button.closest(".column");
  if ("density" in button.dataset) choose(button.dataset.density);
  else if ("resetColumns" in button.dataset) keep({ order: [], widths: {} });
  else if ("showAll" in button.dataset) showAll();
  else if ("focusColumn" in button.dataset) toggleAlone(column);
  else if ("move" in button.dataset) move(column, Number(button.dataset.move));
  else return;
  button.closest("details[data-menu]")?.removeAttribute("open");
});

document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
paint();
document.addEventListener("htmx:load", ({ target }) => describe(target));
