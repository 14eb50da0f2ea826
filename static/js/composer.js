// The composer of a chat: Enter sends, what is typed survives a reload, and the model chosen in it is the one that every
// form of the chat asks.

import { find, findAll, get, matching } from "./dom.js";
import { readText, remove, writeText } from "./storage.js";

const composer = get(document, "[data-composer]", HTMLFormElement);
const box = get(composer, "textarea", HTMLTextAreaElement);
// Below the prefix of drafts.js, which removes it when the user signs out.
const draftKey = `llmselect:${document.body.dataset.user}:draft:chat:${composer.dataset.composer}`;
// On a touch screen Enter breaks the line: there is no Shift to press with it.
const hasKeyboard = window.matchMedia("(pointer: fine)");
/** What the last request of the composer holds. */
let sent = { text: "", images: /** @type {HTMLElement[]} */ ([]) };

const isRunning = () => find(document, "#live[data-running]") !== null;

function saveDraft() {
  if (box.value) writeText(draftKey, box.value);
  else remove(draftKey);
}

/** @param {KeyboardEvent} event */
function submitOnEnter(event) {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !hasKeyboard.matches) return;
  const form = matching(event.target, "textarea", HTMLTextAreaElement)?.form;
  if (!form) return;
  event.preventDefault();
  // While an answer runs, the composer's button stops it.
  if (form === composer && isRunning()) return;
  form.requestSubmit();
}

/** @param {Event} event */
function useChosenModel({ target }) {
  const form = matching(target, "[data-with-model]");
  const field = form && find(form, "[name=model]", HTMLInputElement);
  if (field) field.value = get(composer, "[name=model]", HTMLSelectElement).value || field.value;
}

/** @param {DocumentEventMap["htmx:beforeSend"]} event */
function emptyAtSend({ detail: { requestConfig } }) {
  // The Stop button sends a request of its own, which is not the composer's.
  if (requestConfig.elt !== composer) return;
  sent = { text: box.value, images: findAll(composer, ".images-item") };
  // At once, so that a second Enter sends nothing and the next message can be written.
  box.value = "";
}

/** @param {DocumentEventMap["htmx:afterRequest"]} event */
function finishSending({ detail: { successful, requestConfig } }) {
  if (requestConfig.elt !== composer) return;
  if (successful) {
    for (const item of sent.images) item.remove();
    window.scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
  } else {
    box.value = [sent.text, box.value].filter(Boolean).join("\n");
  }
  saveDraft();
}

box.value ||= readText(draftKey) ?? "";
box.addEventListener("input", saveDraft);
document.addEventListener("keydown", submitOnEnter);
document.addEventListener("submit", useChosenModel, { capture: true });
document.addEventListener("htmx:configRequest", useChosenModel, { capture: true });
document.addEventListener("htmx:beforeSend", emptyAtSend);
document.addEventListener("htmx:afterRequest", finishSending);
