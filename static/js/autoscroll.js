// While answers come, a reader at the end of the page is kept there. Scrolling up or selecting text stops that, and a
// button leads back to the end.

import { closest, find, get, matching } from "./dom.js";

const SLACK_PX = 48;
const UPWARD_KEYS = ["ArrowUp", "PageUp", "Home"];
const answers = get(document, "[data-autoscroll]");
const button = get(document, "[data-latest]");
const page = document.scrollingElement ?? document.documentElement;
/** Boxes of reasoning that their reader has scrolled up.
 * @type {WeakSet<Element>} */
const scrolledUp = new WeakSet();
let isFollowing = false;
let wasRunning = false;
let lastTop = 0;
let lastEnd = 0;

const isRunning = () => find(answers, "[data-running]") !== null;
/** @param {Element} element */
const end = (element) => element.scrollHeight - element.clientHeight;
/** @param {Element} element */
const isAtEnd = (element) => end(element) - element.scrollTop <= SLACK_PX;

function paint() {
  document.documentElement.toggleAttribute("data-following", isFollowing);
  button.hidden = isFollowing || !isRunning() || isAtEnd(page);
}

function scrollToEnd() {
  if (isFollowing) page.scrollTo({ top: end(page), behavior: "instant" });
}

function startFollowing() {
  isFollowing = true;
  scrollToEnd();
  paint();
}

function stopFollowing() {
  isFollowing = false;
  paint();
}

function notePosition() {
  lastTop = page.scrollTop;
  lastEnd = end(page);
  paint();
}

function pageScrolled() {
  // If the height has changed as well, the browser may have moved the page and not the reader.
  if (page.scrollTop < lastTop && end(page) === lastEnd) isFollowing = false;
  else if (page.scrollTop > lastTop && isAtEnd(page)) isFollowing = true;
  notePosition();
}

function answersResized() {
  const runs = isRunning();
  // Once more after the last answer has ended, because its figures and the foot of the turn come with the end.
  if (runs || wasRunning) scrollToEnd();
  wasRunning = runs;
  notePosition();
}

function selectionChanged() {
  const selection = document.getSelection();
  if (selection && !selection.isCollapsed && answers.contains(selection.anchorNode)) stopFollowing();
}

/** @param {Event} event */
function reasoningScrolled({ target }) {
  const box = matching(target, ".reasoning-text");
  if (!box) return;
  if (isAtEnd(box)) scrolledUp.delete(box);
  else scrolledUp.add(box);
}

/** @param {Element} element */
function reasoningGrew(element) {
  const box = closest(element, ".reasoning-text");
  if (!box || scrolledUp.has(box)) return;
  if (closest(box, ".column:has([data-phase='thinking'])")) box.scrollTop = end(box);
}

isFollowing = isRunning() && isAtEnd(page);
new ResizeObserver(answersResized).observe(answers);
document.addEventListener("scroll", pageScrolled, { passive: true });
document.addEventListener("scroll", reasoningScrolled, { passive: true, capture: true });
document.addEventListener("selectionchange", selectionChanged);
document.addEventListener("htmx:load", ({ detail: { elt } }) => reasoningGrew(elt));
document.addEventListener("wheel", ({ deltaY }) => deltaY < 0 && stopFollowing(), { passive: true });
document.addEventListener("keydown", ({ key }) => UPWARD_KEYS.includes(key) && stopFollowing());
button.addEventListener("click", startFollowing);
