// Images of a form (templates/_image_input.html). What is chosen, pasted or dropped is uploaded at once, and the form
// carries the ids. A form that is sent during an upload waits for it. Without this script it is a file field.

import { closest, copyOf, find, findAll, get, matching } from "./dom.js";

/** Forms that were sent before their uploads were done.
 * @type {WeakSet<HTMLFormElement>} */
const waiting = new WeakSet();
/** @type {WeakMap<HTMLElement, XMLHttpRequest>} */
const uploads = new WeakMap();

/** @param {EventTarget | null} target */
function fieldOf(target) {
  const form = formOf(target);
  return form && find(form, "[data-images]");
}
/** @param {EventTarget | null} target */
const formOf = (target) => closest(target, "form", HTMLFormElement);
/** @param {HTMLElement} field */
const items = (field) => findAll(field, ".images-item");
/** @param {HTMLElement} field */
const isUploading = (field) => find(field, ".images-uploading") !== null;
/** @param {HTMLElement} field */
const errorOf = (field) => get(field, "[data-images-error]");
const csrfToken = () => JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["x-csrftoken"];

/**
 * @param {HTMLElement} field
 * @param {string} text
 */
function showError(field, text) {
  errorOf(field).textContent = text;
}

/** @param {HTMLElement} field */
function numberItems(field) {
  for (const [index, item] of items(field).entries()) {
    find(item, "[data-images-remove]")?.setAttribute("aria-label", `Remove image ${index + 1}`);
    find(item, "img")?.setAttribute("alt", `Image ${index + 1}`);
    find(item, "progress")?.setAttribute("aria-label", `Uploading image ${index + 1}`);
  }
}

/** @param {HTMLElement} field */
function submitIfWaiting(field) {
  const form = formOf(field);
  if (!form || isUploading(field) || !waiting.delete(form)) return;
  if (errorOf(field).textContent === "") form.requestSubmit();
}

/**
 * @param {HTMLElement} field
 * @param {HTMLElement} item
 */
function removeItem(field, item) {
  item.remove();
  numberItems(field);
  submitIfWaiting(field);
}

/** @param {XMLHttpRequest} request */
function messageFor(request) {
  try {
    return JSON.parse(request.responseText).error.message;
  } catch {
    return request.status
      ? "The upload failed. Try again in a moment."
      : "The server could not be reached. Check your connection and try again.";
  }
}

/**
 * @param {HTMLElement} item
 * @param {{ id: string, url: string }} image - as the API returns it
 */
function showImage(item, image) {
  const thumbnail = Object.assign(document.createElement("img"), { className: "images-thumbnail", src: image.url });
  const id = Object.assign(document.createElement("input"), { type: "hidden", name: "images", value: image.id });
  get(item, "progress").replaceWith(thumbnail);
  item.append(id);
  item.dataset.fresh = "";
  item.classList.remove("images-uploading");
}

/**
 * @param {HTMLElement} field
 * @param {HTMLElement} item
 * @param {File} file
 * @param {XMLHttpRequest} request
 */
function uploadEnded(field, item, file, request) {
  if (!item.isConnected) return;
  if (request.status === 201) {
    showImage(item, JSON.parse(request.responseText));
    numberItems(field);
    submitIfWaiting(field);
  } else {
    showError(field, `${file.name}: ${messageFor(request)}`);
    removeItem(field, item);
  }
}

/**
 * @param {HTMLElement} field
 * @param {HTMLElement} item
 * @param {File} file
 */
function upload(field, item, file) {
  // fetch() reports no progress of an upload.
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("file", file);
  request.open("POST", field.dataset.upload ?? "");
  request.setRequestHeader("X-CSRFToken", csrfToken());
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    find(item, "progress")?.setAttribute("value", String(loaded / total));
  });
  request.addEventListener("loadend", () => uploadEnded(field, item, file, request));
  uploads.set(item, request);
  request.send(body);
}

/**
 * @param {HTMLElement} field
 * @param {File[]} files
 */
function addFiles(field, files) {
  showError(field, "");
  const room = Number(field.dataset.limit) - items(field).length;
  if (files.length > room) showError(field, `At most ${field.dataset.limit} images can be sent with one message.`);
  for (const file of files.slice(0, Math.max(0, room))) {
    const item = copyOf(get(field, "[data-images-template]", HTMLTemplateElement));
    get(field, "[data-images-list]").append(item);
    upload(field, item, file);
  }
  numberItems(field);
}

/**
 * @param {HTMLElement} field
 * @param {HTMLInputElement} input
 */
function uploadChosen(field, input) {
  addFiles(field, [...(input.files ?? [])]);
  input.value = "";
}

/**
 * Remove an image, also at the server if it was uploaded here and so belongs to no message yet.
 * @param {HTMLElement} field
 * @param {HTMLElement} item
 */
function removeImage(field, item) {
  uploads.get(item)?.abort();
  const id = find(item, "[name='images']", HTMLInputElement)?.value;
  if (id && "fresh" in item.dataset) {
    const options = { method: "DELETE", headers: { "X-CSRFToken": csrfToken() } };
    // An image that stays belongs to no message, and the server cleans those up by itself.
    fetch(`${field.dataset.upload}/${id}`, options).catch(() => {});
  }
  showError(field, "");
  removeItem(field, item);
  find(field, "[data-images-file]")?.focus();
}

/** @param {DataTransfer | null} transfer */
function imagesIn(transfer) {
  return [...(transfer?.files ?? [])].filter((file) => file.type.startsWith("image/"));
}

document.addEventListener("change", ({ target }) => {
  const input = matching(target, "[data-images-file]", HTMLInputElement);
  const field = fieldOf(input);
  if (!input || !field) return;
  uploadChosen(field, input);
});

document.addEventListener("click", ({ target }) => {
  const button = closest(target, "[data-images-remove]");
  const [field, item] = [fieldOf(button), closest(button, ".images-item")];
  if (field && item) removeImage(field, item);
});

document.addEventListener("paste", (event) => {
  const field = fieldOf(event.target);
  const files = imagesIn(event.clipboardData);
  if (!field || files.length === 0) return;
  event.preventDefault();
  addFiles(field, files);
});

document.addEventListener("dragover", (event) => {
  const form = formOf(event.target);
  if (!form || !fieldOf(form) || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  form.dataset.dropping = "";
});

document.addEventListener("dragleave", ({ target, relatedTarget }) => {
  const form = closest(target, "form[data-dropping]");
  if (form && !(relatedTarget instanceof Node && form.contains(relatedTarget))) delete form.dataset.dropping;
});

document.addEventListener("drop", (event) => {
  const form = formOf(event.target);
  const field = fieldOf(form);
  if (!form || !field || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  delete form.dataset.dropping;
  addFiles(field, [...event.dataTransfer.files]);
});

// Captured, to come before htmx, which listens at the form itself.
document.addEventListener(
  "submit",
  (event) => {
    const form = formOf(event.target);
    const field = fieldOf(form);
    if (!form || !field || !isUploading(field)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    waiting.add(form);
  },
  { capture: true },
);

document.addEventListener("reset", ({ target }) => {
  const field = fieldOf(target);
  if (!field) return;
  for (const item of items(field)) item.remove();
  showError(field, "");
});

// Chosen files are uploaded one by one, so that the form must not send them a second time. Files may have been chosen
// before this script ran.
function takeOverFields() {
  for (const input of findAll(document, "[data-images-file][name]", HTMLInputElement)) {
    input.removeAttribute("name");
    const field = fieldOf(input);
    if (field && input.files?.length) uploadChosen(field, input);
  }
}

takeOverFields();
document.addEventListener("htmx:load", takeOverFields);
