// A response whose target has left the page meanwhile goes to the element with the same id, or else is left out. htmx
// would swap it into the old element, and take there what hx-preserve keeps, such as a prompt that is being written.

/** @param {ElementEventMap["htmx:beforeSwap"]} event */
function retarget({ detail }) {
  if (detail.target.isConnected) return;
  const place = detail.target.id && document.getElementById(detail.target.id);
  if (place) detail.target = place;
  else detail.shouldSwap = false;
}

// An element outside of the page sends its events to nobody else.
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  detail.target.addEventListener("htmx:beforeSwap", retarget);
});
