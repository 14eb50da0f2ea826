// What happens if an htmx request fails: a form that comes back with its errors is swapped in, everything else becomes
// a notice.

import { get } from "./dom.js";

const SHOWN_MS = 8000;
const FORM_ERRORS = [400, 422];

/** @param {XMLHttpRequest} xhr */
function isHtml(xhr) {
  return (xhr.getResponseHeader("Content-Type") ?? "").startsWith("text/html");
}

/** @param {XMLHttpRequest} xhr */
function messageFor(xhr) {
  try {
    const { error } = JSON.parse(xhr.responseText);
    if (error.message) return error.message;
  } catch {
    // Not the JSON of our API, but the page of a proxy, say: only the status is known.
  }
  if (xhr.status === 401 || xhr.status === 403) return "You have been signed out. Reload the page and sign in.";
  if (xhr.status === 404) return "This no longer exists. Reload the page.";
  if (xhr.status === 429) return "Too many requests. Wait a moment and try again.";
  return "Something went wrong on the server. Try again in a moment.";
}

/** @param {HTMLElement} notice */
function closeButton(notice) {
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "button button-quiet button-small",
    textContent: "Close",
  });
  button.addEventListener("click", () => notice.remove());
  return button;
}

/** @param {string} text */
function showNotice(text) {
  const notice = Object.assign(document.createElement("div"), { className: "notice" });
  const paragraph = Object.assign(document.createElement("p"), { textContent: text });
  notice.append(paragraph, closeButton(notice));
  get(document, "#notices").append(notice);
  setTimeout(() => notice.remove(), SHOWN_MS);
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!FORM_ERRORS.includes(detail.xhr.status) || !isHtml(detail.xhr)) return;
  detail.shouldSwap = true;
  detail.isError = false;
});

// A request that no event triggered is a poll, which tries again by itself.
document.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.requestConfig.triggeringEvent) showNotice(messageFor(detail.xhr));
});
document.addEventListener("htmx:sendError", ({ detail }) => {
  if (detail.requestConfig.triggeringEvent) {
    showNotice("The server could not be reached. Check your connection and try again.");
  }
});
