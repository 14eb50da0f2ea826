// Runs before the first paint, so that a remembered theme never flashes; hence a plain script in <head>.
(() => {
  const root = document.documentElement;
  const choices = ["light", "dark"];

  function remembered() {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  }

  function remember(choice) {
    try {
      localStorage.setItem("theme", choice);
    } catch {
      // Storage may be blocked; the choice then lasts as long as the page.
    }
  }

  function apply(choice) {
    if (choices.includes(choice)) root.dataset.theme = choice;
    else delete root.dataset.theme;
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === (root.dataset.theme || "system")));
    }
  }

  // A browser without modules runs none of the other scripts: it gets the page that needs none, which renews itself.
  if ("noModule" in document.createElement("script")) root.classList.add("js");
  else setTimeout(() => document.querySelector("[data-running]") && location.reload(), 3000);
  apply(remembered());
  document.addEventListener("DOMContentLoaded", () => apply(remembered()));
  window.addEventListener("storage", (event) => event.key === "theme" && apply(event.newValue));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    remember(button.dataset.themeChoice);
    apply(button.dataset.themeChoice);
  });
})();
