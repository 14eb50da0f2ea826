// What a failed htmx request says: a form that comes back with its errors is swapped in, everything else becomes a notice.

const SHOWN_MS = 8000;
const FORM_ERRORS = [400, 422];

function isHtml(xhr) {
  return (xhr.getResponseHeader("Content-Type") ?? "").startsWith("text/html");
}

function sentence(xhr) {
  try {
    const { error } = JSON.parse(xhr.responseText);
    if (error.message) return error.message;
  } catch {
    // Not our JSON: the status has to do.
  }
  if (xhr.status === 401 || xhr.status === 403) return "You have been signed out. Reload the page and sign in.";
  if (xhr.status === 404) return "This no longer exists. Reload the page.";
  if (xhr.status === 429) return "Too many requests. Wait a moment and try again.";
  return "Something went wrong on the server. Try again in a moment.";
}

function dismissButton(notice) {
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "button button-quiet button-small",
    textContent: "Close",
  });
  button.addEventListener("click", () => notice.remove());
  return button;
}

function show(text) {
  const notice = Object.assign(document.createElement("div"), { className: "notice" });
  const paragraph = Object.assign(document.createElement("p"), { textContent: text });
  notice.append(paragraph, dismissButton(notice));
  document.getElementById("notices").append(notice);
  setTimeout(() => notice.remove(), SHOWN_MS);
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!FORM_ERRORS.includes(detail.xhr.status) || !isHtml(detail.xhr)) return;
  detail.shouldSwap = true;
  detail.isError = false;
});

// A request without an event behind it is polling: it tries again by itself.
document.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.requestConfig.triggeringEvent) show(sentence(detail.xhr));
});

document.addEventListener("htmx:sendError", ({ detail }) => {
  if (detail.requestConfig.triggeringEvent)
    show("The server could not be reached. Check your connection and try again.");
});
