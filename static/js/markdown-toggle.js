// A column's Markdown source in place of its rendering, once its answer has ended; remembered for each slot.

import { answerText } from "./answer-source.js";
import { recall, remember } from "./view-state.js";

const comparison = document.querySelector("[data-board]").dataset.board;
let chosen = new Set(recall(comparison).sources);

const isChosen = (column) => chosen.has(column.dataset.index);

async function fill(source, address) {
  if (source.textContent === "") source.textContent = await answerText(address);
}

async function paint(column) {
  const button = column.querySelector("[data-raw]");
  if (!button) return;
  const source = column.querySelector(".source");
  button.setAttribute("aria-pressed", String(isChosen(column)));
  try {
    if (isChosen(column)) await fill(source, button.dataset.raw);
  } catch {
    // The rendering stays where the source cannot be had.
    return;
  }
  source.hidden = !isChosen(column);
  column.querySelector(".prose").hidden = isChosen(column);
}

function paintAll(root) {
  const columns = [...root.querySelectorAll(".column")];
  if (root.matches?.(".column")) columns.push(root);
  for (const column of columns) {
    if (isChosen(column) || column.querySelector(".source:not([hidden])")) paint(column);
  }
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-raw]");
  if (!button) return;
  const { index } = button.closest(".column").dataset;
  chosen = chosen.has(index) ? new Set([...chosen].filter((each) => each !== index)) : new Set([...chosen, index]);
  remember(comparison, { sources: [...chosen] });
  for (const column of document.querySelectorAll(`.column[data-index="${index}"]`)) paint(column);
  button.closest("details[data-menu]")?.removeAttribute("open");
});

paintAll(document);
document.addEventListener("htmx:load", ({ target }) => paintAll(target));
