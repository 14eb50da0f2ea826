// A <details id=…> that the reader opened stays open when the server replaces it, by out-of-band swaps and by polling.

import { findAll } from "./dom.js";

/** @type {Set<string>} */
let open = new Set();

/** @param {ParentNode} root */
function openIds(root) {
  return new Set(findAll(root, "details[id][open]").map(({ id }) => id));
}

document.addEventListener("htmx:oobBeforeSwap", ({ detail: { target, fragment } }) => {
  const ids = openIds(target);
  for (const details of findAll(fragment, "details[id]", HTMLDetailsElement)) details.open ||= ids.has(details.id);
});

document.addEventListener("htmx:beforeSwap", () => {
  open = openIds(document);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
});
