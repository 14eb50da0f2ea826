// Counts the seconds of answers that run. data-elapsed is the server's count at the time of rendering, so that the
// reader's clock does not matter; the count of an answer goes on evenly when its status is rendered again.

import { closest, find, findAll } from "./dom.js";

const TICK_MS = 100;
// A later count from the server differs by its time on the way; only a greater difference is a new count.
const DRIFT_MS = 1500;
/** When each answer began, by the id of the element around its count.
 * @type {Map<string, number>} */
const beginnings = new Map();
/** @type {WeakSet<Element>} */
const known = new WeakSet();
/** @type {ReturnType<typeof setInterval> | undefined} */
let timer;

/** @param {HTMLElement} element */
function beginning(element) {
  const id = closest(element, "[id]")?.id ?? "";
  const rendered = performance.now() - 1000 * Number(element.dataset.elapsed);
  const before = beginnings.get(id);
  if (known.has(element) && before !== undefined) return before;
  known.add(element);
  if (before !== undefined && Math.abs(rendered - before) < DRIFT_MS) return before;
  beginnings.set(id, rendered);
  return rendered;
}

/** Returns seconds as people read them: "12.3 s", from a minute on "2:10".
 * @param {number} seconds */
function duration(seconds) {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

function tick() {
  const running = findAll(document, "[data-elapsed]");
  for (const element of running) {
    element.textContent = duration((performance.now() - beginning(element)) / 1000);
  }
  if (running.length > 0) return;
  clearInterval(timer);
  timer = undefined;
}

function start() {
  tick();
  if (find(document, "[data-elapsed]")) timer ??= setInterval(tick, TICK_MS);
}

start();
document.addEventListener("htmx:load", ({ detail: { elt } }) => {
  if (elt.matches("[data-elapsed]") || find(elt, "[data-elapsed]")) start();
});
