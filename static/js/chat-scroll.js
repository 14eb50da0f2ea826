// Where a chat begins to be read: at its end. Older messages that are loaded above do not move what is being read.

import { find } from "./dom.js";

const page = document.scrollingElement ?? document.documentElement;
/** How far the reader was above the end of the page before older messages came in.
 * @type {number | null} */
let distanceToEnd = null;

function scrollToEnd() {
  const live = find(document, "#live");
  if (!live) return;
  const isBelow = live.getBoundingClientRect().top > window.innerHeight;
  if (live.matches("[data-running]") || isBelow) page.scrollTo({ top: page.scrollHeight, behavior: "instant" });
}

scrollToEnd();
document.addEventListener("htmx:beforeSwap", ({ target }) => {
  if (target instanceof Element && target.matches(".older")) distanceToEnd = page.scrollHeight - page.scrollTop;
});
document.addEventListener("htmx:afterSwap", () => {
  if (distanceToEnd !== null) page.scrollTo({ top: page.scrollHeight - distanceToEnd, behavior: "instant" });
  distanceToEnd = null;
});
