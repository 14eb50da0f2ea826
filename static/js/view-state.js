// What this browser remembers of how its reader looks at comparisons: a small record for each of the latest ones.

const KEY = "comparisons";
const LIMIT = 60;

function all() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

export function recall(comparison) {
  return all()[comparison] ?? {};
}

export function remember(comparison, change) {
  const { [comparison]: before, ...others } = all();
  const kept = Object.entries(others).slice(1 - LIMIT);
  const records = { ...Object.fromEntries(kept), [comparison]: { ...before, ...change } };
  try {
    localStorage.setItem(KEY, JSON.stringify(records));
  } catch {
    // Storage may be blocked or full; the choice then lasts as long as the page.
  }
}
