// The field that renames a chat in the list begins with the title that the list shows, which may have changed since the
// page was loaded. What the user has typed stays: the browser reports an opened menu some time after it can be typed in.

import { closest, find, get, matching } from "./dom.js";

/** @param {Event} event */
function setTitle({ target }) {
  const menu = matching(target, ".chat-item > .menu[open]");
  const item = closest(menu, ".chat-item");
  if (!menu || !item) return;
  const field = find(menu, "[name=title]", HTMLInputElement);
  if (field) field.defaultValue = get(item, "a").textContent;
}

document.addEventListener("toggle", setTitle, { capture: true });
