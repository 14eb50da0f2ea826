// The buttons that choose a theme (templates/_theme_switch.html), and the theme that another tab chose.

import { readText, writeText } from "./storage.js";

const THEMES = ["light", "dark"];
const root = document.documentElement;

/** @param {string | null} choice */
function apply(choice) {
  const theme = THEMES.find((each) => each === choice);
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === (theme ?? "system")));
  }
}

apply(readText("theme"));
window.addEventListener("storage", (event) => event.key === "theme" && apply(event.newValue));
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-theme-choice]");
  if (!button) return;
  writeText("theme", button.dataset.themeChoice);
  apply(button.dataset.themeChoice);
});
