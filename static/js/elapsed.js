// Counts the seconds of columns that still run. data-elapsed is what the server counted when it rendered the element,
// so that the reader's clock does not matter.

const TICK_MS = 100;
const seen = new WeakMap();
let timer = null;

function origin(element) {
  if (!seen.has(element)) seen.set(element, performance.now() - 1000 * Number(element.dataset.elapsed));
  return seen.get(element);
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
document.addEventListener("htmx:load", start);
