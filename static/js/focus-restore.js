// Whoever works by keyboard never loses the focus: where a swap, a disabled button or a closing fold takes away what had
// it, it goes to what came in its place (the same id), or else to the nearest part around it that can have it;
// data-then on such a part names a better place.

let last = null;
let places = [];

function around(element) {
  const found = [];
  for (let each = element; each && each !== document.body; each = each.parentElement) {
    if (each.dataset.then) found.push(each.dataset.then);
    if (each.id) found.push(`#${CSS.escape(each.id)}`);
  }
  return found;
}

function remember(element) {
  last = element;
  places = element ? around(element) : [];
}

const isThere = (element) => element.isConnected && !element.disabled && element.checkVisibility();
const isLost = () => document.activeElement === null || document.activeElement === document.body;

function take(element) {
  const place = element?.matches("details") ? element.querySelector("summary") : element;
  place?.focus({ preventScroll: true });
  return place && document.activeElement === place;
}

function restore() {
  if (!last || !isLost()) return;
  if (!take(last)) places.some((place) => take(document.querySelector(place)));
}

// What one message or answer swaps is swapped in one go, and may bring back what it took away.
function restoreSoon() {
  queueMicrotask(restore);
}

function leave({ target, relatedTarget }) {
  if (relatedTarget === null) queueMicrotask(() => isLost() && isThere(target) && remember(null));
}

function folded({ target }) {
  if (target.open || !target.matches("details") || !target.contains(last)) return;
  if (isLost() || target.contains(document.activeElement)) take(target);
}

document.addEventListener("focusin", ({ target }) => remember(target.matches(":focus-visible") ? target : null));
document.addEventListener("focusout", leave);
document.addEventListener("toggle", folded, { capture: true });
for (const event of ["htmx:afterSwap", "htmx:oobAfterSwap", "htmx:afterRequest"])
  document.addEventListener(event, restoreSoon);
