// Announces each answer that has ended; the streaming text itself stays silent.

import { findAll } from "./dom.js";
import { announceSoon } from "./live-region.js";

let announced = announcements();
let isScheduled = false;

// Older messages that are loaded above the chat ended long ago.
function announcements() {
  const elements = findAll(document, "[data-announce]:not(.earlier *)");
  return new Map(elements.map(({ id, dataset }) => [id, (dataset.announce ?? "").trim()]));
}

// An answer that is tried again loses its announcement while it runs, so that its second end is announced as well.
function announceChanges() {
  isScheduled = false;
  const current = announcements();
  announceSoon([...current].filter(([id, text]) => announced.get(id) !== text).map(([, text]) => text));
  announced = current;
}

document.addEventListener("htmx:load", () => {
  // One message swaps several elements, each with an event of its own.
  if (!isScheduled) queueMicrotask(announceChanges);
  isScheduled = true;
});
