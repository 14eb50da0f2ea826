// On a narrow screen one column fills the width and the others are a swipe away; the names above say which one is there.

const pending = new WeakSet();

const tabs = (columns) => columns.parentElement.querySelectorAll("[data-column-tab]");

function nearest(columns) {
  const { left } = columns.getBoundingClientRect();
  const distance = (column) => Math.abs(column.getBoundingClientRect().left - left);
  const shown = [...columns.children].filter((column) => column.offsetWidth > 0);
  return shown.reduce((best, column) => (distance(column) < distance(best) ? column : best), shown[0]);
}

function mark(columns) {
  const index = nearest(columns)?.dataset.index;
  for (const tab of tabs(columns)) {
    if (tab.dataset.columnTab === index) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
}

function markSoon(columns) {
  if (pending.has(columns)) return;
  pending.add(columns);
  requestAnimationFrame(() => {
    pending.delete(columns);
    mark(columns);
  });
}

document.addEventListener("scroll", ({ target }) => target.matches?.(".columns") && markSoon(target), {
  passive: true,
  capture: true,
});

document.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-column-tab]");
  if (!tab) return;
  event.preventDefault();
  const columns = tab.closest(".turn").querySelector(".columns");
  const column = columns.querySelector(`.column[data-index="${tab.dataset.columnTab}"]`);
  const padding = parseFloat(getComputedStyle(columns).paddingLeft);
  const away = column.getBoundingClientRect().left - columns.getBoundingClientRect().left - padding;
  columns.scrollTo({ left: columns.scrollLeft + away });
});
