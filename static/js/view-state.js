// How a reader arranged each comparison (columns, widths, Markdown source), for the latest comparisons in this browser.

import { readJson, writeJson } from "./storage.js";

const KEY = "comparisons";
const LIMIT = 60;

const all = () => readJson(KEY) ?? {};

export function recall(comparison) {
  return all()[comparison] ?? {};
}

export function remember(comparison, change) {
  const { [comparison]: before, ...others } = all();
  const kept = Object.entries(others).slice(1 - LIMIT);
  writeJson(KEY, { ...Object.fromEntries(kept), [comparison]: { ...before, ...change } });
}
