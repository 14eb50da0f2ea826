// The fold of the settings says what is set in it, also while it is closed: <span data-set=…> for each of its fields.

function say(form) {
  for (const part of form.querySelectorAll("[data-set]")) {
    const value = form.elements[part.dataset.set].value.trim();
    part.hidden = value === "";
    const shown = part.querySelector("[data-set-value]");
    if (shown) shown.textContent = value;
  }
}

function sayAll() {
  for (const part of document.querySelectorAll("form [data-set=system]")) say(part.closest("form"));
}

sayAll();
document.addEventListener("input", ({ target }) => {
  if (target.closest?.(".settings")) sayAll();
});
document.addEventListener("htmx:load", sayAll);
