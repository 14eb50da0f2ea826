// Shows the Markdown source of an answer in place of its rendering once the answer has ended; kept for each column.

import { answerSource } from "./answer-source.js";
import { closest, find, findAll, get } from "./dom.js";
import { recall, remember } from "./view-state.js";

const comparison = get(document, "[data-comparison]").dataset.comparison ?? "";
/** The indexes of the columns that show their source.
 * @type {Set<string | undefined>} */
let chosen = new Set(recall(comparison).sources);

/** @param {HTMLElement} column */
const isChosen = (column) => chosen.has(column.dataset.index);

/** @param {HTMLElement} column */
async function paint(column) {
  const button = find(column, "[data-markdown-url]");
  if (!button) return;
  const source = get(column, ".source");
  button.setAttribute("aria-pressed", String(isChosen(column)));
  try {
    if (isChosen(column) && source.textContent === "") {
      source.textContent = await answerSource(button.dataset.markdownUrl ?? "");
    }
  } catch {
    // The rendering is better than nothing if the source cannot be loaded.
    return;
  }
  source.hidden = !isChosen(column);
  get(column, ".prose").hidden = isChosen(column);
}

/** @param {HTMLElement} root */
function paintAll(root) {
  const columns = findAll(root, ".column");
  if (root.matches(".column")) columns.push(root);
  for (const column of columns) {
    if (isChosen(column) || find(column, ".source:not([hidden])")) paint(column);
  }
}

document.addEventListener("click", ({ target }) => {
  const button = closest(target, "[data-markdown-url]");
  const index = closest(button, ".column")?.dataset.index;
  if (!button || index === undefined) return;
  chosen = chosen.has(index) ? new Set([...chosen].filter((each) => each !== index)) : new Set([...chosen, index]);
  remember(comparison, { sources: [...chosen] });
  for (const column of findAll(document, `.column[data-index="${index}"]`)) paint(column);
  closest(button, "details[data-menu]")?.removeAttribute("open");
});

paintAll(document.body);
document.addEventListener("htmx:load", ({ detail: { elt } }) => paintAll(elt));
