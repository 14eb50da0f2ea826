// Whoever signs out leaves no prompts behind in this browser.

document.addEventListener("submit", ({ target }) => {
  if (!target.matches("[data-sign-out]")) return;
  try {
    const keys = Object.keys(localStorage).filter((key) => /^llmselect:(draft|prompts):/.test(key));
    for (const key of keys) localStorage.removeItem(key);
  } catch {
    // Storage is forbidden, so there is nothing in it.
  }
});
