// Ctrl+Enter (⌘ on a Mac) sends a form that carries data-send-shortcut.

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  const form = event.target.closest("form[data-send-shortcut]");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("button[type='submit']"));
});
