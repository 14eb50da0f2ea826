// While answers come, a reader at the end of the page stays there. Whoever scrolls up or marks a text is left alone, and
// has a button that leads back.

const SLACK = 48;
const UPWARDS = ["ArrowUp", "PageUp", "Home"];
const board = document.querySelector("[data-board]");
const button = document.querySelector("[data-latest]");
const page = document.scrollingElement;
const leftAlone = new WeakSet();
let following = false;
let ran = false;
let lastTop = 0;
let lastEnd = 0;

const isRunning = () => board.querySelector("[data-running]") !== null;
const end = (element) => element.scrollHeight - element.clientHeight;
const isAtEnd = (element) => end(element) - element.scrollTop <= SLACK;

function paint() {
  document.documentElement.toggleAttribute("data-following", following);
  button.hidden = following || !isRunning() || isAtEnd(page);
}

function stay() {
  if (following) page.scrollTo({ top: end(page), behavior: "instant" });
}

function follow() {
  following = true;
  stay();
  paint();
}

function yieldToReader() {
  following = false;
  paint();
}

function note() {
  lastTop = page.scrollTop;
  lastEnd = end(page);
  paint();
}

// Where the height has changed meanwhile, it may have been the page that moved and not its reader.
function scrolled() {
  if (page.scrollTop < lastTop && end(page) === lastEnd) following = false;
  else if (page.scrollTop > lastTop && isAtEnd(page)) following = true;
  note();
}

// Where the last answer has ended its column and the foot of the page grow once more.
function grown() {
  const runs = isRunning();
  if (runs || ran) stay();
  ran = runs;
  note();
}

function selected() {
  const selection = document.getSelection();
  if (!selection.isCollapsed && board.contains(selection.anchorNode)) yieldToReader();
}

// A long reasoning scrolls in a box of its own, by the same rule.
function scrolledInside({ target }) {
  if (!target.matches?.(".reasoning-text")) return;
  if (isAtEnd(target)) leftAlone.delete(target);
  else leftAlone.add(target);
}

function grownInside({ target }) {
  const box = target.closest?.(".reasoning-text");
  if (box && !leftAlone.has(box) && box.closest(".column:has([data-phase='thinking'])")) box.scrollTop = end(box);
}

following = isRunning() && isAtEnd(page);
new ResizeObserver(grown).observe(board);
document.addEventListener("scroll", scrolled, { passive: true });
document.addEventListener("scroll", scrolledInside, { passive: true, capture: true });
document.addEventListener("selectionchange", selected);
document.addEventListener("htmx:load", grownInside);
document.addEventListener("wheel", ({ deltaY }) => deltaY < 0 && yieldToReader(), { passive: true });
document.addEventListener("keydown", ({ key }) => UPWARDS.includes(key) && yieldToReader());
button.addEventListener("click", follow);
