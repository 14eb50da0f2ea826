// Typed look-ups of elements. `get` is for what the template always has, `find` for what may be missing.

/**
 * Return the element if it is of the type, which is HTMLElement if none is given.
 * @template {Element} [T=HTMLElement]
 * @param {Element | null} element
 * @param {new () => T} [type]
 * @returns {T | null}
 */
function typed(element, type) {
  return element instanceof (type ?? HTMLElement) ? /** @type {T} */ (element) : null;
}

/**
 * Return the first element below `root` that matches, or null.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} [type]
 * @returns {T | null}
 */
export function find(root, selector, type) {
  return typed(root.querySelector(selector), type);
}

/**
 * Return the first element below `root` that matches; throws if there is none.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} [type]
 * @returns {T}
 */
export function get(root, selector, type) {
  const element = find(root, selector, type);
  if (element === null) throw new Error(`There is no ${selector} of the expected type.`);
  return element;
}

/**
 * Return all elements below `root` that match, in document order.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} [type]
 * @returns {T[]}
 */
export function findAll(root, selector, type) {
  return [...root.querySelectorAll(selector)].flatMap((each) => typed(each, type) ?? []);
}

/**
 * Return the nearest match among the element and its ancestors, or null. It takes the target of an event, which may be
 * the document as well.
 * @template {Element} [T=HTMLElement]
 * @param {EventTarget | null} target
 * @param {string} selector
 * @param {new () => T} [type]
 * @returns {T | null}
 */
export function closest(target, selector, type) {
  return target instanceof Element ? typed(target.closest(selector), type) : null;
}

/**
 * Return the target of an event if it matches itself, or null.
 * @template {Element} [T=HTMLElement]
 * @param {EventTarget | null} target
 * @param {string} selector
 * @param {new () => T} [type]
 * @returns {T | null}
 */
export function matching(target, selector, type) {
  return target instanceof Element && target.matches(selector) ? typed(target, type) : null;
}

/**
 * Return a copy of the one element in a <template>.
 * @param {HTMLTemplateElement} template
 */
export function copyOf(template) {
  const element = template.content.firstElementChild?.cloneNode(true);
  if (!(element instanceof HTMLElement)) throw new Error("The template is empty.");
  return element;
}
