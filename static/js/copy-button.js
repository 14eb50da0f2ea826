// Buttons with data-copy. Without a value, one copies the code block around it; with a selector, that element's text.
// data-copy-answer is an answer's address in the API: its Markdown is copied, or else the visible text.

import { answerSource } from "./answer-source.js";
import { closest, find } from "./dom.js";
import { announce } from "./live-region.js";

const CONFIRMATION_MS = 1600;
// Buttons that show a confirmation. Disabling them instead would take the focus away.
const busy = new WeakSet();

/** @param {HTMLElement} button */
function visibleText(button) {
  const block = closest(button, ".code-block");
  const source = button.dataset.copy ? find(document, button.dataset.copy) : block && find(block, "pre");
  // biome-ignore lint/performance/useDomNodeTextContent: textContent loses the line breaks between paragraphs.
  return source?.innerText ?? "";
}

/** @param {HTMLElement} button */
async function textFor(button) {
  const { copyAnswer } = button.dataset;
  return copyAnswer ? answerSource(copyAnswer).catch(() => visibleText(button)) : visibleText(button);
}

/**
 * Copy without the clipboard API, which browsers offer only over HTTPS and on localhost.
 * @param {string} text
 */
function copyBySelection(text) {
  const area = Object.assign(document.createElement("textarea"), { value: text, className: "visually-hidden" });
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (!copied) throw new Error("The browser refused to copy.");
}

/** @param {Promise<string>} text */
async function copy(text) {
  if (!navigator.clipboard?.write) return copyBySelection(await text);
  // Safari copies only during the click: it takes a ClipboardItem of a promise, but no text that comes later.
  const blob = text.then((content) => new Blob([content], { type: "text/plain" }));
  return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
}

/**
 * @param {HTMLElement} button
 * @param {string} text
 */
function confirm(button, text) {
  const label = find(button, "[data-copy-label]") ?? button;
  const before = label.textContent;
  busy.add(button);
  label.textContent = text;
  announce(text);
  setTimeout(() => {
    label.textContent = before;
    busy.delete(button);
  }, CONFIRMATION_MS);
}

document.addEventListener("click", async ({ target }) => {
  const button = closest(target, "[data-copy]");
  if (!button || busy.has(button)) return;
  try {
    await copy(textFor(button));
    confirm(button, "Copied");
  } catch {
    confirm(button, "Copy failed");
  }
});
