// If the socket brings a new turn before the response to the request that began it, the page is newer than that
// response, which is left out: it would take back what has happened since, such as an end or a vote.

import { find, get } from "./dom.js";

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { elt } = detail.requestConfig;
  if (!(elt instanceof HTMLElement) || elt.dataset.nextTurn === undefined || detail.xhr.status !== 200) return;
  if (find(document, `#turn-${elt.dataset.nextTurn}`) === null) return;
  detail.shouldSwap = false;
  get(document, "#comparison").scrollIntoView({ block: "end" });
});
