// Images for a form (templates/_image_input.html): chosen, pasted or dropped files are uploaded at once and shown, and
// their ids go along with the form. One that is sent meanwhile waits for them. Without this script it is a file field.

const waiting = new WeakSet();
const uploads = new WeakMap();

const fieldOf = (element) => element?.closest?.("form")?.querySelector("[data-images]") ?? null;
const items = (field) => [...field.querySelectorAll(".images-item")];
const isBusy = (field) => field.querySelector(".images-uploading") !== null;
const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["x-csrftoken"];

function say(field, text) {
  field.querySelector("[data-images-error]").textContent = text;
}

function number(field) {
  items(field).forEach((item, index) => {
    item.querySelector("[data-images-remove]").setAttribute("aria-label", `Remove image ${index + 1}`);
    item.querySelector("img")?.setAttribute("alt", `Image ${index + 1}`);
    item.querySelector("progress")?.setAttribute("aria-label", `Uploading image ${index + 1}`);
  });
}

function takeOut(field, item) {
  item.remove();
  number(field);
  sendIfWaiting(field);
}

function sendIfWaiting(field) {
  const form = field.closest("form");
  if (isBusy(field) || !waiting.delete(form)) return;
  if (field.querySelector("[data-images-error]").textContent === "") form.requestSubmit();
}

function sentence(request) {
  try {
    return JSON.parse(request.responseText).error.message;
  } catch {
    return request.status
      ? "The upload failed. Try again in a moment."
      : "The server could not be reached. Check your connection and try again.";
  }
}

function show(item, image) {
  const thumbnail = Object.assign(document.createElement("img"), { className: "images-thumbnail", src: image.url });
  const id = Object.assign(document.createElement("input"), { type: "hidden", name: "images", value: image.id });
  item.querySelector("progress").replaceWith(thumbnail);
  item.append(id);
  item.dataset.fresh = "";
  item.classList.remove("images-uploading");
}

function ended(field, item, file, request) {
  if (!item.isConnected) return;
  if (request.status === 201) {
    show(item, JSON.parse(request.responseText));
    number(field);
    sendIfWaiting(field);
  } else {
    say(field, `${file.name}: ${sentence(request)}`);
    takeOut(field, item);
  }
}

function upload(field, item, file) {
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("file", file);
  request.open("POST", field.dataset.upload);
  request.setRequestHeader("X-CSRFToken", token());
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    item.querySelector("progress")?.setAttribute("value", String(loaded / total));
  });
  request.addEventListener("loadend", () => ended(field, item, file, request));
  uploads.set(item, request);
  request.send(body);
}

function add(field, files) {
  say(field, "");
  const room = Number(field.dataset.limit) - items(field).length;
  if (files.length > room) say(field, `At most ${field.dataset.limit} images can be sent with one message.`);
  for (const file of files.slice(0, Math.max(0, room))) {
    const item = field.querySelector("[data-images-template]").content.firstElementChild.cloneNode(true);
    field.querySelector("[data-images-list]").append(item);
    upload(field, item, file);
  }
  number(field);
}

// What was uploaded here and belongs to no message yet is deleted at the server, too.
function remove(field, item) {
  uploads.get(item)?.abort();
  const id = item.querySelector("[name='images']")?.value;
  if (id && "fresh" in item.dataset) {
    fetch(`${field.dataset.upload}/${id}`, { method: "DELETE", headers: { "X-CSRFToken": token() } }).catch(() => {});
  }
  say(field, "");
  takeOut(field, item);
  field.querySelector("[data-images-file]").focus();
}

function imagesIn(transfer) {
  return [...(transfer?.files ?? [])].filter((file) => file.type.startsWith("image/"));
}

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-images-file]")) return;
  add(fieldOf(event.target), [...event.target.files]);
  event.target.value = "";
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-images-remove]");
  if (button) remove(fieldOf(button), button.closest(".images-item"));
});

document.addEventListener("paste", (event) => {
  const field = fieldOf(event.target);
  const files = imagesIn(event.clipboardData);
  if (!field || files.length === 0) return;
  event.preventDefault();
  add(field, files);
});

document.addEventListener("dragover", (event) => {
  const field = fieldOf(event.target);
  if (!field || !event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  field.closest("form").dataset.dropping = "";
});

document.addEventListener("dragleave", (event) => {
  const form = event.target.closest?.("form[data-dropping]");
  if (form && !form.contains(event.relatedTarget)) delete form.dataset.dropping;
});

document.addEventListener("drop", (event) => {
  const field = fieldOf(event.target);
  if (!field || !event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  delete field.closest("form").dataset.dropping;
  add(field, [...event.dataTransfer.files]);
});

// Before htmx, which listens at the form itself.
document.addEventListener(
  "submit",
  (event) => {
    const field = fieldOf(event.target);
    if (!field || !isBusy(field)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    waiting.add(event.target);
  },
  { capture: true },
);

document.addEventListener("reset", (event) => {
  const field = fieldOf(event.target);
  if (!field) return;
  for (const item of items(field)) item.remove();
  say(field, "");
});

// The chosen files are sent one by one, so the form has only to name them.
function takeOver() {
  for (const input of document.querySelectorAll("[data-images-file][name]")) input.removeAttribute("name");
}

takeOver();
document.addEventListener("htmx:load", takeOver);
