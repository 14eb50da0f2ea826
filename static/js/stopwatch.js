// Counts the seconds of columns that still run. data-elapsed is what the server counted when it rendered the element,
// so that the reader's clock does not matter; a column's count goes on evenly when its status is rendered anew.

const TICK_MS = 100;
const DRIFT_MS = 1500;
const origins = new Map();
const read = new WeakSet();
let timer = null;

function origin(element) {
  const { id } = element.closest("[id]");
  if (!read.has(element)) {
    read.add(element);
    const told = performance.now() - 1000 * Number(element.dataset.elapsed);
    if (!(Math.abs(told - origins.get(id)) < DRIFT_MS)) origins.set(id, told);
  }
  return origins.get(id);
}

function tick() {
  const running = document.querySelectorAll("[data-elapsed]");
  for (const element of running) element.textContent = `${((performance.now() - origin(element)) / 1000).toFixed(1)} s`;
  if (running.length > 0) return;
  clearInterval(timer);
  timer = null;
}

function start() {
  tick();
  if (timer === null && document.querySelector("[data-elapsed]")) timer = setInterval(tick, TICK_MS);
}

start();
document.addEventListener("htmx:load", ({ target }) => {
  if (target.matches("[data-elapsed]") || target.querySelector("[data-elapsed]")) start();
});
