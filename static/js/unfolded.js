// What the reader unfolded (<details id=…>) or has the focus on stays so when the server replaces it, by out-of-band
// swaps and by polling.

let open = new Set();
let focused = null;

function opened(root) {
  return [...root.querySelectorAll("details[id][open]")].map((details) => details.id);
}

document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  const ids = new Set(opened(detail.target));
  for (const details of detail.fragment.querySelectorAll("details[id]")) details.open ||= ids.has(details.id);
  focused = detail.target.contains(document.activeElement) ? document.activeElement.id : null;
});

document.addEventListener("htmx:oobAfterSwap", () => {
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  focused = null;
});

document.addEventListener("htmx:beforeSwap", () => {
  open = new Set(opened(document));
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
});
