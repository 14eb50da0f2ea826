// The chat page: the composer's keys, editing in place, and what other tabs and devices have done meanwhile.

import { createPoller } from "./polling.js";
import { readText, remove, writeText } from "./storage.js";

const LOOK_MS = 15_000;
const TITLE_MS = [1500, 4000, 10_000];
const composer = document.querySelector("[data-composer]");
const box = composer.querySelector("textarea");
const draft = `llmselect:${document.body.dataset.user}:draft:chat:${composer.dataset.composer}`;
const fine = window.matchMedia("(pointer: fine)");
const news = document.querySelector("[data-news]");
const others = news && channel(`chat-${news.dataset.news}`);
const page = document.scrollingElement;
let belowTop = null;

// Firefox offers no channel where it blocks storage; the next look for news does then.
function channel(name) {
  try {
    return new BroadcastChannel(name);
  } catch {
    return null;
  }
}

const live = () => document.getElementById("live");
const isRunning = () => live()?.hasAttribute("data-running") ?? false;

function requestNews(shown) {
  if (!news || document.hidden || document.querySelector(".chat-gone")) return undefined;
  const query = new URLSearchParams({ shown, title: document.querySelector("#chat-head h1").textContent });
  return window.htmx.ajax("GET", `${news.dataset.url}?${query}`, { source: news, swap: "none" });
}

// Only what has changed is sent.
const look = () => requestNews(live().dataset.shown);

// No mark tells how far an answer is, so that the whole thread is sent; but not to somebody who edits a message in it.
const lookAtRunning = () => (document.querySelector("[data-edit][open]") ? look() : requestNews("-"));

// What is typed survives a reload; signing out forgets it, with all drafts.
function keepDraft() {
  if (box.value) writeText(draft, box.value);
  else remove(draft);
}

function send(event) {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !fine.matches) return;
  if (!event.target.closest("textarea")) return;
  event.preventDefault();
  const form = event.target.form;
  if (form === composer && isRunning()) return;
  form.requestSubmit();
}

// A form that asks again goes to the model that is chosen now.
function takeModel({ target }) {
  const field = target.matches?.("[data-with-model]") && target.querySelector("[name=model]");
  if (field) field.value = composer.querySelector("[name=model]").value || field.value;
}

function sent({ detail }) {
  const from = detail.requestConfig?.elt;
  if (!detail.successful || !(from instanceof HTMLFormElement) || detail.requestConfig.verb !== "post") return;
  if (from === composer) {
    box.value = "";
    for (const item of composer.querySelectorAll(".images-item")) item.remove();
    keepDraft();
    window.scrollTo({ top: page.scrollHeight, behavior: "instant" });
  }
  if (from.closest(".chat-main")) others?.postMessage("changed");
}

function edit({ target }) {
  const details = target.closest?.("[data-edit]");
  if (!details) return;
  details.closest(".entry").toggleAttribute("data-editing", details.open);
  if (!details.open) return;
  const form = details.querySelector("template");
  if (form) {
    form.replaceWith(form.content.cloneNode(true));
    window.htmx.process(details);
  }
  const area = details.querySelector("textarea");
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}

// The list's titles change while it is shown.
function offerTitle({ target }) {
  const field = target.matches?.(".chat-item > .menu[open]") && target.querySelector("[name=title]");
  if (field) field.value = target.closest(".chat-item").querySelector("a").textContent;
}

function cancel({ target }) {
  const button = target.closest("[data-edit-cancel]");
  if (button) button.closest("[data-edit]").open = false;
}

function cancelByKey(event) {
  const details = event.key === "Escape" && event.target.closest?.("[data-edit][open]");
  if (details) details.open = false;
}

// The title is made after the first answer, and no stream tells of it.
function lookForTitle() {
  if (document.querySelectorAll(".entry").length > 2) return;
  for (const pause of TITLE_MS) setTimeout(look, pause);
}

function ended() {
  others?.postMessage("changed");
  lookForTitle();
}

// What comes in above the reader leaves what they read where it is.
function noteHeight({ target }) {
  if (target.matches(".older")) belowTop = page.scrollHeight - page.scrollTop;
}

function keepPlace() {
  if (belowTop !== null) page.scrollTo({ top: page.scrollHeight - belowTop, behavior: "instant" });
  belowTop = null;
}

// A browser without EventSource sends none of the stream's events, so that the element itself has to start the poller.
const isWaiting = () => live()?.matches("[data-running][sse-connect]") ?? false;
const poller = createPoller(isWaiting, lookAtRunning, Boolean(window.EventSource));

poller.start();
document.addEventListener("htmx:load", ({ target }) => target.id === "live" && poller.start());
document.addEventListener("htmx:sseOpen", poller.stop);
document.addEventListener("htmx:sseError", () => poller.start());

box.value ||= readText(draft) ?? "";
box.addEventListener("input", keepDraft);
document.addEventListener("keydown", send);
document.addEventListener("keydown", cancelByKey);
document.addEventListener("toggle", edit, { capture: true });
document.addEventListener("toggle", offerTitle, { capture: true });
document.addEventListener("click", cancel);
document.addEventListener("submit", takeModel, { capture: true });
document.addEventListener("htmx:configRequest", takeModel, { capture: true });
document.addEventListener("htmx:afterRequest", sent);
document.addEventListener("htmx:beforeSwap", noteHeight);
document.addEventListener("htmx:afterSwap", keepPlace);
document.addEventListener("htmx:sseClose", ended);
if (news) {
  others?.addEventListener("message", look);
  document.addEventListener("visibilitychange", look);
  setInterval(() => isRunning() || look(), LOOK_MS);
  if (!isRunning()) lookForTitle();
  if (isRunning() || live().getBoundingClientRect().top > window.innerHeight) {
    window.scrollTo({ top: page.scrollHeight, behavior: "instant" });
  }
}
