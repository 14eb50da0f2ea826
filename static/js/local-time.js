// The server writes times in UTC; <time data-local> shows them in the reader's own time zone.

import { findAll } from "./dom.js";

const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });

/** @param {ParentNode} root */
function localize(root) {
  for (const time of findAll(root, "time[data-local]", HTMLTimeElement)) {
    time.textContent = format.format(new Date(time.dateTime));
    time.removeAttribute("data-local");
  }
}

localize(document);
document.addEventListener("htmx:load", ({ detail: { elt } }) => localize(elt));
