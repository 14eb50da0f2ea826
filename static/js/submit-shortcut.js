// Ctrl+Enter (⌘ on a Mac) sends a form that carries data-send-shortcut. Enter in a field with data-enter presses the
// button beside it.

function pressed(event) {
  const { target } = event;
  if (!event.ctrlKey && !event.metaKey) return target.closest("[data-enter]")?.parentElement.querySelector("button");
  const form = target.closest("form[data-send-shortcut]");
  return form?.querySelector("[data-send]") ?? form?.querySelector("button[type='submit']");
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  const button = pressed(event);
  if (!button) return;
  event.preventDefault();
  button.click();
});
