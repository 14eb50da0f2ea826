// What the reader unfolded (<details id=…>) stays so when the server replaces it, by out-of-band swaps and by polling.

let open = new Set();

function opened(root) {
  return [...root.querySelectorAll("details[id][open]")].map((details) => details.id);
}

document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  const ids = new Set(opened(detail.target));
  for (const details of detail.fragment.querySelectorAll("details[id]")) details.open ||= ids.has(details.id);
});

document.addEventListener("htmx:beforeSwap", () => {
  open = new Set(opened(document));
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
});
