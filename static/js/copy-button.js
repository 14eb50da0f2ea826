// Buttons with data-copy. Alone, it copies the code block around the button; with a selector, that element's text;
// data-copy-answer is the address of an answer, whose own Markdown is asked for first.

import { answerText } from "./answer-source.js";

const CONFIRMATION_MS = 1600;
// Not disabled, for that would take the focus away.
const busy = new WeakSet();

function visibleText(button) {
  const source = button.dataset.copy
    ? document.querySelector(button.dataset.copy)
    : button.closest(".code-block")?.querySelector("pre");
  // biome-ignore lint/performance/useDomNodeTextContent: textContent loses the line breaks between paragraphs.
  return source?.innerText ?? "";
}

function textFor(button) {
  const { copyAnswer } = button.dataset;
  return copyAnswer ? answerText(copyAnswer).catch(() => visibleText(button)) : Promise.resolve(visibleText(button));
}

// Outside of HTTPS and localhost browsers offer no clipboard object.
async function writeByHand(promise) {
  const area = Object.assign(document.createElement("textarea"), {
    value: await promise,
    className: "visually-hidden",
  });
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (!copied) throw new Error("The browser refused to copy.");
}

// A ClipboardItem takes a promise, so that Safari still sees the click that asked for it.
async function write(promise) {
  if (!navigator.clipboard?.write) return writeByHand(promise);
  const blob = promise.then((text) => new Blob([text], { type: "text/plain" }));
  return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
}

function confirm(button, words) {
  const label = button.querySelector("[data-copy-label]") ?? button;
  const before = label.textContent;
  busy.add(button);
  label.textContent = words;
  document.getElementById("announcements").textContent = words;
  setTimeout(() => {
    label.textContent = before;
    busy.delete(button);
  }, CONFIRMATION_MS);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button || busy.has(button)) return;
  try {
    await write(textFor(button));
    confirm(button, "Copied");
  } catch {
    confirm(button, "Copy failed");
  }
});
