// How a reader arranged the columns of each comparison, kept in this browser for the latest ones.

import { readJson, writeJson } from "./storage.js";

/**
 * @typedef {object} ViewState
 * @property {number[]} [order] - indexes of the columns from left to right
 * @property {Record<string, number>} [widths] - in pixels, by index
 * @property {number | null} [focused] - index of the column that is shown alone
 * @property {(string | undefined)[]} [sources] - indexes of the columns that show their Markdown source
 */

const KEY = "comparisons";
const LIMIT = 60;

/** @returns {Record<string, ViewState>} */
const all = () => readJson(KEY) ?? {};

/**
 * @param {string} comparison - its id
 * @returns {ViewState}
 */
export function recall(comparison) {
  return all()[comparison] ?? {};
}

/**
 * @param {string} comparison - its id
 * @param {ViewState} change
 */
export function remember(comparison, change) {
  const { [comparison]: before, ...others } = all();
  const kept = Object.entries(others).slice(1 - LIMIT);
  writeJson(KEY, { ...Object.fromEntries(kept), [comparison]: { ...before, ...change } });
}
