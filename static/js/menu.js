// A menu (<details data-menu>) closes with Escape, with a click elsewhere, and when Tab leaves it.

import { find, findAll } from "./dom.js";

const openMenus = () => findAll(document, "details[data-menu][open]", HTMLDetailsElement);

/** @param {Event} event */
function closeOthers({ target }) {
  for (const menu of openMenus()) {
    if (!(target instanceof Node && menu.contains(target))) menu.open = false;
  }
}

document.addEventListener("click", closeOthers);
document.addEventListener("keyup", (event) => event.key === "Tab" && closeOthers(event));

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    find(menu, "summary")?.focus();
  }
});
