// Keeps an open chat in step with what other tabs and devices do in it, and polls for a running answer while its event
// stream is not open.

import { find, findAll, get } from "./dom.js";
import { createPoller } from "./polling.js";

const INTERVAL_MS = 15_000;
const TITLE_DELAYS_MS = [1500, 4000, 10_000];
/** The part of the page with the addresses; missing if the chat has not begun.
 * @type {HTMLElement | null} */
const chat = find(document, "[data-conversation]");
const otherTabs = chat && openChannel(`chat-${chat.dataset.conversation}`);
/** The requests of the chat's own forms; the response to each brings the page up to date.
 * @type {Set<XMLHttpRequest>} */
const formRequests = new Set();
/** The last request for news, and one that a form has overtaken.
 * @type {{ last?: XMLHttpRequest, overtaken?: XMLHttpRequest }} */
const news = {};

/** @param {string} name */
function openChannel(name) {
  try {
    return new BroadcastChannel(name);
  } catch {
    // Firefox opens none where it blocks storage; the other tabs ask by themselves after a while.
    return null;
  }
}

const mark = () => find(document, "#live")?.dataset.shown ?? "";
const isRunning = () => find(document, "#live[data-running]") !== null;
const isWaiting = () => find(document, "#live[data-running][sse-connect]") !== null;

/**
 * Ask for what is new since the page had the mark `shown`. What has not changed is not sent.
 * @param {string} shown
 */
async function requestNews(shown) {
  if (!chat || document.hidden || formRequests.size || find(document, ".chat-gone")) return;
  const title = get(document, "#chat-head h1").textContent;
  const query = new URLSearchParams({ shown, title });
  await window.htmx.ajax("GET", `${chat.dataset.newsUrl}?${query}`, { source: chat, swap: "none" });
}

const requestChanges = () => requestNews(mark());

// The mark does not change with the text of a running answer, so a poll asks for the whole thread. It does not while a
// message is being edited, for the thread would replace the form.
const poll = () => (find(document, "[data-edit][open]") ? requestChanges() : requestNews("-"));

// The title is made after the first answer, and no stream reports it.
function requestTitle() {
  if (findAll(document, ".entry").length > 2) return;
  for (const delay of TITLE_DELAYS_MS) setTimeout(requestChanges, delay);
}

if (chat) {
  const poller = createPoller(isWaiting, poll, Boolean(window.EventSource));
  // A browser without EventSource sends none of the stream's events, so that the element itself has to start the poller.
  poller.start();
  document.addEventListener("htmx:load", ({ detail: { elt } }) => elt.id === "live" && poller.start());
  document.addEventListener("htmx:sseOpen", poller.stop);
  document.addEventListener("htmx:sseError", () => poller.start());

  document.addEventListener("htmx:sseClose", () => {
    otherTabs?.postMessage("changed");
    requestTitle();
  });
  document.addEventListener("htmx:beforeSend", ({ detail: { xhr, requestConfig } }) => {
    if (requestConfig.elt === chat) news.last = xhr;
    const isOwnForm = requestConfig.elt instanceof HTMLFormElement && chat.contains(requestConfig.elt);
    if (!isOwnForm || requestConfig.verb !== "post") return;
    formRequests.add(xhr);
    news.overtaken = news.last;
  });
  // News that arrive before the response to a form would replace the element into which that response goes.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr === news.overtaken) event.preventDefault();
  });
  document.addEventListener("htmx:afterRequest", ({ detail: { xhr, successful } }) => {
    if (formRequests.delete(xhr) && successful) otherTabs?.postMessage("changed");
  });
  otherTabs?.addEventListener("message", requestChanges);
  document.addEventListener("visibilitychange", requestChanges);
  setInterval(() => isRunning() || requestChanges(), INTERVAL_MS);
  if (!isRunning()) requestTitle();
}
