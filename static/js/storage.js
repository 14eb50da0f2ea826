// Values in localStorage. A browser may block it, and it may be full: then nothing is found and nothing kept, and a
// choice lasts as long as the page.

/**
 * Return what `access` returns, or null if the browser does not let it.
 * @template T
 * @param {() => T} access
 * @returns {T | null}
 */
function attempt(access) {
  try {
    return access();
  } catch {
    return null;
  }
}

/** @param {string} key */
export function readText(key) {
  return attempt(() => localStorage.getItem(key));
}

/**
 * @param {string} key
 * @param {string} text
 */
export function writeText(key, text) {
  attempt(() => localStorage.setItem(key, text));
}

/**
 * Return the value under `key`, or null if there is none or it is not JSON.
 * @param {string} key
 */
export function readJson(key) {
  return attempt(() => JSON.parse(localStorage.getItem(key) ?? "null"));
}

/**
 * @param {string} key
 * @param {unknown} value
 */
export function writeJson(key, value) {
  writeText(key, JSON.stringify(value));
}

/** @param {string} key */
export function remove(key) {
  attempt(() => localStorage.removeItem(key));
}

/**
 * Remove every value whose key begins with `prefix`.
 * @param {string} prefix
 */
export function removeAll(prefix) {
  attempt(() => {
    for (const key of Object.keys(localStorage).filter((each) => each.startsWith(prefix))) localStorage.removeItem(key);
  });
}
