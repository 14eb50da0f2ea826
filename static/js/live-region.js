// The live region: what is written into it, screen readers read out. Everything that is announced goes through here, so
// that one message does not overwrite another before it is heard.

import { get } from "./dom.js";

const PAUSE_MS = 400;
const region = get(document, "#announcements");
/** @type {string[]} */
let pending = [];
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

function announcePending() {
  region.textContent = pending.join(". ");
  pending = [];
}

function schedule() {
  clearTimeout(timer);
  timer = setTimeout(announcePending, PAUSE_MS);
}

/**
 * Announce at once what the user has just done.
 * @param {string} text
 */
export function announce(text) {
  region.textContent = text;
  if (pending.length > 0) schedule();
}

/**
 * Announce what happened by itself: all texts of a short while as one message.
 * @param {string[]} texts
 */
export function announceSoon(texts) {
  const isFirst = pending.length === 0;
  pending.push(...texts);
  if (isFirst && pending.length > 0) schedule();
}
